// The initialisers that a declaration uses: `Setting("steps", \.steps, in: 1...1000, "gradient steps")`.

extension Setting {
  /// A real number held in single precision.
  public init(
    _ name: String, _ path: WritableKeyPath<Target, Float> & Sendable, in range: ClosedRange<Double>, _ summary: String,
    unit: String = ""
  ) {
    self.init(name, kind: .number(range), summary, unit: unit) {
      .number(Double("\($0[keyPath: path])")!)  // by way of text: 0.1 in single precision is shown as 0.1
    } set: { target, value in
      if case .number(let number) = value { target[keyPath: path] = Float(number) }
    }
  }

  /// A real number.
  public init(
    _ name: String, _ path: WritableKeyPath<Target, Double> & Sendable, in range: ClosedRange<Double>,
    _ summary: String,
    unit: String = ""
  ) {
    self.init(name, kind: .number(range), summary, unit: unit) {
      .number($0[keyPath: path])
    } set: { target, value in
      if case .number(let number) = value { target[keyPath: path] = number }
    }
  }

  /// A real number that may be left out.
  public init(
    _ name: String, _ path: WritableKeyPath<Target, Float?> & Sendable, in range: ClosedRange<Double>,
    _ summary: String, unit: String = ""
  ) {
    self.init(name, kind: .number(range), summary, unit: unit, isOptional: true) {
      $0[keyPath: path].map { .number(Double("\($0)")!) } ?? .none
    } set: { target, value in
      if case .number(let number) = value { target[keyPath: path] = Float(number) } else { target[keyPath: path] = nil }
    }
  }

  /// A whole number.
  public init(
    _ name: String, _ path: WritableKeyPath<Target, Int> & Sendable, in range: ClosedRange<Int>, _ summary: String,
    unit: String = ""
  ) {
    self.init(name, kind: .integer(range), summary, unit: unit) {
      .integer($0[keyPath: path])
    } set: { target, value in
      if case .integer(let number) = value { target[keyPath: path] = number }
    }
  }

  /// A whole number that may be left out.
  public init(
    _ name: String, _ path: WritableKeyPath<Target, Int?> & Sendable, in range: ClosedRange<Int>, _ summary: String,
    unit: String = ""
  ) {
    self.init(name, kind: .integer(range), summary, unit: unit, isOptional: true) {
      $0[keyPath: path].map { .integer($0) } ?? .none
    } set: { target, value in
      if case .integer(let number) = value { target[keyPath: path] = number } else { target[keyPath: path] = nil }
    }
  }

  /// Rows and columns; one number where both are the same.
  public init(
    _ name: String, _ path: WritableKeyPath<Target, (height: Int, width: Int)> & Sendable, in range: ClosedRange<Int>,
    _ summary: String
  ) {
    self.init(name, kind: .extent(range), summary) { target in
      let (height, width) = target[keyPath: path]
      return height == width ? .integer(height) : .integers([height, width])
    } set: { target, value in
      switch value {
      case .integer(let both): target[keyPath: path] = (both, both)
      case .integers(let list): target[keyPath: path] = (list[0], list[1])
      default: break
      }
    }
  }

  /// Rows and columns that may be left out.
  public init(
    _ name: String, _ path: WritableKeyPath<Target, (height: Int, width: Int)?> & Sendable, in range: ClosedRange<Int>,
    _ summary: String
  ) {
    self.init(name, kind: .extent(range), summary, isOptional: true) { target in
      guard let (height, width) = target[keyPath: path] else { return .none }
      return height == width ? .integer(height) : .integers([height, width])
    } set: { target, value in
      switch value {
      case .integer(let both): target[keyPath: path] = (both, both)
      case .integers(let list): target[keyPath: path] = (list[0], list[1])
      default: target[keyPath: path] = nil
      }
    }
  }

  /// A yes or no.
  public init(_ name: String, _ path: WritableKeyPath<Target, Bool> & Sendable, _ summary: String) {
    self.init(name, kind: .flag, summary) {
      .flag($0[keyPath: path])
    } set: { target, value in
      if case .flag(let flag) = value { target[keyPath: path] = flag }
    }
  }

  /// One case of an enumeration, by its raw value.
  public init<Choice: RawRepresentable & CaseIterable & Sendable>(
    _ name: String, _ path: WritableKeyPath<Target, Choice> & Sendable, _ summary: String
  ) where Choice.RawValue == String {
    self.init(name, kind: .choice(Choice.allCases.map(\.rawValue)), summary) {
      .choice($0[keyPath: path].rawValue)
    } set: { target, value in
      if case .choice(let word) = value, let choice = Choice(rawValue: word) { target[keyPath: path] = choice }
    }
  }

  /// An attack with its own settings.
  public init(_ name: String, _ path: WritableKeyPath<Target, any Attack> & Sendable, _ summary: String) {
    self.init(name, kind: .component(family: Attacks.name), summary) { target in
      Attacks.family.spec(of: target[keyPath: path]).map { .component($0) } ?? .none
    } set: { target, value in
      if case .component(let spec) = value { target[keyPath: path] = try Attacks.family.make(spec) }
    }
  }

  /// The layers of a network or of a part of one, which must be given.
  init(
    _ name: String, _ path: WritableKeyPath<Target, [any Part]> & Sendable, _ summary: String, isRequired: Bool = true
  ) {
    self.init(name, kind: .components(family: Parts.name), summary, isOptional: !isRequired, isRequired: isRequired) {
      let parts = $0[keyPath: path]
      return parts.isEmpty ? .none : .components(parts.compactMap { Parts.family.spec(of: $0) })
    } set: { target, value in
      if case .components(let specs) = value { target[keyPath: path] = try specs.map { try Parts.family.make($0) } }
    }
  }

  /// A model, which must be given.
  public init(model name: String, _ path: WritableKeyPath<Target, ModelReference?> & Sendable, _ summary: String) {
    self.init(name, kind: .model, summary, isRequired: true) {
      $0[keyPath: path].map { .model($0) } ?? .none
    } set: { target, value in
      if case .model(let reference) = value { target[keyPath: path] = reference }
    }
  }

  /// The number of a class, which must be given; a `Resolver` makes numbers of names.
  public init(class name: String, _ path: WritableKeyPath<Target, Int?> & Sendable, _ summary: String) {
    self.init(name, kind: .className, summary, isRequired: true) {
      $0[keyPath: path].map { .integer($0) } ?? .none
    } set: { target, value in
      if case .integer(let number) = value { target[keyPath: path] = number }
    }
  }

  /// A list of whole numbers.
  public init(
    _ name: String, _ path: WritableKeyPath<Target, [Int]> & Sendable, in range: ClosedRange<Int>, _ summary: String,
    unit: String = ""
  ) {
    self.init(name, kind: .integers(range), summary, unit: unit) {
      .integers($0[keyPath: path])
    } set: { target, value in
      if case .integers(let list) = value { target[keyPath: path] = list }
    }
  }

  /// A list of real numbers.
  public init(
    _ name: String, _ path: WritableKeyPath<Target, [Float]> & Sendable, in range: ClosedRange<Double>,
    _ summary: String, unit: String = ""
  ) {
    self.init(name, kind: .numbers(range), summary, unit: unit) {
      .numbers($0[keyPath: path].map { Double("\($0)")! })
    } set: { target, value in
      if case .numbers(let list) = value { target[keyPath: path] = list.map { Float($0) } }
    }
  }
}

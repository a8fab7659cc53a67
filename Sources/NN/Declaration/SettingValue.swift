/// What a setting can hold, in the few forms that a line of text can express.
public enum SettingValue: Sendable, Equatable {
  case number(Double)
  case integer(Int)
  case flag(Bool)
  /// One of a closed set of words.
  case choice(String)
  case numbers([Double])
  case integers([Int])
  /// Another declared thing with its own settings, such as the attack that a defense trains against.
  indirect case component(Spec)
  /// Several of them, such as the layers of a network.
  indirect case components([Spec])
  /// Another model, by its name or its row.
  case model(ModelReference)
  /// A setting that is left out.
  case none
}

extension SettingValue: CustomStringConvertible {
  /// The value as a person would type it; numbers take the shortest form that reads back.
  public var description: String {
    switch self {
    case .number(let value): return Self.text(value)
    case .integer(let value): return String(value)
    case .flag(let value): return String(value)
    case .choice(let word): return word
    case .numbers(let values): return "[" + values.map(Self.text).joined(separator: ", ") + "]"
    case .integers(let values): return "[" + values.map(String.init).joined(separator: ", ") + "]"
    case .component(let spec): return spec.description
    case .components(let specs): return "[" + specs.map(\.description).joined(separator: ", ") + "]"
    case .model(let reference): return reference.name.isEmpty ? "a model" : reference.name
    case .none: return "none"
    }
  }

  private static func text(_ value: Double) -> String {
    let whole = value.rounded() == value && value.magnitude < 1e15
    return whole ? String(Int(value)) : "\(value)"
  }
}

extension Spec: CustomStringConvertible {
  /// As a person would type it: `pgd(steps: 40)`.
  public var description: String {
    if settings.isEmpty { return name }
    return name + "(" + settings.keys.sorted().map { "\($0): \(settings[$0]!)" }.joined(separator: ", ") + ")"
  }
}

/// The type of a setting and the values that it takes.
public enum SettingKind: Sendable, Equatable {
  case number(ClosedRange<Double>)
  case integer(ClosedRange<Int>)
  case flag
  case choice([String])
  /// A list whose elements lie in the range.
  case numbers(ClosedRange<Double>)
  /// A list whose elements lie in the range.
  case integers(ClosedRange<Int>)
  /// Rows and columns, or one number for both.
  case extent(ClosedRange<Int>)
  /// A component out of the named family, for instance `attack`.
  case component(family: String)
  /// A list of components out of the named family; lists among them count as the family's `sequence`.
  case components(family: String)
  /// A trained model.
  case model
  /// One of the classes of the data, by name or number.
  case className
}

/// A setting that does not exist, has the wrong type or lies outside its range.
public enum SettingError: Error, Equatable, CustomStringConvertible {
  case unknown(name: String, owner: String, known: [String])
  case wrongType(name: String, expected: String, given: String)
  case outOfRange(name: String, given: String, allowed: String)
  /// A setting without which the thing means nothing.
  case missing(name: String, owner: String, summary: String, example: String)
  /// Something that this version does not have, or that a later one has renamed.
  case noSuch(family: String, name: String, known: [String])
  /// A model that is not to be had where something is made again.
  case noModel(String)
  /// A written form that is none.
  case unreadable(text: String)

  /// One sentence that says what to type instead.
  public var description: String {
    switch self {
    case .unknown(let name, let owner, let known):
      let list = known.isEmpty ? "it has none" : "it has " + known.joined(separator: ", ")
      return "\(owner) has no setting `\(name)`: \(list)"
    case .wrongType(let name, let expected, let given): return "`\(name)` takes \(expected), not \(given)"
    case .outOfRange(let name, let given, let allowed): return "`\(name)` is \(given); it must be \(allowed)"
    case .missing(let name, let owner, let summary, _): return "\(owner) needs `\(name)`: \(summary)"
    case .noSuch(let family, let name, _): return "this version of Ward has no \(family) `\(name)`"
    case .noModel(let name): return "the model \(name.isEmpty ? "that it needs" : name) is not to be had"
    case .unreadable(let text): return "`\(text)` is not a form that Ward writes"
    }
  }

  /// What to try.
  public var hint: String? {
    switch self {
    case .missing(_, _, _, let example) where !example.isEmpty: "for example \(example)"
    case .noSuch(let family, _, let known): "it has \(known.joined(separator: ", ")): see options of \(family)"
    default: nil
    }
  }
}

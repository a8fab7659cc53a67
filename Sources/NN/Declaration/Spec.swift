/// A declared thing with its settings, as a person would type it: `pgd(steps: 40)`, as JSON `{"pgd":{"steps":40}}`.
public struct Spec: Sendable, Equatable {
  /// The name that it is declared by.
  public var name: String
  /// Settings that are not given keep their defaults.
  public var settings: [String: SettingValue]

  /// A name with the settings that were given.
  public init(_ name: String, _ settings: [String: SettingValue] = [:]) {
    self.name = name
    self.settings = settings
  }
}

extension Spec: Codable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Reads an object of one key, whose value are the settings.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    guard let key = container.allKeys.first, container.allKeys.count == 1 else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "a name and its settings, not \(container.allKeys)"))
    }
    self.init(key.stringValue, try container.decode([String: SettingValue].self, forKey: key))
  }

  /// Writes an object of one key, whose value are the settings.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(settings, forKey: Key(stringValue: name))
  }
}

/// A model as a setting of something else, such as the one that `transfer` attacks.
public struct ModelReference: Sendable {
  /// What it is called; empty where only its row is known.
  public var name: String
  /// Its row in the store; nil for one that is not stored.
  public var id: Int64?
  /// The model as attacks see it; nil until a `Resolver` has found it.
  public var target: Target?

  /// See the properties.
  public init(name: String = "", id: Int64? = nil, target: Target? = nil) {
    (self.name, self.id, self.target) = (name, id, target)
  }
}

extension ModelReference: Equatable {
  /// Two names for one model.
  public static func == (a: ModelReference, b: ModelReference) -> Bool { (a.name, a.id) == (b.name, b.id) }
}

/// Says what the names in a written form stand for, in the place where it is read.
public struct Resolver {
  /// The model of a reference.
  public var target: (ModelReference) throws -> Target
  /// The number of a class that is given by its name (`choice`) or by its number (`integer`).
  public var classNumber: (SettingValue) throws -> Int

  /// - Parameters:
  ///   - target: refuses every model, unless it is given.
  ///   - classNumber: knows numbers only, unless it is given.
  public init(
    target: @escaping (ModelReference) throws -> Target = { throw SettingError.noModel($0.name) },
    classNumber: @escaping (SettingValue) throws -> Int = { value in
      guard case .integer(let number) = value else {
        throw SettingError.wrongType(name: "class", expected: "a class", given: "\(value)")
      }
      return number
    }
  ) {
    self.target = target
    self.classNumber = classNumber
  }
}

extension SettingDescription {
  /// The value with every name in it replaced by what it stands for.
  func resolved(_ value: SettingValue, by resolver: Resolver) throws -> SettingValue {
    switch (kind, value) {
    case (.component(let family), .component(let spec)):
      guard let family = Families.named(family) else { return value }
      return .component(try family.resolved(spec, by: resolver))
    case (.components(let family), .components(let specs)):
      guard let family = Families.named(family) else { return value }
      return .components(try specs.map { try family.resolved($0, by: resolver) })
    case (.model, .model(var reference)):
      if reference.target == nil { reference.target = try resolver.target(reference) }
      return .model(reference)
    case (.className, .choice), (.className, .integer), (.className, .number):
      return .integer(try resolver.classNumber(value))
    default: return value
    }
  }
}

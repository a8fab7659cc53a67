/// One tunable property of `Target`, named by key path, so that its default is written once: in the property.
public struct Setting<Target>: Sendable {
  /// What a person types before the colon.
  public let name: String
  /// One line of help.
  public let summary: String
  /// Its type and range.
  public let kind: SettingKind
  /// The unit of the value (`pixels`, `epochs`), empty where there is none.
  public let unit: String
  /// Whether `none` is a value too.
  public let isOptional: Bool
  /// Whether it must be given.
  public let isRequired: Bool
  /// Whether it may be given without its name, as the first: `conv(16)`.
  public private(set) var isUnlabelled = false
  let get: @Sendable (Target) -> SettingValue
  let set: @Sendable (inout Target, SettingValue) throws -> Void

  /// A setting that is read and written by closures; the initialisers by key path cover the usual cases.
  ///
  /// - Parameter set: is called only with values that fit `kind` (or with `.none` if `isOptional`).
  public init(
    _ name: String, kind: SettingKind, _ summary: String, unit: String = "", isOptional: Bool = false,
    isRequired: Bool = false,
    get: @escaping @Sendable (Target) -> SettingValue,
    set: @escaping @Sendable (inout Target, SettingValue) throws -> Void
  ) {
    self.name = name
    self.kind = kind
    self.summary = summary
    self.unit = unit
    self.isOptional = isOptional
    self.isRequired = isRequired
    self.get = get
    self.set = set
  }

  /// The same setting, which may be given without its name; only the first of a declaration can be one.
  public var unlabelled: Setting {
    var copy = self
    copy.isUnlabelled = true
    return copy
  }

  /// Writes `value` into `target` if it has the right type and lies in the range.
  ///
  /// - Throws: `SettingError`, or what the setting itself refuses.
  public func apply(_ value: SettingValue, to target: inout Target) throws {
    try set(&target, try kind.check(value, name: name, isOptional: isOptional))
  }

  /// What `target` holds now.
  public func value(in target: Target) -> SettingValue { get(target) }
}

extension SettingKind {
  /// The value in this kind's own form (an integer becomes a number where one is asked for), or the reason why not.
  func check(_ value: SettingValue, name: String, isOptional: Bool) throws -> SettingValue {
    if value == .none, isOptional { return value }
    switch (self, value) {
    case (.number(let range), .number(let given)): return .number(try Self.inside(range, given, name))
    case (.number(let range), .integer(let given)): return .number(try Self.inside(range, Double(given), name))
    case (.integer(let range), .integer(let given)): return .integer(try Self.inside(range, given, name))
    case (.integer(let range), .number(let given)) where given.rounded() == given && given.magnitude < 1e15:
      return .integer(try Self.inside(range, Int(given), name))
    case (.flag, .flag), (.component, .component), (.components, .components), (.model, .model), (.className, .integer):
      return value
    case (.choice(let words), .choice(let word)):
      if words.contains(word) { return value }
      throw SettingError.outOfRange(name: name, given: word, allowed: "one of " + words.joined(separator: ", "))
    case (.numbers(let range), .numbers(let list)): return .numbers(try list.map { try Self.inside(range, $0, name) })
    case (.numbers(let range), .integers(let list)):
      return .numbers(try list.map { try Self.inside(range, Double($0), name) })
    case (.extent(let range), .integer(let given)): return .integer(try Self.inside(range, given, name))
    case (.extent(let range), .integers(let list)) where list.count == 2:
      return .integers(try list.map { try Self.inside(range, $0, name) })
    case (.integers(let range), .integers(let list)):
      return .integers(try list.map { try Self.inside(range, $0, name) })
    // An empty list does not tell what it is a list of.
    case (.components, .integers(let list)) where list.isEmpty: return .components([])
    default: throw SettingError.wrongType(name: name, expected: expectation, given: "\(value)")
    }
  }

  private static func inside<Value: Comparable>(_ range: ClosedRange<Value>, _ value: Value, _ name: String) throws
    -> Value
  {
    if range.contains(value) { return value }
    let allowed = "from \(range.lowerBound) to \(range.upperBound)"
    throw SettingError.outOfRange(name: name, given: "\(value)", allowed: allowed)
  }

  /// What the kind takes, in words.
  public var expectation: String {
    switch self {
    case .number: "a number"
    case .integer: "a whole number"
    case .flag: "true or false"
    case .choice(let words): "one of " + words.joined(separator: ", ")
    case .numbers: "a list of numbers"
    case .integers: "a list of whole numbers"
    case .extent: "a whole number, or a list of two: rows and columns"
    case .model: "a model"
    case .className: "a class"
    case .components(let family): "a list of \(family)s"
    case .component(let family): (family.first.map { "aeiou".contains($0) } == true ? "an " : "a ") + family
    }
  }
}

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
  indirect case component(String, [String: SettingValue])
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
    case .component(let name, let settings):
      if settings.isEmpty { return name }
      return name + "(" + settings.keys.sorted().map { "\($0): \(settings[$0]!)" }.joined(separator: ", ") + ")"
    case .none: return "none"
    }
  }

  private static func text(_ value: Double) -> String {
    let whole = value.rounded() == value && value.magnitude < 1e15
    return whole ? String(Int(value)) : "\(value)"
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
  /// A component out of the named family, for instance `attack`.
  case component(family: String)
}

/// A setting that does not exist, has the wrong type or lies outside its range.
public enum SettingError: Error, Equatable, CustomStringConvertible {
  case unknown(name: String, owner: String, known: [String])
  case wrongType(name: String, expected: String, given: String)
  case outOfRange(name: String, given: String, allowed: String)

  /// One sentence that says what to type instead.
  public var description: String {
    switch self {
    case .unknown(let name, let owner, let known):
      let list = known.isEmpty ? "it has none" : "it has " + known.joined(separator: ", ")
      return "\(owner) has no setting `\(name)`: \(list)"
    case .wrongType(let name, let expected, let given): return "`\(name)` takes \(expected), not \(given)"
    case .outOfRange(let name, let given, let allowed): return "`\(name)` is \(given); it must be \(allowed)"
    }
  }
}

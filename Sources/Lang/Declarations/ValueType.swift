/// The type of a parameter or setting; checked before the run where the source text suffices, otherwise at the call.
public indirect enum ValueType: Sendable {
  /// Anything.
  case any
  /// A number within bounds, in a unit (`pixels`, `steps`; empty when it has none).
  case number(in: Bounds = .all, unit: String = "")
  /// A whole number within bounds.
  case integer(in: Bounds = .all, unit: String = "")
  /// `true` or `false`.
  case flag
  /// `none`, beside something that can be left out in words.
  case nothing
  /// A string.
  case string
  /// A path, written as a string; completion offers files.
  case file
  /// A list whose elements have a type.
  case list(of: ValueType)
  /// A record.
  case record
  /// A range of numbers.
  case range
  /// A table.
  case table
  /// A function.
  case function
  /// One of the host's objects, by its name for users and the Swift test for it.
  case object(named: String, test: @Sendable (any Object) -> Bool)
  /// A built-in of a family, or of any family when nil.
  case choice(family: String?)
  /// The name of a variable, not its value.
  case variable
  /// One word, not evaluated: a name of anything, a keyword, or a string. The text says what completion offers.
  case word(String)
  /// One of these words, bare or as a string. Each is a constant of the language that is its own text.
  case oneOf([String])
  /// The first of these that fits.
  case either([ValueType])
  /// One value or a list of them; the body always gets a list.
  case oneOrMore(ValueType)

  /// An object of the Swift type `O`.
  public static func object<O: Object>(_ type: O.Type) -> ValueType {
    .object(named: O.type.name, test: { $0 is O })
  }

  /// Whether the argument is a name or word that must not be evaluated.
  var isUnevaluated: Bool {
    switch self {
    case .variable, .word: true
    default: false
    }
  }
}

/// The numbers a parameter accepts.
public struct Bounds: Sendable, Equatable {
  /// The least allowed, nil for none.
  public let lower: Double?
  /// The greatest allowed, nil for none.
  public let upper: Double?
  /// Whether `lower` itself is refused.
  public let isAbove: Bool

  /// Every number.
  public static let all = Bounds(lower: nil, upper: nil, isAbove: false)
  /// `low...high`.
  public static func within(_ range: ClosedRange<Double>) -> Bounds {
    Bounds(lower: range.lowerBound, upper: range.upperBound, isAbove: false)
  }
  /// `low` and more.
  public static func atLeast(_ low: Double) -> Bounds { Bounds(lower: low, upper: nil, isAbove: false) }
  /// `high` and less.
  public static func atMost(_ high: Double) -> Bounds { Bounds(lower: nil, upper: high, isAbove: false) }
  /// More than `low`, and, if given, at most `high`.
  public static func above(_ low: Double, atMost high: Double? = nil) -> Bounds {
    Bounds(lower: low, upper: high, isAbove: true)
  }

  /// Whether `value` is allowed; never for not-a-number.
  public func contains(_ value: Double) -> Bool {
    if value.isNaN { return false }
    if let lower, isAbove ? value <= lower : value < lower { return false }
    if let upper, value > upper { return false }
    return true
  }

  /// Behind what is bounded: ` from 0 to 1`, `, above 0`; empty without bounds.
  var phrase: String {
    if text.isEmpty { return "" }
    return lower != nil && upper != nil && !isAbove ? " from \(text)" : ", \(text)"
  }

  /// For people: `0 to 1`, `at least 1`, `above 0`; empty for every number.
  public var text: String {
    let low = lower.map(Value.text(of:)), high = upper.map(Value.text(of:))
    return switch (low, high) {
    case (let low?, let high?): isAbove ? "above \(low), at most \(high)" : "\(low) to \(high)"
    case (let low?, nil): isAbove ? "above \(low)" : "at least \(low)"
    case (nil, let high?): "at most \(high)"
    case (nil, nil): ""
    }
  }
}

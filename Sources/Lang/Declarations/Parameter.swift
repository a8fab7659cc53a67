import Contract

/// A parameter's typed handle: `given[token]` is a `T` and cannot fail, because the binder has checked the argument.
public struct Parameter<T>: Sendable {
  /// Position in the signature.
  let index: Int
  let convert: @Sendable (Value?) -> T
}

/// How an argument is checked (`description`) and what Swift type the body gets.
public struct ParameterType<T>: Sendable {
  /// What is accepted.
  public let description: ValueType
  /// Turns a value that fits `description` into a `T`.
  let convert: @Sendable (Value) -> T
  /// The value a default stands for; nil when the Swift value has no literal.
  let wrap: @Sendable (T) -> Value?

  init(
    _ description: ValueType, _ convert: @escaping @Sendable (Value) -> T?,
    wrap: @escaping @Sendable (T) -> Value? = { _ in nil }
  ) {
    self.description = description
    self.wrap = wrap
    self.convert = { value in
      guard let converted = convert(value) else {
        unreachable("\(value.literal) was checked as \(description.phrase) but is not")
      }
      return converted
    }
  }
}

extension ParameterType where T == Value {
  /// Anything.
  public static var any: Self { Self(.any, { $0 }, wrap: { $0 }) }
  /// Any of several kinds; the body looks at the value.
  public static func either(_ types: ValueType...) -> Self { Self(.either(types), { $0 }, wrap: { $0 }) }
}

extension ParameterType where T == Double {
  /// A number.
  public static var number: Self { number() }
  /// A number within bounds, in a unit.
  public static func number(in bounds: Bounds = .all, unit: String = "") -> Self {
    Self(.number(in: bounds, unit: unit), \.asNumber, wrap: { .number($0) })
  }
  /// A number within a closed range, in a unit.
  public static func number(in range: ClosedRange<Double>, unit: String = "") -> Self {
    number(in: .within(range), unit: unit)
  }
}

extension ParameterType where T == Int {
  /// A whole number.
  public static var integer: Self { integer() }
  /// A whole number within bounds, in a unit.
  public static func integer(in bounds: Bounds = .all, unit: String = "") -> Self {
    Self(.integer(in: bounds, unit: unit), \.asInteger, wrap: { .integer($0) })
  }
  /// A whole number within a closed range, in a unit.
  public static func integer(in range: ClosedRange<Int>, unit: String = "") -> Self {
    integer(in: .within(Double(range.lowerBound)...Double(range.upperBound)), unit: unit)
  }
}

extension ParameterType where T == Bool {
  /// `true` or `false`.
  public static var flag: Self { Self(.flag, \.asBool, wrap: { .bool($0) }) }
}

extension ParameterType where T == String {
  /// A string.
  public static var string: Self { Self(.string, \.asString, wrap: { .string($0) }) }
  /// A path, written as a string.
  public static var file: Self { Self(.file, \.asString, wrap: { .string($0) }) }
  /// The name of a variable, not its value.
  public static var variable: Self { Self(.variable, \.asString, wrap: { .string($0) }) }
  /// One word, not evaluated; `kind` (`view`, `topic`) says what completion offers.
  public static func word(_ kind: String = "") -> Self { Self(.word(kind), \.asString, wrap: { .string($0) }) }
}

extension ParameterType where T == String {
  /// One of these words, bare or as a string.
  public static func oneOf(_ words: [String]) -> Self { Self(.oneOf(words), \.word, wrap: { .string($0) }) }
}

extension ParameterType where T == Record {
  /// A record.
  public static var record: Self { Self(.record, \.asRecord, wrap: { .record($0) }) }
}

extension ParameterType where T == Table {
  /// A table.
  public static var table: Self { Self(.table, \.asTable) }
}

extension ParameterType where T == NumberRange {
  /// A range of numbers.
  public static var range: Self {
    Self(.range, { if case .range(let range) = $0 { range } else { nil } }, wrap: { .range($0) })
  }
}

extension ParameterType where T == Function {
  /// A function.
  public static var function: Self { Self(.function, { if case .function(let it) = $0 { it } else { nil } }) }
}

extension ParameterType where T == Choice {
  /// A built-in of a family, or of any family.
  public static func choice(_ family: String?) -> Self {
    Self(.choice(family: family), \.asChoice, wrap: { .choice($0) })
  }
}

extension ParameterType where T: Object {
  /// One of the host's objects.
  public static func object(_ type: T.Type) -> Self { Self(.object(type), { $0.asObject(type) }) }
}

extension ParameterType {
  /// A list whose elements have a type. A range of numbers also counts as a list of numbers.
  public static func list<E>(of element: ParameterType<E>) -> Self where T == [E] {
    Self(
      .list(of: element.description), { $0.spelledOut?.map(element.convert) },
      wrap: { values in
        values.compactMap(element.wrap).count == values.count ? .list(values.compactMap(element.wrap)) : nil
      })
  }
  /// One value or a list of them; the body gets a list.
  public static func oneOrMore<E>(_ element: ParameterType<E>) -> Self where T == [E] {
    Self(
      .oneOrMore(element.description),
      { value in (value.asList ?? [value]).map(element.convert) },
      wrap: { values in
        values.compactMap(element.wrap).count == values.count ? .list(values.compactMap(element.wrap)) : nil
      })
  }
}

extension Value {
  /// The elements of a list, or of a range that was checked not to be too long.
  var spelledOut: [Value]? {
    switch self {
    case .list(let values): values.elements
    case .range(let range): (0..<range.count).map { .number(range[$0]) }
    default: nil
    }
  }
}

/// A value of the language. Values are copied, never shared: changing one changes no other.
public enum Value {
  /// No value; shown as nothing.
  case none
  /// `true` or `false`.
  case bool(Bool)
  /// Every number, whole or not.
  case number(Double)
  /// Text.
  case string(String)
  /// `[1, 2, 3]`.
  case list(ValueList)
  /// `{eps: 0.1, steps: 20}`: named fields in order.
  case record(Record)
  /// `0..0.3 by 0.02`: not spelled out until someone iterates.
  indirect case range(NumberRange)
  /// Columns and rows, as SQL and `compare` give them.
  indirect case table(Table)
  /// A function of the user's, or one of the library's.
  case function(Function)
  /// A built-in such as `pgd` or `lenet`, perhaps with settings: `pgd(steps: 40)`.
  indirect case choice(Choice)
  /// Something of the host's: a data set, a model, a result.
  indirect case object(any Object)
}

extension Value {
  /// A whole number.
  public static func integer(_ value: Int) -> Value { .number(Double(value)) }

  /// The kind of value in the user's words: `number`, `list`, `model`, `attack`.
  public var typeName: String {
    switch self {
    case .none: "none"
    case .bool: "true or false"
    case .number: "number"
    case .string: "string"
    case .list: "list"
    case .record: "record"
    case .range: "range"
    case .table: "table"
    case .function: "function"
    case .choice(let choice): choice.declaration.family
    case .object(let object): object.objectType.name
    }
  }

  /// The type with its article, for sentences: `a number`, `an attack`.
  public var typePhrase: String {
    switch self {
    case .none, .bool: typeName
    default: typeName.withArticle
    }
  }

  /// The number, if it is one.
  public var asNumber: Double? { if case .number(let value) = self { value } else { nil } }
  /// The number, if it is a whole one that an `Int` can hold.
  public var asInteger: Int? { asNumber.flatMap { Int(exactly: $0) } }
  /// The string, if it is one.
  public var asString: String? { if case .string(let value) = self { value } else { nil } }
  /// The truth value, if it is one.
  public var asBool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// The elements, if it is a list.
  public var asList: [Value]? { if case .list(let value) = self { value.elements } else { nil } }
  /// The record, if it is one.
  public var asRecord: Record? { if case .record(let value) = self { value } else { nil } }
  /// The table, if it is one.
  public var asTable: Table? { if case .table(let value) = self { value } else { nil } }
  /// The choice, if it is one.
  public var asChoice: Choice? { if case .choice(let value) = self { value } else { nil } }
  /// The host's object, if it is one of that Swift type.
  public func asObject<O: Object>(_ type: O.Type = O.self) -> O? {
    if case .object(let object) = self { object as? O } else { nil }
  }
  /// Whether it is `none`.
  public var isNone: Bool { if case .none = self { true } else { false } }
}

extension Value: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral
{
  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A whole number.
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
  /// A string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// `true` or `false`.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A list.
  public init(arrayLiteral elements: Value...) { self = .list(elements) }
}

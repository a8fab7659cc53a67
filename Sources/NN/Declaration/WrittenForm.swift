import Contract
import Foundation

/// What ran, as a line of JSON: the only form in which the store and checkpoints keep it, and from which it is
/// recreated.
public protocol WrittenForm: Codable {}

extension WrittenForm {
  /// The form, keys in order.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let data = try? encoder.encode(self) else { unreachable("\(Self.self) is made of numbers and words") }
    return String(decoding: data, as: UTF8.self)
  }

  /// Reads what `json` wrote.
  ///
  /// - Throws: `SettingError.unreadable`.
  public init(json: String) throws(SettingError) {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      self = try decoder.decode(Self.self, from: Foundation.Data(json.utf8))
    } catch let error as SettingError {
      throw error
    } catch {
      throw .unreadable(text: String(json.prefix(80)))
    }
  }
}

extension [String: SettingValue]: WrittenForm {}
extension Spec: WrittenForm {}

extension SettingValue: Codable {
  /// Forms of the checkpoints of early versions, which named the kind of each value: `{"integer":3}`.
  private enum Tag: String, CodingKey {
    case number, integer, flag, choice, numbers, integers, component, settings, none
  }

  private enum ModelKey: String, CodingKey { case model, name }

  /// A value by its own type in JSON; its declaration turns whole numbers into real ones where those are asked for.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .none
    } else if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else if let number = try? container.decode(Double.self) {
      self = Int(exactly: number).map { .integer($0) } ?? .number(number)
    } else if let word = try? container.decode(String.self) {
      self = .choice(word)
    } else if let numbers = try? container.decode([Double].self) {
      let whole = numbers.compactMap { Int(exactly: $0) }
      self = whole.count == numbers.count ? .integers(whole) : .numbers(numbers)
    } else if let spec = try? container.decode(Spec.self) {
      self = .component(spec)
    } else if let specs = try? container.decode([Spec].self) {
      self = .components(specs)
    } else if let model = try? decoder.container(keyedBy: ModelKey.self),
      model.contains(.model) || model.contains(.name)
    {
      self = .model(
        ModelReference(
          name: try model.decodeIfPresent(String.self, forKey: .name) ?? "",
          id: try model.decodeIfPresent(Int64.self, forKey: .model)))
    } else {
      self = try Self.tagged(try decoder.container(keyedBy: Tag.self))
    }
  }

  private static func tagged(_ container: KeyedDecodingContainer<Tag>) throws -> SettingValue {
    if let name = try container.decodeIfPresent(String.self, forKey: .component) {
      return .component(Spec(name, try container.decode([String: SettingValue].self, forKey: .settings)))
    }
    if container.contains(.none) { return .none }
    for tag in [Tag.number, .integer, .flag, .choice, .numbers, .integers] {
      if let value = try container.decodeIfPresent(SettingValue.self, forKey: tag) { return value }
    }
    throw DecodingError.dataCorrupted(.init(codingPath: container.codingPath, debugDescription: "no setting's value"))
  }

  /// See `init(from:)`.
  public func encode(to encoder: any Encoder) throws {
    if case .model(let reference) = self {
      var container = encoder.container(keyedBy: ModelKey.self)
      try container.encodeIfPresent(reference.id, forKey: .model)
      if reference.id == nil { try container.encode(reference.name, forKey: .name) }
      return
    }
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let number): try container.encode(number)
    case .integer(let number): try container.encode(number)
    case .flag(let flag): try container.encode(flag)
    case .choice(let word): try container.encode(word)
    case .numbers(let numbers): try container.encode(numbers)
    case .integers(let numbers): try container.encode(numbers)
    case .component(let spec): try container.encode(spec)
    case .components(let specs): try container.encode(specs)
    case .model, .none: try container.encodeNil()
    }
  }
}

import Foundation
import NN

/// The settings of a row (`settings` of `results` and `models`) read back into `NN`'s vocabulary.
struct StoredSettings {
  private let fields: [String: Stored]
  private var values: [String: SettingValue] { fields.mapValues(\.value) }

  /// - Throws: an error of decoding, where the text is not what Ward writes.
  init(json: String) throws {
    fields = try JSONDecoder().decode([String: Stored].self, from: Foundation.Data(json.utf8))
  }

  subscript(name: String) -> SettingValue? { fields[name]?.value }

  /// A list of words; empty if there is none of that name.
  func words(_ name: String) -> [String] { fields[name]?.words ?? [] }

  /// The settings of one of the things that stand in an object together, such as a defense of several.
  func part(_ part: String, of name: String) -> [String: SettingValue] { fields[name]?.parts[part] ?? [:] }

  /// All but some.
  func without(_ names: String...) -> [String: SettingValue] { values.filter { !names.contains($0.key) } }

  /// One value: what it is, JSON's own types tell.
  private struct Stored: Decodable {
    var value = SettingValue.none
    var words: [String] = []
    var parts: [String: [String: SettingValue]] = [:]

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() { return }
      if let flag = try? container.decode(Bool.self) {
        value = .flag(flag)
      } else if let number = try? container.decode(Double.self) {
        value = Int(exactly: number).map { .integer($0) } ?? .number(number)
      } else if let word = try? container.decode(String.self) {
        value = .choice(word)
      } else if let numbers = try? container.decode([Double].self) {
        let whole = numbers.compactMap { Int(exactly: $0) }
        value = whole.count == numbers.count ? .integers(whole) : .numbers(numbers)
      } else if let list = try? container.decode([String].self) {
        words = list
      } else {
        parts = try container.decode([String: [String: Stored]].self).mapValues { $0.mapValues(\.value) }
        value = parts.first.map { .component($0.key, $0.value) } ?? .none
      }
    }
  }
}

extension SettingValue {
  var asInteger: Int? { if case .integer(let number) = self { number } else { nil } }

  var asWord: String? { if case .choice(let word) = self { word } else { nil } }

  var asNumbers: [Double]? {
    switch self {
    case .numbers(let numbers): numbers
    case .integers(let numbers): numbers.map(Double.init)
    default: nil
    }
  }

  var asComponent: (name: String, settings: [String: SettingValue])? {
    if case .component(let name, let settings) = self { (name, settings) } else { nil }
  }
}

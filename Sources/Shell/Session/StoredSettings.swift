import Foundation
import NN

/// The settings of a row (`settings` of `results` and `models`) read back into `NN`'s vocabulary.
struct StoredSettings {
  private let values: [String: SettingValue]

  /// - Throws: an error of decoding, where the text is not what Ward writes.
  init(json: String) throws {
    values = try JSONDecoder().decode([String: Stored].self, from: Foundation.Data(json.utf8)).mapValues(\.value)
  }

  subscript(name: String) -> SettingValue? { values[name] }

  /// All but some.
  func without(_ names: String...) -> [String: SettingValue] { values.filter { !names.contains($0.key) } }

  /// One value: what it is, JSON's own types tell.
  private struct Stored: Decodable {
    let value: SettingValue

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        value = .none
      } else if let flag = try? container.decode(Bool.self) {
        value = .flag(flag)
      } else if let number = try? container.decode(Double.self) {
        value = Int(exactly: number).map { .integer($0) } ?? .number(number)
      } else if let word = try? container.decode(String.self) {
        value = .choice(word)
      } else if let numbers = try? container.decode([Double].self) {
        let whole = numbers.compactMap { Int(exactly: $0) }
        value = whole.count == numbers.count ? .integers(whole) : .numbers(numbers)
      } else {
        let component = try container.decode([String: [String: Stored]].self).first
        value = component.map { .component($0.key, $0.value.mapValues(\.value)) } ?? .none
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

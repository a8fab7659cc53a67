import Lang
import NN

/// The built-ins of `NN` (attacks, defenses, architectures, …) as constants of the language.
///
/// Each is declared once, in `NN`; here its declaration is only turned from one vocabulary into the other.
enum Choices {
  static func declaration(family: String, _ entry: some Declared) -> ChoiceDeclaration {
    ChoiceDeclaration(
      family: family, entry.name, entry.summary, paper: entry.paper.isEmpty ? nil : entry.paper,
      details: entry.details,
      settings: entry.settings.map(setting), examples: entry.example.isEmpty ? [] : [entry.example])
  }

  private static func setting(_ setting: SettingDescription) -> SettingDeclaration {
    let type = type(of: setting)
    let fallback = value(setting.standard)
    return SettingDeclaration(
      setting.name, type, setting.summary, default: fallback.isNone ? nil : fallback,
      shown: fallback.isNone ? setting.standard.name ?? "chosen by the method" : nil)
  }

  private static func type(of setting: SettingDescription) -> ValueType {
    switch setting.kind {
    case .number(let range): .number(in: .within(range), unit: setting.unit)
    case .integer(let range):
      .integer(in: .within(Double(range.lowerBound)...Double(range.upperBound)), unit: setting.unit)
    case .flag: .flag
    case .choice(let words): .oneOf(words)
    case .numbers(let range): .list(of: .number(in: .within(range), unit: setting.unit))
    case .integers(let range):
      .list(of: .integer(in: .within(Double(range.lowerBound)...Double(range.upperBound)), unit: setting.unit))
    case .component(family: "model"): .object(ModelValue.self)
    case .component(let family): .choice(family: family)
    }
  }

  private static func value(_ value: SettingValue) -> Value {
    switch value {
    case .number(let number): .number(number)
    case .integer(let number): .integer(number)
    case .flag(let flag): .bool(flag)
    case .choice(let word): .string(word)
    case .numbers(let numbers): .list(numbers.map { .number($0) })
    case .integers(let numbers): .list(numbers.map { .integer($0) })
    case .component, .none: .none
    }
  }
}

extension Choice {
  /// The settings that were given, in `NN`'s vocabulary; those left out keep the defaults of `NN`.
  var settingValues: [String: SettingValue] {
    Dictionary(uniqueKeysWithValues: given.pairs.map { ($0.name, Self.settingValue($0.value)) })
  }

  private static func settingValue(_ value: Value) -> SettingValue {
    switch value {
    case .bool(let flag): return .flag(flag)
    case .number(let number): return Int(exactly: number).map { .integer($0) } ?? .number(number)
    case .string(let text): return .choice(text)
    case .choice(let choice): return .component(choice.name, choice.settingValues)
    case .object(let model as ModelValue): return .choice(model.identity.name)
    case .list(let elements):
      let numbers = elements.compactMap(\.asNumber)
      let integers = numbers.compactMap { Int(exactly: $0) }
      return integers.count == elements.count ? .integers(integers) : .numbers(numbers)
    case .range(let range): return .numbers((try? range.spelledOut()) ?? [])
    default: return .none
    }
  }
}

extension SettingValue {
  /// What help says of a component, which has no literal form before the constants exist.
  fileprivate var name: String? { if case .component(let name, _) = self { name } else { nil } }
}

extension [String: SettingValue] {
  /// As one line of JSON, for the store: enough to run the same thing again.
  var json: String {
    JSONText.object(sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) })
  }
}

extension SettingValue {
  fileprivate var json: String {
    switch self {
    case .number(let number): number.isFinite ? NumberText.exact(number) : "null"
    case .integer(let number): String(number)
    case .flag(let flag): String(flag)
    case .choice(let word): JSONText.string(word)
    case .numbers(let numbers): "[" + numbers.map(NumberText.exact).joined(separator: ",") + "]"
    case .integers(let numbers): "[" + numbers.map(String.init).joined(separator: ",") + "]"
    case .component(let name, let settings):
      JSONText.object([(name, settings.json)])
    case .none: "null"
    }
  }
}

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
      settings: entry.settings.map(setting), examples: entry.example.isEmpty ? [] : [Example(entry.example)])
  }

  private static func setting(_ setting: SettingDescription) -> SettingDeclaration {
    let type = type(of: setting)
    let fallback = value(setting.standard)
    if setting.isRequired {
      return SettingDeclaration(setting.name, type, setting.summary, isUnlabelled: setting.isUnlabelled)
    }
    return SettingDeclaration(
      setting.name, type, setting.summary, default: fallback.isNone ? nil : fallback,
      shown: fallback.isNone ? setting.standard.name ?? (setting.isOptional ? "none" : "chosen by the method") : nil,
      isUnlabelled: setting.isUnlabelled)
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
    case .extent(let range):
      .either([
        .integer(in: .within(Double(range.lowerBound)...Double(range.upperBound))),
        .list(of: .integer(in: .within(Double(range.lowerBound)...Double(range.upperBound)))),
      ])
    case .model: .object(ModelValue.self)
    case .className: .either([.string, .integer()])
    case .component(let family): .choice(family: family)
    case .components(let family):
      .list(of: .either([.choice(family: family), .list(of: .choice(family: family))]))
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
    case .component, .components, .model, .none: .none
    }
  }
}

extension Choice {
  /// What was chosen, in `NN`'s vocabulary; settings left out keep the defaults of `NN`.
  var spec: Spec { spec { $0.reference } }

  /// The same.
  ///
  /// - Parameter reference: how a model among the settings is named.
  func spec(_ reference: (ModelValue) throws -> ModelReference) rethrows -> Spec {
    Spec(name, Dictionary(uniqueKeysWithValues: try given.pairs.map { ($0.name, try Self.value($0.value, reference)) }))
  }

  private static func value(
    _ value: Value, _ reference: (ModelValue) throws -> ModelReference
  ) rethrows -> SettingValue {
    switch value {
    case .bool(let flag): return .flag(flag)
    case .number(let number): return Int(exactly: number).map { .integer($0) } ?? .number(number)
    case .string(let text): return .choice(text)
    case .choice(let choice): return .component(try choice.spec(reference))
    case .object(let model as ModelValue): return .model(try reference(model))
    case .list(let elements) where elements.contains(where: { $0.asChoice != nil || $0.asList != nil }):
      return .components(
        try elements.map { element in
          switch try Self.value(element, reference) {
          case .component(let spec): return spec
          // A list within the list: one after the other.
          case let inner: return Spec(PartSequence.name, ["layers": inner])
          }
        })
    case .list(let elements):
      let numbers = elements.compactMap(\.asNumber)
      let integers = numbers.compactMap { Int(exactly: $0) }
      return integers.count == elements.count ? .integers(integers) : .numbers(numbers)
    case .range(let range): return .numbers((try? range.spelledOut()) ?? [])
    default: return .none
    }
  }
}

extension ModelValue {
  /// The model as a setting of something else.
  var reference: ModelReference {
    ModelReference(name: identity.name, id: identity.storeID, target: model.target)
  }
}

extension SettingValue {
  /// What help says of a component, which has no literal form before the constants exist.
  fileprivate var name: String? { if case .component(let spec) = self { spec.name } else { nil } }
}

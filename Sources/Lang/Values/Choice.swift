/// A built-in of a family (`pgd`, an attack), with the settings the user gave: `pgd(steps: 40)`.
public struct Choice: Equatable {
  /// What it is and which settings it takes.
  public let declaration: ChoiceDeclaration
  /// The settings given so far, checked, in order.
  public let given: Record

  /// A choice with settings that the binder has checked.
  init(_ declaration: ChoiceDeclaration, given: Record) {
    self.declaration = declaration
    self.given = given
  }

  /// A choice as its declaration has it.
  public init(_ declaration: ChoiceDeclaration) { self.init(declaration, given: Record()) }

  /// Its name: `pgd`.
  public var name: String { declaration.name }

  /// Every setting with its value, defaults included; a setting without default that was not given is missing.
  public var settings: Record {
    Record(
      declaration.settings.compactMap { setting in
        (given[setting.name] ?? setting.fallback).map { (setting.name, $0) }
      })
  }

  /// The value of a setting: the given one, else the default, else nil.
  public subscript(name: String) -> Value? { given[name] ?? declaration.setting(name)?.fallback }

  /// The same choice with more settings; each is checked, and a later one replaces an earlier one.
  public func configured(_ name: String, _ value: Value) throws -> Choice {
    guard let setting = declaration.setting(name) else {
      throw Problem(
        .unknownSetting, "\(declaration.name) has no setting `\(name)`",
        label: Suggestions.hint(for: name, in: declaration.settings.map(\.name)),
        help: ["`options \(declaration.name)` lists what \(declaration.name) takes"])
    }
    var given = given
    given[name] = try setting.type.checked(value, for: .label(setting.name))
    return Choice(declaration, given: given)
  }

  /// The same declaration and the same settings.
  public static func == (a: Choice, b: Choice) -> Bool { a.declaration === b.declaration && a.given == b.given }
}

/// A built-in of a family, declared once: parsing, checks, help, completion and the manual all read this value.
public final class ChoiceDeclaration: @unchecked Sendable {
  /// The kind, in the user's words: `attack`, `defense`, `architecture`, `optimizer`.
  public let family: String
  /// The constant's name; unique over all families.
  public let name: String
  /// One line.
  public let summary: String
  /// Where it comes from: `arXiv:1706.06083`.
  public let paper: String?
  /// What else there is to know, in whole sentences; usually empty.
  public let details: String
  /// Its settings, in the order help shows them.
  public let settings: [SettingDeclaration]
  /// Lines that run.
  public let examples: [Example]

  /// A built-in called `name`.
  public init(
    family: String, _ name: String, _ summary: String, paper: String? = nil, details: String = "",
    settings: [SettingDeclaration] = [], examples: [Example] = []
  ) {
    self.family = family
    self.name = name
    self.summary = summary
    self.paper = paper
    self.details = details
    self.settings = settings
    self.examples = examples
  }

  /// The setting that may be given without its name: `16` in `conv(16)`.
  public var unlabelled: SettingDeclaration? { settings.first { $0.isUnlabelled } }

  /// The setting called `name`, if there is one.
  public func setting(_ name: String) -> SettingDeclaration? { settings.first { $0.name == name } }
}

/// A setting of a choice: `steps` of `pgd`. Immutable, so that declarations can be shared.
public struct SettingDeclaration: @unchecked Sendable {
  /// Its label.
  public let name: String
  /// One line.
  public let summary: String
  /// What values it takes.
  public let type: ValueType
  /// Its value when not given; nil when the work itself decides.
  public let fallback: Value?
  /// What decides when there is no default value: `the session seed`.
  public let fallbackText: String?
  /// Whether it may be given without its name; only the first of a declaration can be.
  public let isUnlabelled: Bool

  /// A setting called `name`.
  public init(
    _ name: String, _ type: ValueType, _ summary: String, default fallback: Value? = nil,
    shown fallbackText: String? = nil, isUnlabelled: Bool = false
  ) {
    self.name = name
    self.type = type
    self.summary = summary
    self.fallback = fallback
    self.fallbackText = fallbackText
    self.isUnlabelled = isUnlabelled
  }
}

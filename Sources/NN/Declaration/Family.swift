/// Declarations of one kind: all attacks, all defenses. Written forms are turned back into values here and nowhere
/// else.
public struct Family<Product>: Sendable {
  /// What one of them is called: `attack`.
  public let name: String
  /// In the order that help shows them.
  public let all: [Entry<Product>]

  /// See the properties.
  public init(_ name: String, _ all: [Entry<Product>]) {
    self.name = name
    self.all = all
  }

  /// The declaration of that name; nil if there is none.
  public func named(_ name: String) -> Entry<Product>? { all.first { $0.name == name } }

  /// The declaration of that name.
  ///
  /// - Throws: `SettingError.noSuch`: what this version does not know is never left out, or taken for something else.
  public func entry(_ name: String) throws(SettingError) -> Entry<Product> {
    guard let entry = named(name) else { throw .noSuch(family: self.name, name: name, known: all.map(\.name)) }
    return entry
  }

  /// What a spec says, the settings that it does not give at their defaults.
  ///
  /// - Throws: `SettingError` for a name or a setting that does not exist, and what the resolver throws.
  public func make(_ spec: Spec, resolving resolver: Resolver = Resolver()) throws -> Product {
    let entry = try entry(spec.name)
    return try entry.make(try entry.resolved(spec.settings, by: resolver))
  }

  /// The name and all settings of a product; nil if it is none of the family's.
  public func spec(of product: Product) -> Spec? {
    for entry in all { if let values = entry.values(of: product) { return Spec(entry.name, values) } }
    return nil
  }

  /// The same with every setting that was not given, at its default.
  ///
  /// - Throws: as `make` does.
  public func completed(_ spec: Spec, resolving resolver: Resolver = Resolver()) throws -> Spec {
    try self.spec(of: make(spec, resolving: resolver)) ?? spec
  }
}

extension Family {
  /// As a person would type it: the settings in the order of the declaration, the first without its name where it needs
  /// none.
  func typed(_ spec: Spec) -> String {
    let given = (named(spec.name)?.settings ?? []).filter { spec.settings[$0.name] != nil }
    guard !given.isEmpty else { return spec.name }
    let texts = given.map { ($0.isUnlabelled ? "" : "\($0.name): ") + "\(spec.settings[$0.name]!)" }
    return "\(spec.name)(\(texts.joined(separator: ", ")))"
  }
}

extension Declared {
  func resolved(_ given: [String: SettingValue], by resolver: Resolver) throws -> [String: SettingValue] {
    var values = given
    for setting in settings {
      if let value = given[setting.name] { values[setting.name] = try setting.resolved(value, by: resolver) }
    }
    return values
  }
}

/// A family whose product is not known, as a setting names it.
protocol AnyFamily: Sendable {
  var name: String { get }
  func resolved(_ spec: Spec, by resolver: Resolver) throws -> Spec
}

extension Family: AnyFamily {
  func resolved(_ spec: Spec, by resolver: Resolver) throws -> Spec {
    Spec(spec.name, try entry(spec.name).resolved(spec.settings, by: resolver))
  }
}

/// The families out of which a setting can be.
enum Families {
  static var all: [any AnyFamily] { [Attacks.family, Parts.family] }

  static func named(_ name: String) -> (any AnyFamily)? { all.first { $0.name == name } }
}

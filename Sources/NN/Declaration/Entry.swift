/// A setting without its target's type: what help, completion and the manual read.
public struct SettingDescription: Sendable {
  /// What a person types before the colon.
  public let name: String
  /// One line of help.
  public let summary: String
  /// Its type and range.
  public let kind: SettingKind
  /// The unit of the value, empty where there is none.
  public let unit: String
  /// Whether `none` is a value too.
  public let isOptional: Bool
  /// Whether it must be given.
  public let isRequired: Bool
  /// Whether it may be given without its name, as the first.
  public let isUnlabelled: Bool
  /// The value that holds when nothing is given.
  public var standard: SettingValue { read() }
  /// Read when asked for: of a setting that is an attack, the list of attacks may be on its way.
  let read: @Sendable () -> SettingValue
}

/// What every declaration has, whatever it makes.
public protocol Declared: Sendable {
  /// What a person types.
  var name: String { get }
  /// One line of help.
  var summary: String { get }
  /// Where it was published (`arXiv:1706.06083`), empty where there is no paper.
  var paper: String { get }
  /// What else a person should know, in whole sentences; usually empty.
  var details: String { get }
  /// In the order that help shows them.
  var settings: [SettingDescription] { get }
  /// A line that a person can type, empty if the name alone says it.
  var example: String { get }
}

extension Declared {
  /// Nothing.
  public var details: String { "" }
}

/// The one declaration of an attack, a defense, an architecture, an optimiser, a schedule or a loss.
///
/// `Entry<any Attack>` makes attacks out of settings; checks, help, completion and manual all read this value.
public struct Entry<Product>: Declared {
  /// What a person types.
  public let name: String
  /// One line of help.
  public let summary: String
  /// Where it was published, empty where there is no paper.
  public let paper: String
  /// What else a person should know, in whole sentences.
  public let details: String
  /// In the order that help shows them.
  public let settings: [SettingDescription]
  /// A line that a person can type, empty if the name alone says it.
  public let example: String
  private let build: @Sendable ([String: SettingValue]) throws -> Product
  private let read: @Sendable (Product) -> [String: SettingValue]?

  /// Declares `Target`, whose default value is `standard`.
  ///
  /// - Parameters:
  ///   - unerase: finds the concrete value in a product, nil in those of other entries; by its type, unless given.
  ///   - erase: turns the concrete value into the product; `{ $0 }` nearly always.
  public init<Target: Sendable>(
    _ standard: Target, _ name: String, _ summary: String, paper: String = "", details: String = "",
    example: String = "", _ settings: [Setting<Target>] = [],
    read unerase: @escaping @Sendable (Product) -> Target? = { $0 as? Target },
    as erase: @escaping @Sendable (Target) -> Product
  ) {
    self.name = name
    self.summary = summary
    self.paper = paper
    self.details = details
    self.example = example
    self.settings = settings.map { setting in
      SettingDescription(
        name: setting.name, summary: setting.summary, kind: setting.kind, unit: setting.unit,
        isOptional: setting.isOptional,
        isRequired: setting.isRequired, isUnlabelled: setting.isUnlabelled, read: { setting.value(in: standard) })
    }
    build = { given in
      var target = standard
      for key in given.keys.sorted() {
        guard let setting = settings.first(where: { $0.name == key }) else {
          throw SettingError.unknown(name: key, owner: name, known: settings.map(\.name))
        }
        try setting.apply(given[key]!, to: &target)
      }
      if let missing = settings.first(where: { $0.isRequired && given[$0.name] == nil }) {
        throw SettingError.missing(name: missing.name, owner: name, summary: missing.summary, example: example)
      }
      return erase(target)
    }
    read = { product in
      guard let target = unerase(product) else { return nil }
      return Dictionary(uniqueKeysWithValues: settings.map { ($0.name, $0.value(in: target)) })
    }
  }

  private init(
    like other: some Declared, build: @escaping @Sendable ([String: SettingValue]) throws -> Product,
    read: @escaping @Sendable (Product) -> [String: SettingValue]?
  ) {
    (name, summary, paper, details) = (other.name, other.summary, other.paper, other.details)
    (settings, example, self.build, self.read) = (other.settings, other.example, build, read)
  }

  /// The same declaration of another kind of product.
  ///
  /// - Parameter unwrap: what `wrap` was given; nil for the products of other entries.
  func wrapped<Other>(
    _ wrap: @escaping @Sendable (Product) -> Other, unwrap: @escaping @Sendable (Other) -> Product?
  ) -> Entry<Other> {
    Entry<Other>(like: self, build: { wrap(try build($0)) }, read: { unwrap($0).flatMap(read) })
  }

  /// The product with the given settings, the others at their defaults.
  ///
  /// - Throws: `SettingError` if a name is unknown, a type is wrong or a value lies outside its range.
  public func make(_ given: [String: SettingValue] = [:]) throws -> Product { try build(given) }

  /// All settings of a product that this entry made; nil for one of another entry.
  public func values(of product: Product) -> [String: SettingValue]? { read(product) }
}

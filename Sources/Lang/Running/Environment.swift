import Contract

/// The names that code and commands both see: what the host declares, and the user's variables. Shared by reference, so
/// that a command such as `forget` takes effect.
public final class Environment {
  /// The host's commands, by name.
  public let commands: [String: CommandDeclaration]
  /// The built-in constants, by name.
  public let choices: [String: ChoiceDeclaration]
  /// The functions of the library and of the host, by name.
  public let functions: [String: LibraryFunction]
  /// The host's kinds of object, by name; for help and completion.
  public let types: [String: ObjectType]

  /// The words that parameters take (`linf`, `dlr`): constants whose value is their own text.
  public let words: Set<String>

  /// What to write for words that are no names but stand elsewhere in the host, such as ``:quit`` for `quit`.
  public let elsewhere: [String: String]

  /// Names that an interrupted cell would have bound, and how to get them all the same.
  public var unfinished: [String: String] = [:]

  /// What people type who come from other tools.
  public let others: OtherTools

  /// Options of the host's own command line, which a script's `param` cannot have: `seed`.
  public let hostOptions: Set<String>

  private let settings: Set<String>, labels: Set<String>
  private var cells: [String: Cell] = [:]
  private var order: [String] = []

  /// An environment without variables. Every name may be declared once only.
  public init(
    commands: [CommandDeclaration] = [], choices: [ChoiceDeclaration] = [], functions: [LibraryFunction] = [],
    types: [ObjectType] = [], elsewhere: [String: String] = [:], others: OtherTools = OtherTools(),
    hostOptions: Set<String> = []
  ) {
    self.hostOptions = hostOptions
    self.elsewhere = elsewhere
    self.others = others
    let clash = Self.clash(commands: commands, choices: choices, functions: functions, types: types)
    require(clash == nil, clash ?? "")
    let functions = Library.all + functions
    self.commands = Dictionary(uniqueKeysWithValues: commands.map { ($0.name, $0) })
    self.choices = Dictionary(uniqueKeysWithValues: choices.map { ($0.name, $0) })
    self.functions = Dictionary(uniqueKeysWithValues: functions.map { ($0.name, $0) })
    let parameterTypes = commands.flatMap(\.parameters).map(\.type)
    words = Set((parameterTypes + choices.flatMap(\.settings).map(\.type)).flatMap(\.words))
    labels = Set(commands.flatMap(\.labels).map(\.name))
    settings = Set(choices.flatMap(\.settings).map(\.name))
    self.types = Dictionary(uniqueKeysWithValues: types.map { ($0.name, $0) })
  }

  /// An error message if a host or library name is declared twice; nil otherwise.
  public static func clash(
    commands: [CommandDeclaration] = [], choices: [ChoiceDeclaration] = [], functions: [LibraryFunction] = [],
    types: [ObjectType] = []
  ) -> String? {
    // A kind of value may be called like a command that makes one.
    let words =
      commands.map { ($0.name, "the command", $0.summary) }
      + choices.map { ($0.name, "the \($0.family)", $0.summary) }
      + (Library.all + functions).map { ($0.name, "the function", $0.summary) }
    return clash(among: words) ?? clash(among: types.map { ($0.name, "the kind of value", $0.summary) })
  }

  private static func clash(among declared: [(name: String, kind: String, summary: String)]) -> String? {
    var seen: [String: String] = [:]
    for (name, kind, summary) in declared {
      let declaration = "\(kind) \"\(summary)\""
      if let first = seen.updateValue(declaration, forKey: name) {
        return "the name \(name) is declared twice: by \(first) and by \(declaration)"
      }
    }
    return nil
  }

  /// The value of a user's variable, nil when there is none.
  public func value(of name: String) -> Value? { cells[name]?.value }

  /// The user's variables, oldest first.
  public var variables: [(name: String, value: Value)] {
    order.compactMap { name in value(of: name).map { (name, $0) } }
  }

  /// Gives a name a value, as a top-level `let` does.
  public func bind(_ name: String, to value: Value) {
    let cell = cell(for: name)
    if cell.value == nil { order.append(name) }
    cell.value = value
  }

  /// Removes a name; returns whether it had a value. A built-in it shadowed is back.
  @discardableResult public func remove(_ name: String) -> Bool {
    guard let cell = cells[name], cell.value != nil else { return false }
    cell.value = nil
    order.removeAll { $0 == name }
    return true
  }

  /// Makes the user's variables exactly these, in this order.
  public func restore(_ variables: [(name: String, value: Value)]) {
    for name in order { cells[name]?.value = nil }
    order = variables.map(\.name)
    for (name, value) in variables { cell(for: name).value = value }
  }

  /// The built-in constants of a family, sorted by name; of every family when nil.
  public func choices(of family: String?) -> [ChoiceDeclaration] {
    choices.values.filter { family == nil || $0.family == family }.sorted { $0.name < $1.name }
  }

  /// The variable's cell, made without a value if need be: functions may name what a later line declares.
  func cell(for name: String) -> Cell {
    if let cell = cells[name] { return cell }
    let cell = Cell()
    cells[name] = cell
    return cell
  }

  /// Whether the user has given `name` a value.
  func isVariable(_ name: String) -> Bool { cells[name]?.value != nil }

  /// Whether the name is a command, a built-in constant or a library function.
  func isBuiltIn(_ name: String) -> Bool {
    commands[name] != nil || choices[name] != nil || functions[name] != nil
  }

  /// Whether some built-in has a setting of that name.
  func isSetting(_ name: String) -> Bool { settings.contains(name) }

  /// Whether some command has a label, or some built-in a setting, of that name.
  func isLabel(_ name: String) -> Bool { labels.contains(name) || settings.contains(name) }

  /// The value of a built-in constant or library function.
  func builtIn(_ name: String) -> Value? {
    if let choice = choices[name] { return .choice(Choice(choice)) }
    if let function = functions[name] { return .function(Function(function)) }
    if words.contains(name) { return .string(name) }
    return nil
  }
}

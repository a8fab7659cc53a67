/// Reads, checks and runs code for one host. Prompt, script and test use the same three steps: `parse`, `prepare`, `run`.
///
/// It belongs to one thread at a time. Deep recursion needs stack: `Interpreter.withDeepStack` gives a thread that has it;
/// elsewhere recursion ends earlier, always with a diagnostic.
public final class Interpreter {
  /// The names that code sees.
  public let environment: Environment
  let machine: Machine

  /// An interpreter for `host`, which must outlive it.
  public init(environment: Environment, host: any Host) {
    self.environment = environment
    machine = Machine(host: host, environment: environment)
  }

  /// Reads a text. Nothing is checked against names yet.
  public func parse(_ source: Source) -> Program { Parser.parse(source, environment: environment) }

  /// Checks all items and compiles them. The diagnostics, including those from parsing, are complete before anything
  /// runs.
  public func prepare(_ program: Program) -> Prepared {
    let compiler = Compiler(program, environment: environment)
    var mayDeclareOptions = true
    var options: Set<String> = []
    let items = program.items.map { item in
      defer { if case .session(":", let text) = item.kind, Self.declares(text) { compiler.isLenient = true } }
      if case .statement = item.kind { mayDeclareOptions = mayDeclareOptions && item.statement?.declaredName != nil }
      if case .parameter(let parameter) = item.kind {
        compiler.diagnostics += [
          mayDeclareOptions ? nil : Self.lateOption(item), clash(parameter.name, item, among: &options),
        ].compactMap { $0 }
      }
      let diagnosticCount = compiler.diagnostics.count
      let unit = item.statement.map(compiler.unit)
      if compiler.diagnostics[diagnosticCount...].contains(where: { $0.severity == .error }),
        let foreign = environment.foreignLine(at: item.range.start, of: program.source, declared: compiler.declared)
      {
        compiler.diagnostics.replaceSubrange(diagnosticCount..., with: [foreign])
      }
      return Prepared.Ready(item: item, unit: unit)
    }
    return Prepared(
      program: program, items: items, diagnostics: (program.diagnostics + compiler.diagnostics).readable)
  }

  private static func lateOption(_ item: Item) -> Diagnostic {
    Diagnostic(
      .misplacedStatement, "`param` must stand before the first command", at: item.range,
      help: ["the options of a script are known before any of it runs"])
  }

  /// What is wrong with an option's name: another `param` or the host itself has it.
  private func clash(_ name: String, _ item: Item, among seen: inout Set<String>) -> Diagnostic? {
    let help = ["give the `param` another name"]
    if environment.hostOptions.contains(name) {
      return Diagnostic(
        .repeatedName, "--\(name.replacing("_", with: "-")) is an option of Ward's own: the script would never get it",
        at: item.range, help: help)
    }
    guard !seen.insert(name).inserted else { return nil }
    return Diagnostic(.repeatedName, "there are two options `\(name)`", at: item.range, help: help)
  }

  /// Whether a session line may give names values, so that what follows cannot be checked for names.
  private static func declares(_ text: String) -> Bool {
    text.prefix { !$0.isWhitespace } == "run"
  }

  /// Runs one prepared statement. Throws a `Diagnostic` or an `Interrupt`, nothing else. Session lines are for the host.
  public func run(_ ready: Prepared.Ready) throws -> Outcome {
    guard let unit = ready.unit, let statement = ready.item.statement else {
      return Outcome(item: ready.item, value: .none, kind: .nothing)
    }
    machine.settleOnThread()
    do {
      try machine.poll()
      return Outcome(item: ready.item, value: try machine.outermost.run(unit), kind: statement.outcome)
    } catch {
      throw Problem.place(error, at: ready.item.range)
    }
  }

  /// Reads, checks and runs a whole text; the value of its last statement. Throws the first error.
  @discardableResult public func evaluate(_ source: Source) throws -> Value {
    let prepared = prepare(parse(source))
    if let error = prepared.errors.first { throw error }
    var value = Value.none
    for ready in prepared.items { value = try run(ready).value }
    return value
  }

  /// Calls a function value, as a host does that was given one.
  public func call(_ function: Function, _ arguments: [Value]) throws -> Value {
    machine.settleOnThread()
    return try machine.call(function, arguments)
  }

  /// Gives a `param` of a prepared program its value from outside: `--eps 4/255` is `set("eps", to: Source("--eps", "4/255"))`.
  /// Where the default is a string, the text is the string itself: `--data fashion-mnist`.
  public func set(_ parameter: String, to text: Source, in prepared: inout Prepared) throws {
    guard let at = prepared.items.firstIndex(where: { $0.parameter?.name == parameter }) else {
      let names = prepared.program.parameters.map(\.name)
      throw Problem(
        .unknownSetting, "this script has no option `\(parameter)`", label: Suggestions.hint(for: parameter, in: names),
        help: names.isEmpty
          ? ["it declares none with `param`"] : ["it has \(names.map { "--\($0)" }.joined(separator: ", "))"]
      ).placed(at: nil)
    }
    guard let declared = prepared.items[at].parameter else { return }
    prepared.items[at].overrideValue(try value(of: text, for: declared))
  }

  /// What a parameter is worth that is given no value; nil where that follows from what runs before.
  public func fallback(of parameter: ProgramParameter) -> Value? {
    try? evaluate(Source(name: "", text: parameter.fallbackText))
  }

  /// Whether the default is a number, as far as its text alone tells.
  public func isNumber(_ parameter: ProgramParameter) -> Bool {
    let fallback = parse(Source(name: "", text: parameter.fallbackText)).items.first?.statement?.expression
    return fallback.flatMap { kind(of: $0) } == Value.number(0).typeName
  }

  /// What a text from outside is worth: one expression of the kind that the default is, and nothing that acts.
  ///
  /// - Throws: `Diagnostic`, `Interrupt`.
  public func value(of text: Source, for parameter: ProgramParameter) throws -> Value {
    let fallback = parse(Source(name: "", text: parameter.fallbackText)).items.first?.statement?.expression
    let wanted = fallback.flatMap { kind(of: $0) }
    let isQuoted = text.text.first.map { "\"'".contains($0) } ?? false
    if wanted == Value.string("").typeName, !isQuoted { return .string(text.text) }
    let program = parse(text)
    guard program.diagnostics.isEmpty, program.items.count == 1, let node = program.items[0].statement?.expression,
      !node.acts
    else { throw unfit(text, for: parameter, "one value") }
    guard let wanted else { return try evaluate(text) }
    let value = try? evaluate(text)
    guard wanted == value?.asChoice?.declaration.family ?? value?.typeName, let value else {
      throw unfit(text, for: parameter, wanted == Value.bool(true).typeName ? wanted : wanted.withArticle)
    }
    return value
  }

  private func unfit(_ text: Source, for parameter: ProgramParameter, _ wanted: String) -> any Error {
    Problem(
      .wrongType, "--\(parameter.name) takes \(wanted) such as \(parameter.fallbackText), not `\(text.text)`"
    ).placed(at: nil)
  }

  /// The kind of a default, as far as its text alone tells; nil where anything may be given.
  private func kind(of node: Node) -> String? {
    switch node.kind {
    case .number, .negate: Value.number(0).typeName
    case .arithmetic(_, let a, let b): kind(of: a) == kind(of: b) ? kind(of: a) : nil
    case .bool: Value.bool(true).typeName
    case .list, .comprehension: Value.list([]).typeName
    case .record: Value.record(Record()).typeName
    case .range: Value.range(NumberRange(from: 0, to: 1)).typeName
    case .string, .interpolation: Value.string("").typeName
    case .name(let name): environment.choices[name]?.family
    case .call(let callee, _): kind(of: callee)
    case .group(let inner): kind(of: inner)
    default: nil
    }
  }
}

extension Node {
  /// Whether it is, or contains at its head, something that does more than compute: a command, a query, a pipeline.
  fileprivate var acts: Bool {
    switch kind {
    case .command, .sql, .pipe: true
    case .group(let inner): inner.acts
    default: false
    }
  }
}

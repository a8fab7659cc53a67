extension Parser {
  // script = [ "#!" text NEWLINE ] { { SEP } item } ;
  mutating func items() -> [Item] {
    var items: [Item] = []
    start()
    while token.kind != .end, diagnostics.count <= Self.maximumDiagnostics {
      let begin = token.start
      do throws(Diagnostic) {
        if try accept(.semicolon) { continue }
        if let item = try sessionLine() {
          items.append(item)
          continue
        }
        let statement = try statement(topLevel: true)
        let isSilenced = at(.semicolon) && !endsLine
        // What is not ended as it must be is told once: compiling it too would tell it again.
        try separator(after: statement)
        items.append(item(statement, isSilenced: isSilenced))
      } catch {
        if !recover(from: error, statementStart: begin) { break }
      }
    }
    return items
  }

  mutating func start() {
    do throws(Diagnostic) {
      token = try lexer.next()
      token.newlineBefore = true
    } catch {
      if recover(from: error, statementStart: 0) { token.newlineBefore = true }
    }
  }

  func item(_ statement: Statement, isSilenced: Bool) -> Item {
    var kind = Item.Kind.statement
    if case .param(let name, let value, let doc) = statement.kind {
      kind = .parameter(
        ProgramParameter(name: name.text, fallbackText: source.text(from: value.start, to: value.end), doc: doc))
    }
    return Item(kind: kind, range: range(statement.start, statement.end), isSilenced: isSilenced, statement: statement)
  }

  // session = ( ":" | "?" | "!" ) text ;
  mutating func sessionLine() throws(Diagnostic) -> Item? {
    guard at(.colon) || at(.question) || at(.bang) else { return nil }
    guard token.newlineBefore else { throw misplacedSessionLine() }
    let start = token.start
    var end = start
    while end < lexer.limit, source.bytes[end] != UInt8(ascii: "\n") { end += 1 }
    let line = source.text(from: start, to: end).trimmed
    let item = Item(
      kind: .session(marker: line.first ?? ":", text: String(line.dropFirst()).trimmed),
      range: range(start, start + line.utf8.count), isSilenced: false, statement: nil)
    lexer.move(to: end)
    try advance()
    return item
  }

  func misplacedSessionLine() -> Diagnostic {
    Diagnostic(
      .misplacedSessionLine, "a session line must be a line of its own at the top level", at: tokenRange,
      help: ["`\(text(token))` starts a session line such as `:history`, `?attack` or `!ls`"])
  }

  /// A statement must end with its line, with `;` or with the block.
  mutating func separator(after statement: Statement) throws(Diagnostic) {
    if token.kind == .end || token.newlineBefore || at(.closeBrace) && shadows.count > 1 { return }
    if try accept(.semicolon) { return }
    throw misspeltCommand(statement.lastStage) ?? surplus()
  }

  /// A name that nothing has, with an argument behind it, was meant to be a command.
  func misspeltCommand(_ stage: Node?) -> Diagnostic? {
    if token.kind == .name, Suggestions.habit(text(token)) != nil { return nil }
    if case .name(let name)? = stage?.kind, let stage, !endsStatement, token.kind != .symbol || at(.openBracket),
      let told = notCommand(name, stage)
    {
      return told
    }
    guard case .name(let name)? = stage?.kind, let stage, !endsStatement, !environment.isBuiltIn(name),
      token.kind != .symbol
    else { return nil }
    if Self.writingSQL.contains(name.lowercased()) {
      return Diagnostic(
        .unknownName, "SQL here only asks: there is no `\(name)`", at: range(stage.start, stage.end),
        help: ["a query begins with `select` or `with`; `:store prune` removes what is old"])
    }
    let place = range(stage.start, stage.end)
    if token.kind == .string, !token.spaceBefore {
      return Diagnostic(
        .unexpected, "a string needs no `\(name)` before it", at: place,
        help: ["`\"{x}\"` puts in the value of x, `'{x}'` does not"])
    }
    if name == "with" {
      return Diagnostic(
        .unknownName, "there is no command `with`", at: place,
        help: ["a query begins with it at the start of a statement, or in parentheses: `(with …)`"])
    }
    if Self.clauses.contains(name.lowercased()) {
      return Diagnostic(
        .unknownName, "there is no command `\(name)`, and a query ends with its line", at: place,
        help: ["put a query of several lines in parentheses: `(select …)`"])
    }
    let instead = Suggestions.habit(name) ?? environment.elsewhere[name]
    return Diagnostic(
      .unknownName, "there is no command `\(name)`", at: place,
      says: instead ?? Suggestions.hint(for: name, in: Self.statementWords + environment.commands.keys),
      help: ["`help` lists the commands"])
  }

  /// What stands like a command and is something else: a function, or a variable of a command's name.
  private func notCommand(_ name: String, _ stage: Node) -> Diagnostic? {
    let place = range(stage.start, stage.end)
    if environment.commands[name] != nil {
      return Diagnostic(
        .unexpected, "`\(name)` is a variable here and hides the command", at: place,
        help: ["`forget \(name)` brings the command back"])
    }
    if declared.contains(name) || environment.isVariable(name) {
      guard !at(.assign) else { return nil }
      return Diagnostic(
        .unexpected, "`\(name)` is no command", at: place,
        help: ["a function is called with parentheses, `\(name)(…)`; between two values stands an operator"])
    }
    guard let function = environment.functions[name] else { return nil }
    return Diagnostic(
      .unexpected, "`\(name)` is a function, and its arguments stand in parentheses", at: place,
      help: ["for example: \(function.example)"])
  }

  /// What a statement may begin with beside a command.
  private static let statementWords = [
    "let", "if", "for", "while", "def", "return", "break", "continue", "try", "check", "param", "select",
  ]

  /// What the further lines of a query begin with.
  private static let clauses: Set = [
    "from", "where", "group", "having", "order", "limit", "join", "left", "inner", "union", "window",
  ]

  /// What SQL statements that are no questions begin with.
  private static let writingSQL: Set = [
    "insert", "update", "delete", "replace", "create", "drop", "alter", "attach", "detach", "pragma", "vacuum", "begin",
    "commit", "rollback",
  ]

  /// What to write for a symbol that means something in other languages.
  private var foreignSymbol: String {
    switch token.symbol {
    case .question: "write `if … then … else …`"
    case .arrow: "write `fn(x) => …`"
    default: ""
    }
  }

  /// Says what to do about a token that cannot go on a statement.
  func surplus() -> Diagnostic {
    let word = text(token)
    if at(.assign) {
      return Diagnostic(.notAPlace, "only a name, a field or an element can be assigned", at: tokenRange)
    }
    if keyword == .else || keyword == .catch {
      return Diagnostic(
        .misplacedStatement, "this `\(word)` belongs to no `\(word == "else" ? "if" : "try")`", at: tokenRange)
    }
    if token.kind == .label {
      return Diagnostic(
        .unexpected, "`\(word)` is a label, but no command takes it here", at: tokenRange,
        help: ["a command stands at the start of a statement, or after `=`, `|`, `return` or `(`"])
    }
    if at(.comma) {
      return Diagnostic(
        .unexpected, "expected the end of the statement, not `,`", at: tokenRange,
        help: ["what a command takes stands without commas; a list is written in brackets: `[1, 2]`"])
    }
    if at(.closeParen) || at(.closeBracket) || at(.closeBrace) {
      return Diagnostic(.unexpected, "this `\(word)` closes nothing", at: tokenRange)
    }
    return Diagnostic(
      .unexpected, "expected the end of the statement, not `\(word)`", at: tokenRange,
      says: token.kind == .name ? Suggestions.habit(word) ?? "" : foreignSymbol,
      help: ["statements are separated by a line break or `;`"])
  }
}

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
        let isSilenced = at(.semicolon) && !endsLine && !(statement.isQuery && endsLineAfterSemicolon)
        // What is not ended as it must be is told once: compiling it too would tell it again.
        try separator(after: statement)
        items.append(item(statement, isSilenced: isSilenced))
      } catch {
        let mistake = environment.foreignLine(at: begin, of: source, declared: declared)
        if !recover(from: mistake ?? error, statementStart: begin) { break }
      }
    }
    return items
  }

  /// Whether nothing but a comment follows the `;` here: there it ends a query, as in every shell for SQL.
  private var endsLineAfterSemicolon: Bool {
    var ahead = lexer
    let next = ahead.nextIfValid()
    return next.map { $0.kind == .end || $0.newlineBefore } ?? false
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
    if let meant = try lineOfOthers() { return try sessionItem(meant) }
    guard at(.colon) || at(.question) || at(.bang) else { return nil }
    guard token.newlineBefore else { throw misplacedSessionLine() }
    return try sessionItem(lineHere)
  }

  /// The line that the next token begins.
  private var lineHere: String {
    source.text(from: token.start, to: min(lexer.limit, source.endOfLine(at: token.start))).trimmed
  }

  /// The line here as a session line that says `line`.
  private mutating func sessionItem(_ line: String) throws(Diagnostic) -> Item {
    let start = token.start
    let item = Item(
      kind: .session(marker: line.first ?? ":", text: String(line.dropFirst()).trimmed),
      range: range(start, start + lineHere.utf8.count), isSilenced: false, statement: nil)
    lexer.move(to: min(lexer.limit, source.endOfLine(at: start)))
    try advance()
    return item
  }

  /// What a line of another prompt means here, as a session line: `exit` and `\q` leave, `name?` and `??name` ask for help.
  /// Of others it is told what to type instead.
  private mutating func lineOfOthers() throws(Diagnostic) -> String? {
    guard token.newlineBefore else { return nil }
    switch token.kind {
    case .name:
      let first = source.bytes[token.start]
      if first == UInt8(ascii: "e") || first == UInt8(ascii: "q"), leaves { return ":quit" }
      guard lexer.follows(UInt8(ascii: "?")) || lexer.follows(UInt8(ascii: ".")) else { return nil }
      let line = lineHere, name = line.prefix { $0 != "?" }
      let isPath = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
      return isPath && name.count < line.count && line.dropFirst(name.count).allSatisfy { $0 == "?" } ? "?" + name : nil
    case .symbol where at(.question) && lexer.follows(UInt8(ascii: "?")):
      return "?" + lineHere.drop { $0 == "?" }
    case .symbol where at(.dot), .session:
      if leaves { return ":quit" }
      guard token.kind == .session || source.bytes[token.end..<lexer.limit].first?.isLetter == true else { return nil }
      throw environment.foreignLine(at: token.start, of: source, declared: [], isCertain: true) ?? surplus()
    default: return nil
    }
  }

  /// Whether the line here leaves, in this program and in others; a variable of such a name is a variable.
  private var leaves: Bool {
    let line = lineHere.split(separator: "#").first.map { String($0).trimmed } ?? ""
    let word = String(line.prefix { $0 != "(" && $0 != ";" })
    guard environment.others.leaving.contains(line.hasSuffix(";") ? String(line.dropLast()).trimmed : line) else {
      return false
    }
    return !declared.contains(word) && !environment.isVariable(word)
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
    if token.kind == .name, Suggestions.foreignKeyword(text(token)) != nil { return nil }
    if case .name(let name)? = stage?.kind, let stage, !endsStatement, token.kind != .symbol || at(.openBracket),
      let mistake = notCommand(name, stage)
    {
      return mistake
    }
    guard case .name(let name)? = stage?.kind, let stage, !endsStatement, !environment.isBuiltIn(name),
      token.kind != .symbol
    else { return nil }
    if Self.writingSQL.contains(name.lowercased()) {
      return Diagnostic(
        .unknownName, "SQL only reads the store here: there is no `\(name)`", at: range(stage.start, stage.end),
        help: ["a query begins with `select` or `with`; `:store prune` removes what is old"])
    }
    let place = range(stage.start, stage.end)
    if token.kind == .string, !token.spaceBefore {
      return Diagnostic(
        .unexpected, "a string needs no `\(name)` before it", at: place,
        help: ["`\"{x}\"` inserts the value of x, `'{x}'` does not"])
    }
    if name == "with" {
      return Diagnostic(
        .unknownName, "there is no command `with`", at: place,
        help: ["a query begins with it at the start of a statement, or in parentheses: `(with …)`"])
    }
    if Self.clauses.contains(name.lowercased()) {
      return Diagnostic(
        .unknownName, "there is no command `\(name)`, and no query before it goes on here", at: place,
        help: [
          "a query goes on after a line that breaks off, or that such a word follows directly; or put it in parentheses"
        ])
    }
    if let instead = Suggestions.foreignKeyword(name) ?? environment.elsewhere[name] {
      return Diagnostic(.unknownName, "there is no command `\(name)`", at: place, says: instead)
    }
    let meant = environment.suggestion(for: name, among: Self.statementWords + environment.commands.keys)
    return Diagnostic(
      .unknownName, "there is no command `\(name)`", at: place, says: meant.label,
      help: meant.help + ["`help` lists the commands"])
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
        .unexpected, "`\(name)` is not a command", at: place,
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
    case .colon where lexer.follows(UInt8(ascii: "=")): "write `=`"
    case .bang: "write `not` for the opposite"
    default: ""
    }
  }

  /// `1,000` where a number was meant.
  private var groupedNumber: String? {
    let before = source.bytes[..<token.start].reversed().prefix { $0.isDigit }.reversed()
    let after = source.bytes[token.end..<lexer.limit].prefix { $0.isDigit || $0 == UInt8(ascii: ",") }
    let groups = after.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard !before.isEmpty, before.count <= 3, groups.allSatisfy({ $0.count == 3 }) else { return nil }
    let number = ([Array(before)] + groups.map(Array.init)).map { String(decoding: $0, as: UTF8.self) }
    return "write `\(number.joined())`, or `\(number.joined(separator: "_"))`"
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
        help: ["a command may stand only at the start of a statement, or after `=`, `|`, `return` or `(`"])
    }
    if at(.comma), let number = groupedNumber {
      return Diagnostic(.unexpected, "a number has no commas", at: tokenRange, says: number)
    }
    if at(.comma) {
      return Diagnostic(
        .unexpected, "expected the end of the statement, not `,`", at: tokenRange,
        help: ["commands take no commas; a list is written in brackets: `[1, 2]`"])
    }
    if at(.closeParen) || at(.closeBracket) || at(.closeBrace) {
      return Diagnostic(.unexpected, "this `\(word)` closes nothing", at: tokenRange)
    }
    var ahead = lexer
    let isNot = word == "is" && ahead.nextIfValid().map { text($0) == "not" } == true
    let foreignKeyword =
      isNot ? "write `!=`" : keyword == .if ? "write `if … then … else …`" : Suggestions.foreignKeyword(word)
    return Diagnostic(
      .unexpected, "expected the end of the statement, not `\(word)`", at: tokenRange,
      says: token.kind == .name ? foreignKeyword ?? "" : foreignSymbol,
      help: ["statements are separated by a line break or `;`"])
  }
}

extension Parser {
  // script = [ "#!" text NEWLINE ] { { SEP } item } ;
  mutating func items() -> [Item] {
    var items: [Item] = []
    start()
    while token.kind != .end, diagnostics.count < Self.maximumDiagnostics {
      let begin = token.start
      do throws(Diagnostic) {
        if try accept(.semicolon) { continue }
        if let item = try sessionLine() {
          items.append(item)
          continue
        }
        let statement = try statement(topLevel: true)
        let isSilenced = at(.semicolon) && !endsLine
        items.append(item(statement, isSilenced: isSilenced))
        try separator(after: statement)
      } catch {
        if !recover(from: error, statementStart: begin) { break }
      }
    }
    return items
  }

  private mutating func start() {
    do throws(Diagnostic) {
      token = try lexer.next()
      token.newlineBefore = true
    } catch {
      if recover(from: error, statementStart: 0) { token.newlineBefore = true }
    }
  }

  private func item(_ statement: Statement, isSilenced: Bool) -> Item {
    var kind = Item.Kind.statement
    if case .param(let name, let value, let doc) = statement.kind {
      kind = .parameter(
        ProgramParameter(name: name.text, fallbackText: source.text(from: value.start, to: value.end), doc: doc))
    }
    return Item(kind: kind, range: range(statement.start, statement.end), isSilenced: isSilenced, statement: statement)
  }

  // session = ( ":" | "?" | "!" ) text ;
  private mutating func sessionLine() throws(Diagnostic) -> Item? {
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

  private func misplacedSessionLine() -> Diagnostic {
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
    guard case .name(let name)? = stage?.kind, let stage, !endsStatement, !environment.isVariable(name),
      !environment.isBuiltIn(name), token.kind != .symbol
    else { return nil }
    return Diagnostic(
      .unknownName, "there is no command `\(name)`", at: range(stage.start, stage.end),
      says: Suggestions.hint(for: name, in: environment.commands.keys), help: ["`help` lists the commands"])
  }

  /// Says what to do about a token that cannot go on a statement.
  private func surplus() -> Diagnostic {
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
    if at(.closeParen) || at(.closeBracket) || at(.closeBrace) {
      return Diagnostic(.unexpected, "this `\(word)` closes nothing", at: tokenRange)
    }
    return Diagnostic(
      .unexpected, "expected the end of the statement, not `\(word)`", at: tokenRange,
      help: ["statements are separated by a line break or `;`"])
  }

  // statement = "let" … | "if" … | place "=" pipeline | pipeline ;
  mutating func statement(topLevel: Bool = false) throws(Diagnostic) -> Statement {
    try descend()
    defer { level -= 1 }
    let start = token.start
    switch keyword {
    case .let: return try declaration(start)
    case .param: return try parameter(start, topLevel: topLevel)
    case .def: return try definition(start)
    case .if: return try conditional(start)
    case .for: return try forLoop(start)
    case .while: return try whileLoop(start)
    case .try: return try attempt(start)
    case .check: return try check(start)
    case .return: return try returned(start)
    case .break, .continue: return try jump(start)
    case .else, .catch: throw surplus()
    default: break
    }
    if at(.colon) || at(.question) || at(.bang) { throw misplacedSessionLine() }
    return try assignmentOrPipeline(start)
  }

  func make(_ kind: Statement.Kind, from start: Int, over depth: Int) throws(Diagnostic) -> Statement {
    guard depth < Self.maximumDepth else { throw tooDeep(start) }
    return Statement(kind: kind, start: start, end: previousEnd, depth: depth + 1)
  }

  /// A new name, which must not be a reserved word.
  mutating func newName(_ purpose: String) throws(Diagnostic) -> Name {
    guard token.kind == .name, !endsLine else {
      if token.kind == .last {
        throw Diagnostic(
          .reservedWord, "`\(text(token))` stands for an earlier value and cannot be a name", at: tokenRange)
      }
      throw missing("a name", purpose, isIncomplete: nesting > 0)
    }
    if let keyword {
      throw Diagnostic(
        .reservedWord, "`\(keyword.rawValue)` is a word of the language and cannot be a name", at: tokenRange)
    }
    let name = Name(text: text(token), start: token.start, end: token.end)
    try advance()
    return name
  }

  // "let" NAME "=" pipeline
  private mutating func declaration(_ start: Int) throws(Diagnostic) -> Statement {
    try advance()
    let name = try newName("after `let`")
    try expect(.assign, "after the name")
    let value = try pipeline()
    shadow(name)
    return try make(.declare(name, value), from: start, over: value.depth)
  }

  // "param" NAME "=" expr [ STRING ]
  private mutating func parameter(_ start: Int, topLevel: Bool) throws(Diagnostic) -> Statement {
    guard topLevel else {
      throw Diagnostic(.misplacedStatement, "`param` may stand at the top level only", at: tokenRange)
    }
    try advance()
    let name = try newName("after `param`")
    try expect(.assign, "after the name")
    let value = try expression()
    var doc: String?
    if token.kind == .string || token.kind == .rawString, !endsLine {
      let node = try primary()
      guard case .string(let text) = node.kind else {
        throw Diagnostic(.unexpected, "the description of a `param` is plain text", at: range(node.start, node.end))
      }
      doc = text
    }
    shadow(name)
    return try make(.param(name, value, doc: doc), from: start, over: value.depth)
  }

  // "def" NAME "(" [ par { "," par } ] ")" block          par = NAME [ "=" expr ] ;
  private mutating func definition(_ start: Int) throws(Diagnostic) -> Statement {
    try advance()
    let name = try newName("after `def`")
    shadow(name)
    let open = token.start
    try expect(.openParen, "after the function's name")
    nesting += 1
    var parameters: [Statement.Parameter] = []
    while !at(.closeParen) {
      let parameter = try newName("of a parameter")
      if parameters.contains(where: { $0.name == parameter }) {
        throw Diagnostic(
          .repeatedName, "there are two parameters `\(parameter.text)`", at: range(parameter.start, parameter.end))
      }
      let fallback = try accept(.assign) ? expression() : nil
      parameters.append(.init(name: parameter, fallback: fallback))
      guard try accept(.comma) else { break }
    }
    try close(.closeParen, opened: open)
    let outer = (loops: loops, inClosure: inClosure)
    closures.insert(start)
    functions += 1
    (loops, inClosure) = (0, true)
    defer {
      functions -= 1
      (loops, inClosure) = (outer.loops, outer.inClosure)
    }
    let body = try block(of: "the function's body", shadowing: parameters.map(\.name))
    let depth = max(body.depth, parameters.compactMap(\.fallback?.depth).max() ?? 0)
    return try make(.define(name, parameters, body.statements), from: start, over: depth)
  }

  // "if" expr block { "else" "if" expr block } [ "else" block ]
  private mutating func conditional(_ start: Int) throws(Diagnostic) -> Statement {
    var branches: [Statement.Branch] = []
    var depth = 0
    while true {
      try advance()
      let condition = try operand(after: "`if`")
      if at(.then), !endsLine, branches.isEmpty {
        let value = try pipeline(startingWith: conditionalExpression(condition, from: start))
        return try make(.evaluate(value), from: start, over: value.depth)
      }
      let body = try block(of: "what to do")
      branches.append(.init(condition: condition, body: body.statements))
      depth = max(depth, condition.depth, body.depth)
      guard try acceptOnSameLine(.else) else { break }
      if at(.if), !endsLine { continue }
      let otherwise = try block(of: "what to do otherwise")
      return try make(
        .if(branches, otherwise: otherwise.statements), from: start, over: max(depth, otherwise.depth))
    }
    return try make(.if(branches, otherwise: nil), from: start, over: depth)
  }

  /// Reads `else` or `catch`, which must stand on the line of the closing brace.
  private mutating func acceptOnSameLine(_ word: Keyword) throws(Diagnostic) -> Bool {
    guard at(word) else { return false }
    guard !token.newlineBefore else {
      throw Diagnostic(
        .elseOnNewLine, "`\(word.rawValue)` must stand on the line of the closing brace",
        at: range(token.start, token.end), help: ["write `} \(word.rawValue) …`; a line that could end, ends"])
    }
    try advance()
    return true
  }

  // "for" NAME [ "," NAME ] "in" expr block
  private mutating func forLoop(_ start: Int) throws(Diagnostic) -> Statement {
    try advance()
    let element = try newName("after `for`")
    let index = try accept(.comma) ? newName("for the index") : nil
    if let index, index == element {
      throw Diagnostic(
        .repeatedName, "element and index are both called `\(index.text)`", at: range(index.start, index.end))
    }
    guard at(.in), !endsLine else { throw missing("`in`", "after the name", isIncomplete: false) }
    try advance()
    let source = try operand(after: "`in`")
    let body = try loopBody(shadowing: [element] + (index.map { [$0] } ?? []))
    return try make(
      .for(element, index: index, source, body.statements), from: start, over: max(source.depth, body.depth))
  }

  // "while" expr block
  private mutating func whileLoop(_ start: Int) throws(Diagnostic) -> Statement {
    try advance()
    let condition = try operand(after: "`while`")
    let body = try loopBody(shadowing: [])
    return try make(.while(condition, body.statements), from: start, over: max(condition.depth, body.depth))
  }

  private mutating func loopBody(shadowing names: [Name]) throws(Diagnostic) -> Block {
    loops += 1
    defer { loops -= 1 }
    return try block(of: "what to repeat", shadowing: names)
  }

  // "try" block "catch" NAME block
  private mutating func attempt(_ start: Int) throws(Diagnostic) -> Statement {
    try advance()
    let body = try block(of: "what to try")
    guard try acceptOnSameLine(.catch) else {
      throw missing("`catch`", "after the block of `try`", isIncomplete: false)
    }
    let name = try newName("for the problem")
    let handler = try block(of: "what to do about it", shadowing: [name])
    return try make(
      .attempt(body.statements, name, handler.statements), from: start, over: max(body.depth, handler.depth))
  }

  // "check" expr [ "because" ":" expr ]
  private mutating func check(_ start: Int) throws(Diagnostic) -> Statement {
    try advance()
    let condition = try operand(after: "`check`")
    var reason: Node?
    if token.kind == .label, matches("because:"), !endsLine {
      try advance()
      reason = try expression()
    }
    return try make(.check(condition, because: reason), from: start, over: max(condition.depth, reason?.depth ?? 0))
  }

  // "return" [ pipeline ]
  private mutating func returned(_ start: Int) throws(Diagnostic) -> Statement {
    guard functions > 0 else {
      throw Diagnostic(.misplacedStatement, "`return` belongs into a function", at: tokenRange)
    }
    try advance()
    if endsStatement { return try make(.return(nil), from: start, over: 0) }
    let value = try pipeline()
    return try make(.return(value), from: start, over: value.depth)
  }

  // "break" | "continue"
  private mutating func jump(_ start: Int) throws(Diagnostic) -> Statement {
    guard loops > 0 else {
      throw Diagnostic(.misplacedStatement, "`\(text(token))` belongs into a loop", at: tokenRange)
    }
    let kind: Statement.Kind = at(.break) ? .break : .continue
    try advance()
    return try make(kind, from: start, over: 0)
  }

  /// Whether nothing more of this statement can come.
  var endsStatement: Bool {
    token.kind == .end || endsLine || at(.semicolon) || at(.closeBrace) || at(.closeParen) || at(.closeBracket)
  }

  // place ( "=" | "+=" | "-=" ) pipeline | pipeline
  private mutating func assignmentOrPipeline(_ start: Int) throws(Diagnostic) -> Statement {
    let left = try pipeline(atStatementStart: true)
    guard !endsLine, at(.assign) || at(.addAssign) || at(.subtractAssign) else {
      return try make(.evaluate(left), from: start, over: left.depth)
    }
    guard let place = place(from: left) else {
      throw Diagnostic(
        .notAPlace, "only a name, a field or an element can be assigned", at: range(left.start, left.end),
        help: ["`==` compares"])
    }
    let symbol = token.symbol
    try advance()
    let value = try pipeline()
    let depth = max(left.depth, value.depth)
    switch symbol {
    case .addAssign: return try make(.update(place, .add, value), from: start, over: depth)
    case .subtractAssign: return try make(.update(place, .subtract, value), from: start, over: depth)
    default: return try make(.assign(place, value), from: start, over: depth)
    }
  }

  // place = NAME { "." NAME | "[" expr { "," expr } "]" } ;
  private mutating func place(from node: Node) -> Place? {
    var steps: [Place.Step] = []
    var current = node
    while true {
      switch current.kind {
      case .name(let text):
        if inClosure { namesInClosures.insert(text) }
        let name = Name(text: text, start: current.start, end: current.end)
        return Place(name: name, steps: steps.reversed(), end: node.end)
      case .member(let base, let name):
        steps.append(.member(name))
        current = base
      case .index(let base, let index):
        steps.append(.index(index))
        current = base
      default: return nil
      }
    }
  }
}

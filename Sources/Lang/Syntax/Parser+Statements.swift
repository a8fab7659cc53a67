extension Parser {
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
    if token.kind == .label { throw misplacedLabel() }
    if at(.colon) || at(.question) || at(.bang) { throw misplacedSessionLine() }
    return try assignmentOrPipeline(start)
  }

  private func misplacedLabel() -> Diagnostic {
    Diagnostic(
      .unexpected, "a statement cannot begin with the label `\(text(token))`", at: tokenRange,
      help: [
        "a command continues on the next line only inside parentheses, or after a label or `,` at the end of its line"
      ])
  }

  /// `=` where a condition or a value has come to its end.
  private func refuseSingleEquals() throws(Diagnostic) {
    guard at(.assign), !endsLine else { return }
    throw Diagnostic(.singleEquals, "`=` gives a name a value; `==` compares", at: tokenRange)
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
      var diagnostic = missing("a name", purpose, isIncomplete: nesting > 0)
      if at(.openParen), purpose == "after `for`" { diagnostic.help = ["without parentheses: `for x in 0..3 { … }`"] }
      throw diagnostic
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
    if at(.equal) || at(.colon) && lexer.follows(UInt8(ascii: "=")), !endsLine {
      throw Diagnostic(.unexpected, "a `let` gives its name a value by `=`", at: tokenRange, says: "write `=`")
    }
    if at(.openParen) || at(.comma), !endsLine {
      throw Diagnostic(
        .unexpected, "a `let` gives one name a value", at: tokenRange,
        help: [at(.comma) ? "a `let` for each name" : "a function is made with `def \(name.text)(x) { … }`"])
    }
    try expect(.assign, "after the name")
    let value = try pipeline()
    try refuseSingleEquals()
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
        at: range(token.start, token.end),
        help: ["write `} \(word.rawValue) …`; a line that can end a statement ends it"])
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
      var mistake = missing("`catch`", "after the block of `try`", isIncomplete: false)
      if token.kind == .name, !endsLine, let word = Suggestions.foreignKeyword(text(token)) {
        mistake.primary?.text = word
      }
      throw mistake
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
    try refuseSingleEquals()
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
      throw Diagnostic(.misplacedStatement, "`return` belongs in a function", at: tokenRange)
    }
    try advance()
    if endsStatement { return try make(.return(nil), from: start, over: 0) }
    let value = try pipeline()
    return try make(.return(value), from: start, over: value.depth)
  }

  // "break" | "continue"
  private mutating func jump(_ start: Int) throws(Diagnostic) -> Statement {
    guard loops > 0 else {
      throw Diagnostic(.misplacedStatement, "`\(text(token))` belongs in a loop", at: tokenRange)
    }
    let kind: Statement.Kind = at(.break) ? .break : .continue
    try advance()
    return try make(kind, from: start, over: 0)
  }

  /// Whether nothing more of this statement can come.
  var endsStatement: Bool {
    token.kind == .end || endsLine || at(.semicolon) || at(.closeBrace) || at(.closeParen) || at(.closeBracket)
  }
}

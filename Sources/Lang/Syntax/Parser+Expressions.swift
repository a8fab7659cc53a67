extension Parser {
  // pipeline = stage { "|" stage } ;
  mutating func pipeline(atStatementStart: Bool = false) throws(Diagnostic) -> Node {
    try pipeline(startingWith: stage(atStatementStart: atStatementStart))
  }

  /// The rest of a pipeline after its first stage. `x | cmd a: 1` is `cmd (x) a: 1`.
  mutating func pipeline(startingWith first: Node) throws(Diagnostic) -> Node {
    var value = first
    while try accept(.pipe) {
      if atCommand {
        value = try command(piped: value)
      } else {
        let stage = try expression()
        value = try node(.pipe(value, stage), from: first.start, over: max(value.depth, stage.depth))
      }
    }
    return value
  }

  // stage = command | expr ;
  private mutating func stage(atStatementStart: Bool) throws(Diagnostic) -> Node {
    if atCommand, !(atStatementStart && nextIsAssignment) { return try command(piped: nil) }
    if atStatementStart || nesting > 0, startsWithSQL { return try sql() }
    return try expression()
  }

  /// Whether `=`, `+=` or `-=` follows the next token: an assignment to the name of a command, which is a mistake with a
  /// better explanation than a command without its subject.
  private var nextIsAssignment: Bool {
    var ahead = lexer
    guard let next = ahead.nextIfValid(), next.kind == .symbol, !next.newlineBefore else { return false }
    return next.symbol == .assign || next.symbol == .addAssign || next.symbol == .subtractAssign && next.spaceBefore
  }

  // command = COMMAND [ expr ] { LABEL expr } ;
  private mutating func command(piped: Node?) throws(Diagnostic) -> Node {
    let name = Name(text: text(token), start: token.start, end: token.end)
    try advance()
    var subject = piped, surplus: Node?
    var labels: [Node.Argument] = []
    while !endsStatement, !at(.pipe), !at(.comma) {
      if token.kind == .label {
        labels.append(try labelled())
      } else {
        let value = try takesWord(name, labels) ? word() : commandArgument()
        if subject == nil { subject = value } else { surplus = surplus ?? value }
        guard surplus == nil || token.kind == .label || endsStatement || at(.pipe) else { break }
      }
    }
    let call = CommandCall(command: name, subject: subject, labels: labels, surplus: surplus)
    let depth = max(subject?.depth ?? 0, labels.map(\.value.depth).max() ?? 0)
    return try node(.command(call), from: piped?.start ?? name.start, over: depth)
  }

  /// An unlabelled argument; a keyword where a value should be ends the command instead.
  private mutating func commandArgument() throws(Diagnostic) -> Node {
    guard startsOperand else {
      throw Diagnostic(
        .unexpected, "expected a value, a label or the end of the statement, not `\(text(token))`", at: here)
    }
    return try expression()
  }

  private var startsOperand: Bool {
    switch token.kind {
    case .name:
      switch keyword {
      case nil, .not, .fn, .true, .false, .nothing, .select, .if: true
      default: false
      }
    case .symbol: at(.openParen) || at(.openBracket) || at(.openBrace) || at(.minus)
    case .end, .session, .label: false
    default: true
    }
  }

  /// Whether the command's subject is one word that is not evaluated, so that keywords may stand there: `help for`.
  private func takesWord(_ name: Name, _ labels: [Node.Argument]) -> Bool {
    guard labels.isEmpty, token.kind == .name, case .word? = command(named: name.text)?.subject?.type else {
      return false
    }
    return true
  }

  private mutating func word() throws(Diagnostic) -> Node {
    let start = token.start, text = text(token)
    try advance()
    return try node(.name(text), from: start)
  }

  // LABEL expr
  private mutating func labelled() throws(Diagnostic) -> Node.Argument {
    let label = Name(text: source.text(from: token.start, to: token.end - 1), start: token.start, end: token.end - 1)
    try advance()
    return Node.Argument(label: label, value: try operand(after: "`\(label.text):`", mayWrap: true))
  }

  /// An expression that must come; `mayWrap` when it may stand on the next line.
  mutating func operand(after what: String, mayWrap: Bool = false) throws(Diagnostic) -> Node {
    guard mayWrap || !endsLine else { throw missing("a value", "after \(what)", isIncomplete: false) }
    guard token.kind != .end else { throw missing("a value", "after \(what)", isIncomplete: mayWrap || nesting > 0) }
    return try expression()
  }

  // expr = conj { "or" conj } ;
  mutating func expression() throws(Diagnostic) -> Node {
    try descend()
    defer { level -= 1 }
    let start = token.start
    var left = try conjunction()
    while at(.or), !endsLine {
      try advance()
      let right = try conjunction()
      left = try node(.or(left, right), from: start, over: max(left.depth, right.depth))
    }
    return left
  }

  // conj = negation { "and" negation } ;
  private mutating func conjunction() throws(Diagnostic) -> Node {
    let start = token.start
    var left = try negation()
    while at(.and), !endsLine {
      try advance()
      let right = try negation()
      left = try node(.and(left, right), from: start, over: max(left.depth, right.depth))
    }
    return left
  }

  // negation = [ "not" ] comparison ;
  private mutating func negation() throws(Diagnostic) -> Node {
    guard at(.not) else { return try comparison() }
    let start = token.start
    try advance()
    let operand = try comparison()
    return try node(.not(operand), from: start, over: operand.depth)
  }

  // comparison = range [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" ) range ] ;
  private mutating func comparison() throws(Diagnostic) -> Node {
    let start = token.start
    let left = try rangeExpression()
    guard let comparison = comparisonHere else { return left }
    try advance()
    let right = try rangeExpression()
    guard comparisonHere == nil else {
      throw Diagnostic(
        .chainedComparison, "comparisons do not chain", at: here,
        help: ["write both: `a < b and b < c`"])
    }
    return try node(.compare(comparison, left, right), from: start, over: max(left.depth, right.depth))
  }

  private var comparisonHere: Comparison? {
    guard !endsLine else { return nil }
    if at(.in) { return .isIn }
    guard token.kind == .symbol else { return nil }
    return switch token.symbol {
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessEqual: .lessEqual
    case .greater: .greater
    case .greaterEqual: .greaterEqual
    default: nil
    }
  }

  // range = sum [ ( ".." | "..<" ) sum [ "by" sum ] ] ;
  private mutating func rangeExpression() throws(Diagnostic) -> Node {
    let start = token.start
    let low = try sum()
    guard at(.range) || at(.halfOpenRange), !endsLine else { return low }
    let includesEnd = at(.range)
    try advance()
    let high = try sum()
    var step: Node?
    if at(.by), !endsLine {
      try advance()
      step = try sum()
    }
    return try node(
      .range(low, high, step: step, includesEnd: includesEnd), from: start,
      over: max(low.depth, high.depth, step?.depth ?? 0))
  }

  // sum = product { ( "+" | "-" ) product } ;
  private mutating func sum() throws(Diagnostic) -> Node {
    let start = token.start
    var left = try product()
    while at(.plus) || at(.minus), !endsLine {
      let operation: Arithmetic = at(.plus) ? .add : .subtract
      try advance()
      let right = try product()
      left = try node(.arithmetic(operation, left, right), from: start, over: max(left.depth, right.depth))
    }
    return left
  }

  // product = unary { ( "*" | "/" | "mod" ) unary } ;
  private mutating func product() throws(Diagnostic) -> Node {
    let start = token.start
    var left = try unary()
    while at(.star) || at(.slash) || at(.mod), !endsLine {
      let operation: Arithmetic = at(.star) ? .multiply : at(.slash) ? .divide : .remainder
      try advance()
      let right = try unary()
      left = try node(.arithmetic(operation, left, right), from: start, over: max(left.depth, right.depth))
    }
    return left
  }

  // unary = "-" unary | power ;
  private mutating func unary() throws(Diagnostic) -> Node {
    guard at(.minus) else { return try power() }
    try descend()
    defer { level -= 1 }
    let start = token.start
    negations.insert(start)
    try advance()
    let operand = try unary()
    return try node(.negate(operand), from: start, over: operand.depth)
  }

  // power = postfix [ "^" unary ] ;
  private mutating func power() throws(Diagnostic) -> Node {
    let start = token.start
    let base = try postfix()
    guard at(.caret), !endsLine else { return base }
    try descend()
    defer { level -= 1 }
    try advance()
    let exponent = try unary()
    return try node(.arithmetic(.power, base, exponent), from: start, over: max(base.depth, exponent.depth))
  }

  // postfix = primary { "." NAME | GLUED "[" expr { "," expr } "]" | GLUED "(" [ arg { "," arg } ] ")" } ;
  private mutating func postfix() throws(Diagnostic) -> Node {
    let start = token.start
    var value = try primary()
    while token.kind == .symbol, !endsLine {
      switch token.symbol {
      case .dot:
        try advance()
        let name = try memberName()
        value = try node(.member(value, name), from: start, over: value.depth)
      case .openBracket where !token.spaceBefore:
        let index = try elements(closing: .closeBracket)
        guard !index.isEmpty else {
          throw Diagnostic(
            .missingPart, "expected an index between `[` and `]`", at: range(previousEnd - 1, previousEnd))
        }
        value = try node(.index(value, index), from: start, over: max(value.depth, index.map(\.depth).max() ?? 0))
      case .openParen where !token.spaceBefore:
        value = try call(value, from: start)
      default: return value
      }
    }
    return value
  }

  /// The name after a dot, which may be any word. A label there (`x.a: 1`) is a name with a colon too many.
  private mutating func memberName() throws(Diagnostic) -> Name {
    guard token.kind == .name, !endsLine else { throw missing("a name", "after `.`", isIncomplete: nesting > 0) }
    let name = Name(text: text(token), start: token.start, end: token.end)
    try advance()
    return name
  }

  // arg = [ LABEL ] expr ;
  private mutating func call(_ callee: Node, from start: Int) throws(Diagnostic) -> Node {
    let open = token.start
    try advance()
    nesting += 1
    var arguments: [Node.Argument] = []
    while !at(.closeParen) {
      if token.kind == .end { throw unclosed(.openParen, at: open) }
      arguments.append(
        token.kind == .label
          ? try labelled() : Node.Argument(label: nil, value: try argument(to: callee, arguments.isEmpty)))
      guard try accept(.comma) else { break }
    }
    try close(.closeParen, opened: open)
    let depth = max(callee.depth, arguments.map(\.value.depth).max() ?? 0)
    guard case .name(let text) = callee.kind, command(named: text) != nil else {
      return try node(.call(callee, arguments), from: start, over: depth)
    }
    let plain = arguments.filter { $0.label == nil }.map(\.value)
    let call = CommandCall(
      command: Name(text: text, start: callee.start, end: callee.end), subject: plain.first,
      labels: arguments.filter { $0.label != nil }, surplus: plain.dropFirst().first)
    return try node(.command(call), from: start, over: depth)
  }

  private mutating func argument(to callee: Node, _ isFirst: Bool) throws(Diagnostic) -> Node {
    if isFirst, case .name(let text) = callee.kind,
      takesWord(Name(text: text, start: callee.start, end: callee.end), [])
    {
      return try word()
    }
    return try expression()
  }

  /// `[ expr { "," expr } [ "," ] ]` with the bracket still to read.
  mutating func elements(closing symbol: Symbol) throws(Diagnostic) -> [Node] {
    let open = token.start
    try advance()
    nesting += 1
    var elements: [Node] = []
    while !at(symbol) {
      if token.kind == .end { throw unclosed(.openBracket, at: open) }
      elements.append(try expression())
      guard try accept(.comma) else { break }
    }
    try close(symbol, opened: open)
    return elements
  }

  /// Reads the closing bracket that belongs to the one at `open`.
  mutating func close(_ symbol: Symbol, opened open: Int) throws(Diagnostic) {
    nesting -= 1
    guard at(symbol) else {
      let opening: Symbol = symbol == .closeParen ? .openParen : symbol == .closeBracket ? .openBracket : .openBrace
      if token.kind == .end { throw unclosed(opening, at: open) }
      if at(.assign) {
        throw Diagnostic(.singleEquals, "`=` gives a name a value; `==` compares", at: range(token.start, token.end))
      }
      throw Diagnostic(
        .unexpected, "expected `\(symbol.rawValue)` or `,`, not `\(text(token))`", at: range(token.start, token.end),
        labels: [.init(range(open, open + 1), "opened here")])
    }
    try advance()
  }
}

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
  mutating func stage(atStatementStart: Bool) throws(Diagnostic) -> Node {
    if atCommand, !(atStatementStart && nextIsAssignment) { return try command(piped: nil) }
    if atStatementStart || nesting > 0, startsWithSQL { return try sql() }
    return try expression()
  }

  /// Whether `=`, `+=` or `-=` follows the next token: an assignment to the name of a command, which is a mistake with a
  /// better explanation than a command without its subject.
  var nextIsAssignment: Bool {
    var ahead = lexer
    guard let next = ahead.nextIfValid(), next.kind == .symbol, !next.newlineBefore else { return false }
    return next.symbol == .assign || next.symbol == .addAssign || next.symbol == .subtractAssign && next.spaceBefore
  }

  // command = COMMAND [ expr ] { LABEL expr } ;
  mutating func command(piped: Node?) throws(Diagnostic) -> Node {
    let name = Name(text: text(token), start: token.start, end: token.end)
    try advance()
    var subject = piped, surplus: Node?
    var labels: [Node.Argument] = []
    while !endsStatement, !at(.pipe), !at(.comma) {
      if token.kind == .label {
        labels.append(try labelled())
      } else {
        if subject != nil, let mistake = labelWithoutColon(name.text) { throw mistake }
        if at(.minus), let mistake = askForHelp(name.text) { throw mistake }
        let value = try takesWord(name, labels) ? word() : commandArgument()
        if subject == nil { subject = value } else { surplus = surplus ?? value }
        guard surplus == nil || token.kind == .label || endsStatement || at(.pipe) else { break }
      }
    }
    let call = CommandCall(command: name, subject: subject, labels: labels, surplus: surplus)
    let depth = max(subject?.depth ?? 0, labels.map(\.value.depth).max() ?? 0)
    return try node(.command(call), from: piped?.start ?? name.start, over: depth)
  }

  /// `attack --help` and `attack -h`, however they are spaced: the layout sets spaces, and may not change what is meant.
  private func askForHelp(_ command: String) -> Diagnostic? {
    var ahead = lexer
    var next = ahead.nextIfValid()
    let isDouble = next?.symbol == .minus
    if isDouble { next = ahead.nextIfValid() }
    guard let next, next.kind == .name, text(next) == (isDouble ? "help" : "h"), !environment.isVariable(text(next))
    else { return nil }
    return Diagnostic(
      .unexpected, "commands have labels, not options", at: range(token.start, next.end),
      says: "type `?\(command)` for help")
  }

  /// ` --with pgd` where `with: pgd` is meant: two minus signs that touch a label.
  func dashedLabel() -> Diagnostic? {
    guard token.spaceBefore, lexer.follows(UInt8(ascii: "-")) else { return nil }
    var ahead = lexer
    guard ahead.nextIfValid()?.symbol == .minus, let name = ahead.nextIfValid(), name.kind == .name, !name.spaceBefore,
      environment.isLabel(text(name))
    else { return nil }
    return Diagnostic(
      .unexpected, "a label has no dashes", at: range(token.start, name.end), says: "write `\(text(name)):`",
      help: ["labels are written without dashes, commas or `=`: `\(text(name)): value`"])
  }

  /// `with pgd`, `with=pgd` and `with : pgd` where `with: pgd` is meant.
  private func labelWithoutColon(_ command: String) -> Diagnostic? {
    guard token.kind == .name, let declaration = environment.commands[command] else { return nil }
    let name = text(token)
    guard
      declaration.labels.contains(where: { $0.name == name })
        || declaration.takesChoices && environment.isSetting(name)
    else { return nil }
    return Diagnostic(
      .unexpected, "a label ends in a colon", at: tokenRange, says: "write `\(name):`",
      help: ["labels are written without dashes, commas or `=`: `\(name): value`"])
  }

  /// An unlabelled argument; a keyword where a value should be ends the command instead.
  mutating func commandArgument() throws(Diagnostic) -> Node {
    guard startsOperand else {
      throw Diagnostic(
        .unexpected, "expected a value, a label or the end of the statement, not `\(text(token))`", at: here)
    }
    return try expression()
  }

  var startsOperand: Bool {
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
  func takesWord(_ name: Name, _ labels: [Node.Argument]) -> Bool {
    guard labels.isEmpty, token.kind == .name, case .word? = command(named: name.text)?.subject?.type else {
      return false
    }
    return true
  }

  mutating func word() throws(Diagnostic) -> Node {
    let start = token.start, text = text(token)
    try advance()
    return try node(.name(text), from: start)
  }

  // LABEL expr
  mutating func labelled() throws(Diagnostic) -> Node.Argument {
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
}

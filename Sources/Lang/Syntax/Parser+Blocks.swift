extension Parser {
  /// The statements between two braces.
  struct Block {
    var statements: [Statement] = []
    var depth = 0
  }

  // block = "{" { { SEP } statement ( SEP | &"}" ) } "}" ;
  mutating func block(of purpose: String, shadowing names: [Name] = []) throws(Diagnostic) -> Block {
    guard at(.openBrace), !endsLine else { throw missing("`{`", "before \(purpose)", isIncomplete: false) }
    let open = token.start
    shadows.append([])
    defer { shadows.removeLast() }
    for name in names { shadow(name) }
    try advance()
    var block = Block()
    while !at(.closeBrace) {
      guard token.kind != .end else { throw unclosed(.openBrace, at: open, .unclosedBlock) }
      if at(.semicolon) {
        try advance()
        continue
      }
      try appendStatement(to: &block)
    }
    try advance()
    return block
  }

  /// One statement of a block; a mistake in it does not hide those after it.
  private mutating func appendStatement(to block: inout Block) throws(Diagnostic) {
    let start = token.start
    let before = (nesting: nesting, level: level, functions: functions, loops: loops, shadows: shadows.count)
    do throws(Diagnostic) {
      let statement = try statement()
      block.statements.append(statement)
      block.depth = max(block.depth, statement.depth)
      try separator(after: statement)
    } catch {
      (nesting, level, functions, loops) = (before.nesting, before.level, before.functions, before.loops)
      shadows.removeLast(shadows.count - before.shadows)
      guard !error.isIncomplete, recover(from: error, statementStart: start, inBlock: true) else { throw error }
    }
  }

  /// Notes a mistake and goes to the start of the next statement. False when reading cannot go on.
  mutating func recover(from diagnostic: Diagnostic, statementStart: Int, inBlock: Bool = false) -> Bool {
    if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
    guard diagnostics.count < Self.maximumDiagnostics, !diagnostic.isIncomplete else {
      lexer.move(to: lexer.limit)
      token = Token(kind: .end, start: lexer.limit, end: lexer.limit, spaceBefore: true, newlineBefore: true)
      return false
    }
    if !inBlock {
      (nesting, level, functions, loops) = (0, 0, 0, 0)
      shadows.removeLast(shadows.count - 1)
    }
    let mistake = max(diagnostic.range?.end ?? 0, statementStart + 1, min(token.start, lexer.position))
    if !skip(from: statementStart, past: mistake, minding: true) {
      skip(from: mistake, past: mistake, minding: false)
    }
    return true
  }

  /// Reads tokens from `start` until one begins a statement after `mistake`. With `minding`, line breaks inside brackets
  /// that the statement opened do not count; false when such a bracket is never closed.
  @discardableResult private mutating func skip(from start: Int, past mistake: Int, minding: Bool) -> Bool {
    lexer.move(to: start)
    var depth = 0
    while true {
      let before = lexer.position
      guard let next = lexer.nextIfValid() else {
        if lexer.position <= before { lexer.move(to: before + 1) }
        continue
      }
      let starts = next.start >= mistake && (next.newlineBefore || next.symbol == .semicolon)
      let closesBlock = next.symbol == .closeBrace && depth == 0 && next.start >= mistake && shadows.count > 1
      if next.kind == .end || closesBlock || starts && (depth <= 0 || !minding) {
        guard next.kind != .end || depth <= 0 || !minding else { return false }
        token = next
        previousEnd = before
        return true
      }
      switch next.symbol {
      case .openParen, .openBracket, .openBrace: depth += 1
      case .closeParen, .closeBracket, .closeBrace: depth = max(0, depth - 1)
      default: break
      }
    }
  }
}

extension Parser {
  /// The statements between two braces.
  struct Block {
    var statements: [Statement] = []
    var depth = 0
  }

  // block = "{" { { SEP } statement ( SEP | &"}" ) } "}" ;
  mutating func block(of purpose: String, shadowing names: [Name] = []) throws(Diagnostic) -> Block {
    if at(.openBrace), endsLine, diagnostics.count <= Self.maximumDiagnostics {
      // Told once: what follows is read as the block that it was meant to be.
      var mistake = missing("`{`", "before \(purpose)", isIncomplete: false)
      mistake.help = ["the brace stands at the end of the line: `if x > 3 {`"]
      diagnostics.append(mistake)
    } else if !at(.openBrace) || endsLine {
      throw missingBlock(purpose)
    }
    let open = token.start
    shadows.append([])
    defer { shadows.removeLast() }
    for name in names { shadow(name) }
    try advance()
    var block = Block()
    while !at(.closeBrace) {
      guard token.kind != .end else { throw unclosedBlock(open) }
      if at(.semicolon) {
        try advance()
        continue
      }
      try appendStatement(to: &block)
    }
    try advance()
    return block
  }

  private func missingBlock(_ purpose: String) -> Diagnostic {
    if at(.assign), !endsLine {
      return Diagnostic(.singleEquals, "`=` gives a name a value; `==` compares", at: tokenRange)
    }
    var diagnostic = missing("`{`", "before \(purpose)", isIncomplete: false)
    if at(.colon), !endsLine { diagnostic.help = [Self.braces] }
    return diagnostic
  }

  private func unclosedBlock(_ open: Int) -> Diagnostic {
    var diagnostic = unclosed(.openBrace, at: open, .unclosedBlock)
    let brace = UInt8(ascii: "}")
    if let query = sqlRanges.last, query.lowerBound > open, source.bytes[query].contains(brace) {
      diagnostic.labels = [
        .init(range(query.lowerBound, query.upperBound), "this query runs to the end of its line")
      ]
      diagnostic.help = ["put the query in parentheses: `(select …)`"]
    } else if let (brace, end) = outdentedEnd(after: open) {
      diagnostic.labels = [
        .init(
          range(brace, brace + 1), "the `}` that closes this one, in line \(source.line(at: end)), is indented less")
      ]
    }
    return diagnostic
  }

  /// Of the braces inside the block at `open`: the first whose `}` begins a line that is indented less than its own, and that `}`.
  /// There most likely a `}` is missing.
  private func outdentedEnd(after open: Int) -> (brace: Int, end: Int)? {
    var ahead = lexer
    ahead.move(to: open + 1)
    var braces: [Int] = []
    while true {
      let next = ahead.nextValid()
      if next.kind == .end { return nil }
      if next.symbol == .openBrace { braces.append(next.start) }
      guard next.symbol == .closeBrace, let brace = braces.popLast(), next.newlineBefore else { continue }
      if source.indentation(at: next.start) < source.indentation(at: brace) { return (brace, next.start) }
    }
  }

  /// One statement of a block; a mistake in it does not hide those after it.
  private mutating func appendStatement(to block: inout Block) throws(Diagnostic) {
    let start = token.start
    let before = (nesting: nesting, level: level, functions: functions, loops: loops, shadows: shadows.count)
    do throws(Diagnostic) {
      let statement = try statement()
      // What is not ended as it must be is told once: compiling it too would tell it again.
      try separator(after: statement)
      block.statements.append(statement)
      block.depth = max(block.depth, statement.depth)
    } catch {
      (nesting, level, functions, loops) = (before.nesting, before.level, before.functions, before.loops)
      shadows.removeLast(shadows.count - before.shadows)
      guard !error.isIncomplete, recover(from: error, statementStart: start, inBlock: true) else { throw error }
    }
  }

  /// Notes a mistake and goes to the start of the next statement. False when reading cannot go on.
  mutating func recover(from diagnostic: Diagnostic, statementStart: Int, inBlock: Bool = false) -> Bool {
    if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
    // One more than is told, so that it can be said that there are more.
    guard diagnostics.count <= Self.maximumDiagnostics, !diagnostic.isIncomplete else {
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
      let next = lexer.nextValid()
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

extension Parser {
  /// Whether SQL starts here: `select`, `with` followed by a name, or `explain` before either.
  var startsWithSQL: Bool {
    guard token.kind == .name, !source.bytes[token.end..<lexer.limit].prefix(1).elementsEqual([UInt8(ascii: ":")])
    else { return false }
    if at(.select) || matches("SELECT") { return true }
    if matches("explain") || matches("EXPLAIN") { return explainsQuery }
    guard matches("with") || matches("WITH") else { return false }
    let next = source.bytes[token.end..<lexer.limit].first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
    return next.map { $0.isLetter || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\n") && nesting > 0 } ?? false
  }

  /// Whether `explain` stands before a query; anywhere else it is a name like any other.
  private var explainsQuery: Bool {
    var ahead = lexer
    for expected in [["select", "with", "query"], ["plan"], ["select", "with"]] {
      guard let token = ahead.nextIfValid(), token.kind == .name, !token.newlineBefore || nesting > 0 else {
        return false
      }
      let word = text(token).lowercased()
      guard expected.contains(word) else { return false }
      if word == "select" || word == "with" { return true }
    }
    return false
  }

  // [ "explain" [ "query" "plan" ] ] ( "select" | "with" ) SQLTEXT: to `;`, the `)` that encloses it, or the end of a line
  // that neither breaks off nor is followed by one that goes on with it.
  mutating func sql() throws(Diagnostic) -> Node {
    let start = token.start
    var scanner = SQLScanner(source: source, position: start, limit: lexer.limit, wraps: nesting > 0)
    try scanner.scan()
    let end = scanner.trimmedEnd
    sqlRanges.append(start..<scanner.writtenEnd)
    lexer.move(to: scanner.position)
    previousEnd = end
    token = try lexer.next()
    let text = source.text(from: start, to: end)
    if nesting == 0, token.kind == .end, let last = SQLLines.word(thatBreaksOff: source.bytes[start..<end]) {
      throw Diagnostic(
        .missingPart, "the query breaks off after `\(last)`", at: range(end, end), isIncomplete: true)
    }
    return Node(kind: .sql(SQL(text: text, bindings: scanner.bindings)), start: start, end: end, depth: 1)
  }
}

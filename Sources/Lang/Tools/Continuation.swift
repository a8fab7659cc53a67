/// What the prompt asks while someone types: is this all, and how far is the next line indented?
public enum Continuation {
  /// Whether more lines could complete the text; other mistakes are for running it to tell.
  public static func isIncomplete(_ text: String, in environment: Environment) -> Bool {
    let program = Parser.parse(Source(name: "", text: text), environment: environment)
    if program.isIncomplete { return true }
    guard program.diagnostics.isEmpty, let last = program.items.last, last.statement?.isQuery == true,
      case .sql(let sql)? = last.statement?.expression?.kind, last.range.end == text.trimmed.utf8.count
    else { return false }
    return lacksFrom(sql)
  }

  /// Whether a query names columns and has no `from` yet. Run as it is, it could only fail.
  private static func lacksFrom(_ sql: SQL) -> Bool {
    var lexer = Lexer(Source(name: "", text: sql.text)), named = false
    var before: Token?
    while let token = lexer.nextIfValid(), token.kind != .end {
      defer { before = token }
      guard token.kind == .name else { continue }
      let word = lexer.source.text(from: token.start, to: token.end).lowercased()
      if word == "from" { return false }
      // Behind a value, `as` or `:` stands a new name or a variable; before `(` a function.
      let isColumn = before.map {
        $0.kind == .name || $0.symbol != .none && $0.symbol != .closeParen && $0.symbol != .colon
      }
      let follows = before.map { lexer.source.text(from: $0.start, to: $0.end).lowercased() } ?? ""
      if isColumn == true, follows != "as", !wordsOfSQL.contains(word), !lexer.follows(UInt8(ascii: "(")),
        before?.kind != .name || wordsOfSQL.contains(follows)
      {
        named = true
      }
    }
    return named
  }

  private static let wordsOfSQL: Set = [
    "select", "distinct", "all", "as", "null", "true", "false", "and", "or", "not", "is", "in", "like", "between",
    "case", "when", "then", "else", "end", "cast", "collate", "limit", "order", "by", "asc", "desc", "explain", "query",
    "plan", "with", "recursive", "values", "union", "where", "current_date", "current_time", "current_timestamp",
    "exists", "glob", "regexp", "escape", "isnull", "notnull", "nocase",
  ]

  /// How many brackets are open at the end of the text: the depth of the next line.
  public static func depth(of text: String) -> Int {
    var lexer = Lexer(Source(name: "", text: text))
    var depth = 0
    while true {
      let token = lexer.nextValid()
      if token.kind == .end { return depth }
      switch token.symbol {
      case .openParen, .openBracket, .openBrace: depth += 1
      case .closeParen, .closeBracket, .closeBrace: depth = max(0, depth - 1)
      default: break
      }
    }
  }
}

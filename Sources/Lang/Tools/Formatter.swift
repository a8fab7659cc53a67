/// The canonical layout of a script: spaces and indentation are set, line breaks and comments stay where they are.
///
/// The meaning does not change, and formatting a formatted text changes nothing. Strings, SQL, session lines and lines that
/// begin with `#>` (what a cell showed) are kept to the letter.
public enum Formatter {
  /// `source` in its canonical layout. Throws the first diagnostic when it cannot be read.
  public static func format(_ source: Source, in environment: Environment) throws(Diagnostic) -> String {
    var parser = Parser(source, environment: environment)
    let items = parser.items()
    if let error = parser.diagnostics.first { throw error }
    let text = layout(of: source, parser, items)
    // A layout that changes what the text means would be our mistake: then the text stays as it is.
    let again = Parser.parse(Source(name: source.name, text: text), environment: environment)
    return Self.same(items, again.items) && again.diagnostics.isEmpty ? text : source.text
  }

  /// The layout before it is held against the text, for tests of it. The text must be without mistakes.
  static func layout(of source: Source, in environment: Environment) -> String {
    var parser = Parser(source, environment: environment)
    let items = parser.items()
    return layout(of: source, parser, items)
  }

  private static func layout(of source: Source, _ parser: Parser, _ items: [Item]) -> String {
    var layout = Layout(source, parser, items)
    return layout.run()
  }

  /// Whether two texts say the same, whatever their layout.
  static func same(_ a: [Item], _ b: [Item]) -> Bool {
    a.count == b.count
      && zip(a, b).allSatisfy { a, b in
        guard a.statement == b.statement, a.isSilenced == b.isSilenced else { return false }
        if case .session(let marker, let text) = a.kind, case .session(let other, let same) = b.kind {
          return marker == other && text == same
        }
        return a.statement != nil
      }
  }
}

/// Writes the tokens of a source again.
private struct Layout {
  /// An open bracket and the indentation of the line it stands on.
  private struct Open {
    let isBlock: Bool
    let indent: Int
  }

  private let source: Source
  private let negations: Set<Int>
  private let records: Set<Int>
  /// Text kept to the letter, by its first byte: SQL and session lines.
  private var verbatim: [Int: Int] = [:]
  private var sessionLines: Set<Int> = []
  private var output = ""
  private var opened: [Open] = []
  /// The indentation of the line being written.
  private var indent = 0
  private var previous: Token?
  private var beforePrevious: Token?

  init(_ source: Source, _ parser: Parser, _ items: [Item]) {
    self.source = source
    negations = parser.negations
    records = parser.recordBraces
    for range in parser.sqlRanges { verbatim[range.lowerBound] = range.upperBound }
    for item in items {
      guard case .session = item.kind else { continue }
      verbatim[item.range.start] = item.range.end
      sessionLines.insert(item.range.start)
    }
  }

  mutating func run() -> String {
    var lexer = Lexer(source)
    while let token = lexer.nextIfValid() {
      let gap = source.text(from: previous?.end ?? 0, to: token.start)
      var token = token
      if let end = verbatim[token.start] {
        // Whatever blanks stand behind a session line, no token begins with them.
        let isSession = sessionLines.contains(token.start)
        token = Token(
          kind: .session, start: token.start, end: end, spaceBefore: token.spaceBefore,
          newlineBefore: token.newlineBefore)
        lexer.move(to: isSession ? source.endOfLine(at: end) : end)
      }
      writeGap(gap, before: token)
      if token.kind == .end { break }
      write(token)
      beforePrevious = previous
      previous = token
    }
    return output.isEmpty ? "" : output + "\n"
  }

  // MARK: between tokens

  /// Line breaks and comments between two tokens, or the space between them.
  private mutating func writeGap(_ gap: String, before token: Token) {
    // To Swift the two characters that end a line on Windows are one, and another one.
    let lines = gap.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map { String($0).trimmed }
    if let comment = lines.first, !comment.isEmpty {
      output += previous == nil ? comment : "  \(comment)"
    }
    var blanks = 0
    for (index, line) in lines.enumerated().dropFirst() {
      guard !line.isEmpty else {
        if index < lines.count - 1 { blanks += 1 }
        continue
      }
      breakLine(blanks, at: line.hasPrefix("#>") ? 0 : indentation(before: nil))
      output += line
      blanks = 0
    }
    guard token.kind != .end else { return }
    if lines.count > 1 {
      breakLine(blanks, at: indentation(before: token))
    } else if previous != nil, needsSpace(before: token) {
      output += " "
    }
  }

  /// Starts a new line, with one blank line before it when the text had any.
  private mutating func breakLine(_ blanks: Int, at indent: Int) {
    self.indent = indent
    guard !output.isEmpty else { return }
    output += blanks > 0 && previous?.symbol != .openBrace ? "\n\n" : "\n"
    output += String(repeating: "  ", count: indent)
  }

  /// How far a new line is indented that begins with `token`, or with a comment.
  private func indentation(before token: Token?) -> Int {
    if let token, isClosing(token), let last = opened.last { return last.indent }
    return (opened.last.map { $0.indent + 1 } ?? 0) + (asksForMore ? 1 : 0)
  }

  /// Whether the last token needs something after it, so that the next line continues its statement.
  private var asksForMore: Bool {
    guard let previous else { return false }
    if previous.kind == .label { return true }
    guard previous.kind == .symbol else { return isWord(previous, ["and", "or", "not", "mod", "in", "by"]) }
    return ![.comma, .semicolon, .openParen, .openBracket, .openBrace, .closeParen, .closeBracket, .closeBrace]
      .contains(previous.symbol)
  }

  // MARK: tokens

  private mutating func write(_ token: Token) {
    output += source.text(from: token.start, to: token.end)
    switch token.symbol {
    case .openParen, .openBracket: opened.append(Open(isBlock: false, indent: indent))
    case .openBrace: opened.append(Open(isBlock: !records.contains(token.start), indent: indent))
    case .closeParen, .closeBracket, .closeBrace: _ = opened.popLast()
    default: break
    }
  }

  private func isClosing(_ token: Token) -> Bool {
    token.kind == .symbol && [.closeParen, .closeBracket, .closeBrace].contains(token.symbol)
  }

  private func isWord(_ token: Token, _ words: [String]) -> Bool {
    token.kind == .name && words.contains(source.text(from: token.start, to: token.end))
  }

  /// Whether one space stands between the last token and this one.
  private func needsSpace(before token: Token) -> Bool {
    guard let previous else { return false }
    let tight: Set<Symbol> = [.dot, .caret, .range, .halfOpenRange]
    if previous.kind == .symbol {
      // `0..3` and `0 .. .3`: three dots in a row mean nothing.
      if token.kind == .number, previous.symbol == .range || previous.symbol == .halfOpenRange {
        return source.bytes[token.start] == UInt8(ascii: ".")
      }
      if tight.contains(previous.symbol) || negations.contains(previous.start) { return false }
      if previous.symbol == .openParen || previous.symbol == .openBracket { return false }
      if previous.symbol == .openBrace { return !records.contains(previous.start) }
    }
    guard token.kind == .symbol else { return true }
    switch token.symbol {
    case .dot, .caret, .range, .halfOpenRange, .comma, .semicolon, .colon, .closeParen, .closeBracket: return false
    case .closeBrace: return opened.last?.isBlock ?? true
    case .openParen, .openBracket: return needsSpace(beforeBracket: token, after: previous)
    default: return true
    }
  }

  /// A bracket that touches what comes before it is a call or an index, which a space would change.
  private func needsSpace(beforeBracket token: Token, after previous: Token) -> Bool {
    if isWord(previous, ["fn"]) { return false }
    if let beforePrevious, isWord(beforePrevious, ["def"]) { return false }
    if previous.kind == .label || previous.kind == .symbol && !isClosing(previous) { return true }
    if previous.kind == .name, let word = Keyword(rawValue: source.text(from: previous.start, to: previous.end)) {
      // A value that touches a bracket is called or indexed, though nothing good comes of it.
      return [.true, .false, .nothing].contains(word) ? token.spaceBefore : true
    }
    return token.spaceBefore
  }
}

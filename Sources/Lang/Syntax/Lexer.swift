/// Cuts a source into tokens, one at a time, as the parser asks: SQL and interpolation need its say.
struct Lexer {
  let source: Source
  /// Where the text ends for this lexer; smaller than the source inside an interpolation.
  let limit: Int
  private(set) var position: Int
  /// Brackets and strings inside one another before a text counts as too deep.
  static let maximumNesting = 100

  init(_ source: Source, from start: Int = 0, to limit: Int? = nil) {
    self.source = source
    self.limit = limit ?? source.bytes.count
    position = start
  }

  /// Continues at `offset`.
  mutating func move(to offset: Int) { position = offset }

  /// Whether `byte` touches the last token read.
  func follows(_ byte: UInt8) -> Bool { self.byte(position) == byte }

  func byte(_ offset: Int) -> UInt8 { offset < limit ? source.bytes[offset] : 0 }

  /// The next token. A character that starts no token is a diagnostic.
  mutating func next() throws(Diagnostic) -> Token {
    let (space, newline) = skipBlanks()
    let start = position
    guard start < limit else {
      return Token(kind: .end, start: limit, end: limit, spaceBefore: space, newlineBefore: newline)
    }
    var token = Token(kind: .symbol, start: start, end: start, spaceBefore: space, newlineBefore: newline)
    let first = byte(start)
    switch first {
    case let c where c.isLetter: token.kind = scanName()
    case UInt8(ascii: "_"):
      position += 1
      while byte(position).isDigit { position += 1 }
      if byte(position).isNamePart { throw badName(from: start) }
      token.kind = .last
    case let c where c.isDigit:
      try scanNumber()
      token.kind = .number
    case UInt8(ascii: "\""):
      try scanString(from: start)
      token.kind = .string
    case UInt8(ascii: "'"):
      try scanRawString(from: start)
      token.kind = .rawString
    case UInt8(ascii: ".") where byte(start + 1).isDigit && !touchesValue(start):
      try scanNumber()
      token.kind = .number
    case UInt8(ascii: "\\"), UInt8(ascii: "%"):
      guard beginsForeignLine(start) else { throw unexpectedCharacter() }
      while position < limit, byte(position) != UInt8(ascii: "\n") { position += 1 }
      token.kind = .session
    default: token.symbol = try scanSymbol(first)
    }
    token.end = position
    return token
  }

  /// The next token, nil when there is none at this place. For skimming a text whose mistakes are told elsewhere.
  mutating func nextIfValid() -> Token? {
    do throws(Diagnostic) { return try next() } catch { return nil }
  }

  /// The next token, past every character that begins none; at the end of the text `.end`. For skimming, too.
  mutating func nextValid() -> Token {
    while true {
      let before = position
      if let token = nextIfValid() { return token }
      // What begins no token is still there.
      if position <= before { move(to: before + 1) }
    }
  }

  /// Skips blanks and comments; tells whether there was any, and whether a line ended.
  private mutating func skipBlanks() -> (space: Bool, newline: Bool) {
    let start = position
    var newline = false
    while position < limit {
      switch byte(position) {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): position += 1
      case UInt8(ascii: "\n"):
        newline = true
        position += 1
      case UInt8(ascii: "#"): while position < limit, byte(position) != UInt8(ascii: "\n") { position += 1 }
      case 0xC2 where byte(position + 1) == 0xA0: position += 2  // no-break space, as pasted from web pages
      case 0xEF where position == 0 && byte(1) == 0xBB && byte(2) == 0xBF: position += 3  // byte order mark
      default: return (position > start, newline)
      }
    }
    return (position > start, newline)
  }

  /// Whether a value ends right before `offset`, so that a dot there begins a member.
  private func touchesValue(_ offset: Int) -> Bool {
    guard offset > 0 else { return false }
    let before = source.bytes[offset - 1]
    return before.isNamePart || [")", "]", "}", "\"", "'", ".", "%"].contains(UnicodeScalar(before))
  }

  /// Whether a `\` or `%` begins a line as other prompts have them: `\d`, `%time`.
  private func beginsForeignLine(_ offset: Int) -> Bool {
    let next = byte(offset + 1)
    guard next.isLetter || next == UInt8(ascii: "?") || next == UInt8(ascii: "!") || next == byte(offset) else {
      return false
    }
    let before = source.bytes[..<offset].last { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
    return before == nil || before == UInt8(ascii: "\n")
  }

  /// A name, or a label when a colon touches it.
  private mutating func scanName() -> Token.Kind {
    while byte(position).isNamePart { position += 1 }
    guard byte(position) == UInt8(ascii: ":") else { return .name }
    position += 1
    return .label
  }

  private mutating func scanNumber() throws(Diagnostic) {
    let start = position
    scanDigits()
    if byte(position) == UInt8(ascii: "."), byte(position + 1).isDigit {
      position += 1
      scanDigits()
    }
    if byte(position) | 0x20 == UInt8(ascii: "e") {
      let sign = byte(position + 1) == UInt8(ascii: "+") || byte(position + 1) == UInt8(ascii: "-")
      if byte(position + (sign ? 2 : 1)).isDigit {
        position += sign ? 2 : 1
        scanDigits()
      }
    }
    if byte(position) == UInt8(ascii: "%") { position += 1 }
    guard byte(position).isNamePart || source.bytes[position - 1] == UInt8(ascii: "_") else { return }
    while byte(position).isNamePart { position += 1 }
    throw badNumber(from: start)
  }

  private mutating func scanDigits() {
    while byte(position).isDigit || byte(position) == UInt8(ascii: "_") { position += 1 }
  }

  /// A double-quoted string with its interpolations, whose own strings may contain quotes.
  private mutating func scanString(from start: Int) throws(Diagnostic) {
    position += 1
    var braces = 0, quoted: [Int] = []
    while position < limit {
      let c = byte(position)
      position += 1
      switch c {
      case UInt8(ascii: "\\"): position = min(position + 1, limit)
      case UInt8(ascii: "\""):
        if braces == 0 {
          guard let outer = quoted.popLast() else { return }
          braces = outer
        } else if quoted.count < Self.maximumNesting {
          quoted.append(braces)
          braces = 0
        }
      case UInt8(ascii: "'") where braces > 0:
        while position < limit, byte(position) != UInt8(ascii: "'"), byte(position) != UInt8(ascii: "\n") {
          position += 1
        }
        position = min(position + 1, limit)
      case UInt8(ascii: "{"): braces += 1
      case UInt8(ascii: "}"): braces = max(0, braces - 1)
      case UInt8(ascii: "\n"):
        position -= 1
        throw unfinished(from: start, to: position)
      default: break
      }
    }
    throw unfinished(from: start, to: limit)
  }

  private mutating func scanRawString(from start: Int) throws(Diagnostic) {
    position += 1
    while position < limit, byte(position) != UInt8(ascii: "\n") {
      position += 1
      if source.bytes[position - 1] == UInt8(ascii: "'") { return }
    }
    throw unfinished(from: start, to: position)
  }

  /// A string ends on its line, so more lines cannot complete it.
  private func unfinished(from start: Int, to end: Int) -> Diagnostic {
    let quote = source.bytes[start] == UInt8(ascii: "'") ? "'" : "\""
    return Diagnostic(
      .unfinishedString, "this string has no closing \(quote)",
      at: SourceRange(source: source, start: start, end: end), says: "add \(quote) at its end",
      help: quote == "\"" ? ["write \\n for a line break, \\\" for a quote and \\{ for a brace inside a string"] : [])
  }

  /// The symbols of one character, by its byte.
  private static let single: [Symbol?] = (0..<256).map { code in
    code < 128 ? Symbol(rawValue: String(UnicodeScalar(UInt8(code)))) : nil
  }

  private mutating func scanSymbol(_ first: UInt8) throws(Diagnostic) -> Symbol {
    let second = byte(position + 1), third = byte(position + 2)
    if first == UInt8(ascii: "."), second == first, third == first { throw threeDots() }
    let symbol: Symbol? =
      switch (first, second) {
      case (UInt8(ascii: "."), UInt8(ascii: ".")): third == UInt8(ascii: "<") ? .halfOpenRange : .range
      case (UInt8(ascii: "="), UInt8(ascii: "=")): .equal
      case (UInt8(ascii: "="), UInt8(ascii: ">")): .arrow
      case (UInt8(ascii: "!"), UInt8(ascii: "=")): .notEqual
      case (UInt8(ascii: "<"), UInt8(ascii: "=")): .lessEqual
      case (UInt8(ascii: ">"), UInt8(ascii: "=")): .greaterEqual
      case (UInt8(ascii: "+"), UInt8(ascii: "=")): .addAssign
      case (UInt8(ascii: "-"), UInt8(ascii: "=")): .subtractAssign
      default: Self.single[Int(first)]
      }
    guard let symbol else { throw unexpectedCharacter() }
    position += symbol.rawValue.utf8.count
    return symbol
  }

  /// Whether `text` is one plain name.
  static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, first.isLetter else { return false }
    return text.utf8.allSatisfy(\.isNamePart) && Keyword(rawValue: text) == nil
  }
}

extension UInt8 {
  var isLetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }
  var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }
  var isNamePart: Bool { isLetter || isDigit || self == UInt8(ascii: "_") }
}

extension Diagnostic {
  /// A diagnostic with one of the language's own codes.
  init(
    _ code: Code, _ message: String, at range: SourceRange? = nil, says text: String = "", labels: [Label] = [],
    help: [String] = [], severity: Severity = .error, isIncomplete: Bool = false
  ) {
    self.init(
      code.rawValue, message, at: range, says: text, labels: labels, help: help, severity: severity,
      isIncomplete: isIncomplete)
  }
}

/// Words that cannot be names.
enum Keyword: String, CaseIterable {
  case `let`, `if`, `else`, `for`, `in`, `while`, def, `return`, `break`, `continue`, `try`, `catch`, check, param
  case and, or, not, mod, by, fn, then, `true`, `false`, select
  case nothing = "none"

  /// The keyword that a word is. Every word of a text is asked, so only keywords with its first letter are looked at.
  init?(_ word: ArraySlice<UInt8>) {
    guard let first = word.first, first < 128,
      let found = Self.byFirstByte[Int(first)].first(where: { $0.bytes.elementsEqual(word) })
    else { return nil }
    self = found.keyword
  }

  private static let byFirstByte: [[(bytes: [UInt8], keyword: Keyword)]] = (0..<128).map { first in
    allCases.map { (Array($0.rawValue.utf8), $0) }.filter { Int($0.0[0]) == first }
  }
}

/// Finds the end of SQL text: strings, quoted identifiers, comments and inner parentheses belong to it.
struct SQLScanner {
  let source: Source
  var position: Int
  private let start: Int
  let limit: Int
  /// Whether line breaks belong to the text, as inside parentheses.
  let wraps: Bool
  private(set) var bindings: [Name] = []
  /// The end of the text without blanks after it.
  private(set) var trimmedEnd = 0 { didSet { writtenEnd = max(writtenEnd, trimmedEnd) } }
  /// The end of what is SQL's to the letter: the text and a comment behind it.
  private(set) var writtenEnd = 0

  init(source: Source, position: Int, limit: Int, wraps: Bool) {
    self.source = source
    self.position = position
    start = position
    self.limit = limit
    self.wraps = wraps
  }

  private func byte(_ offset: Int) -> UInt8 { offset < limit ? source.bytes[offset] : 0 }

  mutating func scan() throws(Diagnostic) {
    var parentheses: [Int] = []
    while position < limit {
      let c = byte(position)
      switch c {
      case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"): try skipQuoted(c)
      case UInt8(ascii: "-") where byte(position + 1) == c: skipLine()
      case UInt8(ascii: "#") where byte(position - 1).isBlank: return
      case UInt8(ascii: "/") where byte(position + 1) == UInt8(ascii: "*"): try skipComment()
      case UInt8(ascii: "("):
        parentheses.append(position)
        position += 1
        trimmedEnd = position
      case UInt8(ascii: ")"):
        guard parentheses.popLast() != nil else { return }
        position += 1
        trimmedEnd = position
      case UInt8(ascii: ";"): return
      case UInt8(ascii: "\n") where parentheses.isEmpty && !wraps && !goesOn(behind: position): return
      case UInt8(ascii: ":") where byte(position + 1).isLetter: bind()
      default:
        position += 1
        if !c.isBlank { trimmedEnd = position }
      }
    }
    if let open = parentheses.first {
      throw Diagnostic(
        .unclosed, "this `(` is never closed", at: SourceRange(source: source, start: open, end: open + 1),
        isIncomplete: true)
    }
  }

  /// Whether the text goes on behind a line break: it breaks off before it, or the next line can be nothing of its own.
  private func goesOn(behind newline: Int) -> Bool {
    let next = SQLLines.next(behind: newline, of: source.bytes[..<limit])
    guard let next, source.bytes[next] != UInt8(ascii: "#") else { return false }
    return SQLLines.word(thatBreaksOff: source.bytes[start..<trimmedEnd]) != nil
      || SQLLines.continues(source.bytes[next..<limit])
  }

  private mutating func skipQuoted(_ quote: UInt8) throws(Diagnostic) {
    let start = position
    position += 1
    while position < limit {
      if byte(position) == quote {
        position += 1
        guard byte(position) == quote else {
          trimmedEnd = position
          return
        }
      }
      position += 1
    }
    throw Diagnostic(
      .unfinishedString, "this SQL text has no closing \(Character(UnicodeScalar(quote)))",
      at: SourceRange(source: source, start: start, end: start + 1))
  }

  private mutating func skipLine() {
    while position < limit, byte(position) != UInt8(ascii: "\n") { position += 1 }
    if wraps { trimmedEnd = position }
    writtenEnd = position
  }

  private mutating func skipComment() throws(Diagnostic) {
    let start = position
    position += 2
    while position < limit, !(byte(position) == UInt8(ascii: "*") && byte(position + 1) == UInt8(ascii: "/")) {
      position += 1
    }
    guard position < limit else {
      throw Diagnostic(
        .unclosed, "this SQL comment is never closed", at: SourceRange(source: source, start: start, end: start + 2),
        isIncomplete: true)
    }
    position += 2
    trimmedEnd = position
  }

  private mutating func bind() {
    let start = position + 1
    var end = start
    while byte(end).isNamePart { end += 1 }
    bindings.append(Name(text: source.text(from: start, to: end), start: start, end: end))
    position = end
    trimmedEnd = end
  }
}

extension UInt8 {
  var isBlank: Bool { self == 32 || self == 9 || self == 10 || self == 13 }
}

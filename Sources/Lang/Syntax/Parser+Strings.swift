extension Parser {
  /// A double-quoted string: text, escapes and interpolated expressions.
  mutating func string() throws(Diagnostic) -> Node {
    let start = token.start, end = token.end - 1
    var pieces: [Node.Piece] = [], bytes: [UInt8] = [], depth = 0
    var at = start + 1
    while at < end {
      switch source.bytes[at] {
      case UInt8(ascii: "\\"): at = try escape(at, before: end, into: &bytes)
      case UInt8(ascii: "{"):
        let value = try interpolated(from: at, to: end, next: &at)
        if !bytes.isEmpty { pieces.append(.text(String(decoding: bytes, as: UTF8.self))) }
        bytes = []
        pieces.append(.value(value))
        depth = max(depth, value.depth)
      case UInt8(ascii: "}"):
        throw Diagnostic(
          .badEscape, "this `}` closes nothing", at: range(at, at + 1), says: "write \\} for a brace")
      default:
        bytes.append(source.bytes[at])
        at += 1
      }
    }
    try advance()
    let rest = String(decoding: bytes, as: UTF8.self)
    guard !pieces.isEmpty else { return try node(.string(rest), from: start) }
    if !rest.isEmpty { pieces.append(.text(rest)) }
    return try node(.interpolation(pieces), from: start, over: depth)
  }

  /// Decodes the escape at `offset` and returns where the text goes on.
  private func escape(_ offset: Int, before end: Int, into bytes: inout [UInt8]) throws(Diagnostic) -> Int {
    let plain: [UInt8: UInt8] = [
      UInt8(ascii: "n"): 10, UInt8(ascii: "t"): 9, UInt8(ascii: "r"): 13, UInt8(ascii: "\""): UInt8(ascii: "\""),
      UInt8(ascii: "'"): UInt8(ascii: "'"), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
      UInt8(ascii: "{"): UInt8(ascii: "{"), UInt8(ascii: "}"): UInt8(ascii: "}"),
    ]
    let letter = source.bytes[offset + 1]
    if let byte = plain[letter] {
      bytes.append(byte)
      return offset + 2
    }
    if letter == UInt8(ascii: "u"), offset + 2 < end, source.bytes[offset + 2] == UInt8(ascii: "{"),
      let close = source.bytes[offset..<end].firstIndex(of: UInt8(ascii: "}")),
      let code = UInt32(source.text(from: offset + 3, to: close), radix: 16), let scalar = UnicodeScalar(code)
    {
      bytes += Array(String(Character(scalar)).utf8)
      return close + 1
    }
    if letter == UInt8(ascii: "u"), offset + 2 < end, source.bytes[offset + 2] == UInt8(ascii: "{"),
      let close = source.bytes[offset..<end].firstIndex(of: UInt8(ascii: "}"))
    {
      throw Diagnostic(
        .badEscape, "no character has the code `\(source.text(from: offset + 3, to: close))`",
        at: range(offset, close + 1), help: ["a code is a hexadecimal number such as \\u{1f6e1}"])
    }
    let shown = source.text(from: offset, to: min(end, offset + 5)).prefix(2)
    throw Diagnostic(
      .badEscape, "`\(shown)` is not an escape", at: range(offset, offset + shown.utf8.count),
      help: ["the escapes are \\n \\t \\\" \\\\ \\{ \\} and \\u{…} with a code in hexadecimal"])
  }

  /// The expression between braces inside a string; `next` moves past the closing brace.
  private mutating func interpolated(from open: Int, to end: Int, next: inout Int) throws(Diagnostic) -> Node {
    try descend()
    defer { level -= 1 }
    let outer = (lexer: lexer, token: token, previousEnd: previousEnd, nesting: nesting)
    defer { (lexer, token, previousEnd, nesting) = (outer.lexer, outer.token, outer.previousEnd, outer.nesting) }
    lexer = Lexer(source, from: open + 1, to: end)
    nesting = 1
    previousEnd = open + 1
    token = try lexer.next()
    guard token.kind != .end, !at(.closeBrace) else {
      throw Diagnostic(
        .badEscape, "there is nothing between these braces", at: range(open, max(open + 1, token.end)),
        help: ["write \\{ for a brace that is not the start of a value"])
    }
    if token.kind == .label {
      let name = String(text(token).dropLast())
      throw Diagnostic(
        .badEscape, "a format cannot follow a value in a string", at: tokenRange,
        help: ["`{format(\(name), 2)}` writes two digits after the point"])
    }
    let value = try expression()
    guard at(.closeBrace) else {
      throw Diagnostic(
        .badEscape, "this `{` has no `}` after its value", at: range(open, open + 1),
        help: ["write \\{ for a brace that is not the start of a value"])
    }
    next = token.end
    return value
  }
}

extension String {
  /// Without white space at both ends.
  var trimmed: String {
    let isBlank: (Character) -> Bool = { $0.isWhitespace }
    guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
      return ""
    }
    return String(self[first...last])
  }
}

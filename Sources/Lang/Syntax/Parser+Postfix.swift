extension Parser {
  // postfix = primary { "." NAME | GLUED "[" expr { "," expr } "]" | GLUED "(" [ arg { "," arg } ] ")" } ;
  mutating func postfix() throws(Diagnostic) -> Node {
    let start = token.start
    var value = try primary()
    while token.kind == .symbol, !endsLine {
      switch token.symbol {
      case .dot:
        try advance()
        let name = try memberName()
        value = try node(.member(value, name), from: start, over: value.depth)
      case .openBracket where !token.spaceBefore:
        if let mistake = slice(of: value) { throw mistake }
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

  /// `xs[1:3]` and `xs[:10]` of other languages, with what to write; the bracket is the next token.
  private func slice(of value: Node) -> Diagnostic? {
    let open = token.start
    let inside = source.bytes[token.end..<lexer.limit].prefix { byte in
      byte.isNamePart || byte.isBlank && byte != UInt8(ascii: "\n") || byte == UInt8(ascii: ":")
        || byte == UInt8(ascii: "-")
    }
    let parts = String(decoding: inside, as: UTF8.self).split(separator: ":", omittingEmptySubsequences: false)
      .map { String($0).trimmed }
    guard parts.count == 2 || parts.count == 3, source.bytes[inside.endIndex..<lexer.limit].first == UInt8(ascii: "]")
    else { return nil }
    let name = source.text(from: value.start, to: value.end)
    let first = parts[0].isEmpty ? "0" : parts[0]
    let end = parts[1].isEmpty ? "len(\(name))" : parts[1]
    let range =
      switch (parts[0].first, parts[1].first) {
      case ("-", nil): "`tail(\(name), \(parts[0].dropFirst()))`"
      case (_, "-"): "`\(name)[\(first)..<len(\(name)) - \(parts[1].dropFirst())]`"
      case (nil, nil): "`\(name)`, which is all of it"
      default: "`\(name)[\(first)..<\(end)]`"
      }
    let step = parts.count == 3 && !parts[2].isEmpty ? ", with `by \(parts[2])` behind the range" : ""
    return Diagnostic(
      .unexpected, "a piece of a list is given by a range", at: self.range(open, inside.endIndex + 1),
      says: "write \(range)\(step)", help: ["`a..b` includes b, `a..<b` does not"])
  }

  /// The name after a dot, which may be any word. A label there (`x.a: 1`) is a name with a colon too many.
  mutating func memberName() throws(Diagnostic) -> Name {
    guard token.kind == .name, !endsLine else {
      var mistake = missing("a name", "after `.`", isIncomplete: nesting > 0)
      let number = source.bytes[..<(previousEnd - 1)].reversed().prefix { $0.isDigit }.reversed()
      if !number.isEmpty {
        let text = String(decoding: number, as: UTF8.self)
        mistake = Diagnostic(
          .badNumber, "`\(text).` is not a number", at: range(previousEnd - 1 - number.count, previousEnd),
          says: "write `\(text)` or `\(text).0`")
      } else if token.kind == .string || token.kind == .rawString {
        mistake.help = ["strings are joined by `+`"]
      }
      throw mistake
    }
    let name = Name(text: text(token), start: token.start, end: token.end)
    try advance()
    return name
  }

  // arg = [ LABEL ] expr ;
  mutating func call(_ callee: Node, from start: Int) throws(Diagnostic) -> Node {
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

  mutating func argument(to callee: Node, _ isFirst: Bool) throws(Diagnostic) -> Node {
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
      let wanted = at(.comma) ? "`\(symbol.rawValue)`" : "`\(symbol.rawValue)` or `,`"
      throw Diagnostic(
        .unexpected, "expected \(wanted), not `\(text(token))`", at: range(token.start, token.end),
        labels: [.init(range(open, open + 1), "opened here")], help: bracketHelp(symbol))
    }
    try advance()
  }

  /// What was probably meant where a closing bracket is missing.
  private func bracketHelp(_ symbol: Symbol) -> [String] {
    switch symbol {
    case .closeParen where at(.comma): ["a list is written in brackets: `[1, 2]`"]
    case .closeBracket where at(.for): ["a list made from another begins with `for`: `[for x in 0..3 => x^2]`"]
    default: []
    }
  }
}

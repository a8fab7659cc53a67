extension Parser {
  // primary = NUMBER | STRING | "true" | "false" | "none" | NAME | LAST | "(" pipeline ")" | "[" … | "{" … | "fn" … | "if" … | SQL ;
  mutating func primary() throws(Diagnostic) -> Node {
    let start = token.start
    switch token.kind {
    case .number: return try number()
    case .string: return try string()
    case .rawString:
      let text = source.text(from: token.start + 1, to: token.end - 1)
      try advance()
      return try node(.string(text), from: start)
    case .last: return try last()
    case .name: return try word(from: start)
    case .label:
      throw Diagnostic(
        .unexpected, "expected a value, not the label `\(text(token))`", at: range(token.start, token.end),
        help: [opensBlock ? Self.braces : "a record is written in braces: `{eps: 0.1}`"])
    case .symbol:
      switch token.symbol {
      case .openParen: return try group()
      case .openBracket: return try list()
      case .openBrace: return try record()
      default: throw missingValue()
      }
    case .end, .session: throw missingValue()
    }
  }

  /// What to say to those who begin a block with a colon.
  static let braces = "a block stands in braces: `{ … }`"

  /// Whether the label to read next is a condition with a colon behind it, as other languages begin a block.
  private var opensBlock: Bool {
    var ahead = lexer
    return Keyword(source.bytes[token.start..<token.end - 1]) != nil || ahead.nextIfValid()?.newlineBefore == true
  }

  private func missingValue() -> Diagnostic {
    guard token.kind != .end else {
      // `x--` must not wait for more: nothing that could come makes it right.
      let countsDown = source.bytes[..<previousEnd].suffix(2).elementsEqual("--".utf8)
      return Diagnostic(
        .missingPart, "expected a value", at: here, says: countsDown ? "write `x -= 1` to count down" : "",
        isIncomplete: !countsDown)
    }
    return Diagnostic(
      .unexpected, "expected a value, not `\(text(token))`", at: range(token.start, token.end), says: foreignPair)
  }

  /// What to write for symbols of two characters that other languages have: `++`, `**`, `//`, `||`, `<>`, `===`, `->`, `*=`.
  private var foreignPair: String {
    if at(.bang) { return "write `not` for the opposite" }
    let before = source.bytes[..<token.start].last { !$0.isBlank }
    if at(.closeBracket), before == UInt8(ascii: ".") || before == UInt8(ascii: "<") {
      return "a range has an end: `x[1..<len(x)]`"
    }
    if at(.dot) { return "a member stands behind its value: `x.name`" }
    if at(.range) || at(.halfOpenRange) { return "a range begins with a number: `0..3`" }
    if !token.spaceBefore, token.start > 0 {
      switch (source.bytes[token.start - 1], token.symbol) {
      case (UInt8(ascii: "<"), .greater): return "write `!=`"
      case (UInt8(ascii: "-"), .greater): return "write `=` to give a name a value, `fn(x) => …` for a function"
      case (UInt8(ascii: "="), .assign) where source.bytes[..<token.start].suffix(2).first == UInt8(ascii: "!"):
        return "write `!=`"
      case (UInt8(ascii: "="), .assign): return "write `==`"
      default: break
      }
    }
    if at(.plus) { return "write `x += 1` to count up" }
    if token.symbol == .assign, token.start > 0, !token.spaceBefore {
      switch source.bytes[token.start - 1] {
      case UInt8(ascii: "*"): return "write `x = x * …`"
      case UInt8(ascii: "/"): return "write `x = x / …`"
      default: break
      }
    }
    guard token.start > 0, source.bytes[token.start - 1] == source.bytes[token.start] else { return "" }
    switch token.symbol {
    case .star: return "write `^` for a power"
    case .slash: return "write `floor(a / b)` for a whole quotient; a comment begins with `#`"
    case .pipe: return "write `or`"
    default: return ""
    }
  }

  // NUMBER = digits [ "." digits ] [ ("e"|"E") ["+"|"-"] digits ] [ "%" ] ;
  private mutating func number() throws(Diagnostic) -> Node {
    let start = token.start
    let isShare = source.bytes[token.end - 1] == UInt8(ascii: "%")
    if !isShare, let value = shortWholeNumber(token) {
      try advance()
      return try node(.number(value), from: start)
    }
    let digits = source.bytes[start..<(isShare ? token.end - 1 : token.end)].filter { $0 != UInt8(ascii: "_") }
    guard let value = Double(String(decoding: digits, as: UTF8.self)), value.isFinite else {
      throw Diagnostic(.badNumber, "`\(text(token))` is too large for a number", at: range(start, token.end))
    }
    try advance()
    return try node(.number(isShare ? value / 100 : value), from: start)
  }

  /// A number of a few digits, which most are, without the way through a string.
  private func shortWholeNumber(_ token: Token) -> Double? {
    guard token.end - token.start <= 15 else { return nil }
    var value = 0
    for byte in source.bytes[token.start..<token.end] {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      value = value * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return Double(value)
  }

  // LAST = "_" | "_" digits ;
  private mutating func last() throws(Diagnostic) -> Node {
    let start = token.start
    let digits = source.text(from: start + 1, to: token.end)
    guard digits.isEmpty || Int(digits) != nil else {
      throw Diagnostic(.badNumber, "`_\(digits)` is not a cell", at: range(start, token.end))
    }
    try advance()
    return try node(.last(Int(digits)), from: start)
  }

  private mutating func word(from start: Int) throws(Diagnostic) -> Node {
    switch keyword {
    case nil:
      // Asked of every name, so the first letter goes before the rest: `explain` and `SELECT` alone are left to find here.
      let first = source.bytes[token.start] | 0x20
      if first == UInt8(ascii: "e") || first == UInt8(ascii: "s"), startsWithSQL { return try sql() }
      let name = text(token)
      if inClosure { namesInClosures.insert(name) }
      let isCommand = !lexer.follows(UInt8(ascii: "(")) && command(named: name) != nil
      try advance()
      if isCommand, startsArgument {
        throw Diagnostic(
          .commandAsValue, "the command `\(name)` needs parentheses here", at: range(start, previousEnd),
          help: [
            "write `(\(name) …)`; without them a command stands at the start of a statement, or after `=`, `|` or `return`"
          ])
      }
      return try node(.name(name), from: start)
    case .true, .false:
      let value = at(.true)
      try advance()
      return try node(.bool(value), from: start)
    case .nothing:
      try advance()
      return try node(.none, from: start)
    case .fn: return try function()
    case .if:
      try advance()
      let condition = try operand(after: "`if`")
      return try conditionalExpression(condition, from: start)
    case .select: return try sql()
    case let keyword?:
      throw Diagnostic(
        .unexpected, "expected a value, not `\(keyword.rawValue)`", at: range(token.start, token.end),
        says: "a word of the language")
    }
  }

  /// Whether the token after a command's name can only be the command's argument.
  private var startsArgument: Bool {
    guard !endsLine else { return false }
    return switch token.kind {
    case .name: keyword == nil || keyword == .select || keyword == .fn
    case .number, .string, .rawString, .last: true
    default: false
    }
  }

  // "(" pipeline ")"
  private mutating func group() throws(Diagnostic) -> Node {
    let open = token.start
    try advance()
    nesting += 1
    if token.kind == .end { throw unclosed(.openParen, at: open) }
    let value = try pipeline()
    if let mistake = misspeltCommand(value.lastStage) { throw mistake }
    try close(.closeParen, opened: open)
    return try node(.group(value), from: open, over: value.depth)
  }

  // "[" [ expr { "," expr } [ "," ] | "for" NAME "in" expr "=>" expr ] "]"
  private mutating func list() throws(Diagnostic) -> Node {
    let open = token.start
    var ahead = lexer
    if let next = ahead.nextIfValid(), next.kind == .name, source.text(from: next.start, to: next.end) == "for" {
      return try comprehension(open)
    }
    let elements = try elements(closing: .closeBracket)
    return try node(.list(elements), from: open, over: elements.map(\.depth).max() ?? 0)
  }

  private mutating func comprehension(_ open: Int) throws(Diagnostic) -> Node {
    try advance()
    nesting += 1
    try advance()
    let name = try newName("after `for`")
    guard at(.in) else { throw missing("`in`", "after the name", isIncomplete: true) }
    try advance()
    let source = try operand(after: "`in`", mayWrap: true)
    try expect(.arrow, "before what to collect")
    shadows.append([])
    shadow(name)
    defer { shadows.removeLast() }
    let element = try operand(after: "`=>`", mayWrap: true)
    try close(.closeBracket, opened: open)
    return try node(.comprehension(name, source, element), from: open, over: max(source.depth, element.depth))
  }

  // "{" [ field { "," field } [ "," ] ] "}"               field = LABEL expr | STRING ":" expr ;
  private mutating func record() throws(Diagnostic) -> Node {
    let open = token.start
    recordBraces.insert(open)
    try advance()
    var fields: [Node.Field] = []
    while !at(.closeBrace) {
      if token.kind == .end { throw unclosed(.openBrace, at: open) }
      let name = try fieldName()
      if fields.contains(where: { $0.name == name }) {
        throw Diagnostic(.repeatedName, "there are two fields `\(name.text)`", at: range(name.start, name.end))
      }
      fields.append(.init(name: name, value: try operand(after: "`\(name.text):`", mayWrap: true)))
      guard at(.comma) else { break }
      try advance()
    }
    nesting += 1
    try close(.closeBrace, opened: open)
    return try node(.record(fields), from: open, over: fields.map(\.value.depth).max() ?? 0)
  }

  private mutating func fieldName() throws(Diagnostic) -> Name {
    if token.kind == .label {
      let name = Name(text: source.text(from: token.start, to: token.end - 1), start: token.start, end: token.end - 1)
      try advance()
      return name
    }
    guard token.kind == .string || token.kind == .rawString else {
      throw Diagnostic(
        .unexpected, "expected a field such as `eps: 0.1`, not `\(text(token))`", at: range(token.start, token.end),
        help: token.kind == .number ? ["a list is written in brackets: `[1, 2]`"] : [])
    }
    let node = try primary()
    guard case .string(let text) = node.kind else {
      throw Diagnostic(.unexpected, "the name of a field is plain text", at: range(node.start, node.end))
    }
    guard at(.colon) else { throw missing("`:`", "after the field's name", isIncomplete: true) }
    try advance()
    return Name(text: text, start: node.start, end: node.end)
  }

  // "fn" "(" [ NAME { "," NAME } ] ")" "=>" expr
  private mutating func function() throws(Diagnostic) -> Node {
    let start = token.start
    try advance()
    closures.insert(start)
    let outerClosure = inClosure
    inClosure = true
    defer { inClosure = outerClosure }
    let open = token.start
    if token.kind == .name, !endsLine {
      var problem = missing("`(`", "after `fn`", isIncomplete: false)
      problem.help = ["a function with a name is made with `def \(text(token))(x) { … }`"]
      throw problem
    }
    try expect(.openParen, "after `fn`")
    nesting += 1
    var names: [Name] = []
    while !at(.closeParen) {
      let name = try newName("of a parameter")
      if names.contains(name) {
        throw Diagnostic(.repeatedName, "there are two parameters `\(name.text)`", at: range(name.start, name.end))
      }
      names.append(name)
      if at(.assign) {
        throw Diagnostic(
          .unexpected, "a parameter of `fn` has no default", at: tokenRange,
          help: ["`def` makes functions with defaults: `def f(x, y = 2) { … }`"])
      }
      guard try accept(.comma) else { break }
    }
    try close(.closeParen, opened: open)
    if at(.openBrace), !endsLine {
      var problem = missing("`=>`", "before what the function gives", isIncomplete: false)
      problem.help = ["a function of several statements is made with `def NAME(x) { … }`"]
      throw problem
    }
    try expect(.arrow, "before what the function gives")
    shadows.append([])
    for name in names { shadow(name) }
    defer { shadows.removeLast() }
    let body = try operand(after: "`=>`", mayWrap: true)
    return try node(.function(names, body), from: start, over: body.depth)
  }

  // "if" expr "then" expr "else" expr
  mutating func conditionalExpression(_ condition: Node, from start: Int) throws(Diagnostic) -> Node {
    guard at(.then), !endsLine else { throw missing("`then`", "after the condition", isIncomplete: nesting > 0) }
    try advance()
    let yes = try operand(after: "`then`")
    guard at(.else), !endsLine else {
      throw missing("`else`", "after the value for true", isIncomplete: nesting > 0)
    }
    try advance()
    let no = try operand(after: "`else`")
    return try node(.conditional(condition, yes, no), from: start, over: max(condition.depth, yes.depth, no.depth))
  }
}

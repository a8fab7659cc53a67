/// Where in a text the cursor stands: the innermost bracket, and the stage of a pipeline inside it.
struct CompletionContext {
  /// One open bracket, or the top level.
  struct Level {
    var opener: Symbol = .none
    /// The name glued to a `(`: `pgd(`.
    var callee: String?
    /// Whether it is a `[` glued to what it indexes.
    var isIndex = false
    /// The tokens of the current stage at this level; a closed bracket stands as one token.
    var stage: [Token] = []
    /// The label just before the bracket, and the command it belongs to: `with: [`.
    var owner: (command: String, label: String?)?
    /// Whether the stage starts where a command may stand.
    var allowsCommand = true
    /// Whether the stage starts a statement, so that keywords may stand.
    var startsStatement = true
  }

  let source: Source
  var levels: [Level] = [Level()]
  /// The last token before the word at the cursor.
  var last: Token?

  init(_ source: Source, upTo end: Int) {
    self.source = source
    var lexer = Lexer(source, to: end)
    while true {
      let token = lexer.nextValid()
      if token.newlineBefore, ["", "{"].contains(top.opener.rawValue), !continues, !queryGoesOn(to: token) {
        newStage(command: true, statement: true)
      }
      if token.kind == .end { break }
      add(token)
      last = token
    }
  }

  var top: Level { levels[levels.count - 1] }

  /// Whether a comment has begun between the last token and `offset`.
  func isInComment(_ offset: Int) -> Bool {
    let between = source.bytes[(last?.end ?? 0)..<max(last?.end ?? 0, offset)]
    guard let mark = between.lastIndex(of: UInt8(ascii: "#")) else { return false }
    return !between[mark...].contains(UInt8(ascii: "\n"))
  }

  /// Whether the word at the cursor is a name that is only being made.
  var namesSomethingNew: Bool {
    guard top.startsStatement, top.stage.count == 1 else { return false }
    return ["let", "param", "def"].contains(text(top.stage[0]))
  }

  func text(_ token: Token) -> String { source.text(from: token.start, to: token.end) }

  /// Whether the line before asks for more: an operator, a label, `=` or `,` at its end.
  private var continues: Bool {
    guard let last else { return false }
    if last.kind == .label { return true }
    guard last.kind == .symbol else { return false }
    return ![.closeParen, .closeBracket, .closeBrace, .openBrace, .semicolon].contains(last.symbol)
  }

  /// Whether the token, which begins a line, belongs to the query of the line before.
  private func queryGoesOn(to token: Token) -> Bool {
    guard let first = top.stage.first, let last, ["select", "with", "explain"].contains(text(first).lowercased()) else {
      return false
    }
    return SQLLines.word(thatBreaksOff: source.bytes[first.start..<last.end]) != nil
      || SQLLines.continues(source.bytes[token.start...])
  }

  private mutating func newStage(command: Bool, statement: Bool) {
    levels[levels.count - 1].stage = []
    levels[levels.count - 1].allowsCommand = command
    levels[levels.count - 1].startsStatement = statement
  }

  private mutating func add(_ token: Token) {
    switch token.symbol {
    case .openParen, .openBracket, .openBrace: open(token)
    case .closeParen, .closeBracket, .closeBrace:
      if levels.count > 1 { levels.removeLast() }
      levels[levels.count - 1].stage.append(token)
      if token.symbol == .closeBrace, top.opener == .openBrace || levels.count == 1 { break }
    case .semicolon: newStage(command: true, statement: true)
    case .pipe, .assign: newStage(command: true, statement: false)
    case .comma where top.opener != .none: newStage(command: false, statement: false)
    default:
      levels[levels.count - 1].stage.append(token)
      if token.kind == .name, text(token) == "return" { newStage(command: true, statement: false) }
    }
  }

  private mutating func open(_ token: Token) {
    var level = Level(opener: token.symbol)
    let stage = top.stage
    if token.symbol == .openParen, !token.spaceBefore, let last, last.kind == .name, last.end == token.start {
      level.callee = text(last)
    }
    level.isIndex = token.symbol == .openBracket && !token.spaceBefore && stage.last?.kind == .name
    if let first = stage.first, first.kind == .name {
      let label = stage.last.flatMap { $0.kind == .label ? String(text($0).dropLast()) : nil }
      level.owner = (text(first), label)
    } else {
      level.owner = top.owner
    }
    level.allowsCommand = token.symbol == .openBrace || token.symbol == .openParen && level.callee == nil
    level.startsStatement = token.symbol == .openBrace
    levels[levels.count - 1].stage.append(token)
    levels.append(level)
  }
}

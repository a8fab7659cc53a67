/// Reads a source into a tree. One method per rule of the grammar; the rule stands above its method.
///
/// Split by idea: statements, expressions, primaries, strings, SQL and recovery have a file each.
struct Parser {
  /// Brackets and strings inside one another before a text counts as too deep.
  static let maximumNesting = Lexer.maximumNesting
  /// The greatest depth of a tree.
  static let maximumDepth = 250
  /// Diagnostics of one text; the rest would mostly follow from these.
  static let maximumDiagnostics = 10

  let source: Source
  let environment: Environment
  var lexer: Lexer
  /// The token to read next.
  var token: Token
  /// Where the last token read ends.
  var previousEnd = 0
  /// How many `(` and `[` are open: inside them line breaks are white space.
  var nesting = 0
  /// How many rules are inside one another.
  var level = 0
  /// How many function bodies and loops are open, for `return`, `break` and `continue`.
  var functions = 0, loops = 0
  /// Commands that a `let`, `def`, `for`, parameter or `catch` has shadowed, innermost block last.
  var shadows: [Set<String>] = [[]]
  /// Names that the text so far has given values.
  var declared: Set<String> = []
  var diagnostics: [Diagnostic] = []
  /// Offsets of minus signs that negate, for the formatter.
  var negations: Set<Int> = []
  /// Offsets of braces that open records, for the formatter.
  var recordBraces: Set<Int> = []
  /// Extents of SQL text, for the formatter.
  var sqlRanges: [Range<Int>] = []
  /// Where functions start that stand inside something else, and the names they mention: such variables need cells.
  var closures: Set<Int> = []
  var namesInClosures: Set<String> = []
  var inClosure = false
  /// Asking the system costs more than reading a short line, so only deep texts ask.
  private lazy var stackFloor = StackBounds.floor()

  init(_ source: Source, environment: Environment) {
    self.source = source
    self.environment = environment
    lexer = Lexer(source)
    token = Token(kind: .end, start: 0, end: 0, spaceBefore: false, newlineBefore: true)
  }

  /// Reads the whole source. Mistakes become diagnostics of the program; reading goes on at the next statement.
  static func parse(_ source: Source, environment: Environment) -> Program {
    var parser = Parser(source, environment: environment)
    let items = parser.items()
    return Program(
      source: source, items: items, diagnostics: parser.diagnostics.toldOfOpenBlock.readable,
      closures: parser.closures.sorted(), namesInClosures: parser.namesInClosures)
  }

  // MARK: tokens

  mutating func advance() throws(Diagnostic) {
    previousEnd = token.end
    token = try lexer.next()
  }

  func text(_ token: Token) -> String { source.text(from: token.start, to: token.end) }

  func range(_ start: Int, _ end: Int) -> SourceRange { SourceRange(source: source, start: start, end: end) }

  /// The range of the token to read next; at the end of a line, the place just after the last token.
  var here: SourceRange {
    token.kind == .end || endsLine ? range(previousEnd, previousEnd) : range(token.start, token.end)
  }

  /// The range of the token to read next, wherever it stands.
  var tokenRange: SourceRange { range(token.start, token.end) }

  /// Whether a line break that counts comes before the next token.
  var endsLine: Bool { token.newlineBefore && nesting == 0 }

  func at(_ symbol: Symbol) -> Bool { token.kind == .symbol && token.symbol == symbol }

  func at(_ keyword: Keyword) -> Bool { token.kind == .name && matches(keyword.rawValue) }

  /// Whether the next token's text is exactly `word`.
  func matches(_ word: String) -> Bool {
    guard token.end - token.start == word.utf8.count else { return false }
    return word.utf8.elementsEqual(source.bytes[token.start..<token.end])
  }

  /// The keyword that the next token is, if it is one.
  var keyword: Keyword? { token.kind == .name ? Keyword(source.bytes[token.start..<token.end]) : nil }

  /// Reads `symbol` if it comes next on this line.
  mutating func accept(_ symbol: Symbol) throws(Diagnostic) -> Bool {
    guard at(symbol), !endsLine else { return false }
    try advance()
    return true
  }

  mutating func expect(_ symbol: Symbol, _ purpose: String) throws(Diagnostic) {
    guard at(symbol), !endsLine else {
      throw missing("`\(symbol.rawValue)`", purpose, isIncomplete: nesting > 0)
    }
    try advance()
  }

  // MARK: diagnostics

  /// Something must come next that does not.
  func missing(_ what: String, _ purpose: String, isIncomplete: Bool) -> Diagnostic {
    let found = token.kind == .end || endsLine ? "" : ", not `\(text(token))`"
    let code: Code = found.isEmpty ? .missingPart : .unexpected
    return Diagnostic(
      code, "expected \(what) \(purpose)\(found)", at: here, isIncomplete: isIncomplete && token.kind == .end)
  }

  /// A bracket that is never closed.
  func unclosed(_ symbol: Symbol, at offset: Int, _ code: Code = .unclosed) -> Diagnostic {
    Diagnostic(
      code, "this `\(symbol.rawValue)` is never closed", at: range(offset, offset + 1), isIncomplete: true)
  }

  // MARK: trees

  func node(_ kind: Node.Kind, from start: Int, over depth: Int = 0) throws(Diagnostic) -> Node {
    guard depth < Self.maximumDepth else { throw tooDeep(start) }
    return Node(kind: kind, start: start, end: previousEnd, depth: depth + 1)
  }

  func tooDeep(_ start: Int) -> Diagnostic {
    Diagnostic(
      .tooDeep, "this is nested too deeply", at: range(start, max(start + 1, previousEnd)),
      help: ["give its parts names with `let`"])
  }

  /// Counts one rule inside another, and refuses to go too deep. Every recursive rule starts with it.
  mutating func descend() throws(Diagnostic) {
    guard level < Self.maximumNesting, level < 24 || StackBounds.address > stackFloor else {
      throw tooDeep(token.start)
    }
    level += 1
  }

  // MARK: commands

  /// Whether the next token starts a command: the name of one, not directly followed by `(`, and not shadowed.
  var atCommand: Bool {
    guard token.kind == .name, lexer.follows(UInt8(ascii: "(")) == false else { return false }
    return command(named: text(token)) != nil
  }

  /// The command of that name, unless a variable shadows it here.
  func command(named name: String) -> CommandDeclaration? {
    guard let command = environment.commands[name], !environment.isVariable(name),
      !shadows.contains(where: { $0.contains(name) })
    else { return nil }
    return command
  }

  /// From here on in this block, `name` is a variable.
  mutating func shadow(_ name: Name) {
    declared.insert(name.text)
    if environment.commands[name.text] != nil { shadows[shadows.count - 1].insert(name.text) }
  }
}

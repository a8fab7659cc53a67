/// What the parts of a text are, for colours in exported pages.
public enum Highlighting {
  /// What a part is.
  public enum Kind: String, Sendable {
    /// Blanks, names, operators and whatever cannot be read.
    case plain
    /// `let`, `for`, `if`, and SQL's own words after a `select`.
    case keyword
    /// The name of a command.
    case command
    /// `with:`, `eps:`.
    case label
    /// A constant or function of Ward's own, such as `pgd` or `round`.
    case builtIn
    /// A string, with its interpolations.
    case string
    /// A number.
    case number
    /// From `#` to the end of the line.
    case comment
    /// A line that begins with `:`, `?` or `!`.
    case session
  }

  /// A part of the text.
  public struct Span: Equatable, Sendable {
    /// What it is.
    public let kind: Kind
    /// Its letters; those of all spans together are the text.
    public let text: String
  }

  /// The parts of a text in their order. Any text will do, also one with mistakes.
  public static func spans(of text: String, in environment: Environment) -> [Span] {
    var painter = Painter(Source(name: "", text: text), environment)
    painter.paint()
    return painter.spans
  }

  private static let sqlWords: Set<String> = [
    "from", "where", "group", "by", "order", "limit", "offset", "as", "join", "left", "on", "using", "and", "or", "not",
    "in", "is", "null", "like", "between", "case", "when", "then", "else", "end", "distinct", "having", "desc", "asc",
    "union", "all", "with", "exists", "over", "partition",
  ]

  private struct Painter {
    let source: Source
    let environment: Environment
    var spans: [Span] = []
    private var painted = 0
    private var inSQL = false

    init(_ source: Source, _ environment: Environment) {
      self.source = source
      self.environment = environment
    }

    mutating func paint() {
      var lexer = Lexer(source)
      while painted < source.bytes.count {
        let token = lexer.nextValid()
        let paintedBytes = source.bytes[..<painted]
        gap(to: token.start)
        if token.kind == .end { break }
        if token.newlineBefore || token.start == 0 {
          let goesOn =
            SQLLines.word(thatBreaksOff: paintedBytes) != nil || SQLLines.continues(source.bytes[token.start...])
          inSQL = inSQL && goesOn
        }
        if isSessionLine(token) {
          let end = source.bytes[token.start...].firstIndex(of: UInt8(ascii: "\n")) ?? source.bytes.count
          add(.session, to: end)
          lexer.move(to: end)
          continue
        }
        add(kind(of: token), to: token.end)
      }
      gap(to: source.bytes.count)
    }

    private mutating func add(_ kind: Kind, to end: Int) {
      guard end > painted else { return }
      spans.append(Span(kind: kind, text: source.text(from: painted, to: end)))
      painted = end
    }

    /// Blanks and comments, and characters that are no tokens.
    private mutating func gap(to end: Int) {
      while painted < end {
        guard let hash = source.bytes[painted..<end].firstIndex(of: UInt8(ascii: "#")) else {
          return add(.plain, to: end)
        }
        add(.plain, to: hash)
        add(.comment, to: source.bytes[hash..<end].firstIndex(of: UInt8(ascii: "\n")) ?? end)
      }
    }

    private func isSessionLine(_ token: Token) -> Bool {
      [.colon, .question, .bang].contains(token.symbol) && (token.newlineBefore || token.start == 0 || spans.isEmpty)
    }

    private mutating func kind(of token: Token) -> Kind {
      switch token.kind {
      case .label: return .label
      case .number: return .number
      case .string, .rawString: return .string
      case .name:
        let word = source.text(from: token.start, to: token.end)
        if word == Keyword.select.rawValue || word == "with" { inSQL = true }
        if Keyword(rawValue: word) != nil || (inSQL && Highlighting.sqlWords.contains(word.lowercased())) {
          return .keyword
        }
        if environment.commands[word] != nil { return .command }
        return environment.isBuiltIn(word) ? .builtIn : .plain
      default: return .plain
      }
    }
  }
}

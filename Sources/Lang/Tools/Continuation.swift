/// What the prompt asks while someone types: is this all, and how far is the next line indented?
public enum Continuation {
  /// Whether more lines could complete the text; other mistakes are for running it to tell.
  public static func isIncomplete(_ text: String, in environment: Environment) -> Bool {
    Parser.parse(Source(name: "", text: text), environment: environment).isIncomplete
  }

  /// How many brackets are open at the end of the text: the depth of the next line.
  public static func depth(of text: String) -> Int {
    var lexer = Lexer(Source(name: "", text: text))
    var depth = 0
    while true {
      let before = lexer.position
      guard let token = lexer.nextIfValid() else {
        if lexer.position <= before { lexer.move(to: before + 1) }
        continue
      }
      if token.kind == .end { return depth }
      switch token.symbol {
      case .openParen, .openBracket, .openBrace: depth += 1
      case .closeParen, .closeBracket, .closeBrace: depth = max(0, depth - 1)
      default: break
      }
    }
  }
}

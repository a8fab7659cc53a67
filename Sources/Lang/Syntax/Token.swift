/// The smallest meaningful piece of a text.
struct Token: Equatable {
  enum Kind: UInt8 {
    /// `session` is a line of another prompt: `\\d`, `%time`.
    case end, name, label, last, number, string, rawString, symbol, session
  }
  var kind: Kind
  /// First byte and one past the last.
  var start: Int, end: Int
  /// For `symbol`: which one.
  var symbol: Symbol = .none
  /// Whether white space or a line break comes right before it.
  var spaceBefore: Bool
  /// Whether a line break comes before it.
  var newlineBefore: Bool
}

/// Punctuation and operators.
enum Symbol: String {
  case none = ""
  case openParen = "(", closeParen = ")", openBracket = "[", closeBracket = "]", openBrace = "{", closeBrace = "}"
  case comma = ",", semicolon = ";", dot = ".", pipe = "|", assign = "=", addAssign = "+=", subtractAssign = "-="
  case equal = "==", notEqual = "!=", less = "<", lessEqual = "<=", greater = ">", greaterEqual = ">="
  case range = "..", halfOpenRange = "..<", arrow = "=>"
  case plus = "+", minus = "-", star = "*", slash = "/", caret = "^", colon = ":", bang = "!", question = "?"
}

import Lang

/// The words of a session line, as a shell would see them: parted by blanks, kept together by quotes.
enum Words {
  static func split(_ text: String) throws -> [String] {
    if text.utf8.contains(0) {
      throw Problem(code: ShellCode.sessionLine, message: "a file's name cannot hold the character NUL")
    }
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in text {
      switch character {
      case _ where character == quote: quote = nil
      case "\"" where quote == nil, "'" where quote == nil:
        quote = character
        word = word ?? ""
      case _ where character.isWhitespace && quote == nil:
        if let word { words.append(word) }
        word = nil
      default: word = (word ?? "") + String(character)
      }
    }
    guard quote == nil else {
      throw Problem(code: ShellCode.sessionLine, message: "a quotation mark is missing at the end")
    }
    return words + (word.map { [$0] } ?? [])
  }

  /// The one file that a line takes.
  static func file(_ text: String, of line: String, example: String) throws -> String {
    let words = try split(text)
    guard let file = words.first, words.count == 1 else {
      throw Problem(
        code: ShellCode.sessionLine, message: words.isEmpty ? ":\(line) needs a file" : ":\(line) takes one file",
        help: ["for example :\(line) \(example); quotes keep a name with blanks together"])
    }
    return file
  }
}

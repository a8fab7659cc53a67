import Lang

/// How many columns of a terminal text takes.
enum DisplayWidth {
  static func of(_ text: some StringProtocol) -> Int {
    text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f } ? text.utf8.count : text.displayWidth
  }

  /// The same for text with colours, whose escape sequences take no column.
  static func ofDrawn(_ text: some StringProtocol) -> Int {
    text.utf8.contains(0x1b) ? of(String(text).replacing(/\u{1b}\[[0-9;]*m/, with: "")) : of(text)
  }

  /// The longest beginning of `text` that fits in `columns`, with `…` for what was left out.
  static func truncate(_ text: String, to columns: Int) -> String {
    guard of(text) > columns else { return text }
    var kept = ""
    var width = 0
    for character in text {
      let next = character.displayWidth
      if width + next > columns - 1 { break }
      kept.append(character)
      width += next
    }
    return kept + "…"
  }

  /// The longest beginning of `text` that fits in `columns`, at least one character.
  static func prefix(of text: String, upTo columns: Int) -> Substring {
    var end = text.startIndex
    var width = 0
    for index in text.indices {
      width += text[index].displayWidth
      if width > columns, index > text.startIndex { break }
      end = text.index(after: index)
    }
    return text[..<end]
  }

  /// `text` filled up with spaces to `columns`.
  static func pad(_ text: String, to columns: Int, right: Bool = false) -> String {
    let room = String(repeating: " ", count: max(0, columns - of(text)))
    return right ? room + text : text + room
  }
}

import Lang

/// How many columns of a terminal text takes.
enum DisplayWidth {
  static func of(_ text: some StringProtocol) -> Int {
    text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f } ? text.utf8.count : text.displayWidth
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

extension String {
  /// The text with control characters made visible (`␛` for escape), so that data cannot drive the terminal.
  var withVisibleControls: String {
    guard unicodeScalars.contains(where: { $0.isControl }) else { return self }
    var shown = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      guard scalar.isControl else { shown.append(scalar); continue }
      shown.append(scalar.value < 0x20 ? Unicode.Scalar(0x2400 + scalar.value)! : "\u{fffd}")
    }
    return String(shown)
  }
}

extension Unicode.Scalar {
  /// C0 and C1 controls but for tab and newline, and the marks that reverse the direction of text.
  fileprivate var isControl: Bool {
    switch value {
    case 0x09, 0x0a: false
    case 0..<0x20, 0x7f..<0xa0, 0x202a...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}

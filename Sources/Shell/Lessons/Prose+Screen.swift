import Lang

extension Prose {
  /// The blocks as lines of a screen, with a blank line between them. With colours headings and emphasis are bold and code is
  /// coloured; without, the marks stay.
  func screen(width: Int, colors: Bool) -> String {
    let width = max(20, min(width, 100))
    return blocks.map { block in
      switch block {
      case .heading(let text): Style.bold(text.withVisibleControls.wrapped(to: width), if: colors)
      case .paragraph(let text): Self.lines(of: text, width: width, colors: colors)
      case .list(let items, let isNumbered):
        items.enumerated().map { index, item in
          let mark = isNumbered ? "\(index + 1). " : "- "
          return mark + Self.lines(of: item, width: width, indent: mark.count, colors: colors)
        }.joined(separator: "\n")
      case .code(let text):
        text.split(separator: "\n", omittingEmptySubsequences: false)
          .map { "    " + Style.cyan(String($0).withVisibleControls, if: colors) }.joined(separator: "\n")
      }
    }.joined(separator: "\n\n")
  }

  /// A word with what is glued to it: pieces in styles of their own.
  private typealias Word = [(text: String, style: Style?)]

  private static func lines(of text: String, width: Int, indent: Int = 0, colors: Bool) -> String {
    var lines: [String] = [], line = "", used = 0
    for word in words(of: text, colors: colors) {
      let columns = word.reduce(0) { $0 + DisplayWidth.of($1.text) }
      if used > 0, used + 1 + columns > width - indent {
        lines.append(line)
        (line, used) = ("", 0)
      }
      line += (used > 0 ? " " : "") + word.map { piece in piece.style.map { $0(piece.text) } ?? piece.text }.joined()
      used += columns + (used > 0 ? 1 : 0)
    }
    return (lines + [line]).joined(separator: "\n" + String(repeating: " ", count: indent))
  }

  private static func words(of text: String, colors: Bool) -> [Word] {
    var words: [Word] = [[]]
    for span in spans(of: text.withVisibleControls) {
      let (content, style): (String, Style?) =
        switch span {
        case .text(let text): (text, nil)
        case .code(let text): (colors ? text : "`\(text)`", .cyan)
        case .emphasis(let text): (colors ? text : "*\(text)*", .bold)
        }
      for (index, part) in content.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
        if index > 0 { words.append([]) }
        if !part.isEmpty { words[words.count - 1].append((String(part), colors ? style : nil)) }
      }
    }
    return words.filter { !$0.isEmpty }
  }
}

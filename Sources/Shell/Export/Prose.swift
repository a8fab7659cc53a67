import Lang

/// Comments as the running text of a page: headings, paragraphs, lists and code.
///
/// A rule with words in it, `--- So far ---`, is a heading; lines that begin with `-` or with a number are a list; lines
/// set in by three blanks or more are code; everything else is a paragraph, up to an empty line.
struct Prose: Equatable {
  enum Block: Equatable {
    case heading(String)
    case paragraph(String)
    case list([String], isNumbered: Bool)
    case code(String)
  }

  /// A piece of a line.
  enum Span: Equatable {
    case text(String)
    case code(String)
    case emphasis(String)
  }

  private(set) var blocks: [Block] = []
  /// How far the first line of the last block of code is set in.
  private var margin = 0

  var isEmpty: Bool { blocks.isEmpty }

  /// - Parameter comments: lines that begin with `#`, and blank ones between them.
  init(comments: String) {
    var isOpen = false
    for line in comments.split(separator: "\n", omittingEmptySubsequences: false) {
      let line = line.drop(while: \.isWhitespace)
      // The line for the shell, and what a saved session showed, are no text.
      if line.hasPrefix("#!") || line.hasPrefix("#>") { continue }
      let text = String(line.drop { $0 == "#" })
      isOpen = add(text, isOpen: isOpen)
    }
  }

  /// Takes away the first block.
  mutating func removeFirst() { if !blocks.isEmpty { blocks.removeFirst() } }

  /// Adds a line without its `#`.
  ///
  /// - Parameter isOpen: whether the last block may go on.
  /// - Returns: the same for the next line.
  private mutating func add(_ line: String, isOpen: Bool) -> Bool {
    let text = line.trimmingCharacters(in: .whitespaces)
    let margin = line.prefix { $0 == " " }.count
    // Each hint of a task is a paragraph of its own.
    if text.hasPrefix("Hint:") {
      blocks.append(.paragraph(text))
      return true
    }
    if text.isEmpty || text.allSatisfy({ "-=*_".contains($0) }) { return false }
    if let heading = text.wholeMatch(of: /[-=]{3,}\s*(.*?[^-=\s])\s*[-=]{3,}/)?.output.1 {
      blocks.append(.heading(String(heading)))
      return false
    }
    if let item = text.wholeMatch(of: /([-*•]|\d{1,3}[.)])\s+(.+)/), margin < 3 {
      let isNumbered = item.output.1.first?.isNumber == true
      if isOpen, case .list(let items, isNumbered) = blocks.last {
        blocks[blocks.count - 1] = .list(items + [String(item.output.2)], isNumbered: isNumbered)
      } else {
        blocks.append(.list([String(item.output.2)], isNumbered: isNumbered))
      }
      return true
    }
    switch blocks.last {
    case .list(var items, let isNumbered) where isOpen && margin > 1:
      items[items.count - 1] += " " + text
      blocks[blocks.count - 1] = .list(items, isNumbered: isNumbered)
    case .code(let code) where isOpen && margin >= 3:
      blocks[blocks.count - 1] = .code(code + "\n" + line.dropFirst(min(margin, self.margin)))
    case .paragraph(let paragraph) where isOpen && margin < 3:
      blocks[blocks.count - 1] = .paragraph(paragraph + " " + text)
    default:
      self.margin = margin
      blocks.append(margin >= 3 ? .code(text) : .paragraph(text))
    }
    return true
  }

  /// A line cut at its `code` and its *emphasis*.
  static func spans(of text: String) -> [Span] {
    var spans: [Span] = []
    var rest = text[...]
    func isEdge(_ character: Character?) -> Bool { character.map { !$0.isLetter && !$0.isNumber } ?? true }
    var plain = ""
    func flush() {
      if !plain.isEmpty { spans.append(.text(plain)) }
      plain = ""
    }
    while let first = rest.first {
      let inner = rest.dropFirst()
      if first == "`", let end = inner.firstIndex(of: "`"), end > inner.startIndex {
        flush()
        spans.append(.code(String(inner[..<end])))
        rest = inner[inner.index(after: end)...]
      } else if first == "*", isEdge(plain.last), let end = inner.firstIndex(of: "*"), end > inner.startIndex,
        !inner[..<end].contains("`"), inner.first?.isWhitespace == false,
        inner[inner.index(before: end)].isWhitespace == false, isEdge(inner[inner.index(after: end)...].first)
      {
        flush()
        spans.append(.emphasis(String(inner[..<end])))
        rest = inner[inner.index(after: end)...]
      } else {
        plain.append(first)
        rest = inner
      }
    }
    flush()
    return spans
  }
}

// MARK: - As a page has it

extension Prose {
  /// The blocks as Markdown, one after the other with blank lines between them.
  var markdown: String {
    blocks.map { block in
      switch block {
      case .heading(let text): "## " + Self.markdown(of: text)
      case .paragraph(let text): Self.atTheStart(Self.markdown(of: text))
      case .list(let items, let isNumbered):
        items.enumerated().map { (isNumbered ? "\($0 + 1). " : "- ") + Self.markdown(of: $1) }.joined(separator: "\n")
      case .code(let text): String(MarkdownPage.fenced(text, as: "ward").dropLast())
      }
    }.joined(separator: "\n\n")
  }

  private static func markdown(of line: String) -> String {
    spans(of: line).map { span in
      switch span {
      case .text(let text): MarkdownPage.escaped(text)
      case .code(let text): "`\(text.withVisibleControls)`"
      case .emphasis(let text): "*\(MarkdownPage.escaped(text))*"
      }
    }.joined()
  }

  /// What would begin a list or a rule at the start of a paragraph.
  private static func atTheStart(_ text: String) -> String {
    if let digits = text.prefixMatch(of: /(\d+)([.)])/) {
      return digits.output.1 + "\\" + digits.output.2 + text[digits.range.upperBound...]
    }
    return ["+", "-", "="].contains(text.first) ? "\\" + text : text
  }

  /// The blocks as elements of HTML.
  var html: [String] {
    blocks.map { block in
      switch block {
      case .heading(let text): "<h2>\(Self.html(of: text))</h2>"
      case .paragraph(let text): "<p>\(Self.html(of: text))</p>"
      case .list(let items, let isNumbered):
        (isNumbered ? "<ol>" : "<ul>") + items.map { "<li>\(Self.html(of: $0))</li>" }.joined()
          + (isNumbered ? "</ol>" : "</ul>")
      case .code(let text): "<pre class=\"source\" tabindex=\"0\"><code>\(HTMLPage.escaped(text))</code></pre>"
      }
    }
  }

  private static func html(of line: String) -> String {
    spans(of: line).map { span in
      switch span {
      case .text(let text): HTMLPage.escaped(text)
      case .code(let text): "<code>\(HTMLPage.escaped(text))</code>"
      case .emphasis(let text): "<em>\(HTMLPage.escaped(text))</em>"
      }
    }.joined()
  }
}

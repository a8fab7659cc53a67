/// A parsed text: its items in order, and its diagnostics.
public struct Program {
  /// The text.
  public let source: Source
  /// The items that could be read.
  public let items: [Item]
  /// Up to ten diagnostics, in order of place. When one `isIncomplete`, more text could make it right.
  public let diagnostics: [Diagnostic]
  /// Where functions start, in order, and the names their bodies mention: variables that may need cells.
  let closures: [Int]
  let namesInClosures: Set<String>

  /// Whether the text is merely incomplete: the prompt then asks for another line.
  public var isIncomplete: Bool { diagnostics.count == 1 && diagnostics[0].isIncomplete }
  /// The text cut before each line that begins an item; comments go with what follows them.
  public var pieces: [String] {
    var ends: [Int] = []
    for (item, next) in zip(items, items.dropFirst())
    where source.line(at: next.range.start) > source.line(at: item.range.end) {
      ends.append(source.endOfLine(at: item.range.end))
    }
    return zip([0] + ends, ends + [source.bytes.count]).map { source.text(from: $0, to: $1).trimmed }
  }
  /// The text cut around its items: a passage for each, and what stands behind the last. Together they are the text.
  public var passages: (all: [Passage], ending: String) {
    var all: [Passage] = []
    var start = 0
    for (index, item) in items.enumerated() {
      let next = index + 1 < items.count ? items[index + 1].range.start : nil
      let isLastOfLine = next.map { source.line(at: $0) > source.line(at: item.range.end) } ?? true
      let end = isLastOfLine ? source.endOfLine(at: item.range.end) : next ?? source.bytes.count
      let text = source.text(from: item.range.start, to: end).trimmed
      all.append(Passage(before: source.text(from: start, to: item.range.start), text: text))
      start = item.range.start + text.utf8.count
    }
    return (all, source.text(from: start, to: source.bytes.count))
  }
  /// The `param` items.
  public var parameters: [ProgramParameter] {
    items.compactMap { if case .parameter(let parameter) = $0.kind { parameter } else { nil } }
  }
}

/// An item as it was written.
public struct Passage: Sendable, Equatable {
  /// What stands between the item before and this one: line breaks, blank lines and comments.
  public let before: String
  /// The item, with the `;` and the comment that end its line.
  public let text: String
}

/// One thing to do at the top level: a statement or a session line.
public struct Item {
  /// What it is.
  public enum Kind {
    /// `:save x.ward`, `?attack`, `!ls`: for the host. `marker` is the first character, `text` the rest, trimmed.
    case session(marker: Character, text: String)
    /// `param eps = 0.1 "the budget"`
    case parameter(ProgramParameter)
    /// Any other statement.
    case statement
  }

  /// What it is.
  public let kind: Kind
  /// Where it stands, without the `;` or line break that ends it.
  public let range: SourceRange
  /// Whether a `;` ends it, so that its value is not shown.
  public let isSilenced: Bool
  /// Its text.
  public var text: String { range.text }
  /// The name that a `let` at the top level gives.
  public var declaredName: String? { statement?.declaredName?.text }
  /// The tree; nil for session lines.
  let statement: Statement?
}

/// An option of a script: `param eps = 0.1 "the budget"`.
public struct ProgramParameter: Sendable, Equatable {
  /// The name, which is also the option: `--eps`.
  public let name: String
  /// The default, as written.
  public let fallbackText: String
  /// What it is for, if the script says so.
  public let doc: String?

  /// A parameter that a host has of itself.
  public init(name: String, fallbackText: String, doc: String?) {
    self.name = name
    self.fallbackText = fallbackText
    self.doc = doc
  }
}

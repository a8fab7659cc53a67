/// Names and lines that people know from other tools, and their equivalents here.
///
/// A host declares them as tables; only the words that exit actually run. What a word is taken for here exists, in the
/// very place where it is suggested: a test goes through all of them.
public struct OtherTools: Sendable {
  /// A name of another tool: of a command, a built-in, a setting, or a word that a parameter takes.
  public struct Name: Sendable {
    /// How other tools write it. Capitals, `_` and `-` make no difference.
    public let words: [String]
    /// What it is called here; several where that depends on the command or built-in, the likeliest first.
    public let here: [String]
    /// Where it means something else here, or has no place: one short sentence, else empty.
    public let note: String

    /// Names parted by blanks: `Name("alpha eps_step", "step stride", "…")`.
    public init(_ words: String, _ here: String, _ note: String = "") {
      self.words = words.split(separator: " ").map(String.init)
      self.here = here.split(separator: " ").map(String.init)
      self.note = note
    }
  }

  /// Lines of another prompt, by how they begin.
  public struct Line: Sendable {
    /// The first word, or words, of such a line.
    public let beginnings: [String]
    /// What to do here, such as "type `tables`". `{x}` stands for the rest of the line or, without one, for `x`; `{line}`
    /// for the whole line.
    public let advice: String
    /// What to do where something follows the beginning, if that is something else.
    public let adviceWithMore: String?

    /// Beginnings parted by two blanks, since one may hold a blank.
    public init(_ beginnings: String, _ advice: String, withMore: String? = nil) {
      self.beginnings = beginnings.split(separator: "  ").map { String($0).trimmed }
      self.advice = advice
      adviceWithMore = withMore
    }
  }

  /// All the names.
  public let allNames: [Name]
  /// All the lines.
  public let allLines: [Line]
  /// Lines that leave, in the tools they come from and here: `exit`, `quit()`, `\q`.
  public let leaving: Set<String>
  private let names: [String: [Name]]
  private let lines: [String: Line]

  /// Tables of names and lines.
  public init(names: [Name] = [], lines: [Line] = [], leaving: Set<String> = []) {
    allNames = names
    allLines = lines
    self.leaving = leaving
    self.names = Dictionary(
      names.flatMap { name in name.words.map { (Self.key($0), [name]) } }, uniquingKeysWith: +)
    self.lines = Dictionary(
      lines.flatMap { line in line.beginnings.map { ($0, line) } }, uniquingKeysWith: { first, _ in first })
  }

  private static func key(_ word: String) -> String { word.lowercased().filter { $0 != "_" && $0 != "-" } }

  /// What a word of another tool may be here.
  public func names(for word: String) -> [Name] { names[Self.key(word)] ?? [] }

  /// What to do instead of typing `line`, if another prompt is known to have such lines.
  public func advice(for line: String) -> String? {
    let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true).map(String.init)
    guard let first = words.first else { return nil }
    let third = words.count > 2 ? String(words[2].prefix { $0 != " " }) : ""
    let mark = ["//", "/*", "--"].first { first.hasPrefix($0) } ?? ""
    let bare = String(first.prefix { $0 != "(" && $0 != ";" })
    let second = words.count > 1 ? words[1] : ""
    let beginning = ["\(first) \(second)", "\(first) * \(third)", mark, first, bare].first { lines[$0] != nil }
    guard let beginning, let known = lines[beginning] else { return nil }
    let behind = line.trimmed.dropFirst(beginning == "\(first) \(second)" ? beginning.count : bare.count)
    let rest = String(behind.prefix { $0 != ";" }).trimmed
    let advice = rest.isEmpty ? known.advice : known.adviceWithMore ?? known.advice
    return Self.filled(advice.replacing("{line}", with: String(line.trimmed.prefix { $0 != ";" })), with: rest)
  }

  /// The advice with the rest of the line in the place that it has for it.
  private static func filled(_ advice: String, with rest: String) -> String {
    guard let open = advice.firstIndex(of: "{"), let close = advice[open...].firstIndex(of: "}") else { return advice }
    let inside = rest.isEmpty ? String(advice[advice.index(after: open)..<close]) : rest
    return advice[..<open] + inside + advice[advice.index(after: close)...]
  }
}

extension Environment {
  /// What to say of a line that another prompt would take, where this one cannot read it.
  ///
  /// - Parameters:
  ///   - declared: names that the text has given values; a line that begins with one is the user's own.
  ///   - isCertain: whether nothing of ours begins like that, so that something is said of unknown ones too.
  func foreignLine(
    at start: Int, of source: Source, declared: Set<String>, isCertain: Bool = false
  ) -> Diagnostic? {
    let line = source.text(from: start, to: source.endOfLine(at: start))
    let word = String(line.prefix { !$0.isWhitespace && $0 != "(" && $0 != ";" })
    guard !word.isEmpty, !declared.contains(word), !isVariable(word) else { return nil }
    // `import numpy` is Python's; `import "x.csv"` is ours.
    if commands[word] != nil, line.dropFirst(word.count).first(where: { $0 != " " })?.isLetter != true { return nil }
    let advice = others.advice(for: line)
    guard advice != nil || isCertain else { return nil }
    let isComment = ["//", "/*", "--"].contains { word.hasPrefix($0) }
    let isOurs = commands[word] != nil || word == "from"
    return Diagnostic(
      .unknownName,
      isComment ? "this is not a comment" : isOurs ? "this is a line of another tool" : "Ward has no `\(word)`",
      at: SourceRange(source: source, start: start, end: start + word.utf8.count), says: advice ?? "",
      help: advice == nil ? ["`help` lists what there is, `:help` the lines that begin with :"] : [])
  }
}

/// What an unknown word may have been meant to be.
struct Suggestion {
  /// The words beside the marks: "did you mean `steps`?", or nothing.
  var label = ""
  /// What more there is to say: at most one line.
  var help: [String] = []
  /// Whether a name was found.
  var isFound: Bool { !label.isEmpty }
}

extension Environment {
  /// "did you mean `steps`?", by what other tools call it and by its letters; empty where nothing is near.
  public func hint(for word: String, in names: [String]) -> String { suggestion(for: word, among: names).label }

  /// What `word`, which is not known, may have been meant to be among the names that are right here: what another tool
  /// calls so, else a near name.
  func suggestion(for word: String, among names: some Collection<String>) -> Suggestion {
    let known = others.names(for: word)
    for name in known {
      guard let here = name.here.first(where: names.contains), here != word else { continue }
      return Suggestion(label: "did you mean `\(here)`?", help: name.note.isEmpty ? [] : [name.note])
    }
    if let near = Suggestions.nearest(to: word, in: names) { return Suggestion(label: "did you mean `\(near)`?") }
    // Of something that Ward has nowhere, the note alone is worth saying.
    return Suggestion(help: known.filter { $0.here.isEmpty }.prefix(1).map(\.note))
  }
}

import Foundation
import Lang

/// The script of a Jupyter notebook: its code, its text as comments, and what it showed.
///
/// A notebook that Ward wrote keeps beside each cell the text that it was made of. Where a cell still says the same, that
/// text is taken, so that a script made a notebook and a script again is the same script to the byte.
struct NotebookScript {
  private(set) var text = ""
  /// How many cells of code there are.
  private(set) var cells = 0

  /// - Parameter file: the name that mistakes are told with.
  init(json: String, file: String) throws {
    guard let object = try? JSONSerialization.jsonObject(with: Data(json.utf8)),
      let notebook = object as? [String: Any]
    else { throw Self.problem("\(file) is no notebook: it is not JSON") }
    guard let cells = notebook["cells"] as? [[String: Any]] else {
      throw Self.problem(
        "\(file) is no notebook that Ward reads: it has no cells",
        help: notebook["worksheets"] == nil ? [] : ["it is of an old form; `jupyter nbconvert --to notebook` renews it"]
      )
    }
    let metadata = notebook["metadata"] as? [String: Any]
    let kernel = metadata?["kernelspec"] as? [String: Any]
    if let language = kernel?["language"] as? String ?? kernel?["name"] as? String, language.lowercased() != "ward" {
      throw Self.problem("\(file) is a notebook of \(language.withVisibleControls), not of Ward")
    }
    let title = (metadata?["title"] as? String).map { "# " + MarkdownPage.escaped($0) }
    /// What stands before the next cell of code, if the notebook says so.
    var before: String?
    for (index, cell) in cells.enumerated() {
      guard let source = Self.text(cell["source"]) else {
        throw Self.problem("\(file): cell \(index + 1) has no source that is text")
      }
      let ward = (cell["metadata"] as? [String: Any])?["ward"] as? [String: Any]
      let page = ward?["page"] as? String
      if page == "provenance" || page == "title" && source == title { continue }
      let written = ward?["before"] as? String
      switch cell["cell_type"] as? String {
      case "code":
        if source.allSatisfy(\.isWhitespace) { continue }
        add(code: source, before: before ?? written)
        add(shown: Self.shown(cell["outputs"], as: ward?["shown"] as? [String]))
        before = nil
        self.cells += 1
      case "raw": before = (before ?? "") + Self.comments(source, isFirst: text.isEmpty && before == nil)
      default:
        let isAsWritten = written.map { Prose(comments: $0).markdown == source } ?? false
        let comments = isAsWritten ? written : nil
        before =
          (before ?? "")
          + (comments ?? Self.comments(Self.plain(source), isFirst: text.isEmpty && before == nil))
      }
    }
    if let before { text += before }
    while text.last == "\n" { text.removeLast() }
    text += text.isEmpty ? "" : "\n"
  }

  private mutating func add(code: String, before: String?) {
    let start = text.isEmpty ? "" : "\n"
    // A notebook's own cells may stand in another order now: a statement never goes on in the line before it.
    let before = before ?? start
    text += (text.isEmpty || before.contains("\n") || before == " " ? "" : start) + before
    text += code.trimmingCharacters(in: .newlines)
  }

  private mutating func add(shown: [String]) {
    for line in shown { text += line.isEmpty ? "\n#>" : "\n#> " + line }
  }

  // MARK: - Text

  /// A text as comments, a blank line above them.
  private static func comments(_ text: String, isFirst: Bool) -> String {
    let lines = text.trimmingCharacters(in: .newlines).split(separator: "\n", omittingEmptySubsequences: false)
    if lines.allSatisfy({ $0.allSatisfy(\.isWhitespace) }) { return "" }
    let comments = lines.map { $0.isEmpty ? "#" : "# " + $0 }.joined(separator: "\n")
    return ExportedSession.before(comments, isFirst: isFirst)
  }

  /// Markdown as comments have it: rules for headings, lines of no more than a hundred letters, nothing escaped.
  private static func plain(_ markdown: String) -> String {
    var isCode = false
    return markdown.split(separator: "\n", omittingEmptySubsequences: false).compactMap { line -> String? in
      if line.hasPrefix("```") {
        isCode.toggle()
        return nil
      }
      if isCode { return "  " + line }
      if let heading = line.prefixMatch(of: /#{1,6}\s+/) {
        return "--- \(unescaped(line[heading.range.upperBound...])) ---"
      }
      return unescaped(line).wrapped(to: 100, indent: line.prefixMatch(of: /\s*([-*]|\d+\.)\s/) == nil ? 0 : 2)
    }.joined(separator: "\n")
  }

  /// What `MarkdownPage.escaped` did, undone.
  private static func unescaped(_ text: Substring) -> String {
    String(text).replacing(/\\([\\`*_\[\]#~+\-=.)])/) { String($0.output.1) }
      .replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
  }

  // MARK: - Output

  /// What a cell showed: as it was written, if it still shows that, or as its outputs say now.
  private static func shown(_ outputs: Any?, as written: [String]?) -> [String] {
    let now = (outputs as? [[String: Any]] ?? []).compactMap(plain).joined(separator: "\n")
    let before = ShownText.blocks(of: (written ?? []).joined(separator: "\n")).map(\.shown).joined(separator: "\n")
    if let written, isSame(now, before) { return written }
    if now.allSatisfy(\.isWhitespace) { return [] }
    return now.split(separator: "\n", omittingEmptySubsequences: false).map { Transcript.recorded(String($0)) }
  }

  private static func isSame(_ a: String, _ b: String) -> Bool {
    func lines(_ text: String) -> [Substring] { text.split(separator: "\n") }
    return lines(a) == lines(b)
  }

  /// An output in plain text, without colours.
  private static func plain(_ output: [String: Any]) -> String? {
    let content: String? =
      switch output["output_type"] as? String {
      case "stream": text(output["text"])
      case "error": (output["traceback"] as? [String])?.joined(separator: "\n")
      default: text((output["data"] as? [String: Any])?["text/plain"])
      }
    guard let content, !content.isEmpty else { return nil }
    let plain = content.replacing(/\u{1b}\[[0-9;]*m/, with: "")
    return plain.hasSuffix("\n") ? String(plain.dropLast()) : plain
  }

  /// A text, which notebooks may cut into lines.
  private static func text(_ value: Any?) -> String? {
    (value as? String) ?? (value as? [String])?.joined()
  }

  private static func problem(_ message: String, help: [String] = []) -> Problem {
    Problem(code: ShellCode.file, message: message.withVisibleControls, help: help)
  }
}

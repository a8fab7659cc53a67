import Lang

/// A script together with what each part of it showed: transcript test, saved session, example and bug report in one
/// format (docs: "Saved sessions").
///
/// What was shown follows the source on lines that begin with `#>`. The source between two such blocks is one `Part`;
/// it is run as a person at the prompt would run it.
struct Transcript {
  struct Part: Equatable {
    /// The source, without the line break before the shown lines.
    var source: String
    /// The number of its first line in the file, from 1.
    var line: Int
    /// The lines that followed it, without `#>`. Empty when nothing was recorded.
    var shown: [String]
  }

  var parts: [Part]

  init(parts: [Part]) { self.parts = parts }

  /// Reads a transcript; any text is one.
  init(_ text: String) {
    parts = []
    var part = Part(source: "", line: 1, shown: [])
    var source: [Substring] = []
    func close(before line: Int) {
      part.source = source.joined(separator: "\n")
      if !source.isEmpty || !part.shown.isEmpty { parts.append(part) }
      part = Part(source: "", line: line, shown: [])
      source = []
    }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last == "" { lines.removeLast() }
    for (index, line) in lines.enumerated() {
      if line.hasPrefix("#>") {
        part.shown.append(Self.content(of: line))
      } else {
        if !part.shown.isEmpty { close(before: index + 1) }
        source.append(line)
      }
    }
    close(before: lines.count + 1)
  }

  /// The text of the file; reading it again gives the same parts.
  var text: String {
    parts.map { part in
      ((part.source.isEmpty && part.line == 1 ? [] : [part.source]) + part.shown.map { $0.isEmpty ? "#>" : "#> " + $0 })
        .joined(separator: "\n")
    }.joined(separator: "\n") + "\n"
  }

  /// Adds a statement with the comments before it, a blank line above them.
  mutating func add(source: String, comments: String = "", shown: [String] = []) {
    let above = comments.isEmpty ? [] : (parts.isEmpty ? [] : [""]) + [comments]
    let text = (above + (source.isEmpty ? [] : [source])).joined(separator: "\n")
    parts.append(Part(source: text, line: 1, shown: shown))
  }

  /// A shown line as it is recorded: a blank keeps one that begins with `~` from being taken for a tolerance.
  static func recorded(_ line: String) -> String { line.hasPrefix("~") ? " " + line : line }

  /// Throws for a recorded line that begins as a tolerance does and is none, such as `~1`: it would be compared as text.
  func checkTolerances(in file: String) throws {
    for part in parts {
      let sourceLines = part.source.isEmpty && part.line == 1 ? 0 : part.source.count { $0 == "\n" } + 1
      for (index, line) in part.shown.enumerated() where line.hasPrefix("~") && Comparison.tolerance(line) == nil {
        throw Problem(
          code: ShellCode.sessionLine,
          message: "\(file):\(part.line + sourceLines + index): `\(line)` is not a tolerance",
          help: ["`#> ~5%` is one; two blanks in `#>  \(line)` say that the text itself is expected"])
      }
    }
  }

  private static func content(of line: Substring) -> String {
    let rest = line.dropFirst(2)
    return String(rest.hasPrefix(" ") ? rest.dropFirst() : rest)
  }
}

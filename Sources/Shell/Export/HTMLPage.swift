import Foundation
import Lang

/// A session as one HTML file that needs no other: for a phone, a screen and paper, light and dark, and for screen readers.
struct HTMLPage {
  let environment: Environment

  func text(of session: ExportedSession) -> String {
    let cells = session.cells.enumerated().map { cell($1, at: $0 + 1) }
    return Self.whole(
      title: session.title, style: Self.style,
      body: """
        <header><h1>\(Self.escaped(session.title))</h1></header>
        <main>
        \(cells.joined(separator: "\n"))
        </main>
        <footer>
        \(provenance(of: session))
        </footer>
        """)
  }

  /// A file around a body: what every page begins with.
  ///
  /// - Parameter title: as text; it is escaped here.
  static func whole(title: String, style: String, body: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="generator" content="ward \(wardVersion)">
    <title>\(escaped(title))</title>
    <style>
    \(style)
    </style>
    </head>
    <body>
    \(body)
    </body>
    </html>

    """
  }

  private func cell(_ cell: ExportedSession.Cell, at place: Int) -> String {
    let number = cell.number ?? place
    let paragraphs = cell.prose.html
    let prose = paragraphs.isEmpty ? [] : ["<div class=\"prose\">"] + paragraphs + ["</div>"]
    if cell.source.isEmpty { return prose.joined(separator: "\n") }
    let status = cell.status == .ok ? "" : " <span class=\"status\">\(cell.status.rawValue)</span>"
    let time = cell.seconds.map { $0 < 0.05 ? "" : " <span class=\"time\">\(NumberText.duration($0))</span>" } ?? ""
    let blocks = cell.blocks.enumerated().map { block($1, of: number, at: $0 + 1) }
    let output = blocks.isEmpty ? [] : ["<div class=\"output\">"] + blocks + ["</div>"]
    return
      (prose + [
        "<section class=\"cell\" id=\"cell-\(number)\" aria-labelledby=\"cell-\(number)-title\">",
        "<h2 id=\"cell-\(number)-title\"><a href=\"#cell-\(number)\" aria-label=\"Cell \(number)\">[\(number)]</a>"
          + "\(status)\(time)</h2>",
        "<div class=\"body\">",
        "<pre class=\"source\" tabindex=\"0\" aria-label=\"Source of cell \(number)\"><code>\(highlighted(cell.source))</code></pre>",
      ] + output + ["</div>", "</section>"]).joined(separator: "\n")
  }

  private func block(_ block: StoredBlock, of cell: Int, at place: Int) -> String {
    switch block {
    case .text(let text):
      // Boxes that wrap on a small screen cannot be read: they scroll.
      let kind = text.contains("│") ? "text boxes" : "text"
      return Self.lines(text, class: kind, label: "Output of cell \(cell)")
    case .summary(let name, let text):
      let head = name.map { "<strong>\(Self.escaped($0))</strong>  " } ?? ""
      return "<p class=\"summary\">\(head)\(Self.escaped(text))</p>"
    case .problem(let text):
      let kind = text.prefix { $0.isLetter }
      return Self.lines(text, class: "problem \(kind)", label: "A problem in cell \(cell)")
    case .table(let table): return Self.table(table, caption: "Table of cell \(cell)")
    case .picture, .chart:
      guard let drawing = Drawing(block) else {
        return Self.lines(block.plain, class: "text boxes", label: "What a drawing of cell \(cell) shows")
      }
      let source = "data:\(drawing.form.rawValue);base64,\(drawing.bytes.base64EncodedString())"
      return "<figure><img src=\"\(source)\" alt=\"\(Self.escaped(drawing.alternative))\"></figure>"
    }
  }

  private func provenance(of session: ExportedSession) -> String {
    let facts = session.provenance.map { "<dt>\(Self.escaped($0.name))</dt><dd>\(Self.escaped($0.text))</dd>" }
    let tables = session.tables.map {
      "<h3>\(Self.escaped($0.caption))</h3>\n" + Self.table($0.table, caption: $0.caption)
    }
    return (["<h2>Where this comes from</h2>", "<dl>"] + facts + ["</dl>"] + tables).joined(separator: "\n")
  }

  private func highlighted(_ source: String) -> String {
    Highlighting.spans(of: source, in: environment).map { span in
      let text = Self.escaped(span.text)
      return span.kind == .plain ? text : "<span class=\"\(span.kind.rawValue)\">\(text)</span>"
    }.joined()
  }

  // MARK: - Parts

  /// Lines whose blanks matter. They scroll where they are too long, also by keyboard.
  private static func lines(_ text: String, class name: String, label: String) -> String {
    "<pre class=\"\(name)\" tabindex=\"0\" role=\"region\" aria-label=\"\(escaped(label))\">\(escaped(text))</pre>"
  }

  /// A table with headings for its columns, and for its rows where the first column names them.
  static func table(_ table: StoredTable, caption: String?) -> String {
    guard !table.columns.isEmpty else { return "<p>(no columns)</p>" }
    // A page has a style for it; notebooks, whose tables have no caption, align all to the right.
    let left = caption == nil ? " style=\"text-align: left\"" : ""
    let alignments = table.columns.map { $0.alignsRight ? " class=\"number\"" : left }
    let namesRows = !table.columns[0].alignsRight && table.columns.count > 1
    let head = zip(table.columns, alignments).map { "<th scope=\"col\"\($1)>\(escaped($0.title))</th>" }
    let rows = table.rows.map { row in
      let cells = zip(row, alignments).enumerated().map { index, cell in
        let (text, alignment) = (escaped(cell.0), cell.1)
        return index == 0 && namesRows ? "<th scope=\"row\"\(alignment)>\(text)</th>" : "<td\(alignment)>\(text)</td>"
      }
      return "<tr>\(cells.joined())</tr>"
    }
    let title = caption.map { "<caption>\(escaped($0))</caption>\n" } ?? ""
    let body =
      "<table>\n\(title)<thead><tr>\(head.joined())</tr></thead>\n<tbody>\n\(rows.joined(separator: "\n"))\n</tbody>\n</table>"
    let remark = table.remark.isEmpty ? "" : "\n<p class=\"remark\">\(escaped(table.remark))</p>"
    guard let caption else { return body + remark }
    return
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(escaped(caption))\">\n\(body)\n</div>\(remark)"
  }

  /// Text that stands for itself in HTML, in attributes too. What a terminal would obey is shown.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    escaped.reserveCapacity(text.utf8.count)
    for scalar in text.withVisibleControls.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}

import Foundation
import Lang

/// A block in the forms that a notebook may choose from, the plain text last: what a file keeps and what a kernel sends.
struct MimeBundle {
  /// Kinds of content, such as `text/html`, and the content; that of `image/png` in base 64.
  let forms: [(type: String, content: String)]

  init(_ block: StoredBlock) {
    forms = Self.drawn(block) + [("text/plain", block.shown.withVisibleControls)]
  }

  private static func drawn(_ block: StoredBlock) -> [(String, String)] {
    switch block {
    case .text, .summary, .problem: return []
    case .table(let table):
      return [("text/html", HeatTable(table)?.html ?? HTMLPage.table(table, caption: nil))]
    case .picture, .chart:
      guard let drawing = Drawing(block) else { return [] }
      let content =
        drawing.form == .png
        ? drawing.bytes.base64EncodedString() : Self.fitted(String(decoding: drawing.bytes, as: UTF8.self))
      return [(drawing.form.rawValue, content)]
    }
  }

  /// A plot no wider than the column of a notebook beside JupyterLab's list of files, which would cut it off.
  private static func fitted(_ svg: String) -> String {
    let most = 720
    guard let size = svg.firstMatch(of: /<svg\s+width="(\d{1,6})" height="(\d{1,6})"/), let width = Int(size.output.1),
      let height = Int(size.output.2), width > most
    else { return svg }
    return svg.replacingCharacters(in: size.range, with: "<svg width=\"\(most)\" height=\"\(height * most / width)\"")
  }

  /// As the protocol has it.
  var json: String { JSONText.object(forms.map { ($0.type, JSONText.string($0.content)) }) }
}

/// A table of classes against answers with the larger numbers on a deeper ground.
private struct HeatTable {
  let html: String

  /// nil for any other table.
  init?(_ table: StoredTable) {
    let names = table.columns.dropFirst().map(\.title)
    guard table.columns.first?.title == "true class", names.count > 1, table.rows.map({ $0.first ?? "" }) == names
    else {
      return nil
    }
    let numbers = table.rows.map { $0.dropFirst().map(Self.number) }
    let largest = numbers.flatMap { $0 }.compactMap { $0 }.max() ?? 0
    let head = table.columns.map { "<th scope=\"col\">\(HTMLPage.escaped($0.title))</th>" }.joined()
    let rows = zip(table.rows, numbers).map { row, numbers in
      let cells = zip(row.dropFirst(), numbers).map { text, number in
        let share = largest > 0 ? max(0, number ?? 0) / largest : 0
        // Both colours are given, so that it can be read in a dark notebook too.
        let (ground, ink) = (String(format: "rgba(31, 119, 180, %.2f)", share * 0.85), share > 0.6 ? "#fff" : "inherit")
        return "<td style=\"background: \(ground); color: \(ink)\">\(HTMLPage.escaped(text))</td>"
      }
      return "<tr><th scope=\"row\">\(HTMLPage.escaped(row[0]))</th>\(cells.joined())</tr>"
    }
    html =
      "<table>\n<thead><tr>\(head)</tr></thead>\n<tbody>\n\(rows.joined(separator: "\n"))\n</tbody>\n</table>"
  }

  /// `1,234` or `85.2 %`.
  private static func number(_ text: String) -> Double? {
    Double(text.filter { $0.isNumber && $0.isASCII || $0 == "." || $0 == "-" })
  }
}

/// A mistake, a warning or a note as it was said, in the parts that notebooks show apart.
struct ShownProblem {
  /// `E0301`, or what ended the cell: `Interrupted`.
  var name: String
  /// The sentence.
  var message: String
  /// All that was said, with colours where it was said with them.
  var lines: String

  init(name: String, message: String, lines: String) {
    (self.name, self.message, self.lines) = (name, message, lines)
  }

  init(_ text: String) {
    let first = text.withVisibleControls.split(separator: "\n").first.map(String.init) ?? ""
    lines = text
    if let found = first.prefixMatch(of: /(\w+)(?:\[([A-Z]\d{4})\])?: (.*)/), !found.output.3.isEmpty {
      name = found.output.2.map(String.init) ?? String(found.output.1)
      message = String(found.output.3)
    } else {
      (name, message) = (first.hasPrefix("interrupted") ? "Interrupted" : "problem", first)
    }
  }

  /// Whether it ended the cell: a warning or a note does not.
  var isError: Bool { lines.prefixMatch(of: /(warning|note)\b/) == nil }

  /// The fields of an `error` message, and of a reply that says so.
  var fields: [(String, String)] {
    let lines = lines.split(separator: "\n", omittingEmptySubsequences: false).map { JSONText.string(String($0)) }
    return [
      ("ename", JSONText.string(name)), ("evalue", JSONText.string(message)),
      ("traceback", "[" + lines.joined(separator: ",") + "]"),
    ]
  }

  var json: String { JSONText.object(fields) }
}

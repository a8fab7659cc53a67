import Foundation
import Lang

/// A session as a Jupyter notebook (nbformat 4.5): to be read, to be shown by `nbconvert`, to be run by Ward's kernel, and to
/// be made a script again.
struct NotebookPage {
  func text(of session: ExportedSession) -> String {
    var cells = [markdown("# " + Self.title(of: session), id: "title", [("page", "\"title\"")])]
    for (index, cell) in session.cells.enumerated() {
      let number = cell.number ?? index + 1
      let before = [("before", JSONText.string(cell.before))]
      let prose = cell.prose
      if !prose.isEmpty { cells.append(markdown(prose.markdown, id: "prose-\(index + 1)", before)) }
      if cell.source.isEmpty { continue }
      cells.append(
        JSONText.object([
          ("cell_type", "\"code\""), ("id", JSONText.string("cell-\(index + 1)")),
          ("execution_count", String(number)),
          ("metadata", metadata(of: cell, prose.isEmpty ? before : [])),
          ("source", lines(cell.source)), ("outputs", array(cell.blocks.map { output($0) })),
        ]))
    }
    cells.append(markdown(MarkdownPage.provenance(of: session), id: "provenance", [("page", "\"provenance\"")]))
    return JSONText.object([
      ("nbformat", "4"), ("nbformat_minor", "5"), ("metadata", metadata(of: session)), ("cells", array(cells)),
    ]) + "\n"
  }

  private func metadata(of session: ExportedSession) -> String {
    JSONText.object([
      (
        "kernelspec",
        JSONText.object([
          ("name", JSONText.string(KernelSpec.name)), ("display_name", "\"Ward\""), ("language", "\"ward\""),
        ])
      ),
      ("language_info", NotebookLanguage.info),
      ("title", JSONText.string(session.title.withVisibleControls)),
    ])
  }

  /// The heading of the notebook, in Markdown.
  static func title(of session: ExportedSession) -> String { MarkdownPage.escaped(session.title) }

  /// What `NotebookScript` makes the same script of again, and a tag by which papermill finds the `param` lines.
  private func metadata(of cell: ExportedSession.Cell, _ before: [(String, String)]) -> String {
    let seconds = cell.seconds.map { [("seconds", NumberText.exact($0))] } ?? []
    let shown = cell.shown.isEmpty ? [] : [("shown", array(cell.shown.map(JSONText.string)))]
    let ward = before.filter { $0.1 != "\"\\n\"" } + seconds + shown
    let isParameter = cell.source.hasPrefix("param ")
    return JSONText.object(
      (ward.isEmpty ? [] : [("ward", JSONText.object(ward))]) + (isParameter ? [("tags", "[\"parameters\"]")] : []))
  }

  private func markdown(_ text: String, id: String, _ ward: [(String, String)]) -> String {
    JSONText.object([
      ("cell_type", "\"markdown\""), ("id", JSONText.string(id)),
      ("metadata", JSONText.object([("ward", JSONText.object(ward))])), ("source", lines(text)),
    ])
  }

  private func output(_ block: StoredBlock) -> String {
    switch block {
    case .problem(let text):
      return JSONText.object([("output_type", "\"error\"")] + ShownProblem(text.withVisibleControls).fields)
    case .table, .picture, .chart:
      let forms = MimeBundle(block).forms.map { type, content in
        (type, type == Drawing.Form.png.rawValue ? JSONText.string(content) : lines(content))
      }
      return JSONText.object([
        ("output_type", "\"display_data\""), ("metadata", "{}"), ("data", JSONText.object(forms)),
      ])
    case .text, .summary:
      return JSONText.object([
        ("output_type", "\"stream\""), ("name", "\"stdout\""), ("text", lines(block.plain + "\n")),
      ])
    }
  }

  /// A text as the list of its lines, each with its line break: what nbformat keeps.
  private func lines(_ text: String) -> String {
    let lines = text.withVisibleControls.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    return array(
      lines.enumerated().map { JSONText.string($1 + ($0 < lines.count - 1 ? "\n" : "")) }.filter { $0 != "\"\"" })
  }

  private func array(_ elements: [String]) -> String { "[" + elements.joined(separator: ",\n") + "]" }
}

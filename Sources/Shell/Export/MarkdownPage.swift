import Foundation
import Lang

/// A session as Markdown, as GitHub reads it. Images are files in a folder beside it.
struct MarkdownPage {
  /// The folder of the images, beside the page.
  let folder: String

  func page(of session: ExportedSession) -> Page {
    var page = Page(text: "# \(Self.escaped(session.title))\n")
    for (index, cell) in session.cells.enumerated() {
      if !cell.prose.isEmpty { page.text += "\n\(cell.prose.markdown)\n" }
      if !cell.source.isEmpty {
        let status = cell.status == .ok ? "" : " \(cell.status.rawValue)"
        if let number = cell.number { page.text += "\n**[\(number)]**\(status)\n" }
        page.text += "\n" + Self.fenced(cell.source, as: "ward")
      }
      for (number, block) in cell.blocks.enumerated() {
        add(block, named: "cell-\(cell.number ?? index + 1)-\(number + 1)", to: &page)
      }
    }
    page.text += "\n" + Self.provenance(of: session)
    return page
  }

  /// The end of a page: program, session, data sets and models.
  static func provenance(of session: ExportedSession) -> String {
    let facts = session.provenance.map { [escaped($0.name), escaped($0.text)] }
    let grid = Grid(columns: [.init(title: "what"), .init(title: "which")], rows: facts)
    return session.tables.reduce("## Where this comes from\n\n\(grid.markdown())\n") { text, next in
      text + "\n### \(next.caption)\n\n" + table(next.table)
    }
  }

  private func add(_ block: StoredBlock, named name: String, to page: inout Page) {
    switch block {
    case .table(let table): page.text += "\n" + Self.table(table)
    case .picture, .chart:
      guard let drawing = Drawing(block) else { fallthrough }
      let file = folder + "/" + name + (drawing.form == .svg ? ".svg" : ".png")
      page.images.append((file, drawing.bytes))
      let alternative = drawing.alternative.replacing("\n", with: " ")
      page.text += "\n![\(Self.escaped(alternative))](<\(file)>)\n"
    case .text, .summary, .problem: page.text += "\n" + Self.fenced(block.plain, as: "text")
    }
  }

  private static func table(_ table: StoredTable) -> String {
    guard !table.columns.isEmpty else { return "(no columns)\n" }
    var grid = table.grid
    grid.columns = grid.columns.map { .init(title: escaped($0.title), alignsRight: $0.alignsRight) }
    grid.rows = grid.rows.map { $0.map(escaped) }
    return grid.markdown() + "\n" + (table.remark.isEmpty ? "" : "\n\(table.remark)\n")
  }

  /// A block of code whose fence is longer than any in it.
  static func fenced(_ text: String, as language: String) -> String {
    let text = text.withVisibleControls
    let longest = text.matches(of: /`+/).map { $0.output.count }.max() ?? 0
    let fence = String(repeating: "`", count: max(3, longest + 1))
    return "\(fence)\(language)\n\(text)\n\(fence)\n"
  }

  /// Letters that mean something in Markdown or HTML, made to stand for themselves.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    var previous: Character = " "
    for character in text.withVisibleControls {
      defer { previous = character }
      switch character {
      // Inside a word, as in mean_cost, it means nothing.
      case "_" where previous.isLetter || previous.isNumber: escaped.append(character)
      case "\\", "`", "*", "_", "[", "]", "#", "~": escaped += "\\" + String(character)
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "&": escaped += "&amp;"
      default: escaped.append(character)
      }
    }
    return escaped
  }
}

/// Text in rows and columns, ready to be drawn: every cell is already rounded and escaped.
struct Grid {
  struct Column {
    var title: String
    var alignsRight = false
  }

  var columns: [Column]
  var rows: [[String]]

  /// Draws the grid with lines, at most `width` columns wide; a grid that is wider is turned on its side.
  func boxed(width: Int = .max) -> String {
    let widths = self.widths
    let needed = widths.reduce(1) { $0 + $1 + 3 }
    if needed > width, columns.count > 1 { return upright(width: width) }
    func rule(_ left: String, _ middle: String, _ right: String) -> String {
      left + widths.map { String(repeating: "─", count: $0 + 2) }.joined(separator: middle) + right
    }
    func line(_ cells: [String]) -> String {
      "│"
        + zip(zip(cells, widths), columns).map { cell, column in
          " " + DisplayWidth.pad(cell.0, to: cell.1, right: column.alignsRight) + " "
        }.joined(separator: "│") + "│"
    }
    return
      ([rule("┌", "┬", "┐"), line(columns.map(\.title)), rule("├", "┼", "┤")] + rows.map(line) + [rule("└", "┴", "┘")])
      .joined(separator: "\n")
  }

  /// Columns held apart by spaces alone.
  func plain() -> String {
    let widths = self.widths
    return ([columns.map(\.title)] + rows).map { cells in
      var line = zip(zip(cells, widths), columns).map { cell, column in
        DisplayWidth.pad(cell.0, to: cell.1, right: column.alignsRight)
      }.joined(separator: "  ")
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }

  /// A table of GitHub's Markdown.
  func markdown() -> String {
    func line(_ cells: [String]) -> String {
      "| " + cells.map { $0.replacing("|", with: "\\|").replacing("\n", with: " ") }.joined(separator: " | ") + " |"
    }
    let rule = "|" + columns.map { $0.alignsRight ? "--:|" : "---|" }.joined()
    return ([line(columns.map(\.title)), rule] + rows.map(line)).joined(separator: "\n")
  }

  /// One block of `name  value` lines a row: what is left to do when the columns do not fit beside each other.
  private func upright(width: Int) -> String {
    let names = columns.map { DisplayWidth.of($0.title) }.max() ?? 0
    return rows.enumerated().map { number, row in
      (["── \(number + 1) " + String(repeating: "─", count: max(0, min(width, 40) - 5))]
        + zip(columns, row).map { column, cell in
          " " + DisplayWidth.pad(column.title, to: names) + "  "
            + DisplayWidth.truncate(cell, to: max(8, width - names - 3))
        }).joined(separator: "\n")
    }.joined(separator: "\n")
  }

  private var widths: [Int] {
    columns.indices.map { index in
      rows.reduce(DisplayWidth.of(columns[index].title)) { max($0, DisplayWidth.of($1[index])) }
    }
  }
}

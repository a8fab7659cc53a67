/// Text in rows and columns, ready to be drawn: every cell is already rounded and escaped.
struct Grid {
  struct Column {
    var title: String
    var alignsRight = false
  }

  var columns: [Column]
  var rows: [[String]]

  /// The grid with tabs and line breaks made visible: a screen gives them any number of columns, or a line of their own.
  private var onOneLine: Grid {
    func shown(_ text: String) -> String {
      guard text.unicodeScalars.contains(where: { $0 == "\t" || $0 == "\n" }) else { return text }
      return text.replacing("\t", with: "␉").replacing("\n", with: " ")
    }
    return Grid(
      columns: columns.map { Column(title: shown($0.title), alignsRight: $0.alignsRight) },
      rows: rows.map { $0.map(shown) })
  }

  /// Draws the grid with lines, at most `width` columns wide: long texts are wrapped; where that is not enough the grid is
  /// turned on its side, if it may be.
  func boxed(width: Int = .max, mayTurn: Bool = true) -> String {
    onOneLine.drawn(width: width, mayTurn: mayTurn)
  }

  private func drawn(width: Int, mayTurn: Bool) -> String {
    let widths = fitted(to: width)
    if widths.reduce(1, { $0 + $1 + 3 }) > width, columns.count > 1, mayTurn {
      guard let turned, turned.widths.reduce(1, { $0 + $1 + 3 }) <= width else { return upright(width: width) }
      return turned.drawn(width: width, mayTurn: false)
    }
    func rule(_ left: String, _ middle: String, _ right: String) -> String {
      left + widths.map { String(repeating: "─", count: $0 + 2) }.joined(separator: middle) + right
    }
    func lines(_ cells: [String]) -> [String] {
      let wrapped = zip(cells, widths).map { Self.wrap($0, to: $1) }
      return (0..<(wrapped.map(\.count).max() ?? 1)).map { line in
        "│"
          + columns.indices.map { index in
            let text = line < wrapped[index].count ? wrapped[index][line] : ""
            return " " + DisplayWidth.pad(text, to: widths[index], right: columns[index].alignsRight) + " "
          }.joined(separator: "│") + "│"
      }
    }
    let body = [rule("┌", "┬", "┐")] + lines(columns.map(\.title)) + [rule("├", "┼", "┤")] + rows.flatMap(lines)
    return (body + [rule("└", "┴", "┘")]).joined(separator: "\n")
  }

  /// The column widths, the widest texts narrowed (to no less than 20) until all fit.
  private func fitted(to width: Int) -> [Int] {
    var widths = self.widths
    guard width < .max else { return widths }
    let texts = columns.indices.filter { !columns[$0].alignsRight && widths[$0] > 20 }
    var excess = widths.reduce(1, { $0 + $1 + 3 }) - width
    guard excess > 0, let widest = texts.map({ widths[$0] }).max() else { return widths }
    // The highest cap under which all fit, or 20 where none does.
    func saved(_ cap: Int) -> Int { texts.reduce(0) { $0 + max(0, widths[$1] - cap) } }
    var (low, high) = (20, widest)
    while low < high {
      let cap = (low + high + 1) / 2
      if saved(cap) >= excess { low = cap } else { high = cap - 1 }
    }
    // Narrowed one by one, the first columns come to the cap first, and the last may stay one wider.
    excess -= saved(low + 1)
    for column in texts where widths[column] > low {
      widths[column] = excess > 0 ? low : min(widths[column], low + 1)
      excess -= 1
    }
    return widths
  }

  /// Lines of at most `width` columns, broken between words where there are any.
  private static func wrap(_ text: String, to width: Int) -> [String] {
    guard DisplayWidth.of(text) > width else { return [text] }
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if !line.isEmpty, DisplayWidth.of(line) + 1 + DisplayWidth.of(word) <= width {
        line += " " + word
        continue
      }
      if !line.isEmpty { lines.append(line) }
      line = String(word)
      while DisplayWidth.of(line) > width {
        let head = DisplayWidth.prefix(of: line, upTo: width)
        lines.append(String(head))
        line = String(line[head.endIndex...])
      }
    }
    return lines + [line]
  }

  /// Columns held apart by spaces alone.
  func plain() -> String {
    let grid = onOneLine
    let widths = grid.widths
    return ([grid.columns.map(\.title)] + grid.rows).map { cells in
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

  /// Rows for columns, so that a few rows of many columns stay side by side; nil where the first column does not name the rows.
  private var turned: Grid? {
    let names = rows.map { $0[0] }
    guard rows.count > 1, !columns[0].alignsRight, Set(names).count == names.count else { return nil }
    let holdsNumbers = columns.dropFirst().allSatisfy(\.alignsRight)
    return Grid(
      columns: [columns[0]] + names.map { Column(title: $0, alignsRight: holdsNumbers) },
      rows: columns.indices.dropFirst().map { index in [columns[index].title] + rows.map { $0[index] } })
  }

  /// One block of `name  value` lines a row: what is left to do when the columns do not fit beside each other.
  private func upright(width: Int) -> String {
    let names = columns.map { DisplayWidth.of($0.title) }.max() ?? 0
    return rows.enumerated().map { number, row in
      (["── \(number + 1) " + String(repeating: "─", count: max(0, min(width, 40) - 5))]
        + zip(columns, row).flatMap { column, cell in
          Self.wrap(cell, to: max(8, width - names - 3)).enumerated().map { line, text in
            " " + DisplayWidth.pad(line == 0 ? column.title : "", to: names) + "  " + text
          }
        }).joined(separator: "\n")
    }.joined(separator: "\n")
  }

  private var widths: [Int] {
    columns.indices.map { index in
      rows.reduce(DisplayWidth.of(columns[index].title)) { max($0, DisplayWidth.of($1[index])) }
    }
  }
}

import Foundation

/// Reads back what a saved session holds of a cell's output: boxed tables, diagnostics, and other lines.
enum ShownText {
  static func blocks(of text: String) -> [StoredBlock] {
    var blocks: [StoredBlock] = []
    var lines: [String] = []
    func flush() {
      while lines.last?.isEmpty == true { lines.removeLast() }
      if !lines.isEmpty { blocks.append(plain(lines)) }
      lines = []
    }
    var rest = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)[...]
    while let line = rest.first {
      if line.hasPrefix("┌"), let end = rest.firstIndex(where: { $0.hasPrefix("└") }),
        let table = table(Array(rest[...end]))
      {
        flush()
        blocks.append(.table(table))
        rest = rest[(end + 1)...]
        if rest.first == "(no rows)" { rest.removeFirst() }
        continue
      }
      if let kind = line.prefixMatch(of: /(error|warning|note)\[[A-Z]\d{4}\]:/)?.output.1, !kind.isEmpty, !lines.isEmpty
      {
        flush()
      }
      lines.append(line)
      rest.removeFirst()
    }
    flush()
    return blocks
  }

  private static func plain(_ lines: [String]) -> StoredBlock {
    let text = lines.joined(separator: "\n")
    return text.prefixMatch(of: /(error|warning|note)(\[[A-Z]\d{4}\])?:/) == nil ? .text(text) : .problem(text)
  }

  /// The cells of a box. A column whose texts all end at its right edge holds numbers.
  private static func table(_ lines: [String]) -> StoredTable? {
    let rule = lines.firstIndex { $0.hasPrefix("├") }
    guard let rule, rule == 2, lines.count >= 4 else { return nil }
    func cells(_ line: String) -> [Substring] {
      line.dropFirst().dropLast().split(separator: "│", omittingEmptySubsequences: false)
    }
    let titles = cells(lines[1])
    let rows = lines[(rule + 1)..<(lines.count - 1)].map(cells)
    guard rows.allSatisfy({ $0.count == titles.count }) else { return nil }
    func trimmed(_ cell: Substring) -> String { cell.trimmingCharacters(in: .whitespaces) }
    let columns = titles.indices.map { index in
      let filled = ([titles] + rows).map { $0[index] }.filter { !trimmed($0).isEmpty }
      let isRight = filled.allSatisfy { $0.hasSuffix(" ") && !$0.hasSuffix("  ") }
      let isLeft = filled.allSatisfy { $0.hasPrefix(" ") && !$0.hasPrefix("  ") }
      let isNumber = rows.contains { trimmed($0[index]).first.map { $0.isNumber || $0 == "-" } ?? false }
      return StoredTable.Column(title: trimmed(titles[index]), alignsRight: isRight && (!isLeft || isNumber))
    }
    let whole = lines[0].count < 100 ? rows.map { $0.map(trimmed) } : unwrapped(rows)
    return StoredTable(columns: columns, rows: whole, total: whole.count)
  }

  /// The rows of a wide box, whose long texts go on in the lines below, where most cells are empty.
  private static func unwrapped(_ lines: [[Substring]]) -> [[String]] {
    var rows: [[String]] = []
    var widths: [Bool] = []
    for line in lines {
      let texts = line.map { $0.trimmingCharacters(in: .whitespaces) }
      let goesOn = texts[0].isEmpty && texts.count { $0.isEmpty } > texts.count / 2
      if goesOn, var last = rows.popLast() {
        // A text that filled its column was cut within a word, any other between two.
        for index in texts.indices where !texts[index].isEmpty {
          last[index] += (last[index].isEmpty || widths[index] ? "" : " ") + texts[index]
        }
        rows.append(last)
      } else {
        rows.append(texts)
      }
      widths = line.map { !$0.hasSuffix("  ") }
    }
    return rows
  }
}

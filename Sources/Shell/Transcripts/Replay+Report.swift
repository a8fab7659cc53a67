import Lang

extension Replay {
  /// What differs, as a table, and a sentence that says how much.
  static func report(_ outcomes: [Outcome], of file: String) -> [Block] {
    let differing = outcomes.filter { !$0.differences.isEmpty }
    guard !differing.isEmpty else { return [.text("\(file): all \(outcomes.count) parts agree")] }
    let rows = differing.flatMap { outcome in
      outcome.differences.enumerated().map { number, difference -> [Value] in
        let statement = outcome.part.source.split(separator: "\n").last { !$0.hasPrefix("#") } ?? ""
        return [
          .string(number == 0 ? "\(file):\(outcome.part.line)" : ""),
          .string(number == 0 ? DisplayWidth.truncate(String(statement), to: 40) : ""),
          .string(difference.recorded.map(withoutRules) ?? "(nothing)"),
          .string(difference.shown.map(withoutRules) ?? "(nothing)"),
        ]
      }
    }
    let columns = ["place", "statement", "recorded", "shown now"].map { Table.Column($0) }
    return [
      .table(Table(columns: columns, rows: rows)),
      .text("\(file): \(differing.count) of \(outcomes.count) parts differ"),
    ]
  }

  /// A line of a boxed table as its cells alone: boxes in boxes are hard to read.
  private static func withoutRules(_ line: String) -> String {
    let cells = line.split(separator: "│").map { $0.trimmingPrefix { $0 == " " } }
    return line.contains("│") ? cells.joined(separator: "  ") : line
  }
}

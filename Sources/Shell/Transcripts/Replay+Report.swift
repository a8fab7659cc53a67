import Lang

extension Replay {
  /// What differs, as a table, and a sentence that says how much.
  static func report(_ outcomes: [Outcome], of file: String) -> [Block] {
    let differing = outcomes.filter { !$0.differences.isEmpty }
    guard !differing.isEmpty else {
      let all = outcomes.count == 1 ? "its one part agrees" : "all \(outcomes.count) parts agree"
      return [.text("\(file): \(all)")]
    }
    let verb = differing.count == 1 && outcomes.count == 1 ? "differs" : "differ"
    return [table(of: differing, in: file), .text("\(file): \(count(differing, of: outcomes)) \(verb)")]
  }

  /// What was recorded anew, in the same form: of parts that had a recording, line by line.
  static func acceptance(_ outcomes: [Outcome], of file: String) -> [Block] {
    let differing = outcomes.filter { !$0.differences.isEmpty }
    let changed = differing.filter { !$0.part.shown.isEmpty }
    return (changed.isEmpty ? [] : [table(of: changed, in: file)])
      + [.text("\(file): \(count(differing, of: outcomes)) rewritten")]
  }

  private static func count(_ some: [Outcome], of all: [Outcome]) -> String {
    "\(some.count) of \(all.count.of("part"))"
  }

  private static func table(of outcomes: [Outcome], in file: String) -> Block {
    let rows = outcomes.flatMap { outcome in
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
    return .table(Table(columns: columns, rows: rows))
  }

  /// A line of a boxed table as its cells alone: boxes in boxes are hard to read.
  private static func withoutRules(_ line: String) -> String {
    let cells = line.split(separator: "│").map { $0.trimmingPrefix { $0 == " " } }
    return line.contains("│") ? cells.joined(separator: "  ") : line
  }
}

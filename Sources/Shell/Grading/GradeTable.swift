import Foundation
import Lang

/// Grades as a table for people, and as CSV.
struct GradeTable {
  let tasks: [Lesson.Task]
  let grades: [Grader.Grade]

  private var of: Double { tasks.reduce(0) { $0 + $1.points } }

  /// What the columns are called: the number of the task and of its check.
  private var labels: [String] {
    tasks.enumerated().flatMap { number, task in
      task.checks.indices.map { tasks.count == 1 ? "\($0 + 1)" : "\(number + 1).\($0 + 1)" }
    }
  }

  /// A row a file: ✓ for a check that holds, ✗ for one that fails, – for one that has no answer.
  var blocks: [Block] {
    let names: [String] = ["file"] + labels + ["points"]
    let rows = grades.map { grade -> [Value] in
      let marks = grade.says.joined().map { Value.string(Self.mark($0)) }
      return [Value.string(grade.file)] + marks + [Value.number(grade.points(tasks))]
    }
    let columns = names.map { Table.Column($0) }
    return [.table(Table(columns: columns, rows: rows)), .text(legend)] + remarks.map { .text($0) }
  }

  private static func mark(_ says: String?) -> String {
    guard let says, says != GradedRun.unanswered else { return "–" }
    return says.isEmpty ? "✓" : "✗"
  }

  /// What each column asks.
  private var legend: String {
    var lines: [String] = []
    var labels = labels[...]
    for task in tasks {
      if !task.heading.isEmpty { lines.append(task.heading) }
      for check in task.checks {
        let label = labels.popFirst() ?? ""
        lines.append("  \(label)  \(Self.counted(check.points))  \(Self.condition(check))")
      }
    }
    return (lines + ["\(Self.counted(of)) in all"]).joined(separator: "\n")
  }

  private static func counted(_ points: Double) -> String {
    points == 1 ? "1 point" : "\(Value.number(points).literal) points"
  }

  /// The condition in one line, without its reason.
  private static func condition(_ check: Lesson.Check) -> String {
    let text = check.text.replacing(/^check\s+/, with: "").replacing(/\s+because:.*/.dotMatchesNewlines(), with: "")
    return DisplayWidth.truncate(text.split(whereSeparator: \.isWhitespace).joined(separator: " "), to: 80)
  }

  private var remarks: [String] {
    grades.filter { !$0.remarks.isEmpty }.map { grade in
      "\(grade.file): " + grade.remarks.joined(separator: "; ")
    }
  }

  /// A row a file: the points of each check, of all, and how many there are; then what failed, and what else there is to say.
  var csv: String {
    let header = ["file"] + labels + ["points", "of", "failed", "remarks"]
    let rows = grades.map { grade -> [String] in
      let checks = tasks.flatMap(\.checks)
      let says: [String] = grade.says.joined().map { $0 ?? GradedRun.unanswered }
      let points: [Double] = zip(checks, says).map { check, says in says.isEmpty ? check.points : 0 }
      let failed: [String] = zip(labels, says).filter { !$1.isEmpty }.map { "\($0): \($1)" }
      let numbers: [Double] = points + [grade.points(tasks), of]
      return [grade.file] + numbers.map { Value.number($0).literal }
        + [failed.joined(separator: "; "), grade.remarks.joined(separator: "; ")]
    }
    return ([header] + rows).map { $0.map(Self.field).joined(separator: ",") }.joined(separator: "\n") + "\n"
  }

  private static func field(_ text: String) -> String {
    guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}

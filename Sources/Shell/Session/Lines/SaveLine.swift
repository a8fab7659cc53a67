import Foundation
import Lang
import Store

extension SessionLine {
  static var save: SessionLine {
    SessionLine(
      name: "save", arguments: "FILE [CELLS]",
      summary: "write this session's cells, with what they showed, as a script; only some with 3-5 7",
      details: """
        Cells that failed are left out, and those that `:undo` took back. A file that is there already is written over only if \
        this session wrote it; `:save! FILE` writes over any.
        """, example: "let x = 1\n:save first-look.ward",
      forced: { try save($0, $1, over: true) }, run: { try save($0, $1, over: false) })
  }

  private static func save(_ session: Session, _ text: String, over mayReplace: Bool) throws {
    var words = try Words.split(text)
    guard !words.isEmpty else {
      throw Problem(
        code: ShellCode.sessionLine, message: ":save needs a file name",
        help: ["for example :save first-look.ward, or :save first-look.ward 1-4 7 for some cells"])
    }
    let file = words.removeFirst()
    try session.checkMayWrite(file)
    if !mayReplace { try session.checkMayReplace(file, by: "save") }
    try write(session, to: file, only: words)
    session.wrote(file)
  }

  /// Failed and interrupted cells are left out, and those that `:undo` took back: the script is to run through.
  private static func write(_ session: Session, to file: String, only ranges: [String]) throws {
    let cells = try session.store.cells(session: session.number)
    let wanted = try ranges.isEmpty ? cells : CellRanges(ranges).pick(from: cells)
    let undone = wanted.filter { session.undoHistory.undone.contains($0.record.number) }
    let kept = wanted.filter { $0.status == .ok && !session.undoHistory.undone.contains($0.record.number) }
    let saved = SavedSession(
      cells: SavedSession.keepingComments(of: wanted.filter { $0.status != .ok }, with: kept),
      ending: ranges.isEmpty ? session.comments : "")
    try WrittenFile.write(saved.transcript.text, to: file)
    let failed = wanted.count - kept.count - undone.count
    let left = [failed == 0 ? nil : "\(failed) that failed", undone.isEmpty ? nil : "\(undone.count) taken back"]
      .compactMap { $0 }.joined(separator: " and ")
    session.output.show(
      .text(
        "\(file)  \(kept.count.of("cell"))" + (left.isEmpty ? "" : ", \(left) left out")))
    for missing in SavedSession.missing(Set(kept.map(\.record.number)), of: cells, in: session.environment) {
      session.output.complain("warning: " + missing, written: session.notices.text(.warning, missing))
    }
  }
}

/// Cells of a session as a script that can run.
struct SavedSession {
  let cells: [StoredCell]
  /// Comments behind the last.
  var ending = ""

  /// The comments before a cell that failed belong to the one that was typed instead.
  static func keepingComments(of failed: [StoredCell], with kept: [StoredCell]) -> [StoredCell] {
    var before = 0
    return kept.map { cell in
      defer { before = cell.record.number }
      let left = failed.filter { (before..<cell.record.number).contains($0.record.number) }.map(\.record.comments)
      var all: [String] = []
      for comments in left + [cell.record.comments] where !comments.isEmpty && all.last != comments {
        all.append(comments)
      }
      var cell = cell
      cell.record.comments = all.joined(separator: "\n\n")
      return cell
    }
  }

  /// Where the session seed was another than that of a new session, a line sets it.
  var transcript: Transcript {
    var transcript = Transcript("")
    var seed: Int64 = 0
    for cell in cells {
      if cell.record.seed != seed {
        seed = cell.record.seed
        transcript.add(source: "seed \(seed)")
      }
      if let set = cell.record.source.wholeMatch(of: /seed (\d+)\s*;?\s*(#.*)?/) { seed = Int64(set.output.1) ?? seed }
      let shown = cell.shown.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
        Transcript.recorded(String($0))
      }
      transcript.add(source: cell.record.source, comments: cell.record.comments, shown: shown)
    }
    if !ending.isEmpty { transcript.add(source: "", comments: ending) }
    return transcript
  }

  /// What saved cells need of cells that are not saved, a sentence each.
  static func missing(_ saved: Set<Int>, of cells: [StoredCell], in environment: Environment) -> [String] {
    /// The cell that gave each name last, and the last cell that ended well.
    var definingCells: [String: Int] = [:]
    var before: Int?
    var sentences: [String] = []
    for cell in cells where cell.status == .ok {
      let number = cell.record.number
      let names = Program.reading(Source(name: "[\(number)]", text: cell.record.source), in: environment).names
      if saved.contains(number) {
        for name in names.needs.sorted() {
          guard let definingCell = definingCells[name], !saved.contains(definingCell) else { continue }
          sentences.append("cell \(number) needs `\(name)` of cell \(definingCell), which is not saved")
        }
        for other in names.cells.map({ $0 ?? before ?? 0 }).sorted() where other > 0 {
          if !saved.contains(other) {
            sentences.append("cell \(number) needs the value of cell \(other), which is not saved")
          } else if names.cells.contains(other), let place = saved.sorted().firstIndex(of: other), place + 1 != other {
            sentences.append("cell \(number) says `_\(other)`, which is cell \(place + 1) in the saved script")
          }
        }
      }
      for name in names.gives { definingCells[name] = number }
      before = number
    }
    return sentences
  }
}

/// Cells by number: `3-5 7`, `3..5`, `3,5`, `12-`.
struct CellRanges {
  private let ranges: [ClosedRange<Int>]

  init(_ words: [String]) throws {
    ranges = try words.flatMap { $0.split(separator: ",") }.map { word in
      if let parts = word.wholeMatch(of: /(\d{1,9})(?:(-|\.\.)(\d{1,9})?)?/), let first = Int(parts.output.1) {
        let last = parts.output.3.flatMap { Int($0) } ?? (parts.output.2 == nil ? first : .max)
        if first <= last { return first...last }
      }
      throw Problem(
        code: ShellCode.sessionLine, message: "`\(word)` is neither a cell nor a range of cells",
        help: ["cells are named by their numbers: 3-5 7, or 12- for all from 12"])
    }
  }

  func contains(_ number: Int) -> Bool { ranges.contains { $0.contains(number) } }

  func pick(from cells: [StoredCell]) throws -> [StoredCell] {
    let numbers = Set(cells.map(\.record.number))
    for range in ranges where !numbers.contains(where: range.contains) {
      throw Problem(
        code: ShellCode.sessionLine, message: "this session has no cell \(range.lowerBound)",
        help: [numbers.isEmpty ? "it has none yet" : "its cells are 1 to \(numbers.max() ?? 0)"])
    }
    return cells.filter { contains($0.record.number) }
  }
}

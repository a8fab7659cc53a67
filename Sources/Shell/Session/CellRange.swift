import Lang
import Store

/// Cells by their numbers, as `:history` and `:run` take them: `3`, `3-5`, and `12/3-5` of session 12.
struct CellRange {
  /// The session; this one when nil.
  var session: Int64?
  var numbers: ClosedRange<Int>

  /// `nil` when the text is something else, such as a word to look for or a file.
  ///
  /// - Throws: `Problem` for a range whose first cell comes after its last.
  init?(_ text: String) throws {
    guard let found = text.wholeMatch(of: /(?:(\d+)\/)?(\d+)(?:\s*(?:-|\.\.)\s*(\d+))?/),
      let first = Int(found.output.2)
    else { return nil }
    let last = found.output.3.map { Int($0) } ?? first
    guard let last else { return nil }
    guard first <= last else {
      throw Problem(
        code: ShellCode.sessionLine, message: "`\(text)` is not a range of cells: \(first) comes after \(last)",
        help: ["a range begins with the smaller number: \(last)-\(first)"])
    }
    session = found.output.1.flatMap { Int64($0) }
    numbers = first...last
  }

  /// The cells of that range that there are.
  func cells(of current: Session) throws -> [StoredCell] {
    try current.store.cells(session: session ?? current.number).filter { numbers.contains($0.record.number) }
  }
}

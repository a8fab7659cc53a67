import Foundation
import Lang

/// Runs a transcript again, part by part, as a person at the prompt would, and sets beside each other what was recorded
/// and what was shown.
struct Replay {
  struct Outcome {
    var part: Transcript.Part
    /// What the part showed this time, by the line of the part after which it was shown.
    var shown: [(lastLine: Int, lines: [String])]
    var differences: [Comparison.Difference]

    /// The part as it would be recorded now: what each statement showed stands right after it.
    var recorded: [Transcript.Part] {
      var parts: [Transcript.Part] = []
      var rest = part.source.split(separator: "\n", omittingEmptySubsequences: false)[...]
      var line = 1
      for one in shown where !one.lines.isEmpty {
        // Statements that share a line are recorded together.
        if one.lastLine < line, !parts.isEmpty {
          parts[parts.count - 1].shown += one.lines
          continue
        }
        let count = one.lastLine - line + 1
        parts.append(Transcript.Part(source: rest.prefix(count).joined(separator: "\n"), line: line, shown: one.lines))
        rest = rest.dropFirst(count)
        line = one.lastLine + 1
      }
      if !rest.isEmpty { parts.append(Transcript.Part(source: rest.joined(separator: "\n"), line: line, shown: [])) }
      return parts
    }
  }

  var comparison = Comparison()

  /// A part that fails is no end: what it showed is compared like anything else, so that transcripts can hold mistakes.
  ///
  /// - Throws: `Interrupt`.
  func run(_ transcript: Transcript, in session: Session) throws -> [Outcome] {
    var comparison = comparison
    return try transcript.parts.prefix { _ in !session.isOver }.map { part in
      if part.source.isEmpty, part.line == 1, let whole = part.shown.first.flatMap(Comparison.tolerance) {
        comparison.tolerance = whole
        return Outcome(part: part, shown: [], differences: [])
      }
      let shown = try session.run(part: part.source).map { ($0.lastLine, Self.lines($0.text)) }
      let lines = shown.flatMap(\.1)
      return Outcome(
        part: part, shown: shown, differences: comparison.differences(recorded: part.shown, shown: lines))
    }
  }

  private static func lines(_ text: String) -> [String] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      // Trailing blanks do not survive editors.
      String(line.reversed().drop { $0 == " " }.reversed())
    }
    if lines.last == "" { lines.removeLast() }
    return lines
  }
}

import Foundation
import Lang

/// Runs a transcript again, part by part, as a person at the prompt would, and sets beside each other what was recorded
/// and what was shown.
struct Replay {
  struct Outcome {
    var part: Transcript.Part
    /// What the part showed this time.
    var shown: [String]
    var differences: [Comparison.Difference]
  }

  var name: String
  var comparison = Comparison()

  /// A part that fails is no end: what it showed is compared like anything else, so that transcripts can hold mistakes.
  /// An interrupt ends it.
  func run(_ transcript: Transcript, in session: Session) throws -> [Outcome] {
    var outcomes: [Outcome] = []
    for part in transcript.parts where !session.isOver {
      session.output.beginTranscript()
      // Line numbers in diagnostics are those of the file.
      let padding = String(repeating: "\n", count: part.line - 1)
      if session.run(part: padding + part.source, named: name) == .interrupted { throw Lang.Interrupt() }
      let shown = Self.lines(session.output.transcript)
      outcomes.append(
        Outcome(part: part, shown: shown, differences: comparison.differences(recorded: part.shown, shown: shown)))
    }
    return outcomes
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

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
    /// What would be recorded of each line of `shown`, in order.
    var accepted: [[String]] = []

    /// The part as it would be recorded now: what each statement showed stands right after it.
    var recorded: [Transcript.Part] {
      var parts: [Transcript.Part] = []
      var rest = part.source.split(separator: "\n", omittingEmptySubsequences: false)[...]
      var line = 1
      var accepted = accepted[...]
      for one in shown where !one.lines.isEmpty {
        let lines = accepted.prefix(one.lines.count).flatMap { $0 }
        accepted = accepted.dropFirst(one.lines.count)
        // Two `...` say no more than one.
        let kept = lines.enumerated().filter { $1 != "..." || $0 == 0 || lines[$0 - 1] != "..." }.map(\.element)
        // Statements that share a line are recorded together.
        if one.lastLine < line, !parts.isEmpty {
          parts[parts.count - 1].shown += kept
          continue
        }
        let count = one.lastLine - line + 1
        parts.append(Transcript.Part(source: rest.prefix(count).joined(separator: "\n"), line: line, shown: kept))
        rest = rest.dropFirst(count)
        line = one.lastLine + 1
      }
      if !rest.isEmpty { parts.append(Transcript.Part(source: rest.joined(separator: "\n"), line: line, shown: [])) }
      return parts
    }

    /// The errors that were shown and not recorded, by the line of the file that they stand below.
    var newErrors: [(line: Int, text: String)] {
      var texts = differences.filter { $0.recorded?.isError != true }.compactMap(\.shown).filter(\.isError)
      return shown.flatMap { one in
        one.lines.compactMap { text in
          guard let at = texts.firstIndex(of: text) else { return nil }
          texts.remove(at: at)
          return (part.line + one.lastLine - 1, text)
        }
      }
    }
  }

  var comparison = Comparison()

  /// Throws `Diagnostics` for what cannot be read of a transcript, as for any other script; a mistake that was recorded with
  /// its error is none.
  static func checkReadable(_ transcript: Transcript, named file: String, in session: Session) throws {
    func mistakes(in text: String) -> [Diagnostic] {
      session.interpreter.parse(Source(name: file, text: text)).diagnostics.filter { $0.severity == .error }
    }
    // Which names a part has, the parts before it tell; alone it is read only to find whose mistake it was.
    guard !mistakes(in: transcript.text).isEmpty else { return }
    let unrecorded = transcript.parts.filter { !$0.shown.contains { $0.isError || $0 == "..." } }
    let unreadable = unrecorded.flatMap { mistakes(in: String(repeating: "\n", count: $0.line - 1) + $0.source) }
    if !unreadable.isEmpty { throw Diagnostics(all: unreadable) }
  }

  /// A part that fails is no end: what it showed is compared like anything else, so that transcripts can hold mistakes.
  ///
  /// - Throws: `Interrupt`.
  func run(_ transcript: Transcript, in session: Session) throws -> [Outcome] {
    var comparison = comparison
    return try transcript.parts.map { part in
      if part.source.isEmpty, part.line == 1, let whole = part.shown.first.flatMap(Comparison.tolerance) {
        comparison.tolerance = whole
        return Outcome(part: part, shown: [], differences: [])
      }
      let shown = try session.run(part: part.source).map { ($0.lastLine, Self.lines($0.text)) }
      let lines = shown.flatMap(\.1)
      let differences = comparison.differences(recorded: part.shown, shown: lines)
      return Outcome(
        part: part, shown: shown, differences: differences,
        accepted: differences.isEmpty ? [] : comparison.accepted(recorded: part.shown, shown: lines))
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

extension String {
  fileprivate var isError: Bool { hasPrefix("error[") || hasPrefix("error:") }
}

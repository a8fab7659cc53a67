import Foundation
import Lang

/// Runs the checks of a task on what the student made.
///
/// The checks see the lesson's own names as the lesson left them, and of the student's those that the lesson does not have: so
/// neither a change to `some` nor a function called `abs` makes a wrong answer right.
struct TaskJudge {
  /// What became of a check.
  struct Verdict {
    let check: Lesson.Check
    let passed: Bool
    /// What to say of one that failed.
    var says = ""
  }

  let session: Session
  /// The names and the seed before the student began with the task.
  let before: UndoHistory.Snapshot
  let lesson: Lesson

  /// The names that the checks see.
  func names(for task: Lesson.Task) -> [(name: String, value: Value)] {
    let environment = session.environment
    let own = before.names.filter { !task.gives.contains($0.name) }
    let taken = Set(own.map(\.name))
    return own
      + environment.variables.filter { name, _ in
        !taken.contains(name) && (task.gives.contains(name) || !environment.hasBuiltIn(name))
      }
  }

  /// What each check says. The names of the notebook are afterwards what they were.
  ///
  /// - Throws: `Interrupt`.
  func verdicts(of task: Lesson.Task) throws -> [Verdict] {
    let now = session.snapshot
    defer {
      session.environment.restore(now.names)
      session.seed = now.seed
    }
    session.environment.restore(names(for: task))
    session.seed = before.seed
    return try task.checks.map { try verdict(of: $0) }
  }

  private func verdict(of check: Lesson.Check) throws -> Verdict {
    switch session.runUnseen(Source(name: lesson.source.name, text: check.text)) {
    case nil: return Verdict(check: check, passed: true)
    case is Lang.Interrupt: throw Lang.Interrupt()
    case let problem?: return Verdict(check: check, passed: false, says: Self.sentence(of: problem))
    }
  }

  /// What is wrong, in a sentence for the student.
  static func sentence(of problem: any Error) -> String {
    let diagnostic = (problem as? Diagnostic) ?? (problem as? Diagnostics)?.all.first
    guard let diagnostic else { return problem.inWords }
    let start = "the check failed"
    guard diagnostic.message.hasPrefix(start) else { return diagnostic.message }
    let because = diagnostic.message.dropFirst(start.count)
    return because.isEmpty ? "\(start): \(diagnostic.range?.text ?? "")" : String(because.dropFirst(2))
  }
}

extension Environment {
  /// Whether a name is one of the language's or of Ward's own.
  func hasBuiltIn(_ name: String) -> Bool { commands[name] != nil || choices[name] != nil || functions[name] != nil }
}

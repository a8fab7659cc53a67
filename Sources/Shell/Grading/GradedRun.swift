import Contract
import Foundation
import Lang

/// Runs a lesson with a student's answers in place of the model's, in a process of its own, and reports each verdict as soon as
/// it is known: whatever ends the process, what came before it counts.
struct GradedRun {
  /// What is reported, a line each.
  enum Event: Codable, Equatable {
    /// An answer or its checks begin, and may take so long and no longer.
    case began(task: Int, isAnswer: Bool)
    /// They have ended.
    case ended
    /// What a check says; empty for one that holds.
    case verdict(task: Int, check: Int, says: String)
    /// What went wrong in an answer.
    case problem(task: Int, says: String)
    /// The lesson itself cannot be run.
    case lessonFailed(says: String)
    /// All is done.
    case done
  }

  let lesson: Lesson
  let file: AnswerFile?
  let session: Session
  /// The longest that an answer or its checks may take, in seconds.
  let seconds: Double
  /// Answers that ended the process, and are not run again.
  let leftOut: Set<Int>
  let report: (Event) -> Void

  func run() {
    if lesson.tasks.isEmpty { runWhole() } else { runSteps() }
    report(.done)
  }

  /// A lesson without tasks judges a file as a whole: it runs behind it, and all its checks count.
  private func runWhole() {
    let task = lesson.allChecks
    let seed = session.seed
    runAnswer(to: 0, file?.answers[""])
    session.seed = seed
    report(.began(task: 0, isAnswer: false))
    let watch = Watch(seconds: seconds * Double(1 + task.checks.count))
    defer { watch.end() }
    var index = 0
    for step in lesson.steps where !step.isProse {
      guard step.check != nil else {
        if session.run(step.code) != .ok { report(.problem(task: 0, says: problem)) }
        continue
      }
      report(.verdict(task: 0, check: index, says: says(session.runUnseen(source(step.code)), watch)))
      index += 1
    }
    report(.ended)
  }

  private func runSteps() {
    var number = 0
    for (index, step) in lesson.steps.enumerated() where !step.isProse {
      guard let task = step.task else {
        // A check outside of tasks is the lesson's own.
        let failure = session.run(step.code)
        if failure != .ok, step.check == nil { return report(.lessonFailed(says: problem)) }
        continue
      }
      let before = session.snapshot
      let passed = runTask(number, task, code: step.code, before: before)
      if !passed, file != nil, lesson.isNeededLater(index) {
        session.environment.restore(before.names)
        for statement in split(step.code) where session.run(statement) != .ok {
          return report(.lessonFailed(says: problem))
        }
      }
      session.seed = before.seed
      number += 1
    }
  }

  /// Whether every check holds.
  private func runTask(_ number: Int, _ task: Lesson.Task, code: String, before: UndoHistory.Snapshot) -> Bool {
    let answer = file.map { $0.answer(to: task) } ?? split(code)
    let judge = TaskJudge(session: session, before: before, lesson: lesson)
    guard let answer else {
      for check in task.checks.indices { report(.verdict(task: number, check: check, says: Self.unanswered)) }
      return false
    }
    runAnswer(to: number, answer)
    // What the student made of the lesson's own names is gone.
    session.environment.restore(judge.names(for: task))
    session.seed = before.seed
    report(.began(task: number, isAnswer: false))
    var passed = true
    for (index, check) in task.checks.enumerated() {
      let watch = Watch(seconds: seconds)
      let says = says(session.runUnseen(source(check.text)), watch)
      watch.end()
      passed = passed && says.isEmpty
      report(.verdict(task: number, check: index, says: says))
    }
    report(.ended)
    return passed
  }

  static let unanswered = "no answer"

  /// A statement that fails does not keep the next from running, as at the prompt; what went wrong first is reported.
  private func runAnswer(to number: Int, _ statements: [String]?) {
    guard let statements, !statements.isEmpty, !leftOut.contains(number) else { return }
    report(.began(task: number, isAnswer: true))
    let watch = Watch(seconds: seconds)
    var first: String?
    for statement in statements where !watch.isOver {
      // Session lines are about the student's own session.
      let code = statement.leadingComments.rest.drop(while: \.isWhitespace)
      if code.first == ":" || code.first == "?" { continue }
      let status = session.run(statement)
      if status != .ok, first == nil, !watch.isOver { first = problem }
    }
    watch.end()
    if watch.isOver { first = "it took longer than \(NumberText.duration(seconds))" }
    report(.ended)
    if let first { report(.problem(task: number, says: first)) }
  }

  private func says(_ problem: (any Error)?, _ watch: Watch) -> String {
    if watch.isOver { return "the check took longer than \(NumberText.duration(seconds))" }
    return problem.map(TaskJudge.sentence) ?? ""
  }

  private var problem: String { session.lastProblem ?? "it failed" }
  private func source(_ text: String) -> Source { Source(name: lesson.source.name, text: text) }
  private func split(_ text: String) -> [String] { session.inputs(of: text).map(\.text) }
}

extension Lesson {
  /// What is judged: the tasks, or in a script without any all its checks as one.
  var judged: [Task] { tasks.isEmpty ? [allChecks] : tasks }

  /// All `check` statements of a script that has no tasks.
  var allChecks: Task {
    var task = Task(heading: "")
    task.checks = steps.compactMap(\.check)
    return task
  }
}

/// Ends work that takes too long, as Ctrl-C does: again and again, since a new cell forgets it.
private final class Watch: @unchecked Sendable {
  // Safety: both are read and written while the lock is held.
  private var (hasEnded, hasFired) = (false, false)
  private let lock = NSCondition()

  init(seconds: Double) {
    let deadline = Date() + seconds
    _ = SystemThread.start(stackSize: 1 << 20) { [self] in
      lock.lock()
      while !hasEnded, lock.wait(until: deadline) {}
      while !hasEnded {
        hasFired = true
        Interrupt.request()
        _ = lock.wait(until: Date() + 0.1)
      }
      lock.unlock()
    }
  }

  /// Whether the time was up before the end.
  var isOver: Bool { lock.withLock { hasFired } }

  func end() {
    lock.withLock {
      hasEnded = true
      lock.broadcast()
    }
    Interrupt.reset()
  }
}

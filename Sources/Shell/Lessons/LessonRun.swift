import Foundation
import Lang
import Store

/// A lesson that is gone through at the prompt: where it is, and what each step waits for.
///
/// Its names are its own: when it is left, those of the session are back.
final class LessonRun {
  let lesson: Lesson
  /// The step that it is at, from 0; the number of steps once all are done.
  private(set) var at = 0
  private unowned let session: Session
  /// What the session was when the lesson began.
  private let outside: UndoHistory.Snapshot
  private let outerHistory: UndoHistory
  private let outerComments: String
  private var record: LessonRecord
  /// What belongs to the step that the lesson is at, and to no other.
  private var step: StepState
  /// Whether the next line is empty, since Ctrl-C cleared the one that was offered.
  private var isFree = false

  private struct StepState {
    /// The notebook before anything was typed.
    let before: UndoHistory.Snapshot
    var isShown = false
    /// Whether its place is told even where it has no prose: it was not come to by going on.
    var tellsPlace = false
    /// Whether its comments are with a cell.
    var isRecorded = false
    var hints = 0
    /// The names that were given since.
    var given: Set<String> = []
    /// What stands in the line instead of the step's own code.
    var offer: String?
    var remarks: Set<String> = []
  }

  /// Opens a lesson where it was left. Its first step is shown with the next prompt.
  init(_ lesson: Lesson, record: LessonRecord, in session: Session) {
    self.lesson = lesson
    self.session = session
    self.record = record
    outside = session.snapshot
    outerHistory = session.undoHistory
    outerComments = session.comments
    session.undoHistory = outerHistory.afresh
    session.comments = ""
    session.environment.restore([])
    session.seed = 0
    step = StepState(before: session.snapshot)
  }

  private var current: Lesson.Step? { at < lesson.steps.count ? lesson.steps[at] : nil }
  private var colors: Bool { session.terminal.colorsOutput }
  private var place: String { "step \(min(at + 1, lesson.steps.count)) of \(lesson.steps.count)" }

  /// What opens this lesson again.
  var opening: String {
    let own = LessonFiles.all.first { LessonFiles.name(of: $0) == lesson.name }.flatMap(LessonFiles.number)
    return own.map { "lesson \($0)" } ?? "lesson \(LessonFiles.shown(lesson.name))"
  }

  // MARK: - What the prompt asks

  /// Shows what there is to read, and returns what stands in the line.
  func offer() -> String {
    if isFree {
      isFree = false
      return ""
    }
    if !step.isShown { show() }
    if let offer = step.offer { return offer }
    return current?.task == nil ? current?.code ?? "" : ""
  }

  /// Ctrl-C: the line is the student's own.
  func clear() { isFree = true }

  /// A line is about to run: the prose goes with it, so that a session that is saved has it.
  func willRun(_ text: String) {
    guard !step.isRecorded, let current, !current.comments.isEmpty, !Self.isSessionLine(text) else { return }
    step.isRecorded = true
    session.add(comments: current.comments, apart: true)
  }

  /// A line has run.
  func didRun(_ text: String, _ status: ExitStatus) {
    guard let current, !text.allSatisfy(\.isWhitespace) else { return }
    if Self.isSessionLine(text), current.task != nil || !Self.isSessionLine(current.code) { return }
    if status == .ok { step.offer = nil }
    guard status == .ok else {
      if status == .differs, current.task == nil {
        remark("the check does not hold here; `:next` goes on, `:back` goes to the step before")
      }
      return
    }
    let names = Program.reading(Source(name: "", text: text), in: session.environment).names
    step.given.formUnion(names.gives)
    if let task = current.task {
      if task.gives.isEmpty || !names.gives.isDisjoint(with: task.gives), step.given.isSuperset(of: task.gives) {
        judge(task)
      }
    } else if completes(text, names) {
      if current.check != nil { say("✓ it holds", .green) }
      advance()
    } else if !current.isProse {
      let needed = current.names.gives.subtracting(step.given).sorted().map { "`\($0)`" }.joined(separator: ", ")
      remark(
        needed.isEmpty || !lesson.isNeededLater(at)
          ? "that was aside; the step is in the line again, and `:next` goes on"
          : "later steps need \(needed); the step that gives it is in the line again")
    }
  }

  /// Whether a line is this step, as it stands or changed: it gives the same names, or begins with the same word.
  private func completes(_ text: String, _ names: NameUse) -> Bool {
    guard let current, !current.isProse else { return false }
    if !current.names.gives.isEmpty { return names.gives.isSuperset(of: current.names.gives) }
    return Self.firstWord(text) == Self.firstWord(current.code)
  }

  private static func firstWord(_ text: String) -> Substring {
    let code = text.leadingComments.rest.drop { $0.isWhitespace || $0 == "(" }
    let marks = code.prefix { ":?!".contains($0) }
    return code[..<(code[marks.endIndex...].prefix { $0.isLetter || $0.isNumber || $0 == "_" }).endIndex]
  }

  private static func isSessionLine(_ text: String) -> Bool {
    let code = text.leadingComments.rest.drop(while: \.isWhitespace)
    return code.first.map { ":?!".contains($0) } ?? true
  }

  // MARK: - Tasks

  private func judge(_ task: Lesson.Task) {
    guard !task.checks.isEmpty else { return remark("`:next` goes on when you are done") }
    let judge = TaskJudge(session: session, before: step.before, lesson: lesson)
    guard let verdicts = try? judge.verdicts(of: task) else { return say("interrupted; `:next` judges again", .yellow) }
    let failed = verdicts.filter { !$0.passed }
    guard !failed.isEmpty else {
      say("✓ solved", .green)
      if !record.solved.contains(task.heading) { record.solved.append(task.heading) }
      return advance()
    }
    for verdict in failed { say("✗ \(verdict.says)", .yellow) }
    let isHelped = step.hints < task.hints.count
    remark(isHelped ? "try again; `:hint` helps, `:answer` shows an answer" : "try again; `:answer` shows an answer")
  }

  /// The next hint.
  func hint() throws {
    guard let current else { throw Self.over }
    guard let task = current.task else {
      return say(
        current.isProse ? "there is no task here" : "this is no task: Enter runs what stands in the line", .faint)
    }
    guard step.hints < task.hints.count else {
      return say(
        task.hints.isEmpty
          ? "this task has no hints; `:answer` shows an answer"
          : "there are no more hints; `:answer` shows an answer", .faint)
    }
    let number = task.hints.count > 1 ? " \(step.hints + 1) of \(task.hints.count)" : ""
    write(Prose(comments: "# Hint\(number): " + task.hints[step.hints]))
    step.hints += 1
  }

  /// Puts the model answer into the line.
  func answer() throws {
    guard let current else { throw Self.over }
    guard current.task != nil else { return try hint() }
    guard !current.code.isEmpty else { return say("the lesson has no answer to this one", .faint) }
    step.offer = current.code
    say("an answer is in the line: Enter runs it", .faint)
  }

  // MARK: - To and fro

  /// Runs the step as it stands in the lesson, and goes on. A task is judged as it stands.
  func next() throws {
    guard let current else { throw Self.over }
    if let task = current.task, !task.checks.isEmpty {
      if step.given.isSuperset(of: task.gives) {
        judge(task)
      } else {
        let missing = task.gives.subtracting(step.given).sorted().map { "`\($0)`" }.joined(separator: ", ")
        say("the task is not done: it asks for \(missing); `:hint` helps, `:skip` goes on without it", .faint)
      }
      return
    }
    guard current.task == nil, !current.isProse else { return advance() }
    // A check that does not hold here keeps nobody.
    if run(current) || current.check != nil { advance() }
  }

  /// Goes on without the step. What later steps need of it is run all the same.
  func skip() throws {
    guard let current else { throw Self.over }
    if !current.isProse, lesson.isNeededLater(at) {
      say("later steps need this one: it is run as the lesson has it", .faint)
      _ = run(current)
    }
    advance()
  }

  /// Goes back to the step before. Names stay.
  func back() throws {
    guard at > 0 else { throw Problem(code: ShellCode.lesson, message: "this is the first step") }
    go(to: at - 1, tells: true)
  }

  /// Shows the step once more.
  func again() {
    let given = step.given
    step = StepState(before: step.before, tellsPlace: true, isRecorded: step.isRecorded)
    step.given = given
  }

  /// Runs the steps before another and goes there.
  ///
  /// - Throws: `Problem` where there is no such step.
  func jump(to number: Int) throws {
    guard (1...max(1, lesson.steps.count)).contains(number) else {
      throw Problem(
        code: ShellCode.lesson, message: "there is no step \(number)",
        help: ["this lesson has \(lesson.steps.count.of("step"))"])
    }
    let before = lesson.steps[..<(number - 1)]
    if !before.isEmpty {
      say("the \(before.count.of("step")) before step \(number) run again; Ctrl-C stops that", .faint)
    }
    let showed = session.output.isMuted
    session.output.isMuted = true
    defer { session.output.isMuted = showed }
    for (index, step) in before.enumerated() where !step.isProse {
      if step.task != nil, !lesson.isNeededLater(index) { continue }
      if step.check != nil || Self.isSessionLine(step.code) { continue }
      if session.run(step.code) != .ok {
        return go(to: index, tells: true)
      }
    }
    go(to: number - 1, tells: true)
  }

  /// Leaves the lesson; the session's names are back.
  func stop() {
    session.lesson = nil
    session.environment.restore(outside.names)
    session.seed = outside.seed
    var history = outerHistory
    history.learnUndone(from: session.undoHistory)
    session.undoHistory = history
    session.comments = outerComments
    let back = outside.names.isEmpty ? "" : "; your own names are back"
    say(
      current == nil
        ? "the lesson is left\(back)"
        : "left at \(place); `:\(opening)` goes on there\(back)", .faint)
  }

  /// Shows a statement as if it had been typed, and runs it. Whether it ran well.
  private func run(_ step: Lesson.Step) -> Bool {
    willRun(step.code)
    session.announce(step.code)
    return session.run(step.code) == .ok
  }

  private func advance() { go(to: at + 1) }

  private func go(to index: Int, tells: Bool = false) {
    at = index
    step = StepState(before: session.snapshot, tellsPlace: tells)
    isFree = false
    if current == nil { record.done = true }
    // An ending without anything to do is the end once it is read.
    if at == lesson.steps.count - 1, current?.isProse == true { record.done = true }
    save()
  }

  private func save() {
    (record.step, record.steps, record.tasks) = (at, lesson.steps.count, lesson.tasks.count)
    (record.title, record.changed) = (lesson.title, Date())
    do { try session.store.save(record) } catch StoreError.stopped {} catch {
      session.report("the place in the lesson is not stored", error, more: nil)
    }
  }

  private static let over = Problem(
    code: ShellCode.lesson, message: "the lesson is at its end", help: ["`:back` goes back, `:stop` leaves it"])

  // MARK: - The screen

  private func show() {
    step.isShown = true
    guard let current else {
      let number = LessonFiles.all.first { LessonFiles.name(of: $0) == lesson.name }.flatMap(LessonFiles.number)
      let following = number.flatMap { own in LessonFiles.all.first { LessonFiles.number(of: $0) == own + 1 } }
        .flatMap(LessonFiles.number)
      say(
        "This is the end of the lesson. Try what you like; `:stop` leaves it"
          + (following.map { ", `:lesson \($0)` goes on." } ?? "."), .bold)
      return
    }
    if at == 0 { showTitle() }
    let prose = current.prose.dropping(title: at == 0 ? lesson.source.text.firstCommentLine : nil)
    if !prose.isEmpty || at == 0 || step.tellsPlace {
      if at > 0 { StandardStreams.output("\n") }
      say("── \(opening) · \(at + 1) of \(lesson.steps.count) ──", .faint)
      StandardStreams.output("\n")
    }
    if !prose.isEmpty { write(prose) }
    if let task = current.task { showTask(task) }
    if current.isProse, at == lesson.steps.count - 1 {
      say("That is all of it. Try what you like here; `:next` ends the lesson, `:stop` leaves it.", .faint)
    } else if current.isProse {
      say("`:next` goes on.", .faint)
    } else if at == 0 {
      say(
        "Enter runs what stands in the line. Change it, or type something else in its place. "
          + "`?lesson` says what else there is.", .faint)
    }
  }

  private func showTitle() {
    let number = opening.wholeMatch(of: /lesson \d+/) == nil ? "" : "Lesson " + opening.dropFirst(7) + ": "
    say(number + lesson.title, .bold)
    for mistake in lesson.mistakes { session.notices.report(mistake) }
    if !lesson.mistakes.isEmpty {
      say("The lesson has a mistake in it. That step is in the line as it stands; `:skip` goes on without it.", .yellow)
    }
  }

  private func showTask(_ task: Lesson.Task) {
    let names = task.gives.sorted().map { "`\($0)`" }.joined(separator: ", ")
    let isNamed = task.gives.isEmpty || task.checks.isEmpty
    say(
      (isNamed ? "" : "It is judged as soon as you give \(names) a value. ")
        + (task.hints.isEmpty ? "`:answer` shows an answer, `:skip` goes on." : "`:hint` helps, `:skip` goes on."),
      .faint)
  }

  private func write(_ prose: Prose) {
    StandardStreams.output(prose.screen(width: session.terminal.width, colors: colors) + "\n\n")
  }

  private func say(_ text: String, _ style: Style) {
    let lines = text.withVisibleControls.wrapped(to: max(20, min(session.terminal.width, 100)), indent: 2)
    StandardStreams.output(
      lines.split(separator: "\n").map { style(String($0), if: colors) }.joined(separator: "\n") + "\n")
  }

  /// Said once a step.
  private func remark(_ text: String) {
    if step.remarks.insert(text).inserted { say(text, .faint) }
  }
}

extension Prose {
  /// Without its first paragraph, if that is the title of the script.
  fileprivate func dropping(title: String?) -> Prose {
    guard let title, blocks.first == .paragraph(title) else { return self }
    var prose = self
    prose.removeFirst()
    return prose
  }
}

extension String {
  /// The words of the first comment of a script.
  fileprivate var firstCommentLine: String? {
    leadingComments.comments.split(separator: "\n").lazy
      .map { $0.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces) }.first { !$0.isEmpty }
  }
}

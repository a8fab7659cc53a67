import Foundation
import Lang

/// A script, cut into the steps in which it is gone through: prose, then a statement, or a task.
///
/// A heading that begins with the word "Task", `# --- Task: one half ---`, begins a task. Lines of its comments that begin with
/// "Hint:" are hints, the statements up to the first `check` are the model answer, and the `check`s that follow judge what
/// the student made. Everything else is a step of its own.
struct Lesson {
  /// One step.
  struct Step {
    /// The comments before it, as they were written.
    var comments = ""
    /// What is run: a statement, or the statements of a model answer, each with the comments between them.
    var code = ""
    var task: Task?
    /// The step itself, where it is a check outside of tasks.
    var check: Check?
    /// Of `code` and the checks.
    var names = NameUse()

    /// The text of the step, without hints.
    var prose: Prose { Prose(comments: TaskComments(comments).text) }
    /// Whether it is text alone, as at the end of a script.
    var isProse: Bool { code.isEmpty && task == nil }
  }

  struct Task {
    /// Its heading, as a person reads it.
    let heading: String
    var hints: [String] = []
    var checks: [Check] = []
    /// The names that an answer has to give: of those that the model answer gives the ones that a check or a later step reads,
    /// or else all.
    var gives: Set<String> = []

    var points: Double { checks.reduce(0) { $0 + $1.points } }
  }

  struct Check {
    /// The statement, `check … because: "…"`.
    let text: String
    /// The line of the lesson that it stands in.
    let line: Int
    /// One, unless a comment behind it says `# 2 points`.
    let points: Double

    /// - Parameter passage: the statement with what stands behind it.
    init(_ text: String, passage: String, line: Int) {
      self.text = text
      self.line = line
      let behind = passage.dropFirst(text.count)
      points = behind.firstMatch(of: /#\s*(\d+(?:\.\d+)?)\s*points?\b/).flatMap { Double($0.output.1) } ?? 1
    }
  }

  let source: Source
  /// What it is called in the store: the file's name where it is one of Ward's own lessons, else its path.
  let name: String
  /// Its first line.
  let title: String
  private(set) var steps: [Step] = []
  /// What cannot be read of it. Such text is a step as it stands.
  let mistakes: [Diagnostic]

  var tasks: [Task] { steps.compactMap(\.task) }

  init(_ source: Source, name: String, in environment: Environment) {
    self.source = source
    self.name = name
    let program = Program.reading(source, in: environment)
    mistakes = program.diagnostics.filter { $0.severity == .error }
    title = Self.title(of: source.text) ?? name
    let passages = program.passages
    var parts = LessonParts()
    for (item, passage) in zip(program.items, passages.all) {
      parts.add(passage, item: item, line: source.line(at: item.range.start))
    }
    parts.end(passages.ending)
    steps = parts.steps.map { step in
      var step = step
      let checks = step.task?.checks.map(\.text) ?? []
      step.names = Self.names(([step.code] + checks).joined(separator: "\n"), in: environment)
      return step
    }
    // What an answer makes on its way, and nothing reads, is the student's own affair.
    var read: Set<String> = []
    for index in steps.indices.reversed() {
      if let task = steps[index].task {
        let given = Self.names(steps[index].code, in: environment).gives
        let checks = Self.names(task.checks.map(\.text).joined(separator: "\n"), in: environment)
        let judged = given.intersection(read.union(checks.needs))
        steps[index].task?.gives = judged.isEmpty ? given : judged
      }
      read.formUnion(steps[index].names.needs)
    }
  }

  private static func names(_ text: String, in environment: Environment) -> NameUse {
    Program.reading(Source(name: "", text: text), in: environment).names
  }

  /// `Lesson 5: is it really robust?` is `is it really robust?`.
  private static func title(of text: String) -> String? {
    let line = text.leadingComments.comments.split(separator: "\n").lazy
      .map { $0.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces) }.first { !$0.isEmpty }
    return line.map { $0.replacing(/^Lesson \d+:\s*/, with: "").withVisibleControls }
  }

  /// Whether a step behind this one needs a name that this one gives.
  func isNeededLater(_ index: Int) -> Bool {
    let gives = steps[index].names.gives
    return steps[(index + 1)...].contains { !$0.names.needs.isDisjoint(with: gives) }
  }
}

/// The steps of a script, put together item by item.
private struct LessonParts {
  var steps: [Lesson.Step] = []
  /// The task that goes on, and whether its checks have begun.
  private var task: Lesson.Step?
  private var hasChecks: Bool { task?.task?.checks.isEmpty == false }

  mutating func add(_ passage: Passage, item: Item, line: Int) {
    let (comments, unreadable) = passage.before.leadingComments
    var own = comments
    if !unreadable.isEmpty {
      close()
      steps.append(Lesson.Step(comments: comments, code: unreadable.trimmingCharacters(in: .whitespacesAndNewlines)))
      own = ""
    }
    let found = TaskComments(own)
    let isCheck = item.text.prefixMatch(of: /check\b/) != nil
    if found.hasHeading || hasChecks && !isCheck { close() }
    if let heading = found.task {
      task = Lesson.Step(comments: own, task: Lesson.Task(heading: heading))
      own = ""
    }
    guard task != nil else {
      let check = isCheck ? Lesson.Check(item.text, passage: passage.text, line: line) : nil
      steps.append(Lesson.Step(comments: own, code: passage.text, check: check))
      return
    }
    task?.task?.hints += found.hints
    if isCheck {
      task?.task?.checks.append(Lesson.Check(item.text, passage: passage.text, line: line))
    } else {
      let before = task?.code ?? ""
      task?.code = before + (before.isEmpty ? "" : "\n") + (own.isEmpty ? "" : own + "\n") + passage.text
    }
  }

  mutating func end(_ ending: String) {
    close()
    let (comments, unreadable) = ending.leadingComments
    if !comments.isEmpty || !unreadable.isEmpty {
      steps.append(Lesson.Step(comments: comments, code: unreadable.trimmingCharacters(in: .whitespacesAndNewlines)))
    }
  }

  private mutating func close() {
    if let task { steps.append(task) }
    task = nil
  }
}

/// Comments with a heading, a task and hints in them.
struct TaskComments {
  /// The comments without hints.
  private(set) var text = ""
  private(set) var hints: [String] = []
  /// The heading of a task.
  private(set) var task: String?
  /// Whether there is a heading of any kind.
  private(set) var hasHeading = false

  init(_ comments: String) {
    var lines: [Substring] = []
    var isHint = false
    for line in comments.split(separator: "\n", omittingEmptySubsequences: false) {
      let words = line.drop { $0 == "#" || $0.isWhitespace }
      if let heading = Self.heading(line) {
        hasHeading = true
        task = Self.isTask(heading) ? heading : nil
        hints = []
        isHint = false
      } else if let hint = words.prefixMatch(of: /Hint:\s*/) {
        hints.append(words[hint.range.upperBound...].trimmingCharacters(in: .whitespaces))
        isHint = true
        continue
      } else if isHint, !words.isEmpty {
        hints[hints.count - 1] += " " + words.trimmingCharacters(in: .whitespaces)
        continue
      } else {
        isHint = false
      }
      lines.append(line)
    }
    text = lines.joined(separator: "\n")
  }

  /// The words of a line such as `# --- So far ---`; nil for any other line.
  static func heading(_ line: some StringProtocol) -> String? {
    String(line).wholeMatch(of: /\s*#+\s*[-=]{3,}\s*(.*?[^-=\s])\s*[-=]{3,}\s*/).map { String($0.output.1) }
  }

  static func isTask(_ heading: String) -> Bool { heading.prefixMatch(of: /[Tt]ask\b/) != nil }

  /// Headings that differ in case and blanks only are the same.
  static func key(_ heading: String) -> String {
    heading.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}

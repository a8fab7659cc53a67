import Lang
import Store

extension SessionLine {
  static var lesson: SessionLine {
    SessionLine(
      name: "lesson", arguments: "[NUMBER|FILE [STEP]]",
      summary: "the lessons and what is done of them, or one of them, step by step",
      details: """
        A lesson goes on where it was left; a STEP takes it there, 1 to its beginning. Each step stands in the line: Enter runs it, \
        as it is or changed, and what you type instead runs too. In a lesson
        \(ofLessons.map { "  :\($0.name)".padding(toLength: 12, withPad: " ", startingAt: 0) + $0.summary }.joined(separator: "\n"))
        Its names are its own: when it is left, yours are back. Any script is a lesson.
        """,
      words: { _ in LessonFiles.all.compactMap { LessonFiles.number(of: $0).map(String.init) } }
    ) { session, text in
      let words = try Words.split(text)
      guard let word = words.first else {
        for block in LessonList.blocks(try session.store.lessons(), in: session.environment) {
          session.output.show(block)
        }
        return
      }
      let number = words.count == 2 ? Int(words[1]) : nil
      guard words.count == 1 || number != nil else {
        throw Problem(
          code: ShellCode.lesson, message: "`:lesson` takes a lesson and the number of a step",
          help: ["for example `:lesson 1`, or `:lesson 1 4`"])
      }
      try session.open(word, step: number)
    }
  }

  /// The lines that only a lesson has a use for.
  static var ofLessons: [SessionLine] {
    [
      inLesson("next", "run the step as it stands and go on; a task is judged") { try $0.next() },
      inLesson("back", "go back to the step before") { try $0.back() },
      inLesson("again", "show the step once more") { $0.again() },
      inLesson("skip", "go on without the step") { try $0.skip() },
      inLesson("hint", "the next hint of a task") { try $0.hint() },
      inLesson("answer", "put the model answer of a task into the line") { try $0.answer() },
      inLesson("stop", "leave the lesson; `:lesson` goes on with it") { $0.stop() },
    ]
  }

  private static func inLesson(
    _ name: String, _ summary: String, _ body: @escaping (LessonRun) throws -> Void
  ) -> SessionLine {
    SessionLine(name: name, arguments: "", summary: summary, example: ":lesson 1\n:\(name)") { session, text in
      guard let lesson = session.lesson else {
        throw Problem(
          code: ShellCode.lesson, message: "`:\(name)` is for a lesson, and none is open",
          help: ["`:lesson` lists them, `:lesson 1` opens the first"])
      }
      guard text.isEmpty else {
        throw Problem(code: ShellCode.lesson, message: "`:\(name)` takes nothing behind it")
      }
      try body(lesson)
    }
  }
}

extension Session {
  /// Begins a lesson, or goes on with it.
  ///
  /// - Throws: `Problem`, `StoreError`.
  func open(_ word: String, step: Int?) throws {
    guard hasPrompt else {
      throw Problem(
        code: ShellCode.lesson, message: "a lesson goes step by step, at the prompt",
        help: ["`ward lesson \(word)` opens it there; as a script it is run by `ward FILE`"])
    }
    let lesson = try LessonFiles.lesson(word, in: environment)
    guard !lesson.steps.isEmpty else {
      throw Problem(code: ShellCode.lesson, message: "there is nothing in \(lesson.source.name)")
    }
    let stored = try store.lesson(named: lesson.name)
    let record =
      stored ?? LessonRecord(name: lesson.name, title: lesson.title, step: 0, steps: lesson.steps.count, tasks: 0)
    if let step, !(1...lesson.steps.count).contains(step) {
      throw Problem(
        code: ShellCode.lesson, message: "there is no step \(step)", help: ["it has \(lesson.steps.count.of("step"))"])
    }
    self.lesson?.stop()
    let run = LessonRun(lesson, record: record, in: self)
    self.lesson = run
    // One that is at its end begins anew.
    try run.jump(to: step ?? (record.step < lesson.steps.count - 1 ? record.step + 1 : 1))
  }
}

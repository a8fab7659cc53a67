import Foundation
import Lang
import Testing

@testable import Shell

/// A script as a lesson: its steps, its tasks, what is handed out and what is handed in.
@Suite("Lessons") struct LessonTests {
  private static let text = """
    # Lesson 7: numbers
    #
    # Of *small* numbers.

    let three = 1 + 2
    check three == 3 because: "arithmetic"

    # --- Task 1: the double ---
    #
    # Call the double `double`.
    #
    # Hint: it is twice
    # as much.
    # Hint: `2 * three`

    # The sum of two is the same.
    let half = three
    let double = half + three
    check double == 6 because: "not the double"  # 2.5 points
    check double > half

    # Further on:
    let last = double + 1

    # --- The end ---
    # 1. Try this.

    """

  private static func lesson(_ text: String = text) -> Lesson {
    Lesson(Source(name: "numbers.ward", text: text), name: "numbers", in: Vocabulary.environment())
  }

  private static func split(_ text: String) -> [String] {
    Program.reading(Source(name: "", text: text), in: Vocabulary.environment()).pieces
  }

  @Test func aStatementWithTheCommentsBeforeItIsAStep() {
    let lesson = Self.lesson()
    #expect(lesson.title == "numbers")
    #expect(lesson.steps.count == 5)
    #expect(lesson.steps[0].code == "let three = 1 + 2")
    #expect(lesson.steps[0].prose.blocks == [.paragraph("Lesson 7: numbers"), .paragraph("Of *small* numbers.")])
    #expect(lesson.steps[1].check?.points == 1)
    #expect(lesson.steps[3].code == "let last = double + 1")
    #expect(lesson.steps[4].isProse)
    #expect(lesson.steps[4].prose.blocks == [.heading("The end"), .list(["Try this."], isNumbered: true)])
  }

  @Test func aTaskHasHintsAnAnswerAndChecks() throws {
    let step = Self.lesson().steps[2]
    let task = try #require(step.task)
    #expect(task.heading == "Task 1: the double")
    #expect(task.hints == ["it is twice as much.", "`2 * three`"])
    #expect(step.code.hasPrefix("let half") && step.code.hasSuffix("let double = half + three"))
    #expect(task.gives == ["half", "double"])
    #expect(task.checks.map(\.points) == [2.5, 1])
    #expect(task.checks.map(\.text) == ["check double == 6 because: \"not the double\"", "check double > half"])
    #expect(step.prose.blocks.first == .heading("Task 1: the double"))
    #expect(!step.prose.blocks.contains { if case .paragraph(let text) = $0 { text.contains("twice") } else { false } })
  }

  @Test func whatAnAnswerMakesOnItsWayIsNotAskedFor() throws {
    let text = Self.text.replacing("check double > half", with: "check double > 2")
    #expect(try #require(Self.lesson(text).steps[2].task).gives == ["double"])
    let unread = text.replacing(/check double.*\n/, with: "check 1 == 1\n")
    #expect(try #require(Self.lesson(unread).steps[2].task).gives == ["double"], "a later step reads it")
    let free = unread.replacing("let last = double + 1", with: "let last = 1")
    #expect(try #require(Self.lesson(free).steps[2].task).gives == ["half", "double"], "nothing reads either: both")
  }

  @Test func aStepIsNeededLaterWhereLaterStepsUseItsNames() {
    let lesson = Self.lesson()
    #expect(lesson.isNeededLater(0) && lesson.isNeededLater(2))
    #expect(!lesson.isNeededLater(1) && !lesson.isNeededLater(3))
  }

  @Test func aHandoutHasNeitherAnswersNorChecks() {
    let handout = Handout.text(of: Self.lesson(), in: Vocabulary.environment())
    #expect(!handout.contains("let half") && !handout.contains("not the double"))
    for kept in ["arithmetic", "# --- Task 1: the double ---", "# Hint: `2 * three`", "let last", "# 1. Try this."] {
      #expect(handout.contains(kept), "\(kept)")
    }
    let again = Self.lesson(handout)
    #expect(again.tasks.map(\.heading) == ["Task 1: the double"])
    #expect(again.mistakes.isEmpty)
  }

  @Test func answersStandBelowTheHeadingsOfTheirTasks() throws {
    let lesson = Self.lesson()
    let task = try #require(lesson.tasks.first)
    let handed = Self.text.replacing("let double = half + three", with: "let double = 7")
    #expect(AnswerFile(handed, of: lesson, split: Self.split).answer(to: task)?.count == 2)
    let own =
      "def help_me(x) { return 2 * x }\n# === TASK 1:  The Double ===\nlet three = 1 + 2\nlet double = help_me(3)\n"
    let answers = AnswerFile(own, of: lesson, split: Self.split)
    #expect(
      answers.answer(to: task)?.map { $0.leadingComments.rest } == [
        "def help_me(x) { return 2 * x }", "let double = help_me(3)",
      ])
    let handout = Handout.text(of: lesson, in: Vocabulary.environment())
    #expect(AnswerFile(handout, of: lesson, split: Self.split).answer(to: task) == nil)
    #expect(AnswerFile("let double = 6\n", of: lesson, split: Self.split).answer(to: task) == ["let double = 6"])
  }

  @Test func gradesAreWrittenAsCSVWithTheirSentences() {
    let lesson = Self.lesson()
    let grade = Grader.Grade(file: "a,b.ward", says: [["", "say \"more\""]], remarks: ["slow"])
    let table = GradeTable(tasks: lesson.judged, grades: [grade])
    #expect(
      table.csv
        == "file,1,2,points,of,failed,remarks\n\"a,b.ward\",2.5,0,2.5,3.5,\"2: say \"\"more\"\"\",slow\n")
  }

  @Test func lessonsAreFoundBesideTheProgram() throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: root) }
    for folder in ["usr/bin", "usr/share/ward/lessons", "tree/.build/x/release", "tree/examples/lessons"] {
      try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
    }
    try Data().write(to: URL(fileURLWithPath: root + "/tree/Package.swift"))
    #expect(LessonFiles.folder(of: root + "/usr/bin/ward") == root + "/usr/share/ward/lessons")
    #expect(LessonFiles.folder(of: root + "/tree/.build/x/release/ward") == root + "/tree/examples/lessons")
    #expect(LessonFiles.folder(of: root + "/elsewhere/bin/ward") == nil)
    try FileManager.default.createDirectory(
      atPath: root + "/usr/share/ward/examples/data", withIntermediateDirectories: true)
    try Data().write(to: URL(fileURLWithPath: root + "/usr/share/ward/examples/data/x.csv"))
    let lesson = root + "/usr/share/ward/lessons/11-x.ward"
    #expect(LessonFiles.file("examples/data/x.csv", of: lesson) == root + "/usr/share/ward/examples/data/x.csv")
    #expect(LessonFiles.file("examples/data/y.csv", of: lesson) == nil)
  }

  @Test func eachHintIsAParagraphOfItsOwnOnAPage() {
    #expect(
      Prose(comments: "# So.\n# Hint: one\n# more\n# Hint: two").blocks
        == [.paragraph("So."), .paragraph("Hint: one more"), .paragraph("Hint: two")])
  }

  @Test func proseIsWrappedAtTheWidthOfTheScreen() {
    let prose = Prose(
      comments: "# --- A heading ---\n# Some *words* of `code here` that go on.\n#\n# 1. one two three four\n#    five")
    #expect(
      prose.screen(width: 20, colors: false)
        == "A heading\n\nSome *words* of\n`code here` that go\non.\n\n1. one two three\n   four five")
    #expect(
      prose.screen(width: 80, colors: true).hasPrefix(
        "\u{1b}[1mA heading\u{1b}[0m\n\nSome \u{1b}[1mwords\u{1b}[0m of \u{1b}[36mcode\u{1b}[0m \u{1b}[36mhere\u{1b}[0m that"
      ))
  }

  /// The model answers of Ward's own lessons are right: they run in a plain run of the lesson, which other tests do.
  @Test func everyLessonCanBeReadAndItsTasksBeJudged() throws {
    #expect(LessonFiles.all.count >= 12)
    for file in LessonFiles.all {
      let lesson = try LessonFiles.lesson(file, in: Vocabulary.environment())
      #expect(lesson.mistakes.isEmpty && !lesson.title.isEmpty, "\(file)")
      for step in lesson.steps {
        guard let task = step.task else { continue }
        // A student who gives all that is asked for is judged: the model answer gives no other name.
        for name in task.gives { #expect(step.comments.contains("`\(name)`"), "\(file): \(task.heading): \(name)") }
        #expect(!task.checks.isEmpty && !task.gives.isEmpty, "\(file): \(task.heading)")
        for check in task.checks { #expect(check.text.contains("because:"), "\(file): \(check.text)") }
      }
    }
    #expect(
      LessonFiles.all.prefix(3).allSatisfy { file in
        (try? LessonFiles.lesson(file, in: Vocabulary.environment()).tasks.isEmpty) == false
      })
  }
}

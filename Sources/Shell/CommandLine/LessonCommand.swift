import ArgumentParser
import Foundation
import Lang
import Store

/// `ward lesson`, `ward lesson 3`, `ward lesson FILE --handout FILE`.
struct LessonCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lesson", abstract: "List the lessons, or go through one step by step at the prompt.",
    discussion: """
      A lesson is a script: its comments are its prose, and each of its statements is a step, which stands in the line to be \
      run as it is or changed. It goes on where it was left. A heading `# --- Task: … ---` begins a task; see \
      docs/LANGUAGE.md.
      """)

  @OptionGroup var common: CommonOptions

  @Option(
    help: ArgumentHelp("Write the lesson for students to fill in, without answers and checks.", valueName: "file"))
  var handout: String?

  @Flag(help: "With --handout: write over a file that is there.")
  var force = false

  @Argument(help: ArgumentHelp("The lesson's number or file; none lists them.", valueName: "lesson"))
  var lesson: String?

  @Argument(help: ArgumentHelp("The step to begin at; where it was left when not given.", valueName: "step"))
  var step: Int?

  func run() throws {
    Interrupt.install()
    let notices = Notices(common.diagnosticOptions.diagnostics)
    do {
      guard let lesson else {
        if handout != nil { throw ValidationError("--handout needs a lesson: `ward lesson 1 --handout week1.ward`") }
        return try list()
      }
      let found = try LessonFiles.lesson(lesson, in: Vocabulary.environment())
      if let handout { return try write(found, to: handout) }
      try open(lesson)
    } catch let problem as Problem {
      notices.report(.error, problem.message + problem.addition, help: problem.help)
      throw Exit(.usage)
    } catch let problem as StoreError {
      notices.report(.error, "\(problem)", help: [problem.hint])
      throw Exit(.failed)
    }
  }

  private func list() throws {
    let path = StoreChoice.path(option: common.store)
    let isThere = FileManager.default.fileExists(atPath: path)
    let records = isThere ? try StoreFile.open(at: path).lessons() : [:]
    let terminal = Terminal()
    let renderer = BlockRenderer(width: terminal.width, mayTurnTables: terminal.outputIsTerminal)
    for block in LessonList.blocks(records, in: Vocabulary.environment()) { print(renderer.text(of: block)) }
  }

  private func open(_ word: String) throws {
    var options = common.sessionOptions
    guard options.terminal.inputIsTerminal, options.terminal.outputIsTerminal else {
      throw Problem(
        code: ShellCode.lesson, message: "a lesson goes step by step at a terminal",
        help: ["as a script it is run by `ward FILE`"])
    }
    options.goesOnInMemory = true
    let session = try Session(options)
    defer { session.end() }
    let line = ":lesson \(Int(word) == nil ? word.wardQuoted : word)" + (step.map { " \($0)" } ?? "")
    REPL(session: session, runsStartUpFile: false, beginning: line).run()
  }

  private func write(_ lesson: Lesson, to file: String) throws {
    if let mistake = lesson.mistakes.first {
      Notices(common.diagnosticOptions.diagnostics).report(mistake)
      throw Exit(.usage)
    }
    guard !lesson.tasks.isEmpty else {
      throw Problem(
        code: ShellCode.lesson, message: "\(lesson.source.name) has no tasks to be filled in",
        help: ["a heading such as `# --- Task: one half ---` begins one"])
    }
    guard force || access(Home.path(file), F_OK) != 0 else {
      throw Problem(code: ShellCode.lesson, message: "\(file) is there already", help: ["--force writes over it"])
    }
    try WrittenFile.write(Handout.text(of: lesson, in: Vocabulary.environment()), to: file)
    print("\(file)  \(lesson.tasks.count.of("task"))".withVisibleControls)
  }
}

extension String {
  /// As one word of a session line.
  fileprivate var wardQuoted: String { contains("\"") ? "'\(self)'" : "\"\(self)\"" }
}

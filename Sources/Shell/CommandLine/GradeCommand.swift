import ArgumentParser
import Foundation
import Lang

/// `ward grade LESSON.ward ANSWERS…`.
struct GradeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grade", abstract: "Run the checks of a lesson's tasks on students' files, and count the points.",
    usage: """
      ward grade LESSON.ward ANSWERS.ward... [--csv grades.csv]
      ward grade LESSON.ward
      """,
    discussion: """
      Each file is run apart from the others, with --safe, the same seed, and limits of time and memory. The lesson's own \
      statements and checks are the lesson's; of a student's file only the answers run, each below the heading of its task, as \
      in a handout that was filled in (`ward lesson LESSON --handout FILE`) or a lesson that was saved with `:save`. A check \
      is worth a point unless a comment behind it says `# 2 points`. Where the lesson has no tasks, a file runs as a whole, the \
      lesson after it, and all checks count. Without files the model answers are graded: then the status is 3 unless all \
      checks hold.
      """)

  @Option(help: ArgumentHelp("Write the grades to a file as CSV, a row for each student's file.", valueName: "file"))
  var csv: String?

  @Option(help: ArgumentHelp("The longest that an answer, or a check, may take.", valueName: "seconds"))
  var time: Double = 120

  @Option(help: ArgumentHelp("The memory that a file may take.", valueName: "megabytes"))
  var memory: Int = 4096

  @Option(help: "How many files are graded at once; one for each processor when not given.")
  var jobs: Int?

  @Option(help: "Threads of each.")
  var threads: Int = 1

  @Option(help: "The session seed.")
  var seed: Int = 0

  @OptionGroup var diagnosticOptions: DiagnosticOptions

  @Argument(help: ArgumentHelp("The lesson, by its number or file.", valueName: "lesson"))
  var lesson: String

  @Argument(help: ArgumentHelp("The students' files.", valueName: "files"))
  var files: [String] = []

  /// Set for the process that grades one file: the numbers of the answers that it leaves out.
  static let leftOutVariable = "WARD_GRADE_LEFT_OUT"

  func validate() throws {
    try CommonOptions.check(seed: seed, threads: threads)
    guard time > 0, time.isFinite else { throw ValidationError("--time takes a number of seconds above 0") }
    guard (64...1_000_000).contains(memory) else { throw ValidationError("--memory takes megabytes, from 64") }
    guard jobs ?? 1 >= 1 else { throw ValidationError("--jobs takes a whole number from 1, not \(jobs ?? 0)") }
  }

  func run() throws {
    Interrupt.install()
    let notices = Notices(diagnosticOptions.diagnostics)
    do {
      let lesson = try LessonFiles.lesson(lesson, in: Vocabulary.environment())
      if let leftOut = ProcessInfo.processInfo.environment[Self.leftOutVariable] {
        return try runOne(lesson, leftOut: Set(leftOut.split(separator: ",").compactMap { Int($0) }))
      }
      try check(lesson, notices)
      try grade(lesson, notices)
    } catch let problem as Problem {
      notices.report(.error, problem.message + problem.addition, help: problem.help)
      throw Exit(.usage)
    }
  }

  /// A mistake of the lesson's is no student's.
  private func check(_ lesson: Lesson, _ notices: Notices) throws {
    for mistake in lesson.mistakes { notices.report(mistake) }
    if !lesson.mistakes.isEmpty { throw Exit(.usage) }
    let headings = lesson.tasks.map { TaskComments.key($0.heading) }
    if let twice = headings.first(where: { heading in headings.count { $0 == heading } > 1 }) {
      throw Problem(
        code: ShellCode.lesson, message: "two tasks have the heading `\(twice)`",
        help: ["answers are found by the headings: give each its own"])
    }
    guard !lesson.judged.flatMap(\.checks).isEmpty else {
      throw Problem(
        code: ShellCode.lesson, message: "\(lesson.source.name) has no `check` to grade with",
        help: ["a check below a heading `# --- Task: … ---` judges the answer to that task"])
    }
  }

  private func grade(_ lesson: Lesson, _ notices: Notices) throws {
    // What cannot be read is known before an hour of grading.
    for file in files { _ = try ScriptFile.read(file) }
    var limits = Grader.Limits(seconds: time, megabytes: memory)
    limits.jobs = jobs ?? LocalEngine.usualJobs(threads: threads)
    (limits.threads, limits.seed) = (threads, seed)
    let grader = Grader(lesson, limits: limits, progress: Progress(terminal: Terminal(), quiet: false))
    let grades = try grader.grades(of: files.isEmpty ? [nil] : files)
    let table = GradeTable(tasks: lesson.judged, grades: grades)
    let terminal = Terminal()
    let renderer = BlockRenderer(width: terminal.outputIsTerminal ? terminal.width : 160)
    for block in table.blocks { print(renderer.text(of: block)) }
    if let csv { try WrittenFile.write(table.csv, to: csv) }
    let isWhole = grades.allSatisfy { $0.says.allSatisfy { $0.allSatisfy { $0 == "" } } }
    if grades.contains(where: \.lessonFailed) {
      notices.report(.error, "the lesson itself fails; where it does, the points say nothing about the file")
      throw Exit(.failed)
    }
    if files.isEmpty, !isWhole { throw Exit(.differs) }
  }

  // MARK: - One file

  private func runOne(_ lesson: Lesson, leftOut: Set<Int>) throws {
    ParentWatch.endWithParent()
    var options = Session.Options(storePath: "")
    options.keepsNothing = true
    options.isSafe = true
    options.beforeWriting = GradeFolder.unlink
    (options.threads, options.seed) = (threads, seed)
    options.terminal.color = .never
    let session = try Session(options, output: .silent())
    session.lessonFile = lesson.source.name
    let text = try files.first.map { try ScriptFile.read($0) }
    let file = text.map { AnswerFile($0, of: lesson) { session.inputs(of: $0).map(\.text) } }
    Self.limit(megabytes: memory)
    let encoder = JSONEncoder()
    GradedRun(
      lesson: lesson, file: file, session: session, seconds: time, leftOut: leftOut,
      report: { event in
        guard let line = try? encoder.encode(event) else { return }
        StandardStreams.output(String(decoding: line, as: UTF8.self) + "\n")
      }
    ).run()
  }

  /// Memory beyond what the process has, which its stacks are part of; and no file larger than a gigabyte.
  private static func limit(megabytes: Int) {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let kilobytes = status.firstMatch(of: /VmData:\s*(\d+) kB/).flatMap { Int($0.output.1) } ?? 0
    func limit(_ resource: __rlimit_resource, _ bytes: Int) {
      var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(bytes))
      setrlimit(__rlimit_resource_t(resource.rawValue), &limit)
    }
    limit(RLIMIT_DATA, (kilobytes << 10) + megabytes * 1_000_000)
    limit(RLIMIT_FSIZE, 1 << 30)
    limit(RLIMIT_CORE, 0)
  }
}

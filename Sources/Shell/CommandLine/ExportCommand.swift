import ArgumentParser
import Foundation
import Lang
import Store

/// `ward export SESSION|FILE --to x.md|x.html|x.ipynb`.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a session as a page to be read: HTML, Markdown or a Jupyter notebook.",
    discussion: """
      A session of the store is named by its number, or as last; `ward sql 'select * from sessions'` lists them. A saved \
      session is named by its file: what it says it showed is written, nothing is run. With --run the script is run, as \
      `ward FILE` runs it, and what it shows is written; the tasks of a lesson stand there without their answers, unless \
      --answers is given.
      """)

  @Option(help: ArgumentHelp("The file of the store.", valueName: "file"))
  var store: String?

  @Option(help: ArgumentHelp("The file to write; it ends with .html, .md or .ipynb.", valueName: "file"))
  var to: String

  @Flag(name: .customLong("run"), help: "Run the script, and write what it shows.")
  var runsScript = false

  @Option(help: "With --run: the session seed.")
  var seed: Int?

  @Option(help: "With --run: how many threads work.")
  var threads: Int?

  @Flag(help: "With --run: no `!command`, and no writing outside the store and the working folder.")
  var safe = false

  @Flag(help: "With --run: the model answers and checks of a lesson's tasks too.")
  var answers = false

  @Flag(
    help: ArgumentHelp(
      "With --run: a page on which eps of the script's last attack is moved.",
      discussion: "That with keep: images, if there is one."))
  var explore = false

  @OptionGroup var diagnosticOptions: DiagnosticOptions

  @Argument(help: ArgumentHelp("The number of a session, last, or the file of a saved one.", valueName: "session|file"))
  var source: String

  @Argument(
    parsing: .allUnrecognized,
    help: ArgumentHelp("With --run: values for the script's `param` lines, --eps 4/255.", valueName: "options"))
  var arguments: [String] = []

  func validate() throws {
    guard runsScript else {
      if let word = arguments.first { throw ValidationError("`ward export` takes \(word) only with --run") }
      if seed != nil || threads != nil || safe || explore || answers {
        throw ValidationError(
          "--seed, --threads, --safe, --answers and --explore need --run: without it nothing is run")
      }
      return
    }
    try CommonOptions.check(seed: seed, threads: threads)
    if explore, !to.lowercased().hasSuffix(".html") {
      throw ValidationError("--explore makes a page: --to is to end with .html")
    }
  }

  func run() throws {
    Interrupt.install()
    let notices = Notices(diagnosticOptions.diagnostics)
    do {
      _ = try ExportFormat(file: to)
      if runsScript { try writeRun() }
      let environment = Vocabulary.environment()
      let page = try session(environment)
      try ExportFormat.write(page, to: to, environment: environment)
      print("\(to): \(page.cells.count { !$0.source.isEmpty }.of("cell"))".withVisibleControls)
    } catch let problem as Problem {
      notices.report(.error, problem.message, help: problem.help)
      throw Exit(.failed)
    } catch StoreError.stopped {
      notices.report(.error, "interrupted")
      throw Exit(.interrupted)
    } catch let error as StoreError {
      notices.report(.error, "\(error)", help: [error.hint])
      throw Exit(.failed)
    } catch SQLError.interrupted {
      throw Exit(.interrupted)
    } catch let error as SQLError {
      notices.report(.error, "\(error)")
      throw Exit(.failed)
    }
  }

  /// Runs the script in the store, as `ward FILE` does, and writes the session it was. Where a cell failed the page ends with
  /// it, and the program ends as the script did.
  private func writeRun() throws -> Never {
    let text = try ScriptFile.read(source)
    var options = Session.Options(storePath: StoreChoice.path(option: store))
    options.seed = seed ?? 0
    if let threads { options.threads = threads }
    options.isSafe = safe
    options.diagnostics = diagnosticOptions.diagnostics
    // What is shown goes to the page; mistakes are told at once as well.
    let session = try Session(options, output: Output(renderer: { .forFiles }, write: { _ in }))
    var status: ExitStatus
    do {
      defer { session.end() }
      // Not only after an hour of training.
      try session.checkMayWrite(to)
      guard FileManager.default.fileExists(atPath: Home.folder(of: Home.path(to))) else {
        throw Problem(code: ShellCode.file, message: "there is no folder for \(to)", help: ["nothing was run"])
      }
      let script = Source(name: source, text: text)
      let parameters = session.interpreter.parse(script).parameters
      status = session.run(
        script: script, arguments: try ScriptArguments(parameters: parameters, script: source).parse(arguments))
      if explore, status == .ok { status = try writeExplored(session) }
    }
    if explore { throw Exit(status) }
    // A Ctrl-C was for the script: the page is still drawn.
    Interrupt.reset()
    if status != .usage {
      var page = try ExportedSession(number: session.number, of: session.store, sql: try session.sql)
      if !answers { page = page.handout(isNotebook: try ExportFormat(file: to) == .notebook) }
      page.title = URL(fileURLWithPath: source).deletingPathExtension().lastPathComponent
      page.provenance.insert(("File", source), at: 0)
      try ExportFormat.write(page, to: to, environment: session.environment, mayWrite: session.checkMayWrite)
      print("\(to): \(page.cells.count { !$0.source.isEmpty }.of("cell"))".withVisibleControls)
    }
    throw Exit(status)
  }

  /// Makes the page as the prompt does, in a cell of its own: the attacks that it takes are stored.
  private func writeExplored(_ session: Session) throws -> ExitStatus {
    guard let result = session.newestAttack else {
      throw Problem(
        code: ShellCode.file, message: "\(source) has no result of an attack left at its end",
        help: ["give one a name: let hit = attack MODEL with: pgd keep: images"])
    }
    let line = "export \(result) as: \(Value.string(to).literal)"
    let status = session.run(script: Source(name: "--explore", text: line), arguments: [:])
    if status == .ok { print("\(to): a page of \(result)".withVisibleControls) }
    return status
  }

  private func session(_ environment: Environment) throws -> ExportedSession {
    guard source == "last" || Int64(source) != nil else {
      return ExportedSession(
        transcript: Transcript(try ScriptFile.read(source)), file: source, environment: environment)
    }
    let path = Home.path(StoreChoice.path(option: store))
    guard FileManager.default.fileExists(atPath: path) else {
      throw Problem(
        code: ShellCode.store, message: "there is no store at \(path)",
        help: ["it is made by the first session; name another with --store or WARD_STORE"])
    }
    let opened = try StoreFile.open(at: path, stop: { Interrupt.isRequested })
    let number = try Int64(source) ?? opened.lastSession() ?? 0
    return try ExportedSession(number: number, of: opened, sql: UserSQL(opened))
  }
}

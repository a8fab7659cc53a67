import Foundation
import Lang
import NN
import Store

/// One notebook: its names, its seed, its store, and the one road that prompt, script, replay and test all take.
///
/// Everything typed goes through `run`: it parses, resolves, records the cell before it runs, evaluates, stores what the
/// cell made, and shows it. One thread runs the notebook.
final class Session {
  let environment: Environment
  let store: StoreFile
  /// What users' queries run on, opened for the first of them; another one after a query that Ctrl-C left to come to its end.
  var sql: UserSQL {
    get throws {
      if let openedSQL { return openedSQL }
      let opened = try UserSQL(store)
      openedSQL = opened
      return opened
    }
  }
  private var openedSQL: UserSQL?
  let output: Output
  let terminal: Terminal
  /// How mistakes and warnings are told.
  let notices: Notices
  /// The session's number in the store.
  let number: Int64
  /// The threads that train and evaluate.
  let engine: Engine
  var threads: Int { engine.threads }
  let isQuiet: Bool
  let isSafe: Bool
  let beforeWriting: ((String) -> Void)?
  /// What commands use when they are given no `seed:`; set by the command `seed`.
  var seed: Int
  /// The number of the next cell.
  private(set) var nextCell = 1
  /// What belongs to the running cell alone.
  var cell = CellRun()
  /// The lesson that is gone through, if one is.
  var lesson: LessonRun?
  /// The lesson's file, beside which data is looked for.
  var lessonFile: String?
  /// Whether statements are typed at a prompt of ours, where a lesson can put them into the line.
  var hasPrompt = false
  /// The scripts that `:run` is running, each run by the one before.
  var runningScripts: [String] = []
  /// The files that `:save` and `:export` wrote, which they may write again.
  var writtenFiles: Set<String> = []
  /// Whether each cell's time is shown; set by `:time`.
  var timesCells = false
  /// What `:undo` goes back to.
  var undoHistory = UndoHistory()
  /// Told of each further statement of a pasted text before it runs; the prompt shows it.
  var announce: (String) -> Void = { _ in }
  /// How `!command` is run.
  var runsCommand: (String) throws -> Int32 = { try ShellCommand.run($0) }
  /// Whether cells get a number and a row. What one without is about to make is stored with the first cell that uses it.
  var recordsCells = true
  /// Set by `:quit`.
  var isOver = false
  /// A training that was interrupted, to go on with.
  var unfinished: UnfinishedTraining?
  /// An attack that was interrupted, later than the training if there are both.
  var unfinishedAttack: UnfinishedAttack?

  /// What went wrong last, as a sentence; nil where nothing did.
  private(set) var lastProblem: String?
  /// Whether something that was made is in no store: it could not be written.
  var hasLost = false

  /// Comments that wait for the cell they stand before; those that wait at the end are stored with the session.
  var comments = ""
  /// Whether the names are kept as they are before each cell.
  private var remembersNames = true
  private(set) var values = LastValues()
  private(set) var interpreter: Interpreter!

  struct Options {
    var storePath: String
    var seed = 0
    var threads = ProcessInfo.processInfo.activeProcessorCount
    var isQuiet = false
    var isSafe = false
    /// What is done before a file is written, where the working folder is made of links to another.
    var beforeWriting: ((String) -> Void)?
    /// A store in memory, for looking without touching anything.
    var keepsNothing = false
    /// Where the store cannot be used, whether the session goes on with one in memory: for people, who are told.
    var goesOnInMemory = false
    var terminal = Terminal()
    var diagnostics = Notices.Form.text
    /// Where cells are typed, and the notebook's file if that is known, for the session's row.
    var frontend: String?
    var notebook: String?
  }

  /// Opens the store and begins a session. At the prompt a store that cannot be used is replaced by one in memory, with a
  /// warning; a script is not run, since all it makes would be lost.
  ///
  /// - Throws: `StoreError`; `Lang.Interrupt` where Ctrl-C ended the waiting for a store that another program has locked.
  init(_ options: Options, output: Output? = nil) throws {
    let terminal = options.terminal
    notices = Notices(options.diagnostics, on: terminal)
    let record = SessionRecord(
      version: wardVersion, seed: Int64(options.seed), folder: FileManager.default.currentDirectoryPath,
      frontend: options.frontend, notebook: options.notebook, machine: MachineName.own)
    let (store, number, problem) = try StoreChoice.begin(record, in: options.keepsNothing ? nil : options.storePath)
    if let problem {
      guard options.goesOnInMemory else { throw problem }
      notices.report(
        .warning, "\(problem)",
        help: [
          "this session is kept in memory only and gone when it ends; it sees nothing of what is stored, "
            + "which `ward sql` may still read", problem.hint,
        ])
    }
    self.terminal = terminal
    self.store = store
    self.number = number
    seed = options.seed
    engine = Engine(threads: options.threads)
    isQuiet = options.isQuiet
    isSafe = options.isSafe
    beforeWriting = options.beforeWriting
    self.output =
      output
      ?? Output(renderer: {
        BlockRenderer(
          width: terminal.outputIsTerminal ? terminal.width : 120, mayTurnTables: terminal.outputIsTerminal,
          colors: terminal.colorsOutput,
          showsTimes: terminal.outputIsTerminal, draws: terminal.draws,
          graphics: { terminal.outputIsTerminal ? .ofThisTerminal : nil })
      })
    self.output.showsValues = !options.isQuiet
    environment = Vocabulary.environment()
    interpreter = Interpreter(environment: environment, host: self)
  }

  /// Ends the session; what it stored stays.
  func end() {
    do { try store.endSession(number, comments: comments) } catch StoreError.stopped {} catch {
      notices.report(.warning, "\(error)")
    }
  }

  /// Takes a new connection for users' queries, where one is still busy with a query that nobody waits for.
  func renewSQL() { openedSQL = nil }

  /// What stands at the top of a prompt.
  var banner: String {
    let place = store.path.map(Home.shown) ?? "memory only"
    return "ward \(wardVersion) · store \(place) · session \(number) · seed \(seed) · ?help for help"
  }

  /// The name diagnostics give to what is typed at the prompt: the number the prompt shows.
  var promptName: String { "[\(nextCell)]" }

  // MARK: - The road

  /// Runs one input of the prompt as one cell. Of a pasted text each statement that begins a line is a cell, up to the first
  /// that fails. Session lines are no cells and count for nothing.
  @discardableResult func run(_ text: String) -> ExitStatus {
    let text = withoutPrompts(text)
    let (comments, code) = text.leadingComments
    // Lines of comments that are typed one by one are one text.
    add(comments: comments, apart: !code.isEmpty || comments.contains("\n"))
    let program = interpreter.parse(Source(name: promptName, text: code))
    if program.items.isEmpty && program.diagnostics.isEmpty { return .ok }
    let pieces = program.diagnostics.isEmpty ? program.pieces : []
    if pieces.count > 1 {
      for (index, piece) in pieces.enumerated() where !isOver {
        let isStopped = index > 0 && Interrupt.isRequested
        if index > 0, !isStopped { announce(piece) }
        let status = isStopped ? report(Lang.Interrupt()) : run(piece)
        if status == .ok { continue }
        let left = pieces.count - index - 1
        if left > 0 { notices.report(.note, "\(left.of("more statement")) \(left == 1 ? "was" : "were") not run") }
        return status
      }
      return .ok
    }
    if let line = program.items.first, line.isSessionLine, program.diagnostics.isEmpty { return runLine(line) }
    return runCell(code.trimmingCharacters(in: .whitespacesAndNewlines)) {
      // What cannot be read is not looked up as well: a misspelt command would be told twice.
      let unreadable = program.diagnostics.filter { $0.severity == .error }
      if !unreadable.isEmpty { throw Diagnostics(all: unreadable) }
      var value = Value.none
      for ready in try ready(program).items { value = try evaluate(ready) }
      return value
    }
  }

  /// Runs a script: each top-level statement is a cell. Nothing runs if anything is wrong that the text alone tells.
  ///
  /// - Parameter arguments: values for the script's `param` lines, as text of the language.
  func run(script source: Source, arguments: [String: String] = [:]) -> ExitStatus {
    var prepared: Prepared
    do {
      prepared = try ready(interpreter.parse(source))
      for (name, text) in arguments {
        try interpreter.set(name, to: Source(name: "--\(name)", text: text), in: &prepared)
      }
    } catch {
      report(error)
      return .usage
    }
    // `:undo` goes back over the last cells only, and what all names were costs time to remember.
    let mayGoBack = prepared.items.contains { $0.item.isSessionLine }
    let passages = prepared.program.passages
    for (index, ready) in prepared.items.enumerated() where !isOver {
      // A Ctrl-C that came at the very end of a cell ends the script all the same.
      if index > 0, Interrupt.isRequested { return report(Lang.Interrupt()) }
      let item = ready.item
      remembersNames = mayGoBack || index >= prepared.items.count - UndoHistory.most
      defer { remembersNames = true }
      add(comments: passages.all[index].before.leadingComments.comments, apart: true)
      let status = item.isSessionLine ? runLine(item) : runCell(passages.all[index].text) { try evaluate(ready) }
      if status != .ok { return status }
    }
    if !isOver { add(comments: passages.ending.leadingComments.comments, apart: true) }
    return .ok
  }

  /// What one statement of a transcript showed.
  struct StatementOutput {
    /// The last line of the statement, in its part.
    var lastLine: Int
    var text: String
  }

  /// Runs a part of a transcript as if each of its statements were typed at the prompt; a mistake does not keep the next
  /// from running. Places in diagnostics are places in the statement, so that they stay when a part is cut in two.
  ///
  /// - Throws: `Interrupt`.
  func run(part text: String) throws -> [StatementOutput] {
    try inputs(of: text).compactMap { input in
      if isOver { return nil }
      output.beginTranscript()
      if run(input.text) == .interrupted { throw Lang.Interrupt() }
      if input.text.leadingComments.rest.isEmpty { return nil }
      return StatementOutput(lastLine: input.lastLine, text: output.transcript ?? "")
    }
  }

  /// A text cut after each line that ends a statement, with the number of that line. What cannot be read goes with the
  /// statement after it.
  func inputs(of text: String) -> [(text: String, lastLine: Int)] {
    let source = Source(name: promptName, text: text)
    let items = interpreter.parse(source).items
    var ends = zip(items, items.dropFirst()).compactMap { item, next in
      let end = source.line(at: item.range.end)
      return source.line(at: next.range.start) > end ? end : nil
    }
    if let last = items.last { ends.append(source.line(at: last.range.end)) }
    ends.append(source.lineCount)
    return zip([0] + ends, ends).map { before, end in
      let lines = before < end ? (before + 1...end).map(source.lineText) : []
      return (lines.joined(separator: "\n"), end)
    }
  }

  /// Runs code for the program's own sake: it is no cell, and nothing is shown or stored of it.
  ///
  /// - Returns: what went wrong.
  func runUnseen(_ source: Source) -> (any Error)? {
    let recorded = recordsCells
    recordsCells = false
    defer { recordsCells = recorded }
    var problem: (any Error)?
    _ = runCell(source.text) {
      do {
        for ready in try ready(interpreter.parse(source)).items { _ = try interpreter.run(ready) }
      } catch { problem = error }
      return .none
    }
    return problem
  }

  /// Resolves and checks a whole program; throws everything that is wrong with it.
  private func ready(_ program: Program) throws -> Prepared {
    let prepared = interpreter.prepare(program)
    let lines = SessionLine.mistakes(in: program)
    if prepared.errors.isEmpty, !lines.isEmpty, program.items.count > 1 { throw Diagnostics(all: lines) }
    for warning in prepared.diagnostics where warning.severity != .error { note(warning) }
    if !prepared.errors.isEmpty { throw Diagnostics(all: prepared.errors) }
    return prepared
  }

  /// Runs one statement and shows what it came to.
  private func evaluate(_ ready: Prepared.Ready) throws -> Value {
    let started = ContinuousClock.now
    cell.binding = ready.item.declaredName
    let outcome = try interpreter.run(ready)
    let seconds = (ContinuousClock.now - started).inSeconds
    var name: String?
    if case .bound(let bound) = outcome.kind { name = bound }
    // A cost matrix is stored under the name that it is given.
    if name != nil, let costs = outcome.value.asObject(CostsValue.self) { made(.costs(costs)) }
    if outcome.kind != .nothing, !outcome.isSilenced, output.showsValues {
      try output.hold(Block.showing(outcome.value, name: name, seconds: seconds))
    }
    // A definition or a loop leaves `_` as it was.
    return outcome.kind == .nothing ? .none : outcome.value
  }

  // MARK: - Cells

  /// Comments that go with the next cell.
  ///
  /// - Parameter apart: whether they are no continuation of those that wait already, as lines typed one by one are.
  func add(comments more: String, apart: Bool) {
    if more.isEmpty || !recordsCells { return }
    comments += (comments.isEmpty ? "" : apart ? "\n\n" : "\n") + more
  }

  /// Writes the cell's row, runs it, writes what it made, and remembers its value.
  private func runCell(_ source: String, _ work: () throws -> Value) -> ExitStatus {
    let number = nextCell
    if remembersNames, recordsCells { undoHistory.remember(snapshot) }
    if recordsCells { nextCell += 1 }
    cell = CellRun()
    output.beginCell()
    Interrupt.beginWork()
    let started = ContinuousClock.now
    var status = ExitStatus.ok
    do {
      if recordsCells { try begin(number: number, source: source) }
      let value = try work()
      if recordsCells { values.remember(value, of: number) }
    } catch {
      status = report(error)
    }
    let seconds = (ContinuousClock.now - started).inSeconds
    finish(status.cellStatus, seconds: seconds)
    output.release()
    if timesCells, recordsCells { output.show(.text("time  \(NumberText.measured(seconds))")) }
    return status
  }

  /// Writes the cell's row. Throws only where Ctrl-C ended the waiting for another program.
  private func begin(number: Int, source: String) throws {
    do {
      cell.row = try store.beginCell(
        CellRecord(
          session: self.number, number: number, source: source, comments: comments, seed: Int64(seed)))
      comments = ""
    } catch {
      cell.row = nil
      if case StoreError.stopped = error { throw error }
      report("this cell is not stored", error, more: hasLost ? nil : "the notebook still has what it makes")
      hasLost = true
    }
  }

  /// Says what went wrong, in the user's terms, and how a script that meets it ends.
  @discardableResult private func report(_ error: any Error) -> ExitStatus {
    switch error {
    // Ctrl-C while another program kept the store locked.
    case StoreError.stopped: return report(Lang.Interrupt())
    case is Lang.Interrupt:
      let text = "interrupted" + (cell.interruptDetail.isEmpty ? "" : " " + cell.interruptDetail)
      output.complain(
        text, written: notices.form == .json ? notices.text(.error, text) : Style.red(text, if: notices.colored))
      cell.interruptDetail = ""
      return .interrupted
    case let diagnostics as Diagnostics:
      for diagnostic in diagnostics.all { complain(diagnostic) }
      return .failed
    case let diagnostic as Diagnostic:
      complain(diagnostic)
      return diagnostic.isFailedCheck ? .differs : .failed
    default:
      lastProblem = error.inWords
      output.complain("error: \(error.inWords)", written: notices.text(.error, error.inWords))
      return .failed
    }
  }

  private func complain(_ diagnostic: Diagnostic) {
    lastProblem = diagnostic.message
    output.complain(diagnostic.render(), written: notices.text(of: diagnostic))
  }

  /// A session line that failed.
  func reportLine(_ error: any Error) -> ExitStatus { report(error) }

  /// Memory is short: earlier values without a name, and what `:undo` would bring back, go.
  func releaseEarlierValues() {
    values.releaseOlder()
    undoHistory.letGo()
  }

  /// `_` and `_3`.
  func lastValue(_ number: Int?) throws -> Value { try values.value(of: number) }
}

/// Several mistakes of one text.
struct Diagnostics: Error {
  let all: [Diagnostic]
}

extension Error {
  /// The error as a sentence. Ours say what they mean; of others only the reason is told that the system gave.
  var inWords: String {
    switch self {
    case is CocoaError, is POSIXError:
      Self.reason(of: self as NSError) ?? "a file cannot be read or written"
    case is DecodingError: "the store holds something that cannot be read"
    default: "\(self)"
    }
  }

  private static func reason(of error: NSError) -> String? {
    if error.domain == NSPOSIXErrorDomain { return FileFailure(Int32(error.code)).reason }
    return (error.userInfo[NSUnderlyingErrorKey] as? NSError).flatMap { reason(of: $0) }
  }
}

extension Item {
  var isSessionLine: Bool { if case .session = kind { true } else { false } }
}

extension ExitStatus: Comparable {
  static func < (a: ExitStatus, b: ExitStatus) -> Bool { a.rawValue < b.rawValue }

  fileprivate var cellStatus: CellStatus {
    switch self {
    case .ok: .ok
    case .interrupted: .interrupted
    default: .failed
    }
  }
}

extension Duration {
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

extension String {
  /// The comments that a text begins with, and the text from its first line on that is neither empty nor a comment. What a
  /// saved session showed (`#>`) and the line for the shell (`#!`) are no comments of a person.
  var leadingComments: (comments: String, rest: String) {
    let lines = split(separator: "\n", omittingEmptySubsequences: false)
    let rest = lines.drop { $0.allSatisfy(\.isWhitespace) || $0.drop(while: \.isWhitespace).first == "#" }
    let comments = lines[..<rest.startIndex].map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.hasPrefix("#>") && !$0.hasPrefix("#!") }
    return (comments.joined(separator: "\n").trimmingCharacters(in: .newlines), rest.joined(separator: "\n"))
  }
}

import ArgumentParser
import Foundation
import Lang
import Store

/// `ward replay FILE --check|--accept`.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Run a saved session again and compare what it shows with what it showed.",
    discussion: """
      What a cell showed stands below it on lines that begin with #>. Words and whole numbers must be the same, numbers with \
      decimals may differ a little, times are ignored; [..] stands for the rest of a line and ... alone for any lines. \
      Ends with status 3 when something differs, and with 2 when the script cannot be read. Nothing is kept of it, unless --store names a store to run on.
      """)

  @OptionGroup var common: CommonOptions

  @Flag(help: "Compare, and say what differs (the default).")
  var check = false

  @Flag(help: "Write what was shown into the file instead.")
  var accept = false

  @Option(help: "How far numbers with decimals may differ, in percent.")
  var tolerance: Double = 2

  @Argument(help: "The saved session.")
  var file: String

  func validate() throws {
    if check && accept { throw ValidationError("--check and --accept cannot be given together") }
    guard tolerance >= 0, tolerance <= 100 else { throw ValidationError("--tolerance is a percentage from 0 to 100") }
  }

  func run() throws {
    let text: String
    do { text = try ScriptFile.read(file) } catch let problem as Problem { throw ValidationError(problem.message) }
    let transcript = Transcript(text)
    try telling(.usage) { try transcript.checkTolerances(in: file) }
    var options = common.sessionOptions
    options.terminal.color = .never
    // What a recording asks of the store, it asks of what it stored itself.
    options.keepsNothing = common.store == nil
    let session: Session
    do { session = try Session(options, output: .silent()) } catch let problem as StoreError {
      notices.report(.error, "\(problem)", help: [problem.hint])
      throw Exit(.failed)
    }
    defer { session.end() }
    if accept { try telling(.failed) { try session.checkMayWrite(file) } }
    Interrupt.install()
    if !accept {
      do { try Replay.checkReadable(transcript, named: file, in: session) } catch let mistakes as Diagnostics {
        for mistake in mistakes.all { notices.report(mistake) }
        throw Exit(.usage)
      }
    }
    let replay = Replay(comparison: Comparison(tolerance: tolerance / 100))
    do {
      let outcomes = try replay.run(transcript, in: session)
      try accept ? rewrite(outcomes) : report(outcomes)
    } catch is Lang.Interrupt {
      notices.report(.error, "interrupted")
      throw Exit(.interrupted)
    }
  }

  private var notices: Notices { Notices(common.diagnosticOptions.diagnostics) }

  /// Says a problem, and ends with that status.
  private func telling(_ status: ExitStatus, _ body: () throws -> Void) throws {
    do { try body() } catch let problem as Problem {
      notices.report(.error, problem.message, help: problem.help)
      throw Exit(status)
    }
  }

  private func show(_ blocks: [Block]) {
    let renderer = BlockRenderer(width: Terminal().outputIsTerminal ? Terminal().width : 160, mayTurnTables: true)
    for block in blocks { print(renderer.text(of: block)) }
  }

  private func report(_ outcomes: [Replay.Outcome]) throws {
    show(Replay.report(outcomes, of: file))
    if outcomes.contains(where: { !$0.differences.isEmpty }) { throw Exit(.differs) }
  }

  /// Parts that agree stay as they are, and of the others the lines that agree keep their `[..]` and `...`.
  private func rewrite(_ outcomes: [Replay.Outcome]) throws {
    var transcript = Transcript("")
    transcript.parts = outcomes.flatMap { $0.differences.isEmpty ? [$0.part] : $0.recorded }
    try telling(.failed) { try WrittenFile.write(transcript.text, to: file) }
    show(Replay.acceptance(outcomes, of: file))
    for error in outcomes.flatMap(\.newErrors) {
      notices.report(.warning, "\(file):\(error.line) now ends in an error that was not recorded: \(error.text)")
    }
  }
}

import ArgumentParser
import Contract
import Foundation
import Lang
import Store

/// `ward sql 'select …'`.
struct SQLCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sql", abstract: "Ask the store with SQL, and print the answer.",
    discussion:
      "The store is read, never written. `ward -c tables` lists what there is to ask, `ward -c 'schema results'` its columns."
  )

  @Option(help: ArgumentHelp("The file of the store.", valueName: "file"))
  var store: String?

  @Option(help: "The form: \(TableMode.allCases.map(\.rawValue).joined(separator: ", ")).")
  var mode: TableMode = .box

  @OptionGroup var diagnosticOptions: DiagnosticOptions

  @Argument(help: "The query.")
  var query: String

  private var notices: Notices { Notices(diagnosticOptions.diagnostics) }

  func run() throws {
    let path = StoreChoice.path(option: store)
    guard FileManager.default.fileExists(atPath: Home.path(path)) else {
      notices.report(
        .error, "there is no store at \(path)",
        help: ["it is made by the first session; name another with --store or WARD_STORE"])
      throw Exit(.failed)
    }
    Interrupt.install()
    leaveWhenStopped()
    do {
      // A store that cannot be written can be read all the same.
      let sql = try UserSQL.reading(Home.path(path), stop: { Interrupt.isRequested })
      try warnIfNewer(sql, path)
      try mode.isLineByLine ? stream(from: sql) : show(Query.table(of: query, from: sql))
    } catch let problem as Problem {
      notices.report(.error, problem.message, help: problem.help)
      throw Exit(.failed)
    } catch is Lang.Interrupt {
      sayInterrupted()
      throw Exit(.interrupted)
    } catch let error as StoreError {
      notices.report(.error, "\(error)", help: [error.hint])
      throw Exit(.failed)
    } catch let error as SQLError {
      if error == .interrupted {
        sayInterrupted()
        throw Exit(.interrupted)
      }
      if case .store(let error) = error {
        notices.report(.error, "\(error)", help: [error.hint])
        throw Exit(.failed)
      }
      let range = Source(name: "query", text: query).range
      if let diagnostic = Query.diagnostic(error, sql: query, at: range) as? Diagnostic {
        notices.report(diagnostic)
      }
      throw Exit(.usage)
    }
  }

  private func sayInterrupted() {
    Notices.write(diagnosticOptions.diagnostics == .json ? notices.text(.error, "interrupted") : "interrupted")
  }

  /// A single step of SQLite's machine cannot be stopped, nor can the compiling of a query. Where one is still at it a moment
  /// after a Ctrl-C the process ends all the same: it only reads.
  private func leaveWhenStopped() {
    _ = SystemThread.start(stackSize: 1 << 20) {
      while !Interrupt.isRequested { usleep(20_000) }
      usleep(100_000)
      sayInterrupted()
      _exit(ExitStatus.interrupted.rawValue)
    }
  }

  /// A later Ward may have put something into the store that the views of this one say wrongly.
  private func warnIfNewer(_ sql: UserSQL, _ path: String) throws {
    func version(_ sql: UserSQL) throws -> Int64 {
      guard case .integer(let number)? = try sql.query("PRAGMA user_version").rows.first?.first else { return 0 }
      return number
    }
    guard try version(sql) > version(UserSQL(StoreFile.inMemory())) else { return }
    notices.report(
      .warning, "the store \(path) was written by a later version of Ward",
      help: ["the answer is what its own views say; ask with that version to be sure"])
  }

  private static let isOnScreen = Terminal().outputIsTerminal

  /// What a screen gets; a file gets the text as it is.
  private func onScreen(_ text: String) -> String {
    Self.isOnScreen ? text.withVisibleControls : text
  }

  private func show(_ answer: Table) throws {
    for remark in UserSQL.remarks(on: query) { notices.report(.note, remark.message) }
    let terminal = Terminal(), mode = mode
    let text = try Interrupt.runDetached {
      onScreen(mode.text(of: answer, width: terminal.outputIsTerminal ? terminal.width : .max)) + "\n"
    }
    if Pager(terminal)?.show(text) != true { StandardStreams.output(text) }
  }

  /// A row at a time, in constant memory.
  private func stream(from sql: UserSQL) throws {
    var (names, number, lines): ([String], Int, String) = ([], 0, "")
    // A mistake in the middle comes after the rows before it.
    defer { StandardStreams.output(lines) }
    try sql.stream(
      query, shouldStop: { Interrupt.isRequested },
      columns: { columns in
        names = Query.unique(columns)
        if let head = mode.head(names) { lines = onScreen(head) + "\n" }
      },
      row: { row in
        number += 1
        lines += onScreen(mode.line(names, try Query.values(row, of: names, row: number))) + "\n"
        guard Self.isOnScreen || lines.utf8.count > 1 << 15 else { return }
        StandardStreams.output(lines)
        lines = ""
        if StandardStreams.problem != nil { throw Exit(.failed) }
      })
    for remark in UserSQL.remarks(on: query) { notices.report(.note, remark.message) }
  }
}

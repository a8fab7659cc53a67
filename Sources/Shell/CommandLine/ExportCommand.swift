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
      session is named by its file: what it says it showed is written, nothing is run.
      """)

  @Option(help: ArgumentHelp("The file of the store.", valueName: "file"))
  var store: String?

  @Option(help: ArgumentHelp("The file to write; it ends with .html, .md or .ipynb.", valueName: "file"))
  var to: String

  @OptionGroup var diagnosticOptions: DiagnosticOptions

  @Argument(help: ArgumentHelp("The number of a session, last, or the file of a saved one.", valueName: "session|file"))
  var source: String

  func run() throws {
    Interrupt.install()
    let notices = Notices(diagnosticOptions.diagnostics)
    do {
      _ = try ExportFormat(file: to)
      let environment = Vocabulary.environment()
      let page = try session(environment)
      try ExportFormat.write(page, to: to, environment: environment)
      print("\(to): \(page.cells.count.of("cell"))".withVisibleControls)
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

import ArgumentParser
import Foundation
import Lang

/// `ward fmt FILE…`.
struct FormatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt", abstract: "Lay a script out in the canonical way; comments and recorded output stay.")

  @Flag(help: "Change nothing; say which files would change, and end with status 3 if any would.")
  var check = false

  @OptionGroup var diagnosticOptions: DiagnosticOptions

  @Argument(help: "The scripts.")
  var files: [String]

  func run() throws {
    let environment = Vocabulary.environment()
    let notices = Notices(diagnosticOptions.diagnostics)
    var status = ExitStatus.ok
    for file in files {
      let text: String
      do { text = try ScriptFile.read(file) } catch let problem as Problem { throw ValidationError(problem.message) }
      do {
        let laidOut = try Formatter.format(Source(name: file, text: text), in: environment)
        if laidOut == text { continue }
        print((check ? "\(file): would change" : "\(file): laid out").withVisibleControls)
        if check { status = max(status, .differs) } else { try WrittenFile.write(laidOut, to: file) }
      } catch let diagnostic as Diagnostic {
        notices.report(diagnostic)
        status = max(status, .usage)
      } catch let problem as Problem {
        notices.report(.error, problem.message)
        status = max(status, .failed)
      }
    }
    if status != .ok { throw Exit(status) }
  }
}

/// `ward check FILE…`.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Read a script and check its names and calls; run nothing.")

  @OptionGroup var diagnosticOptions: DiagnosticOptions

  @Argument(help: "The scripts.")
  var files: [String]

  func run() throws {
    var options = Session.Options(storePath: "")
    options.keepsNothing = true
    let session = try Session(options)
    let notices = Notices(diagnosticOptions.diagnostics)
    var status = ExitStatus.ok
    for file in files {
      let text: String
      do { text = try ScriptFile.read(file) } catch let problem as Problem { throw ValidationError(problem.message) }
      let prepared = session.interpreter.prepare(session.interpreter.parse(Source(name: file, text: text)))
      let lines = SessionLine.mistakes(in: prepared.program)
      for diagnostic in prepared.diagnostics + lines { notices.report(diagnostic) }
      if !prepared.errors.isEmpty || !lines.isEmpty { status = .usage }
    }
    if status != .ok { throw Exit(status) }
  }
}

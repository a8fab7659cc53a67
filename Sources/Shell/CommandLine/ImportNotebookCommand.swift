import ArgumentParser
import Foundation
import Lang

/// `ward import-notebook x.ipynb --to x.ward`.
struct ImportNotebookCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import-notebook", abstract: "Make the script of a Jupyter notebook.",
    discussion: """
      Code becomes code, text becomes comments, and what a cell showed stands below it on lines that begin with #>, so that \
      `ward replay` can run it and compare. Without --to the script is written to standard output.
      """)

  @Option(help: ArgumentHelp("The script to write.", valueName: "file"))
  var to: String?

  @Flag(help: "Write over a file that is there already.")
  var force = false

  @OptionGroup var diagnosticOptions: DiagnosticOptions

  @Argument(help: "The notebook.")
  var notebook: String

  func run() throws {
    Interrupt.install()
    do {
      let script = try NotebookScript(json: try ScriptFile.read(notebook), file: notebook)
      guard let to else { return print(script.text, terminator: "") }
      guard force || !FileManager.default.fileExists(atPath: Home.path(to)) else {
        throw Problem(
          code: ShellCode.file, message: "\(to) is there already", help: ["--force writes over it"])
      }
      try WrittenFile.write(script.text, to: to)
      print("\(to): \(script.cells.of("cell"))".withVisibleControls)
    } catch let problem as Problem {
      Notices(diagnosticOptions.diagnostics).report(.error, problem.message, help: problem.help)
      throw Exit(.failed)
    }
  }
}

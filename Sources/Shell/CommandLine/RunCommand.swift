import ArgumentParser
import Foundation
import Lang

/// `ward`, `ward FILE.ward`, `ward -c CODE`, `ward -`.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Open the prompt, or run a script (the default).", shouldDisplay: false)

  @OptionGroup var common: CommonOptions

  @Option(name: .short, help: ArgumentHelp("Run this code.", valueName: "code"))
  var code: String?

  @Argument(help: ArgumentHelp("The script to run; - for standard input.", valueName: "file"))
  var file: String?

  @Argument(
    parsing: .allUnrecognized,
    help: ArgumentHelp("Values for the script's `param` lines: --eps 4/255.", valueName: "options"))
  var arguments: [String] = []

  func run() throws {
    let options = common.sessionOptions
    Interrupt.install()
    if let code {
      guard file == nil else { throw ValidationError("-c CODE and a file cannot be given together") }
      try finish(runScript(Source(name: "-c", text: code), options))
    }
    if let file, file != "-" {
      guard FileManager.default.fileExists(atPath: file) else { throw ValidationError(Self.missing(file)) }
      try finish(runScript(Source(name: file, text: try readScript(file)), options))
    }
    if file == "-" || !options.terminal.inputIsTerminal {
      let text = String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
      try finish(runScript(Source(name: "standard input", text: text), options))
    }
    let session = try Session(options)
    REPL(session: session, runsStartUpFile: !common.noInit).run()
    session.end()
  }

  private func readScript(_ file: String) throws -> String {
    do { return try ScriptFile.read(file) } catch let problem as Problem { throw ValidationError(problem.message) }
  }

  private static func missing(_ file: String) -> String {
    let hint = Suggestions.nearest(to: file, in: WardCommand.names).map { "; did you mean `ward \($0)`?" } ?? ""
    return "there is no file \(file)\(hint)"
  }

  private func runScript(_ source: Source, _ options: Session.Options) throws -> ExitStatus {
    let session = try Session(options)
    defer { session.end() }
    let parameters = session.interpreter.parse(source).parameters
    let values = try ScriptArguments(parameters: parameters, script: source.name).parse(arguments)
    return session.run(script: source, arguments: values)
  }

  private func finish(_ status: ExitStatus) throws -> Never { throw Exit(status) }
}

extension CommonOptions {
  var sessionOptions: Session.Options {
    var options = Session.Options(storePath: StoreChoice.path(option: store))
    options.seed = seed
    if let threads { options.threads = threads }
    options.isQuiet = quiet
    options.isSafe = safe
    options.terminal.color = color
    options.diagnostics = told.diagnostics
    return options
  }
}

/// The command-line options that a script's `param` lines declare.
struct ScriptArguments {
  let parameters: [ProgramParameter]
  let script: String

  /// `--eps 4/255` or `--eps=4/255` as a name and the text of an expression.
  func parse(_ arguments: [String]) throws -> [String: String] {
    var values: [String: String] = [:]
    var rest = arguments[...]
    while let word = rest.popFirst() {
      guard word.hasPrefix("--") else {
        throw ValidationError("\(script) takes options such as --name value, not `\(word)`")
      }
      let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0]).replacing("-", with: "_")
      guard parameters.contains(where: { $0.name == name }) else {
        let names = parameters.map(\.name)
        let hint = Suggestions.nearest(to: name, in: names).map { "; did you mean --\($0)?" } ?? ""
        let known = names.isEmpty ? "it takes none" : "it takes " + names.map { "--\($0)" }.joined(separator: ", ")
        throw ValidationError("\(script) has no option --\(name): \(known)\(hint)")
      }
      guard values[name] == nil else { throw ValidationError("--\(name) is given twice") }
      guard let value = parts.count > 1 ? String(parts[1]) : rest.popFirst() else {
        throw ValidationError("--\(name) needs a value")
      }
      values[name] = value
    }
    return values
  }

  /// The help of a script, if that is what was asked for: `ward FILE.ward --help`. ArgumentParser would give Ward's own.
  static func help(asked arguments: [String]) throws -> String? {
    guard let at = arguments.firstIndex(where: { $0.hasSuffix(".ward") }),
      arguments[..<at].allSatisfy({ $0.hasPrefix("-") }),
      arguments[at...].contains(where: { $0 == "--help" || $0 == "-h" }), let text = try? ScriptFile.read(arguments[at])
    else { return nil }
    let environment = Vocabulary.environment()
    let program = Program.reading(Source(name: arguments[at], text: text), in: environment)
    return ScriptArguments(parameters: program.parameters, script: arguments[at]).help
  }

  /// What `ward FILE.ward --help` prints.
  var help: String {
    guard !parameters.isEmpty else { return "USAGE: ward \(script)\n\nThis script takes no options." }
    let names = parameters.map { "  --\($0.name) VALUE" }
    let width = names.map(\.count).max() ?? 0
    let lines = zip(names, parameters).map { name, parameter in
      DisplayWidth.pad(name, to: width + 2)
        + [parameter.doc, "(default: \(parameter.fallbackText))"].compactMap { $0 }.joined(separator: " ")
    }
    return "USAGE: ward \(script) [OPTIONS]\n\nOPTIONS:\n" + lines.joined(separator: "\n")
  }
}

import ArgumentParser
import Foundation
import Lang
import Store

/// `ward`, `ward FILE.ward`, `ward -c CODE`, `ward -`.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Open the prompt, or run a script (the default).", shouldDisplay: false)

  @OptionGroup var common: CommonOptions

  // Code may begin with a minus sign.
  @Option(name: .short, parsing: .unconditional, help: ArgumentHelp("Run this code.", valueName: "code"))
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
    if let script = try script() { try finish(runScript(script, options)) }
    if file == "-" || !options.terminal.inputIsTerminal {
      let text = try reading { try ScriptFile.read(from: STDIN_FILENO, named: "standard input") }
      try finish(runScript(Source(name: "standard input", text: text), options))
    }
    try Self.openPrompt(options, runsStartUpFile: !common.noInit)
  }

  static func openPrompt(_ options: Session.Options, runsStartUpFile: Bool) throws {
    var options = options
    options.goesOnInMemory = true
    let session = try Session(options)
    REPL(session: session, runsStartUpFile: runsStartUpFile).run()
    session.end()
  }

  /// The file that was named, if one was.
  ///
  /// - Throws: `ValidationError` where there is none.
  func script() throws -> Source? {
    guard let file, file != "-" else { return nil }
    guard FileManager.default.fileExists(atPath: Home.path(file)) else { throw ValidationError(Self.missing(file)) }
    return Source(name: file, text: try readScript(file))
  }

  private func readScript(_ file: String) throws -> String {
    try reading {
      guard ScriptFile.isInheritedDescriptor(file) else { return try ScriptFile.read(file) }
      let descriptor = open(file, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else {
        throw Problem(code: ShellCode.file, message: "cannot read \(file): \(FileFailure(errno).reason)")
      }
      defer { close(descriptor) }
      return try ScriptFile.read(from: descriptor, named: file)
    }
  }

  private func reading(_ work: () throws -> String) throws -> String {
    do { return try work() } catch let problem as Problem {
      throw ValidationError(problem.message)
    } catch is Lang.Interrupt {
      throw Exit(.interrupted)
    }
  }

  private static func missing(_ file: String) -> String {
    if WardCommand.names.contains(file) {
      return "options come after the subcommand: `ward \(file) …`; `ward \(file) --help` lists those it takes"
    }
    if ["prompt", "shell", "repl", "start", "console"].contains(file) {
      return "there is no file \(file); `ward` alone opens the prompt"
    }
    if Vocabulary.environment().commands[file] != nil {
      return "there is no file \(file); to run a command write `ward -c '\(file) …'`, or `ward` for the prompt"
    }
    let near = Suggestions.nearest(to: file, in: WardCommand.names).map { "ward \($0)" } ?? ScriptFile.near(file)
    return "there is no file \(file)" + (near.map { "; did you mean `\($0)`?" } ?? "")
  }

  private func runScript(_ source: Source, _ options: Session.Options) throws -> ExitStatus {
    let session: Session
    do { session = try Session(options) } catch let problem as StoreError {
      Notices(options.diagnostics).report(
        .error, "\(problem)",
        help: [
          problem.hint, "nothing was run: what a script makes would be lost; only the prompt goes on without a store",
        ])
      return .failed
    }
    defer { session.end() }
    if !options.isQuiet {
      for cell in session.interruptedCells() { session.notices.report(.note, cell.said, help: cell.more) }
    }
    let program = session.interpreter.parse(source)
    let script = ScriptArguments(parameters: program.parameters, script: source.name)
    let values = try script.parse(arguments)
    return session.run(script: source, arguments: values)
  }

  private func finish(_ status: ExitStatus) throws -> Never { throw Exit(status) }
}

extension CommonOptions {
  /// What Ward takes for itself, whatever a script says; `-` is `_`, as in the name of a `param`.
  static let names: Set = [
    "store", "seed", "threads", "quiet", "safe", "color", "diagnostics", "no_init", "help", "version",
  ]

  var sessionOptions: Session.Options {
    var options = Session.Options(storePath: StoreChoice.path(option: store))
    options.seed = seed
    if let threads { options.threads = threads }
    options.isQuiet = quiet
    options.isSafe = safe
    options.terminal.color = color
    options.diagnostics = diagnosticOptions.diagnostics
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
      var name = String(parts[0]).replacing("-", with: "_")
      var switched: String?
      if parts.count == 1, name.hasPrefix("no_"), !parameters.contains(where: { $0.name == name }),
        let meant = parameters.first(where: { $0.isSwitch && "no_" + $0.name == name })
      {
        (name, switched) = (meant.name, "false")
      }
      guard parameters.contains(where: { $0.name == name }) else {
        let names = parameters.map(\.name)
        let hint = Suggestions.nearest(to: name, in: names).map { "; did you mean --\($0)?" } ?? ""
        let known = names.isEmpty ? "it takes none" : "it takes " + names.map { "--\($0)" }.joined(separator: ", ")
        throw ValidationError("\(script) has no option --\(name): \(known)\(hint)")
      }
      guard values[name] == nil else { throw ValidationError("--\(name) is given twice") }
      if let switched { values[name] = switched; continue }
      // Behind a switch a value may follow, and need not.
      let isSwitch = parameters.contains { $0.name == name && $0.isSwitch }
      let following = isSwitch && !["true", "false"].contains(rest.first) ? "true" : nil
      guard let value = parts.count > 1 ? String(parts[1]) : following ?? rest.popFirst() else {
        throw ValidationError("--\(name) needs a value")
      }
      values[name] = value
    }
    return values
  }

  /// The help of a script, if that is what was asked for, `ward FILE.ward --help`: its options, and the comment that it
  /// opens with. ArgumentParser would give Ward's own.
  static func help(asked arguments: [String]) throws -> String? {
    guard let at = script(among: arguments), arguments[at].hasSuffix(".ward"),
      arguments[at...].contains(where: { $0 == "--help" || $0 == "-h" }), let text = try? ScriptFile.read(arguments[at])
    else { return nil }
    let environment = Vocabulary.environment()
    let program = Program.reading(Source(name: arguments[at], text: text), in: environment)
    let opening = text.split(separator: "\n", omittingEmptySubsequences: false).prefix { $0.hasPrefix("#") }
    let about = Prose(comments: opening.joined(separator: "\n"))
    let terminal = Terminal()
    return ScriptArguments(parameters: program.parameters, script: arguments[at]).help
      + (about.isEmpty ? "" : "\n\n" + about.screen(width: terminal.width, colors: terminal.colorsOutput))
  }

  /// Where the first argument stands that is no option and no value of one.
  private static func script(among arguments: [String]) -> Int? {
    var at = 0
    while at < arguments.count, arguments[at].hasPrefix("-") {
      at += ["--store", "--seed", "--threads", "--color", "--diagnostics", "-c"].contains(arguments[at]) ? 2 : 1
    }
    return at < arguments.count ? at : nil
  }

  /// What `ward FILE.ward --help` prints.
  var help: String {
    guard !parameters.isEmpty else { return "USAGE: ward \(script)\n\nThis script takes no options." }
    let names = parameters.map { $0.isSwitch ? "  --\($0.name), --no-\($0.name)" : "  --\($0.name) VALUE" }
    let width = names.map(\.count).max() ?? 0
    let lines = zip(names, parameters).map { name, parameter in
      DisplayWidth.pad(name, to: width + 2)
        + [parameter.doc, "(default: \(parameter.fallbackText))"].compactMap { $0 }.joined(separator: " ")
    }
    return "USAGE: ward \(script) [OPTIONS]\n\nOPTIONS:\n" + lines.joined(separator: "\n")
  }
}

extension ProgramParameter {
  /// Whether its name alone, or `no-` before it, is a value: its default is one of the two.
  fileprivate var isSwitch: Bool { ["true", "false"].contains(fallbackText) }
}

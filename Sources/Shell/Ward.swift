import ArgumentParser
import Foundation

/// The program's version; every stored result carries it.
let wardVersion = "0.1.0"

/// How the program ends (LANGUAGE.md §7).
enum ExitStatus: Int32 {
  case ok = 0
  case failed = 1
  case usage = 2
  case differs = 3
  case interrupted = 130
}

/// The command line. Each subcommand has a file of its own in `CommandLine/`.
struct WardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ward",
    abstract: "A prompt for adversarial robustness: train, attack, defend, and ask what survived.",
    usage: """
      ward [OPTIONS]                  open the prompt
      ward [OPTIONS] FILE.ward [...]  run a script; FILE.ward --help lists what it takes
      ward -c 'CODE' | ward -         run code; run standard input
      ward <subcommand>
      """,
    version: "ward \(wardVersion)",
    subcommands: [
      RunCommand.self, SQLCommand.self, ReplayCommand.self, FormatCommand.self, CheckCommand.self, ExplainCommand.self,
      VersionCommand.self,
      ReferenceCommand.self,
    ],
    defaultSubcommand: RunCommand.self)

  /// The subcommands that help lists, for suggestions.
  static let names = ["sql", "replay", "fmt", "check", "explain", "version", "help"]
}

/// Thrown by a subcommand that has said what there was to say and wants the program to end.
struct Exit: Error {
  var status: ExitStatus
  init(_ status: ExitStatus) { self.status = status }
}

@main
enum Ward {
  static func main() {
    do {
      let arguments = Array(CommandLine.arguments.dropFirst())
      if let help = try ScriptArguments.help(asked: arguments) { return print(help) }
      var command = try WardCommand.parseAsRoot(arguments)
      try command.run()
    } catch let exit as Exit {
      Foundation.exit(exit.status.rawValue)
    } catch {
      // ArgumentParser ends with 64 where the language's contract says 2.
      let isHelp = WardCommand.exitCode(for: error).rawValue == 0
      let text = WardCommand.fullMessage(for: error)
      FileHandle(fileDescriptor: isHelp ? STDOUT_FILENO : STDERR_FILENO).write(Data((text + "\n").utf8))
      Foundation.exit(isHelp ? ExitStatus.ok.rawValue : ExitStatus.usage.rawValue)
    }
  }
}

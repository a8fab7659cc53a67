import ArgumentParser
import Foundation
import Lang

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
      RunCommand.self, LessonCommand.self, GradeCommand.self, SQLCommand.self, ReplayCommand.self, ExportCommand.self,
      ImportNotebookCommand.self, JupyterCommand.self, SweepCommand.self, StoreCommand.self, FormatCommand.self,
      CheckCommand.self, DoctorCommand.self,
      ExplainCommand.self,
      VersionCommand.self,
      ReferenceCommand.self,
    ],
    defaultSubcommand: RunCommand.self)

  /// The subcommands that help lists, for suggestions.
  static let names = [
    "lesson", "grade", "sql", "replay", "export", "import-notebook", "jupyter", "sweep", "store", "fmt", "check",
    "doctor", "explain", "version",
    "help",
  ]
}

/// Thrown by a subcommand that has said what there was to say and wants the program to end.
struct Exit: Error {
  var status: ExitStatus
  init(_ status: ExitStatus) { self.status = status }
}

/// The program; the target `ward` calls it.
public enum Ward {
  /// Looked for by hand: a mistake among the arguments is to be told as they ask.
  private static var wantsJSON: Bool {
    let arguments = CommandLine.arguments
    return arguments.contains("--diagnostics=json")
      || zip(arguments, arguments.dropFirst()).contains { $0 == "--diagnostics" && $1 == "json" }
  }

  /// `ward --help`, with the options of the prompt and of scripts, which ArgumentParser only shows with `ward run --help`.
  private static func wholeHelp(asked arguments: [String]) -> String? {
    guard [["--help"], ["-h"], ["help"]].contains(arguments) else { return nil }
    func parts(_ text: String) -> [String] { text.split(separator: "\n\n").map(String.init) }
    let options = parts(RunCommand.helpMessage()).filter { $0.hasPrefix("OPTIONS:") }.map {
      $0.trimmingCharacters(in: .newlines) + "\n  --version               Show the version."
    }
    return parts(WardCommand.helpMessage()).flatMap { $0.hasPrefix("OPTIONS:") ? options : [$0] }
      .joined(separator: "\n\n")
  }

  /// `ward help attack`: what `?attack` says at the prompt, for all that is no subcommand.
  private static func topicHelp(asked arguments: [String]) throws -> String? {
    guard arguments.count == 2, arguments[0] == "help", !WardCommand.names.contains(arguments[1]),
      arguments[1] != "run", !arguments[1].hasPrefix("-")
    else { return nil }
    do {
      return BlockRenderer(width: Terminal().width).text(of: try About.page(arguments[1]))
    } catch let problem as Problem { throw ValidationError(problem.message + problem.addition) }
  }

  /// What is wrong with arguments that cannot be taken, or lead to no file; `nil` when they can, and then nothing is run.
  static func mistake(in arguments: [String]) -> UsageError? {
    do {
      _ = try topicHelp(asked: arguments)
      let command = try WardCommand.parseAsRoot(arguments)
      _ = try (command as? RunCommand)?.script()
      return nil
    } catch { return UsageError(error, among: arguments) }
  }

  /// Everything runs on one thread with a deep stack, so that recursion ends in a diagnostic and not in a crash.
  /// Runs what the command line asks for, and ends the process.
  public static func main() {
    StandardStreams.occupyClosed()
    let ending = Interpreter.withDeepStack { finished(status()) }
    Vocabulary.waitUntilPrepared()
    Foundation.exit(ending.rawValue)
  }

  /// The status that the program ends with, once all is written that it said.
  private static func finished(_ status: ExitStatus) -> ExitStatus {
    guard let problem = StandardStreams.problem else { return status }
    Notices(wantsJSON ? .json : .text).report(.error, "standard output cannot be written: \(problem)")
    return status == .ok ? .failed : status
  }

  /// What is asked for. That is mostly no subcommand: to ask all of them first takes a tenth of a start.
  private static func parsed(_ arguments: [String]) throws -> any ParsableCommand {
    let first = arguments.first ?? ""
    let isPlain = first.hasPrefix("-") || first.hasSuffix(".ward") || first.isEmpty
    if isPlain { Vocabulary.prepare() }
    if isPlain, let command = try? RunCommand.parse(arguments) { return command }
    return try WardCommand.parseAsRoot(arguments)
  }

  private static func status() -> ExitStatus {
    do {
      let arguments = Array(CommandLine.arguments.dropFirst())
      // Nothing was asked for: with nothing to parse, the prompt is there 2 ms sooner.
      if arguments.isEmpty, Terminal().inputIsTerminal {
        Vocabulary.prepare()
        Interrupt.install()
        try RunCommand.openPrompt(
          Session.Options(storePath: StoreChoice.path(option: nil)), runsStartUpFile: true)
        return .ok
      }
      if let help = try ScriptArguments.help(asked: arguments) ?? wholeHelp(asked: arguments)
        ?? topicHelp(asked: arguments)
      {
        print(help.withVisibleControls)
        return .ok
      }
      var command = try parsed(arguments)
      try command.run()
      return .ok
    } catch let exit as Exit {
      return exit.status
    } catch is Lang.Interrupt {
      Notices(wantsJSON ? .json : .text).report(.error, "interrupted")
      return .interrupted
    } catch {
      // ArgumentParser ends with 64 where the language's contract says 2.
      let isHelp = WardCommand.exitCode(for: error).rawValue == 0
      if isHelp {
        print(WardCommand.fullMessage(for: error).withVisibleControls)
        return .ok
      }
      let mistake = UsageError(error, among: Array(CommandLine.arguments.dropFirst()))
      Notices(wantsJSON ? .json : .text).report(.error, mistake.message, help: mistake.help)
      return .usage
    }
  }
}

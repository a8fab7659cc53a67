import ArgumentParser
import Contract
import Foundation

/// The command line as its declarations have it: what the manual page and the shells' completions are written from.
///
/// ArgumentParser tells it as JSON. Its own completion scripts leave out the options of the command that runs when none is
/// named, which are the ones used most.
struct ToolInfo {
  struct Argument: Decodable {
    struct Name: Decodable {
      let kind: String
      let name: String
      /// As it is typed: `--store`, `-c`.
      var typed: String { (kind == "long" ? "--" : "-") + name }
    }
    let kind: String
    let abstract: String?
    let valueName: String?
    let names: [Name]?
    let allValues: [String]?
    let defaultValue: String?
    let isOptional: Bool
    let isRepeating: Bool

    var isOption: Bool { kind == "option" }
    var isPositional: Bool { kind == "positional" }
    /// Whether it names a file.
    var isFile: Bool { ["file", "files"].contains(valueName) }
    var typed: [String] { (names ?? []).map(\.typed) }
    /// The spelling that says most, such as `--help`.
    var longest: String { typed.max { $0.count < $1.count } ?? "" }
  }

  struct Command: Decodable {
    let commandName: String
    let abstract: String?
    let discussion: String?
    let shouldDisplay: Bool
    let arguments: [Argument]?
    let subcommands: [Command]?

    var positionals: [Argument] { (arguments ?? []).filter(\.isPositional) }
    /// Options and flags but for `--version`, which only the program itself has need of, and help.
    var options: [Argument] {
      (arguments ?? []).filter { !$0.isPositional && !["--version", "--help"].contains($0.longest) }
    }
  }

  /// The program without a subcommand: the prompt, and scripts.
  let run: Command
  /// The subcommands that help lists.
  let commands: [Command]

  static func read() throws -> ToolInfo {
    struct Dump: Decodable { let command: Command }
    let root = try JSONDecoder().decode(Dump.self, from: Data(WardCommand._dumpHelp().utf8)).command
    let all = root.subcommands ?? []
    guard let run = all.first(where: { $0.commandName == "run" }) else {
      unreachable("there is no run command")
    }
    return ToolInfo(run: run, commands: all.filter { $0.shouldDisplay && $0.commandName != "help" })
  }
}

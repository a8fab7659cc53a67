import ArgumentParser
import Foundation
import Lang

/// What is wrong with a command line, said as Ward says everything: one sentence, and what to try.
///
/// ArgumentParser finds the mistakes; its own words for them are those of its source, `--seed <seed>` and all.
struct UsageError {
  let message: String
  var help: [String]

  init(_ error: any Error, among arguments: [String]) {
    let said = WardCommand.message(for: error)
    let subcommand = arguments.first.flatMap { WardCommand.names.contains($0) && $0 != "help" ? $0 : nil }
    let command = subcommand.map { "ward \($0)" } ?? "ward"
    let page = ["`\(command) --help` lists what it takes"]
    if let found = said.firstMatch(of: /Unknown option '(-[^']+)'/) {
      let option = String(found.1)
      message = "\(command) has no option \(option)"
      let near = Self.near(option, of: subcommand)
      let isOfScript = near == nil && subcommand == nil && option.hasPrefix("--")
      help = near.map { ["did you mean \($0)?"] } ?? []
      help += isOfScript ? ["the options of a script stand behind its file: `ward FILE.ward \(option) …`"] : []
      help += page
    } else if let found = said.firstMatch(of: /Missing expected argument '([^']+)'/) {
      let (what, example) = Self.missing[command] ?? (String(found.1), "\(command) --help")
      message = "\(command) needs \(what)"
      help = ["for example: `\(example)`"] + page
    } else if let found = said.firstMatch(of: /Missing value for '(-\w|--[\w-]+)/) {
      message = "\(found.1) needs a value"
      help = page
    } else if let found = said.firstMatch(of: /The value '(.*)' is invalid for '(?:(--?[\w-]+) )?<?([\w-]+)>?'/) {
      let option = String(found.2 ?? found.3)
      message = "\(option) takes \(Self.takes[option] ?? "another value"), not \(found.1)"
      help = page
    } else if let found = said.firstMatch(of: /The option '(.*)' does not take any value/) {
      message = "\(found.1) takes no value"
      help = page
    } else if let found = said.firstMatch(of: /(?:Unexpected argument|unexpected arguments?:?) '?([^',]+)/) {
      message = "\(command) takes no further `\(found.1)`"
      help = page
    } else {
      let parts = said.split(separator: "\n", maxSplits: 1)
      message = parts.first.map(String.init) ?? said
      help = parts.dropFirst().map(String.init) + page
    }
  }

  /// What a subcommand cannot do without, and a line that has it.
  private static let missing: [String: (what: String, example: String)] = [
    "ward replay": ("the file of a saved session", "ward replay history/first-look.ward --check"),
    "ward sql": ("a query", "ward sql 'select model, robust from results'"),
    "ward export": ("a session and `--to FILE`", "ward export last --to session.html"),
    "ward grade": ("a lesson", "ward grade week1.ward answers/*.ward --csv grades.csv"),
    "ward jupyter": ("install, remove or kernel", "ward jupyter install"),
    "ward fmt": ("a script", "ward fmt sweep.ward"),
    "ward check": ("a script", "ward check sweep.ward"),
    "ward explain": ("the code of a diagnostic", "ward explain E0203"),
  ]

  private static let takes: [String: String] = [
    "--seed": "a whole number from 0", "--threads": "a whole number from 1",
    "--tolerance": "a percentage from 0 to 100",
    "--color": Terminal.ColorChoice.allCases.map(\.rawValue).alternatives,
    "--mode": TableMode.allCases.map(\.rawValue).alternatives,
    "--diagnostics": Notices.Form.allCases.map(\.rawValue).alternatives,
  ]

  /// An option that was meant, by its name here or in other programs.
  private static func near(_ option: String, of subcommand: String?) -> String? {
    let elsewhere = [
      "-v": "--version", "-V": "--version", "-q": "--quiet", "-s": "--store", "--db": "--store",
      "--database": "--store",
      "--verbose": "--diagnostics", "--silent": "--quiet", "--jobs": "--threads", "-j": "--threads", "-t": "--threads",
      "--no-color": "--color never", "--colour": "--color", "--command": "-c", "--eval": "-c", "-e": "-c",
      "--code": "-c",
      "-?": "--help", "--usage": "--help", "--csv": "--mode csv", "--json": "--mode json", "-o": "--to",
      "--output": "--to", "--format": "--mode",
    ]
    let names =
      CommonOptions.names.map { "--" + $0.replacing("_", with: "-") } + ["--check", "--accept", "--to", "--mode"]
    guard let meant = elsewhere[option] ?? Suggestions.nearest(to: option, in: names) else { return nil }
    let ofTheirOwn = ["--mode": "sql", "--to": "export", "--accept": "replay"]
    let owner = ofTheirOwn.first { meant.hasPrefix($0.key) }?.value
    return owner == nil || owner == subcommand ? meant : nil
  }
}

extension [String] {
  /// `a, b or c`.
  fileprivate var alternatives: String { dropLast().joined(separator: ", ") + " or " + (last ?? "") }
}

extension Problem {
  /// Its suggestion behind its sentence.
  var addition: String { label.isEmpty ? "" : "; " + label }
}

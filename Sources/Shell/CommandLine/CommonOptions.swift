import ArgumentParser

/// The options that every way of running shares (LANGUAGE.md §8).
struct CommonOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The file of the store.", valueName: "file"))
  var store: String?

  @Option(help: "The session seed.")
  var seed: Int = 0

  @Option(help: "How many threads work; all processors when not given. Results do not depend on it.")
  var threads: Int?

  @Flag(help: "Show only what `print` and `show` show.")
  var quiet = false

  @Flag(help: "No `!command`, and no writing outside the store and the working folder.")
  var safe = false

  @Option(help: "Colours: auto, always or never.")
  var color: Terminal.ColorChoice = .auto

  @OptionGroup var diagnosticOptions: DiagnosticOptions

  @Flag(name: .customLong("no-init"), help: "Do not run the start-up file.")
  var noInit = false

  func validate() throws { try Self.check(seed: seed, threads: threads) }

  /// What every command asks of these two.
  static func check(seed: Int?, threads: Int?) throws {
    if let threads, threads < 1 { throw ValidationError("--threads takes a whole number from 1, not \(threads)") }
    if let seed, seed < 0 { throw ValidationError("--seed takes a whole number from 0, not \(seed)") }
  }
}

/// How mistakes are told.
struct DiagnosticOptions: ParsableArguments {
  @Option(help: "Mistakes on standard error: text, or json with one object a line.")
  var diagnostics: Notices.Form = .text
}

extension Notices.Form: ExpressibleByArgument {}
extension Terminal.ColorChoice: ExpressibleByArgument {}
extension TableMode: ExpressibleByArgument {}

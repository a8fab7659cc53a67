/// The manual page `ward(1)`.
enum ManualPage {
  static func text(_ tool: ToolInfo) -> String {
    let parts = [
      ".\\\" Written by `make docs` from the declarations in the sources; changes here are lost.",
      ".TH WARD 1 \"\" \"ward \(wardVersion)\" \"User Commands\"",
      section("NAME"), "ward \\- \(escaped(lowerFirst(WardCommand.configuration.abstract)))",
      section("SYNOPSIS"), synopsis,
      section("DESCRIPTION"), description,
      section("OPTIONS"), tool.run.options.map(option).joined(separator: "\n"),
      item("-h, --help", "Show help. After a script: the options that the script takes."),
      item("--version", "Show the version."),
      section("COMMANDS"), tool.commands.map(command).joined(separator: "\n"),
      section("LINES ABOUT THE SESSION"),
      "At the prompt and at the top level of scripts, lines that begin with a colon are about the session:",
      (SessionLine.all + SessionLine.ofLessons).map { line in
        item(":" + line.name + (line.arguments.isEmpty ? "" : " " + line.arguments), upperFirst(line.summary) + ".")
      }.joined(separator: "\n"),
      item("?NAME", "What NAME is, with an example."), item("!COMMAND", "Runs a command in the shell."),
      section("EXIT STATUS"), statuses, section("ENVIRONMENT"), environment, section("FILES"), files,
      section("EXAMPLES"), examples, section("SEE ALSO"), ".BR readline (3),\n.BR sqlite3 (1)",
    ]
    return parts.joined(separator: "\n") + "\n"
  }

  private static let synopsis = """
    .B ward
    .RI [ OPTIONS ]
    .br
    .B ward
    .RI [ OPTIONS ] \\ FILE.ward \\ [ "\\-\\-name value" ]...
    .br
    .B ward \\-c
    .I CODE
    .br
    .B ward \\-
    .br
    .B ward
    .I COMMAND
    .RI [ ARGUMENTS ]
    """

  private static let description = """
    Ward is a notebook\\-like prompt for adversarial robustness. It loads a data set, trains a small network in seconds, takes \\
    a cost matrix that says which classes matter, attacks the network, defends it, and shows class by class what survived. \\
    Everything that ran is kept in one SQLite file and can be asked with SQL.
    .PP
    Without a file it opens the prompt. With one it runs the script; lines of it that begin with
    .B param
    declare its options. At the prompt, Tab completes,
    .B ?
    explains and
    .B :quit
    or Ctrl\\-D leaves.
    """

  private static let statuses = [
    item("0", "All went well."), item("1", "A script failed."),
    item("2", "The arguments or the text of a script are wrong; nothing has run."),
    item("3", "A check failed, or a replay differs."), item("130", "Ctrl-C interrupted it."),
  ].joined(separator: "\n")

  private static let environment = [
    item("WARD_STORE", "The file of the store."),
    item(
      "XDG_DATA_HOME", "Where the store is when WARD_STORE is not set: ward/ward.sqlite in it, or in ~/.local/share."),
    item("XDG_CONFIG_HOME", "Where the start-up file is: ward/init.ward in it, or in ~/.config."),
    item("PAGER", "Shows what is longer than the screen; empty or cat turns that off."),
    item("NO_COLOR", "Turns colours off unless --color says otherwise."),
  ].joined(separator: "\n")

  private static let files = [
    item("~/.local/share/ward/ward.sqlite", "The store: sessions, cells, models and results."),
    item("~/.local/share/ward/history", "What was typed; for another store FILE it is FILE-history."),
    item("~/.config/ward/init.ward", "A script that runs when the prompt opens."),
    item("~/.inputrc", "Keys of the prompt; $if ward begins what is for Ward alone."),
  ].joined(separator: "\n")

  private static let examples = [
    item("ward lesson.ward --eps 4/255", "Run a script with an option that it declares."),
    item("ward sql \"select model, attack, robust from results\" --mode csv", "Ask the store."),
    item("ward replay history/first-look.ward --check", "Run a saved session again and compare."),
  ].joined(separator: "\n")

  // MARK: - Roff

  private static func section(_ title: String) -> String { ".SH \(title)" }

  private static func item(_ head: String, _ text: String) -> String {
    ".TP\n.B \"\(escaped(head).replacing("\"", with: "\\(dq"))\"\n\(escaped(text))"
  }

  private static func option(_ option: ToolInfo.Argument) -> String {
    let value = option.isOption ? " \((option.valueName ?? "value").uppercased())" : ""
    var text = option.abstract ?? ""
    if let fallback = option.defaultValue { text += " Default: \(fallback)." }
    return item(option.typed.joined(separator: ", ") + value, text)
  }

  private static func command(_ command: ToolInfo.Command) -> String {
    let arguments = command.positionals.map { " " + ($0.valueName ?? "").uppercased() + ($0.isRepeating ? "..." : "") }
    let text = [command.abstract, command.discussion].compactMap { $0 }.joined(separator: " ")
    let options =
      command.options.isEmpty ? "" : "\n.RS\n" + command.options.map(option).joined(separator: "\n") + "\n.RE"
    return item("ward \(command.commandName)" + arguments.joined(), text) + options
  }

  private static func escaped(_ text: String) -> String {
    let text = text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("`", with: "")
    // A line that begins with a dot or an apostrophe would be an instruction.
    return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
  }

  private static func upperFirst(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
  private static func lowerFirst(_ text: String) -> String { text.prefix(1).lowercased() + text.dropFirst() }
}

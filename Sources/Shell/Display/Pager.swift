import Foundation

/// Shows what is longer than the screen in the user's pager: at the prompt and in `ward sql`, on a terminal only.
///
/// `$PAGER` names the program; empty or `cat` turns it off. Without it, `less` is used where there is one. In a session
/// that is `--safe` only `less` is, in its secure mode: it runs nothing and writes nothing.
struct Pager {
  private let command: String
  private let terminal: Terminal
  private let isSafe: Bool

  /// `nil` where nothing is to be paged.
  init?(
    _ terminal: Terminal, isSafe: Bool = false,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    guard terminal.outputIsTerminal, terminal.inputIsTerminal, environment["TERM"] != "dumb",
      let command = Self.command(environment, isSafe: isSafe)
    else { return nil }
    self.terminal = terminal
    self.isSafe = isSafe
    self.command = command
  }

  /// What is run, by the environment; `nil` for nothing.
  static func command(_ environment: [String: String], isSafe: Bool = false) -> String? {
    if let named = environment["PAGER"]?.trimmingCharacters(in: .whitespaces) {
      if named.isEmpty || named == "cat" { return nil }
      return isSafe && named.wholeMatch(of: /less( -[A-Za-z]+)*/) == nil ? nil : named
    }
    let folders = (environment["PATH"] ?? "").split(separator: ":")
    guard folders.contains(where: { access("\($0)/less", X_OK) == 0 }) else { return nil }
    // Says how to get out: not everybody has met it before.
    return "less -Ps'press space for more, q to return'"
  }

  /// Shows the text and waits until it is put away; false when it fits on the screen or cannot be paged.
  func show(_ text: String) -> Bool {
    // Images (sixels, kitty's) are for the screen itself.
    guard !text.utf8.contains(0x1b) || (!text.contains("\u{1b}P") && !text.contains("\u{1b}_")) else { return false }
    guard Self.rows(of: text, width: terminal.width, most: terminal.height) >= terminal.height else { return false }
    // The user's own choice if there is one: else leave when all fits, keep colours, leave the text on the screen. Ctrl-C goes
    // back to the prompt, as it does everywhere.
    var options = ["LESS": "-K " + (ProcessInfo.processInfo.environment["LESS"] ?? "-FRX")]
    if isSafe { options.merge(["LESSSECURE": "1", "LESSSECURE_ALLOW": ""]) { $1 } }
    let status = try? ShellCommand.run(command, input: text, with: options)
    // 126 and 127: the shell could not run it, and the text has not been seen.
    return status.map { $0 != 126 && $0 != 127 } ?? false
  }

  /// Rows of a screen that text takes, long lines broken; counted no further than `most`.
  static func rows(of text: String, width: Int, most: Int = .max) -> Int {
    var rows = text.hasSuffix("\n") ? -1 : 0
    var rest = text[...]
    while rows < most {
      let end = rest.utf8.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
      var line = rest[..<end]
      // No more of a line than fills the screen: a character may take a dozen bytes, colours a few more.
      if most < .max, line.utf8.count > 64 * width * most { line = line.prefix(2 * width * most) }
      rows += max(1, (DisplayWidth.ofDrawn(line) + width - 1) / max(1, width))
      if end == rest.endIndex { break }
      rest = rest[rest.utf8.index(after: end)...]
    }
    return rows
  }
}

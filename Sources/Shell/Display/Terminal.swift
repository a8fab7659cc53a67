import Foundation

/// What the program may do to the screen: how wide it is, whether colours are wanted.
struct Terminal {
  enum ColorChoice: String, CaseIterable { case auto, always, never }

  let outputIsTerminal = isatty(STDOUT_FILENO) == 1
  let errorIsTerminal = isatty(STDERR_FILENO) == 1
  let inputIsTerminal = isatty(STDIN_FILENO) == 1
  var color = ColorChoice.auto

  /// The width of the screen in columns, asked each time since windows change; 100 where there is no screen to ask.
  var width: Int { size.flatMap { $0.ws_col > 0 ? Int($0.ws_col) : nil } ?? 100 }

  /// The height of the screen in rows; endless where there is no screen to ask.
  var height: Int { size.flatMap { $0.ws_row > 0 ? Int($0.ws_row) : nil } ?? .max }

  private var size: winsize? {
    var size = winsize()
    return outputIsTerminal && ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 ? size : nil
  }

  /// Whether pictures are drawn: on a screen, and where colours are asked for by name (`ward … --color always | less -R`).
  var draws: Bool { outputIsTerminal || color == .always }

  var colorsOutput: Bool { colors(outputIsTerminal) }
  var colorsErrors: Bool { colors(errorIsTerminal) }

  /// <https://no-color.org>: a non-empty NO_COLOR turns colour off; an explicit `--color` wins over it.
  private func colors(_ isTerminal: Bool) -> Bool {
    switch color {
    case .always: true
    case .never: false
    case .auto:
      isTerminal && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
        && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }
  }
}

/// A style of ANSI terminals.
enum Style: String {
  case bold = "1"
  case faint = "2"
  case red = "31"
  case green = "32"
  case yellow = "33"
  case blue = "34"
  case cyan = "36"

  func callAsFunction(_ text: String, if colored: Bool = true) -> String {
    colored ? "\u{1b}[\(rawValue)m\(text)\u{1b}[0m" : text
  }
}

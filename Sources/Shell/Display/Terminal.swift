import Foundation

/// What the program may do to the screen: how wide it is, whether colours are wanted.
struct Terminal {
  enum ColorChoice: String, CaseIterable { case auto, always, never }

  private(set) var outputIsTerminal = isatty(STDOUT_FILENO) == 1
  private(set) var errorIsTerminal = isatty(STDERR_FILENO) == 1
  private(set) var inputIsTerminal = isatty(STDIN_FILENO) == 1
  var color = ColorChoice.auto
  /// Takes the line of progress where there is no screen; an empty one takes it away.
  private(set) var progress: (@Sendable (String) -> Void)?

  /// A notebook, whatever its kernel was started from: no screen, and mistakes in colour.
  static func ofNotebook(_ progress: @escaping @Sendable (String) -> Void) -> Terminal {
    var terminal = Terminal()
    (terminal.outputIsTerminal, terminal.errorIsTerminal, terminal.inputIsTerminal) = (false, false, false)
    terminal.color = .always
    terminal.progress = progress
    return terminal
  }

  /// The width of the screen in columns, asked each time since windows change; 100 where there is no screen to ask.
  var width: Int { outputIsTerminal ? Self.size(of: STDOUT_FILENO)?.columns ?? 100 : 100 }

  /// The same for what is shown on standard error.
  var errorWidth: Int { errorIsTerminal ? Self.size(of: STDERR_FILENO)?.columns ?? 100 : 100 }

  /// The height of the screen in rows; endless where there is no screen to ask.
  var height: Int { outputIsTerminal ? Self.size(of: STDOUT_FILENO)?.rows ?? .max : .max }

  /// Nil where a terminal does not know its size.
  private static func size(of descriptor: Int32) -> (columns: Int?, rows: Int?)? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
    return (size.ws_col > 0 ? Int(size.ws_col) : nil, size.ws_row > 0 ? Int(size.ws_row) : nil)
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

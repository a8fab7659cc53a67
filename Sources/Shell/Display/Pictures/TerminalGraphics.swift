import Foundation

/// The ways in which a terminal takes whole images instead of characters.
enum TerminalGraphics: Equatable {
  /// The protocol of kitty, which takes PNG files: <https://sw.kovidgoyal.net/kitty/graphics-protocol/>.
  case kitty
  /// DEC's sixels, in at most this many colours.
  case sixel(colors: Int)

  /// An image as this terminal takes it.
  func text(of png: [UInt8]) throws -> String {
    switch self {
    case .kitty: Self.kitty(png)
    case .sixel(let colors): Sixel.text(of: try PNG.pixels(of: png), colors: colors)
    }
  }

  /// A PNG file in pieces of at most 4,096 characters.
  private static func kitty(_ png: [UInt8]) -> String {
    var rest = Substring(Data(png).base64EncodedString())
    var text = ""
    var head = "a=T,f=100,q=2,"
    while !rest.isEmpty {
      let piece = rest.prefix(4096)
      rest = rest.dropFirst(piece.count)
      text += "\u{1b}_G\(head)m=\(rest.isEmpty ? 0 : 1);\(piece)\u{1b}\\"
      head = ""
    }
    return text
  }

  // MARK: - Asking the terminal

  /// What the terminal at hand takes; asked once, when the first picture is drawn.
  static let ofThisTerminal: TerminalGraphics? = {
    let environment = ProcessInfo.processInfo.environment
    guard mayAsk(environment), let answer = answer(to: question, within: 0.3) else { return nil }
    return TerminalGraphics(answer: answer)
  }()

  /// Multiplexers answer for themselves, not for the terminal behind them.
  static func mayAsk(_ environment: [String: String]) -> Bool {
    let term = environment["TERM"] ?? ""
    return environment["TMUX"] == nil && environment["STY"] == nil && !term.isEmpty && term != "dumb" && term != "linux"
      && !term.hasPrefix("screen") && !term.hasPrefix("tmux")
  }

  /// Kitty's question, xterm's for how many colours a sixel image may have, and last the one that every terminal answers
  /// (DA1), so that there is something to wait for.
  private static let question = "\u{1b}_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u{1b}\\\u{1b}[?1;1;0S\u{1b}[c"

  /// What an answer means; nil if it offers neither.
  init?(answer: String) {
    if answer.contains("\u{1b}_Gi=31;OK") {
      self = .kitty
      return
    }
    guard let attributes = answer.firstMatch(of: /\u{1b}\[\?([0-9;]*)c/)?.1,
      attributes.split(separator: ";").dropFirst().contains("4")
    else { return nil }
    let registers = answer.firstMatch(of: /\u{1b}\[\?1;0;([0-9]+)S/).flatMap { Int($0.1) } ?? 256
    // Half blocks have all colours: better than images of sixteen.
    guard registers >= 64 else { return nil }
    self = .sixel(colors: min(registers, 256))
  }

  /// Writes a question to the terminal and reads what it answers; nil if it does not.
  private static func answer(to question: String, within seconds: Double) -> String? {
    let terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard terminal >= 0 else { return nil }
    defer { close(terminal) }
    var before = termios()
    // In the background a question would stop the program; keys that wait to be read are not to be lost.
    guard tcgetpgrp(terminal) == getpgrp(), tcgetattr(terminal, &before) == 0, !isReadable(terminal, within: 0) else {
      return nil
    }
    var raw = before
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
    guard tcsetattr(terminal, TCSANOW, &raw) == 0 else { return nil }
    defer { tcsetattr(terminal, TCSANOW, &before) }
    let bytes = Array(question.utf8)
    guard write(terminal, bytes, bytes.count) == bytes.count else { return nil }
    var read: [UInt8] = []
    let end = ContinuousClock.now + .seconds(seconds)
    while true {
      let left = (end - ContinuousClock.now).inSeconds
      guard left > 0, isReadable(terminal, within: left) else { return nil }
      var byte: UInt8 = 0
      guard Foundation.read(terminal, &byte, 1) == 1 else { return nil }
      read.append(byte)
      // The last answer: ESC [ ? … c
      if byte == UInt8(ascii: "c"), let start = read.lastIndex(of: 0x1b),
        read[start...].starts(with: [0x1b, 0x5b, 0x3f])
      {
        return String(decoding: read, as: UTF8.self)
      }
    }
  }

  private static func isReadable(_ descriptor: Int32, within seconds: Double) -> Bool {
    var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return Foundation.poll(&poll, 1, Int32(seconds * 1000)) > 0
  }
}

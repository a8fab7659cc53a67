import Foundation

/// One line on standard error that says how far long work is; silent when standard error is not a terminal.
///
/// It draws at most ten times a second and clears itself, so it never mixes with what a command shows.
final class Progress {
  private let isShown: Bool
  private let width: Int
  private var lastDrawn = ContinuousClock.now - .seconds(1)
  private var hasDrawn = false
  private let started = ContinuousClock.now

  init(terminal: Terminal, quiet: Bool) {
    isShown = terminal.errorIsTerminal && !quiet
    width = terminal.width
  }

  /// - Parameters:
  ///   - label: what is going on, such as `epoch 3/5`.
  ///   - fraction: the part of the whole work that is done, 0 to 1.
  ///   - details: more figures, already formatted.
  func update(_ label: String, fraction: Double, details: [String] = []) {
    let now = ContinuousClock.now
    guard isShown, now - lastDrawn >= .milliseconds(100) else { return }
    lastDrawn = now
    hasDrawn = true
    let elapsed = Double((now - started).components.seconds) + Double((now - started).components.attoseconds) / 1e18
    let left = fraction > 0.01 ? [Self.clock(elapsed / fraction - elapsed) + " left"] : []
    let line = Self.line(label, fraction: fraction, details: details + left)
    write("\r\u{1b}[K" + DisplayWidth.truncate(line, to: width - 1))
  }

  /// Takes the line away.
  func finish() {
    if hasDrawn { write("\r\u{1b}[K") }
    hasDrawn = false
  }

  static func line(_ label: String, fraction: Double, details: [String]) -> String {
    let cells = 24
    let done = Int((min(1, max(0, fraction)) * Double(cells)).rounded(.down))
    let bar = String(repeating: "━", count: done) + String(repeating: "─", count: cells - done)
    let percent = DisplayWidth.pad(String(Int(100 * min(1, max(0, fraction)))), to: 3, right: true)
    return "  " + ([label + " " + bar + " " + percent + " %"] + details).joined(separator: "  ")
  }

  private static func clock(_ seconds: Double) -> String {
    let whole = Int(max(0, seconds).rounded(.up))
    return String(format: "%d:%02d", whole / 60, whole % 60)
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

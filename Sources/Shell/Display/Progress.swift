import Foundation
import Synchronization

/// One line on standard error, or in a notebook, that says how far long work is; silent in files and pipes.
///
/// It draws at most ten times a second and clears itself, so it never mixes with what a command shows. Any thread may
/// update it.
final class Progress: Sendable {
  private struct Drawn {
    var last = ContinuousClock.now - .seconds(1)
    var isThere = false
  }

  private let isShown: Bool
  private let terminal: Terminal
  private let started = ContinuousClock.now
  private let drawn = Mutex(Drawn())

  init(terminal: Terminal, quiet: Bool) {
    isShown = (terminal.errorIsTerminal || terminal.progress != nil) && !quiet
    self.terminal = terminal
    // A notebook keeps an empty place where it was: work that is over at once has none.
    if terminal.progress != nil { drawn.withLock { $0.last = started + .milliseconds(200) } }
  }

  /// - Parameters:
  ///   - label: what is going on, such as `epoch 3/5`.
  ///   - fraction: the part of the whole work that is done, 0 to 1.
  ///   - details: more figures, already formatted.
  func update(_ label: String, fraction: Double, details: [String] = []) {
    guard isShown else { return }
    drawn.withLock { drawn in
      let now = ContinuousClock.now
      guard now - drawn.last >= .milliseconds(100) else { return }
      drawn = Drawn(last: now, isThere: true)
      let elapsed = (now - started).inSeconds
      let left = fraction > 0.01 ? [Self.clock(elapsed / fraction - elapsed) + " left"] : []
      let line = Self.line(label, fraction: fraction, details: details + left)
      if let progress = terminal.progress { return progress(line) }
      write("\r\u{1b}[K" + DisplayWidth.truncate(line, to: terminal.errorWidth - 1))
    }
  }

  /// Takes the line away.
  func finish() {
    drawn.withLock { drawn in
      if drawn.isThere { if let progress = terminal.progress { progress("") } else { write("\r\u{1b}[K") } }
      drawn.isThere = false
    }
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

  private func write(_ text: String) { StandardStreams.error(text) }
}

import Foundation
import Synchronization

/// Standard output and standard error. What cannot be written (a full disk behind `>`) does not end the work: its results
/// are kept, and the program says so when it ends, with status 1.
enum StandardStreams {
  static func output(_ text: String) {
    if let page = page.withLock({ $0 }) { page(text, false) } else { write(text, to: STDOUT_FILENO) }
  }

  static func error(_ text: String) {
    if let page = page.withLock({ $0 }) { page(text, true) } else { write(text, to: STDERR_FILENO) }
  }

  /// A stream that the caller closed (`<&-`) would give its number to the next file that is opened, which would then be read as input, or
  /// have messages written into it. The empty device takes its place: input is at its end, and what is written fails as before.
  static func occupyClosed() {
    // Each gets the lowest free number, so in this order its own.
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      _ = open("/dev/null", O_RDONLY)
    }
  }

  /// From here on a notebook gets both.
  static func redirect(to page: @escaping @Sendable (String, _ isError: Bool) -> Void) {
    self.page.withLock { $0 = page }
  }

  private static let page = Mutex<(@Sendable (String, Bool) -> Void)?>(nil)

  /// Why something could not be written to standard output; nil when all was.
  static var problem: String? {
    let number = failure.load(ordering: .relaxed)
    return number == 0 ? nil : FileFailure(number).reason
  }

  private static let failure = Atomic<Int32>(0)

  /// What a terminal or a pipe that has room takes without a wait.
  private static let piece = 4096

  /// Streams (a bit each) for which there was no room when work was to stop: nobody waits for them again before they have some.
  private static let stuck = Atomic<Int32>(0)

  /// Waits until there is room. The reader may have stopped: a pager that shows its first page, a terminal after Ctrl-S. Work that
  /// is to stop gives it a moment, and then goes without its text.
  private static func hasRoom(_ descriptor: Int32) -> Bool {
    let bit: Int32 = 1 << descriptor
    var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    var milliseconds: Int32 = 0, waited: Int32 = 0
    while true {
      let found = poll(&wanted, 1, milliseconds)
      // What is wrong with it the writing tells.
      if found > 0 || found < 0 && errno != EINTR {
        if stuck.load(ordering: .relaxed) & bit != 0 { stuck.bitwiseAnd(~bit, ordering: .relaxed) }
        return true
      }
      if Interrupt.isRequested {
        if stuck.load(ordering: .relaxed) & bit != 0 { return false }
        if waited >= 100 {
          stuck.bitwiseOr(bit, ordering: .relaxed)
          return false
        }
        waited += milliseconds
      }
      milliseconds = 20
    }
  }

  private static func write(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { buffer in
      var done = 0
      while done < buffer.count {
        // What is long is written in pieces, so that a Ctrl-C ends it however slowly it is read; what comes next begins a line.
        let isLong = descriptor == STDOUT_FILENO && buffer.count > piece
        if isLong, Interrupt.isRequested {
          if done > 0, buffer[done - 1] != UInt8(ascii: "\n") { write("\n", to: descriptor) }
          return
        }
        guard hasRoom(descriptor) else { return }
        // Safety: `done` is less than the count, so that there is a base.
        let count = Glibc.write(descriptor, buffer.baseAddress! + done, min(piece, buffer.count - done))
        if count > 0 { done += count; continue }
        // Or somebody made the terminal or pipe one that does not wait.
        if errno == EINTR || errno == EAGAIN { continue }
        if descriptor == STDOUT_FILENO {
          _ = failure.compareExchange(expected: 0, desired: errno, ordering: .relaxed)
        }
        return
      }
    }
  }
}

/// A line on standard output, in place of Swift's own, which says nothing of what it cannot write.
func print(_ line: String = "") { StandardStreams.output(line + "\n") }

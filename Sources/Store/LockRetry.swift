import Foundation
import Synchronization

/// How long a store waits while another program writes to it.
enum LockRetry {
  private static let step: UInt32 = 2_000
  /// Half a minute is longer than any transaction of another Ward takes.
  private static let most = 15_000
  /// Where the work was stopped already, what it leaves is still to be written: that waits as long as a small transaction
  /// of another Ward takes, and no longer.
  private static let maxWhenStopped = 30

  /// Sleeps for a moment; false when the waiting is over.
  /// - Parameter tries: how often the lock was asked for before.
  static func goesOn(after tries: Int, _ stop: () -> Bool) -> Bool {
    if tries >= most || (tries >= maxWhenStopped && stop()) { return false }
    usleep(step)
    return true
  }
}

/// Hands what was committed to the disk, on a thread of its own and within a tenth of a second.
///
/// A commit is in the hands of the system when it returns, which the end of the process cannot undo; a power failure could.
/// LockRetry for the disk with each commit takes 0.6 ms on a solid-state disk and up to 20 ms on a turning one, which
/// makes a loop of small results three times as slow and more.
final class LogSync: Sendable {
  private let log: String
  private let isDue = Mutex(false)
  private let queue = DispatchQueue(label: "ward.store.sync", qos: .utility)

  init(of store: String) { log = store + "-wal" }

  /// Something was committed.
  func soon() {
    let wasDue = isDue.withLock { due in
      defer { due = true }
      return due
    }
    if wasDue { return }
    queue.asyncAfter(deadline: .now() + .milliseconds(100)) { [self] in
      isDue.withLock { $0 = false }
      // SQLite holds its locks on the other files of the store, so that closing this one releases none of them.
      let descriptor = open(log, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { return }
      fdatasync(descriptor)
      close(descriptor)
    }
  }
}

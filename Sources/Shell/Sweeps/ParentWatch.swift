import Contract
import Foundation

/// A process that another one of ours has started, and that is to end with it.
enum ParentWatch {
  /// The parent holds the other end of standard input: when it is gone this process is to end.
  static func endWithParent() {
    _ = SystemThread.start(stackSize: 1 << 20) {
      var byte: UInt8 = 0
      while read(STDIN_FILENO, &byte, 1) < 0, errno == EINTR {}
      Interrupt.end()
      // What does not hear of it in time is not waited for.
      sleep(5)
      _exit(ExitStatus.interrupted.rawValue)
    }
  }
}

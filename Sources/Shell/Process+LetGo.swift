import Foundation

extension Process {
  /// To be called once the process has ended: Foundation keeps it, and the files that it was given, until somebody waits for
  /// it. `isRunning` does not count.
  func letGo() { waitUntilExit() }
}

import Foundation

/// Work on a thread of its own, and what came of it, for the thread that waits.
public final class BackgroundTask<Value, Failure: Error>: @unchecked Sendable {
  // Safety: `outcome` is written before the signal and read after a wait.
  private var outcome: Result<Value, Failure>?
  private let work: () throws(Failure) -> Value
  private let done = DispatchSemaphore(value: 0)

  /// Starts the work. Where the system gives no thread, not even one with less of a stack, it is done here and now.
  ///
  /// - Parameter stackSize: bytes of address space, used only as needed.
  public init(stackSize: Int = 16 << 20, _ work: @escaping () throws(Failure) -> Value) {
    self.work = work
    var size = stackSize
    while !SystemThread.start(stackSize: size, run) {
      size /= 4
      if size < 1 << 20 {
        run()
        break
      }
    }
  }

  /// Starts work that cannot be done here, as others have to go on beside it; nil where the system gives no thread.
  public static func beside(_ work: @escaping () throws(Failure) -> Value) -> BackgroundTask? {
    let task = BackgroundTask(only: work)
    return SystemThread.start(stackSize: 4 << 20, task.run) ? task : nil
  }

  private init(only work: @escaping () throws(Failure) -> Value) { self.work = work }

  private func run() {
    do throws(Failure) { outcome = .success(try work()) } catch { outcome = .failure(error) }
    done.signal()
  }

  /// Whether the work ended within that time.
  public func wait(milliseconds: Int) -> Bool {
    guard done.wait(timeout: .now() + .milliseconds(milliseconds)) == .success else { return false }
    done.signal()
    return true
  }

  /// Waits for the work to end.
  ///
  /// - Throws: what the work threw.
  public func value() throws(Failure) -> Value {
    done.wait()
    done.signal()
    guard let outcome else { unreachable("the work ended without an outcome") }
    return try outcome.get()
  }
}

import Contract
import Foundation

extension Interpreter {
  /// Runs `body` on a thread with a deep stack (512 MB of address space, used only as needed) and waits for it.
  public static func withDeepStack<R>(_ body: @escaping () -> R) -> R {
    let work = DeepWork(body)
    let thread = Thread { work.run() }
    thread.stackSize = 512 << 20
    thread.start()
    return work.wait()
  }
}

/// Work handed to one thread and waited for by another.
private final class DeepWork<R>: @unchecked Sendable {
  // Safety: `result` is written before the signal and read after the wait.
  private let body: () -> R
  private let done = DispatchSemaphore(value: 0)
  private var result: R?

  init(_ body: @escaping () -> R) { self.body = body }

  func run() {
    result = body()
    done.signal()
  }

  func wait() -> R {
    done.wait()
    guard let result else { unreachable("the work ended without a result") }
    return result
  }
}

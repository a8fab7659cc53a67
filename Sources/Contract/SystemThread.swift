import Foundation

/// Threads of the system. Foundation's `Thread` does not say when there is none to be had, as where a user's processes or a
/// process's address space are limited; whoever waits for its work then waits for ever.
public enum SystemThread {
  private final class Work {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  /// Starts `body` on a thread of its own.
  ///
  /// - Parameter stackSize: bytes of address space, used only as needed.
  /// - Returns: Whether there was one. If not, nothing is run.
  public static func start(stackSize: Int, _ body: @escaping () -> Void) -> Bool {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackSize)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let work = Unmanaged.passRetained(Work(body))
    var thread = pthread_t()
    let problem = pthread_create(
      &thread, &attributes,
      { pointer in
        Unmanaged<Work>.fromOpaque(pointer!).takeRetainedValue().body()
        return nil
      }, work.toOpaque())
    guard problem == 0 else {
      work.release()
      return false
    }
    return true
  }
}

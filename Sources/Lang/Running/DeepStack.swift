import Contract

extension Interpreter {
  /// Runs `body` on a thread with a deep stack (512 MB of address space, used only as needed) and waits for it. Where less is
  /// to be had the stack is smaller: `StackBounds` finds its end.
  public static func withDeepStack<R>(_ body: @escaping () -> R) -> R {
    BackgroundTask<R, Never>(stackSize: 512 << 20) { body() }.value()
  }
}

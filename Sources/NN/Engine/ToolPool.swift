import Synchronization

/// What one thread uses at a time, such as a workspace: made when none is free, and used again by whoever comes next. Each
/// has memory of its own, megabytes that the system would have to clear for every block of work.
final class ToolPool<Tool>: Sendable {
  private let free = Mutex<[Lent]>([])
  private let make: @Sendable () -> Tool

  init(_ make: @escaping @Sendable () -> Tool) { self.make = make }

  /// Lends a tool to `body`.
  func withTool<Result>(_ body: (Tool) throws -> Result) rethrows -> Result {
    let lent = free.withLock { $0.popLast() } ?? Lent(tool: make())
    defer { free.withLock { $0.append(lent) } }
    return try body(lent.tool)
  }

  private struct Lent: @unchecked Sendable {  // Safety: popped from the list, so one thread has it at a time
    let tool: Tool
  }
}

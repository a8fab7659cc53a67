import Dispatch
import Synchronization

/// Work on a selection, cut into blocks that threads take as they come.
///
/// Each block runs from beginning to end on one thread with that thread's own responder, so activations stay in its
/// cache and nothing waits between steps. No image's result depends on its block.
struct Blocks: Sendable {
  /// Images in a block.
  var size = 64
  /// Threads that work at once.
  var threads: Int
  /// Asked by every victim between its questions, and between blocks.
  var stop: Stop
  /// Told after each block how many images are done; from any thread, one call at a time.
  var progress: @Sendable (Int) -> Void = { _ in }

  /// Runs `body` over all blocks of `count` images and returns what it returned, in the order of the blocks.
  func run<Part: Sendable>(
    _ count: Int, against target: Target, _ body: @escaping @Sendable (Range<Int>, any Responder) throws -> Part
  ) throws -> [Part] {
    let ranges = stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    let state = Mutex(State<Part>(parts: Array(repeating: nil, count: ranges.count)))
    DispatchQueue.concurrentPerform(iterations: max(1, min(threads, ranges.count))) { _ in
      let responder = target.makeResponder()
      while let block = state.withLock({ $0.takeBlock() }) {
        let outcome = Swift.Result {
          try stop.check()
          return try body(ranges[block], responder)
        }
        state.withLock { state in
          state.parts[block] = outcome
          state.done += ranges[block].count
          if case .failure = outcome { state.next = ranges.count } else { progress(state.done) }
        }
      }
    }
    let parts = state.withLock { $0.parts }
    return try parts.compactMap { try $0?.get() }
  }

  private struct State<Part: Sendable>: Sendable {
    var parts: [Swift.Result<Part, any Error>?]
    var next = 0
    var done = 0

    mutating func takeBlock() -> Int? {
      guard next < parts.count else { return nil }
      defer { next += 1 }
      return next
    }
  }
}

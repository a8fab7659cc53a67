import Synchronization

/// Work on a selection, cut into blocks that threads take as they come.
///
/// Each block runs from beginning to end on one thread with that thread's own responder, so activations stay in its
/// cache and nothing waits between steps. No image's result depends on its block.
struct Blocks: Sendable {
  /// Images in a block.
  var size = 64
  /// Whose threads work.
  var engine: Engine
  /// Asked by every victim between its questions, and between blocks.
  var stop: Stop
  /// Told after each block how many images are done; from any thread, one call at a time.
  var progress: @Sendable (Int) -> Void = { _ in }

  /// A size at which every thread gets a few blocks, so that none waits long for the last one. Large blocks keep the
  /// engine's lanes full when an attack has few images left in each.
  static func size(of count: Int, threads: Int, most: Int = 256) -> Int {
    let even = count / (threads * 3)
    return min(max((even + 15) / 16 * 16, 32), most)
  }

  /// Runs `body` over all blocks of `count` images and returns what it returned, in the order of the blocks.
  func run<Part: Sendable>(
    _ count: Int, against target: Target, _ body: @escaping @Sendable (Range<Int>, any Responder) throws -> Part
  ) throws -> [Part] {
    let ranges = stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    let idle = Mutex<[Lent]>([])
    let done = Mutex(0)
    return try engine.map(blocks: ranges.count, stop: stop) { block in
      let lent = idle.withLock { $0.popLast() } ?? Lent(responder: target.makeResponder())
      defer { idle.withLock { $0.append(lent) } }
      let part = try body(ranges[block], lent.responder)
      done.withLock { done in
        done += ranges[block].count
        progress(done)
      }
      return part
    }
  }

  /// A responder on its way from one block to the next, perhaps on another thread.
  private struct Lent: @unchecked Sendable {  // Safety: popped from the list, so one block has it at a time
    let responder: any Responder
  }
}

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

  /// A size at which every thread gets a few blocks and none waits long for the last one. Large blocks keep the engine's
  /// lanes full when an attack has few images left in each: so the largest that leaves hardly any thread waiting.
  static func size(of count: Int, threads: Int, most: Int = 256) -> Int {
    let even = count / (threads * 2)
    let largest = min(max((even + 15) / 16 * 16, 32), most)
    let ideal = ((count + 15) / 16 + threads - 1) / threads
    // Not much smaller: where few images are open in a block, its lanes are mostly empty.
    let smallest = max(32, largest * 2 / 3 / 16 * 16)
    let sizes = stride(from: largest, through: smallest, by: -16).map {
      (size: $0, longest: longest(count, threads, size: $0))
    }
    let good = sizes.first { Double($0.longest) <= 1.03 * Double(ideal) }
    return (good ?? sizes.min { $0.longest < $1.longest })?.size ?? largest
  }

  /// The groups of 16 images that the busiest thread computes, if each block goes to the one that is free first.
  private static func longest(_ count: Int, _ threads: Int, size: Int) -> Int {
    var busy = [Int](repeating: 0, count: threads)
    for first in stride(from: 0, to: count, by: size) {
      let next = busy.indices.min { busy[$0] < busy[$1] } ?? 0
      busy[next] += (min(size, count - first) + 15) / 16
    }
    return busy.max() ?? 0
  }

  /// Runs `body` over all blocks of `count` images and returns what it returned, in the order of the blocks.
  func run<Part: Sendable>(
    _ count: Int, against target: Target, _ body: @escaping @Sendable (Range<Int>, any Responder) throws -> Part
  ) throws -> [Part] {
    let size = try fitting(target)
    let ranges = stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    let responders = ToolPool { target.makeResponder() }
    let done = Mutex(0)
    return try engine.map(blocks: ranges.count, stop: stop) { block in
      let part = try responders.withTool { responder in
        responder.setStop(stop)
        return try body(ranges[block], responder)
      }
      try stop.check()  // a pass that broke off answers nonsense
      done.withLock { done in
        done += ranges[block].count
        progress(done)
      }
      return part
    }
  }

  /// The size of a block, or a smaller one of which every thread has memory for one.
  ///
  /// - Throws: `MemoryShortage` if there is not even enough for 16 images a thread.
  private func fitting(_ target: Target) throws(MemoryShortage) -> Int {
    // An attack has a dozen copies of its images: where they began, where they are, gradients, the best so far.
    func bytes(_ size: Int) -> Double {
      // And one for answers by plain sums.
      let groups = (size + 15) / 16 + 1
      return Double(engine.threads) * (Double(groups * target.groupBytes) + 12 * 4 * Double(size * target.shape.count))
    }
    var size = size
    if bytes(size) < Double(Memory.small) { return size }
    let available = Memory.available
    while bytes(size) > Double(available), size > 16 { size = max(16, size / 2) }
    try MemoryShortage.check(
      "asking the model about 16 images at once on \(engine.threads) threads",
      [.init("activations and images", bytes(size))],
      hint: "fewer threads (ward --threads 1), or a smaller network", available: available)
    return size
  }
}

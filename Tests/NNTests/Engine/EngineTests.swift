import Synchronization
import Testing

@testable import NN

@Suite struct EngineTests {
  @Test(arguments: [1, 2, 5]) func everyPartRunsOnce(threads: Int) {
    let engine = Engine(threads: threads)
    for count in [0, 1, 2, 3, 100] {
      let seen = Mutex([Int](repeating: 0, count: count))
      engine.run(count) { part, thread in
        seen.withLock { $0[part] += 1 }
        #expect(thread >= 0 && thread < threads)
      }
      #expect(seen.withLock { $0 } == Array(repeating: 1, count: count))
    }
  }

  @Test func resultsComeInOrderAndTheFirstFailureIsThrown() throws {
    struct Odd: Error, Equatable { let block: Int }
    let engine = Engine(threads: 3)
    #expect(try engine.map(blocks: 50) { $0 * $0 } == (0..<50).map { $0 * $0 })
    #expect(throws: Odd(block: 7)) {
      _ = try Engine(threads: 1).map(blocks: 20) { if $0 % 7 == 0 && $0 > 0 { throw Odd(block: $0) } }
    }
    #expect(throws: Odd.self) { _ = try engine.map(blocks: 20) { throw Odd(block: $0) } }
  }

  @Test func workInsideWorkRunsToo() throws {
    let engine = Engine(threads: 2)
    let sums = try engine.map(blocks: 4) { outer in
      try engine.map(blocks: 3) { outer * 10 + $0 }.reduce(0, +)
    }
    #expect(sums == [3, 33, 63, 93])
  }

  @Test func aStopIsAnsweredBetweenBlocks() {
    let done = Atomic<Int>(0)
    let stop = Stop { done.load(ordering: .relaxed) >= 3 }
    #expect(throws: Interrupted.self) {
      _ = try Engine(threads: 2).map(blocks: 1000, stop: stop) { _ in done.add(1, ordering: .relaxed) }
    }
    #expect(done.load(ordering: .relaxed) < 10)
  }

  @Test func manyShortJobsFollowEachOther() {
    let engine = Engine(threads: 3)
    let total = Atomic<Int>(0)
    for _ in 0..<2000 { engine.run(3) { part, _ in total.add(part, ordering: .relaxed) } }
    #expect(total.load(ordering: .relaxed) == 6000)
  }

  @Test func theLevelHasAName() { #expect(["base", "v3", "v4"].contains(Engine.isa)) }
}

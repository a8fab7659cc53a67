import CKernels
import Contract
import Foundation
import Synchronization

/// Threads that wait for work: spinning for a moment, since steps follow each other closely, then asleep.
///
/// Safety: `job` and `parts` are written only while nobody works (see `run`).
final class ThreadPool: @unchecked Sendable {
  static var processors: Int { ProcessInfo.processInfo.activeProcessorCount }

  /// Fewer than were asked for where the system gives no more threads.
  private var helpers = 0
  private let isBusy = Atomic<Bool>(false)
  /// Counts jobs; a change wakes the helpers.
  private let generation = Atomic<Int>(0)
  private let nextPart = Atomic<Int>(0)
  private let activeWorkers = Atomic<Int>(0)
  private let isShutDown = Atomic<Bool>(false)
  private let condition = NSCondition()
  private var job: ((Int, Int) -> Void)?
  private var parts = 0

  /// Pauses before a waiting thread goes to sleep: a few dozen microseconds.
  private static let spinLimit = 3000

  init(helpers: Int) {
    while self.helpers < helpers {
      let number = self.helpers + 1
      guard SystemThread.start(stackSize: 4 << 20, { [self] in workerLoop(number) }) else { break }
      self.helpers = number
    }
  }

  func run(_ count: Int, _ body: (Int, Int) -> Void) {
    let mayShare = helpers > 0 && count > 1
    guard mayShare, isBusy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else {
      for part in 0..<count { body(part, 0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      job = body
      parts = count
      nextPart.store(0, ordering: .relaxed)
      activeWorkers.store(helpers, ordering: .relaxed)
      condition.lock()
      generation.add(1, ordering: .releasing)
      condition.broadcast()
      condition.unlock()
      takeParts(body, count, thread: 0)
      wait { activeWorkers.load(ordering: .acquiring) == 0 }
      job = nil
    }
    isBusy.store(false, ordering: .releasing)
  }

  /// Ends the helpers; called when nobody can call `run` any more.
  func shutDown() {
    condition.lock()
    isShutDown.store(true, ordering: .releasing)
    generation.add(1, ordering: .releasing)
    condition.broadcast()
    condition.unlock()
  }

  private func takeParts(_ body: (Int, Int) -> Void, _ count: Int, thread: Int) {
    while true {
      let part = nextPart.add(1, ordering: .relaxed).oldValue
      if part >= count { return }
      body(part, thread)
    }
  }

  private func workerLoop(_ number: Int) {
    var seen = 0
    while true {
      wait { generation.load(ordering: .acquiring) != seen }
      seen += 1
      if isShutDown.load(ordering: .acquiring) { return }
      if let job { takeParts(job, parts, thread: number) }
      if activeWorkers.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
        condition.lock()
        condition.broadcast()
        condition.unlock()
      }
    }
  }

  private func wait(until isReady: () -> Bool) {
    for _ in 0..<Self.spinLimit {
      if isReady() { return }
      ward_pause()
    }
    condition.lock()
    while !isReady() { condition.wait() }
    condition.unlock()
  }
}

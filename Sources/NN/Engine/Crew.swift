import CKernels
import Foundation
import Synchronization

/// Threads that wait for work: spinning for a moment, since steps follow each other closely, then asleep.
final class Crew: @unchecked Sendable {  // Safety: `job` and `parts` are written only while nobody works (see `run`)
  static var processors: Int { ProcessInfo.processInfo.activeProcessorCount }

  private let helpers: Int
  private let isBusy = Atomic<Bool>(false)
  /// Counts jobs; a change wakes the helpers.
  private let turn = Atomic<Int>(0)
  private let nextPart = Atomic<Int>(0)
  private let working = Atomic<Int>(0)
  private let isDismissed = Atomic<Bool>(false)
  private let bell = NSCondition()
  private var job: ((Int, Int) -> Void)?
  private var parts = 0

  /// Pauses before a waiting thread goes to sleep: a few dozen microseconds.
  private static let patience = 3000

  init(helpers: Int) {
    self.helpers = helpers
    for number in 0..<helpers {
      let thread = Thread { [self] in serve(number + 1) }
      thread.name = "ward-\(number + 1)"
      thread.stackSize = 4 << 20
      thread.start()
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
      working.store(helpers, ordering: .relaxed)
      bell.lock()
      turn.add(1, ordering: .releasing)
      bell.broadcast()
      bell.unlock()
      takeParts(body, count, thread: 0)
      wait { working.load(ordering: .acquiring) == 0 }
      job = nil
    }
    isBusy.store(false, ordering: .releasing)
  }

  /// Ends the helpers; called when nobody can call `run` any more.
  func dismiss() {
    bell.lock()
    isDismissed.store(true, ordering: .releasing)
    turn.add(1, ordering: .releasing)
    bell.broadcast()
    bell.unlock()
  }

  private func takeParts(_ body: (Int, Int) -> Void, _ count: Int, thread: Int) {
    while true {
      let part = nextPart.add(1, ordering: .relaxed).oldValue
      if part >= count { return }
      body(part, thread)
    }
  }

  private func serve(_ number: Int) {
    var seen = 0
    while true {
      wait { turn.load(ordering: .acquiring) != seen }
      seen += 1
      if isDismissed.load(ordering: .acquiring) { return }
      if let job { takeParts(job, parts, thread: number) }
      if working.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
        bell.lock()
        bell.broadcast()
        bell.unlock()
      }
    }
  }

  private func wait(until isReady: () -> Bool) {
    for _ in 0..<Self.patience {
      if isReady() { return }
      ward_pause()
    }
    bell.lock()
    while !isReady() { bell.wait() }
    bell.unlock()
  }
}

import Foundation
import Lang
import Store

/// A sweep as it is worked on: which points are left, and what becomes of them in the store. An engine runs them.
final class SweepRun {
  let plan: SweepPlan
  let folder: SweepFolder
  let store: StoreFile
  let notices: Notices
  private let progress: Progress
  private let tellsEach: Bool
  /// The points to run, in the plan's order.
  private(set) var waiting: [SweepPlan.Point] = []
  /// How many points are at work now.
  var running = 0
  private(set) var done = 0
  private(set) var failed: [(point: SweepPlan.Point, problem: String)] = []
  /// Points that ended without a store: killed, or without room on the disk.
  private(set) var lost: [(point: SweepPlan.Point, problem: String)] = []
  /// How many were in the store before, done and failed.
  private(set) var before = (done: 0, failed: 0)
  private var byName: [String: SweepPlan.Point] = [:]
  private let started = ContinuousClock.now

  /// - Parameter isQuiet: whether nothing is said of single points, where there is no screen for progress.
  init(
    _ plan: SweepPlan, in folder: SweepFolder, store: StoreFile, terminal: Terminal, notices: Notices,
    isQuiet: Bool = false
  ) {
    (self.plan, self.folder, self.store, self.notices) = (plan, folder, store, notices)
    progress = Progress(terminal: terminal, quiet: false)
    tellsEach = !terminal.errorIsTerminal && !isQuiet
    for point in plan.points { byName[point.name] = point }
  }

  /// What is to be run: the points that the store does not have, or has from other data.
  ///
  /// - Parameters:
  ///   - again: whether those that are done are run again.
  ///   - retry: whether those that failed are.
  func choose(again: Bool, retry: Bool) throws {
    let known = try store.points(plan.points.map(\.key))
    var inputs = SweepInputs()
    var changed: Set<String> = []
    waiting = try plan.points.filter { point in
      guard let record = known[point.key], !again else { return true }
      if let path = try inputs.changed(since: record.inputs) {
        changed.insert(path)
        return true
      }
      if record.status == .failed, retry { return true }
      if record.status == .done { before.done += 1 } else { before.failed += 1 }
      return false
    }
    for path in changed.sorted() {
      notices.report(.note, "\(path) has changed since points of this sweep read it: they are run again")
    }
  }

  /// Seconds that a point took, over those of this script that the store has; nil where it has none.
  func secondsOfAPoint() throws -> Double? {
    let known = try store.points(plan.points.map(\.key))
    return known.isEmpty ? nil : known.values.reduce(0) { $0 + $1.seconds } / Double(known.count)
  }

  /// Takes a point that an engine has started.
  func begin() -> SweepPlan.Point? {
    guard !waiting.isEmpty else { return nil }
    running += 1
    return waiting.removeFirst()
  }

  /// A point's process has ended. Where it left a store that is merged, otherwise it is told of.
  func ended(_ point: SweepPlan.Point, problem: String) throws {
    running -= 1
    if access(folder.store(of: point), F_OK) == 0 {
      try merge(folder.store(of: point))
    } else {
      lost.append((point, problem))
      tell(point, "lost: \(problem)")
    }
  }

  /// A point that a signal ended is run once more.
  func repeats(_ point: SweepPlan.Point) {
    running -= 1
    waiting.append(point)
  }

  /// Merges all points that are whole.
  func collect() throws {
    for path in folder.wholeStores() {
      try merge(path)
      showProgress()
    }
  }

  private func merge(_ path: String) throws {
    _ = try store.merge(storeAt: path)
    for ending in ["", "-wal", "-shm", ".lock"] { unlink(path + ending) }
    let name = String(URL(fileURLWithPath: path).lastPathComponent.dropLast(".sqlite".count))
    // One that an earlier plan asked for counts in the store, not here.
    guard let point = byName[name], let record = try store.points([point.key])[point.key] else { return }
    waiting.removeAll { $0.key == point.key }
    let took = NumberText.measured(record.seconds)
    if record.status == .done {
      done += 1
      tell(point, "done in \(took)")
    } else {
      failed.append((point, record.problem))
      tell(point, "failed: \(record.problem)")
    }
  }

  private func tell(_ point: SweepPlan.Point, _ text: String) {
    guard tellsEach else { return showProgress() }
    let number = done + failed.count + lost.count
    Notices.write("\(number) of \(total)  \(point.label): \(text)".withVisibleControls)
  }

  /// How many this run is about.
  private var total: Int { waiting.count + running + done + failed.count + lost.count }

  func showProgress() {
    let over = done + failed.count + lost.count
    var details = ["\(over) of \(total) points"]
    if !failed.isEmpty { details.append("\(failed.count) failed") }
    if !lost.isEmpty { details.append("\(lost.count) lost") }
    details.append("\(running) running")
    progress.update("sweep \(plan.name)", fraction: total == 0 ? 1 : Double(over) / Double(total), details: details)
  }

  func hideProgress() { progress.finish() }

  /// How it ended, in a line and what there is to say of what went wrong.
  func report(isInterrupted: Bool) -> ExitStatus {
    progress.finish()
    let seconds = (ContinuousClock.now - started).inSeconds
    var parts = ["\(NumberText.count(done)) done"]
    if !failed.isEmpty { parts.append("\(failed.count) failed") }
    if !lost.isEmpty { parts.append("\(lost.count) lost") }
    if !waiting.isEmpty || running > 0 { parts.append("\(NumberText.count(waiting.count + running)) not run") }
    if before.done > 0 { parts.append("\(NumberText.count(before.done)) done before") }
    if before.failed > 0 { parts.append("\(before.failed) failed before") }
    StandardStreams.output(
      "sweep \(plan.name): \(plan.points.count.of("point")): \(parts.joined(separator: ", "))  \(NumberText.measured(seconds))\n"
        .withVisibleControls)
    for (point, problem) in failed.prefix(5) { notices.report(.warning, "\(point.label) failed: \(problem)") }
    for (point, problem) in lost.prefix(5) {
      notices.report(.warning, "\(point.label) was lost: \(problem)", help: ["what it said: \(folder.log(of: point))"])
    }
    let more = max(0, failed.count - 5) + max(0, lost.count - 5)
    if more > 0 { notices.report(.note, "\(more.of("more point")) went wrong") }
    if before.failed + failed.count > 0 {
      notices.report(
        .note, "points that failed are run again with --retry",
        help: ["`ward sql \"select params, problem from points where sweep = '\(plan.name)' and status = 'failed'\"`"])
    }
    if isInterrupted {
      notices.report(.note, "the same command goes on with the points that are left")
      return .interrupted
    }
    return failed.isEmpty && lost.isEmpty && before.failed == 0 ? .ok : .failed
  }
}

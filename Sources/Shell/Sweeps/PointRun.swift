import Foundation
import Lang
import NN
import Store

/// One point of a sweep, run by a process of its own: `ward sweep point FOLDER KEY`, whoever starts it.
///
/// It works in a store of its own, on this machine's disk. Once that is whole it is copied into the sweep's folder, where it
/// appears in one step: a point is there or it is not, and no store is shared over a network's file system.
struct PointRun {
  let folder: SweepFolder
  let plan: SweepPlan
  let point: SweepPlan.Point
  /// Where the point's own store is while it runs.
  let scratch: String

  /// - Returns: `.ok` where the point is whole, and its store in the folder: done or failed.
  func run() throws -> ExitStatus {
    guard FileManager.default.changeCurrentDirectoryPath(plan.folder) else {
      throw Problem(code: ShellCode.sweep, message: "there is no folder \(plan.folder), in which the sweep was planned")
    }
    let place = try ScratchPlace(in: scratch, for: point)
    PlainFile.remember()
    let started = Date()
    let (status, session) = try runSession(in: place.store)
    if status == .interrupted { return status }
    if status == .usage || session.hasLost {
      throw Problem(
        code: ShellCode.sweep, message: session.lastProblem ?? "what the point made could not be stored",
        help: ["the point is not stored, and is run again by the next `ward sweep`"])
    }
    var inputs = SweepInputs()
    try session.store.add(
      PointRecord(
        session: session.number, key: point.key, params: point.params, numerics: Numerics.version,
        inputs: inputs.json(ofFilesReadSince: started), status: status == .ok ? .done : .failed,
        problem: status == .ok ? "" : session.lastProblem ?? "its script ended with status \(status.rawValue)",
        seconds: Date().timeIntervalSince(started)))
    try session.store.settle()
    try session.store.close()
    try deliver(place.store)
    return .ok
  }

  private func runSession(in store: String) throws -> (ExitStatus, Session) {
    var options = Session.Options(storePath: store)
    (options.seed, options.threads, options.isSafe) = (point.seed, plan.threads, plan.isSafe)
    options.frontend = "sweep"
    let session = try Session(options)
    defer { session.end() }
    let script = Source(name: plan.script, text: plan.text)
    guard try SweepPlan.code(of: script, interpreter: session.interpreter) == plan.code else {
      throw Problem(
        code: ShellCode.sweep, message: "a script that \(plan.script) runs has changed since the sweep was planned",
        help: ["run `ward sweep` again: it plans anew"])
    }
    return (session.run(script: script, arguments: point.arguments), session)
  }

  /// Copies the store into the folder under a name of its own, and gives it its name when every byte is on the disk.
  private func deliver(_ store: String) throws {
    let target = folder.store(of: point)
    let part = PartFile(for: target)
    defer { withExtendedLifetime(part) {} }
    guard let part, part.copy(from: store), rename(part.path, target) == 0 else {
      let reason = FileFailure(errno).reason
      throw Problem(code: ShellCode.sweep, message: "the point's store cannot be written to \(target): \(reason)")
    }
  }
}

/// A folder of a process's own, removed when it is done. What processes left that were killed is removed by the next.
private final class ScratchPlace {
  private static let mark = "ward-point-"
  private let folder: String
  private let descriptor: Int32
  var store: String { folder + "/point.sqlite" }

  init(in parent: String, for point: SweepPlan.Point) throws {
    do {
      try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
      Self.removeAbandoned(in: parent)
      folder = "\(parent)/\(Self.mark)\(point.name)-\(UUID().uuidString)"
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    } catch {
      throw Problem(code: ShellCode.sweep, message: "no folder can be made in \(parent): \(error.inWords)")
    }
    // Held as long as the process lives.
    descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    _ = flock(descriptor, LOCK_EX | LOCK_NB)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: folder)
    close(descriptor)
  }

  private static func removeAbandoned(in parent: String) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] where name.hasPrefix(mark) {
      let path = "\(parent)/\(name)"
      let other = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      if other < 0 { continue }
      // A folder that was made this moment is not locked yet.
      var status = stat()
      let isOld = fstat(other, &status) == 0 && time(nil) - status.st_mtim.tv_sec > 60
      if isOld, flock(other, LOCK_EX | LOCK_NB) == 0 { try? FileManager.default.removeItem(atPath: path) }
      close(other)
    }
  }
}

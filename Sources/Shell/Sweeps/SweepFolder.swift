import Foundation
import Lang
import Store

/// Where a sweep is worked on, `STORE-sweeps/NAME`: its plan, a store for each point that is whole and not yet merged, and
/// what points said. Everything in it is written whole or not at all.
struct SweepFolder {
  let path: String

  /// The folder of a sweep beside the store that its points are merged into.
  init(of name: String, store: String) {
    let store = Home.path(store)
    let base = store.hasSuffix(".sqlite") ? String(store.dropLast(7)) : store
    path = Self.absolute(base + "-sweeps/" + name)
  }

  init(_ path: String) { self.path = Self.absolute(path) }

  static func absolute(_ path: String) -> String {
    let path = Home.path(path)
    return path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }

  private var planFile: String { path + "/plan.json" }
  private var points: String { path + "/points" }
  /// What a point said while it ran.
  func log(of point: SweepPlan.Point) -> String { "\(path)/logs/\(point.name).log" }
  /// Where a point's store appears when it is whole.
  func store(of point: SweepPlan.Point) -> String { "\(points)/\(point.name).sqlite" }
  /// Where points of this machine work.
  var scratch: String { path + "/scratch" }
  /// The jobs that a cluster was given, one number a line.
  var jobs: String { path + "/jobs" }

  var exists: Bool { access(planFile, F_OK) == 0 }

  func make() throws {
    for folder in [path, points, path + "/logs"] {
      do {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      } catch {
        throw Problem(code: ShellCode.sweep, message: "the folder \(folder) cannot be made: \(error.inWords)")
      }
    }
  }

  func write(_ plan: SweepPlan) throws {
    // A point is a line, so that one among a hundred thousand is found without reading them all.
    var head = plan
    head.points = []
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try WrittenFile.write(try encoder.encode(head), to: planFile)
    var lines = Data()
    for point in plan.points {
      lines += try encoder.encode(point)
      lines.append(UInt8(ascii: "\n"))
    }
    try WrittenFile.write(lines, to: path + "/points.jsonl")
  }

  /// - Parameter key: the beginning of the key of the one point that is wanted; all of them without.
  func plan(only key: String? = nil) throws -> SweepPlan {
    do {
      var plan = try JSONDecoder().decode(SweepPlan.self, from: Data(contentsOf: URL(fileURLWithPath: planFile)))
      let lines = try Data(contentsOf: URL(fileURLWithPath: path + "/points.jsonl"), options: .alwaysMapped)
      let wanted = key.map { Data("\"key\":\"\($0)".utf8) }
      for line in lines.split(separator: UInt8(ascii: "\n")) {
        if let wanted, line.range(of: wanted) == nil { continue }
        plan.points.append(try JSONDecoder().decode(SweepPlan.Point.self, from: line))
      }
      return plan
    } catch {
      throw Problem(
        code: ShellCode.sweep, message: "the plan of the sweep in \(path) cannot be read: \(error.inWords)",
        help: ["run `ward sweep FILE.ward …` again: it is written anew"])
    }
  }

  /// The stores of points that are whole.
  func wholeStores() -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: points)) ?? []
    return names.filter { $0.hasSuffix(".sqlite") }.sorted().map { "\(points)/\($0)" }
  }

  /// Removes what points left that were killed. For who holds the lock, while none of the points runs elsewhere.
  func removeLeftovers() {
    try? FileManager.default.removeItem(atPath: scratch)
    PartFile.removeAbandoned(in: points)
  }

  /// Keeps others from running the same sweep, until `SweepLock` is let go or the process ends.
  func lock() throws -> SweepLock { try SweepLock(path: path + "/lock", of: path) }
}

/// A lock that ends with its process, and says whose it is.
final class SweepLock {
  private let descriptor: Int32

  init(path: String, of folder: String) throws {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw Problem(code: ShellCode.sweep, message: "cannot write \(path): \(FileFailure(errno).reason)")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let holder = Self.holder(of: path).map { " (process \($0))" } ?? ""
      close(descriptor)
      let name = URL(fileURLWithPath: folder).lastPathComponent
      throw Problem(
        code: ShellCode.sweep, message: "the sweep \(name) is being run already\(holder)",
        help: [
          "`ward sweep status \(name)` says how far it is, `ward sweep cancel \(name)` ends it",
          "another sweep of the same script at the same time needs a name of its own: --name",
        ])
    }
    let text = "\(getpid())\n"
    _ = ftruncate(descriptor, 0)
    _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
  }

  deinit { close(descriptor) }

  /// The process that wrote into a lock file last.
  static func holder(of path: String) -> pid_t? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    return pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  /// The process that runs the sweep of a folder; nil if none does.
  static func running(_ folder: SweepFolder) -> pid_t? {
    let path = folder.path + "/lock"
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return nil }
    return holder(of: path)
  }
}

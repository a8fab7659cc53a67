import Foundation
import GRDB
import GRDBSQLite

extension StoreFile {
  /// Reads the whole store and looks for damage: pages, indexes, references, and weights that are not what their hash
  /// says. Takes about ten seconds for each gigabyte.
  /// - Parameter shouldStop: Asked while it reads; true stops it.
  /// - Returns: What is wrong, a sentence each; empty when all is well.
  /// - Throws: `SQLError.interrupted` when stopped, else `StoreError`.
  public func check(shouldStop: @escaping () -> Bool = { false }) throws -> [String] {
    try read(stoppedBy: shouldStop) { db in
      var problems = try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
      problems += try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").map { row in
        "a row of \(row[0] as String) refers to a row of \(row[2] as String) that is missing"
      }
      let blobs = try Row.fetchCursor(db, sql: "SELECT id, sha256, bytes FROM blob")
      while let row = try blobs.next() {
        if shouldStop() { throw SQLError.interrupted }
        if SHA256.hexadecimal(of: row["bytes"]) != row["sha256"] {
          problems.append("the weights \(row["id"] as Int64) are not what they were when they were stored")
        }
      }
      return problems
    }
  }

  private func read<T>(stoppedBy shouldStop: @escaping () -> Bool, _ body: (Database) throws -> T) throws -> T {
    do {
      return try read { db in try Self.asking(shouldStop, db, every: 100_000) { try body(db) } }
    } catch StoreError.stopped { throw SQLError.interrupted }
  }

  /// Has SQLite ask whether to stop, once in so many steps of its machine.
  static func asking<T>(
    _ shouldStop: @escaping () -> Bool, _ db: Database, every steps: Int32, _ body: () throws -> T
  ) throws -> T {
    let question = StopBox(shouldStop)
    let context = Unmanaged.passUnretained(question).toOpaque()
    sqlite3_progress_handler(
      db.sqliteConnection, steps,
      { Unmanaged<StopBox>.fromOpaque($0!).takeUnretainedValue().shouldStop() ? 1 : 0 }, context)
    defer { sqlite3_progress_handler(db.sqliteConnection, 0, nil, nil) }
    do {
      return try withExtendedLifetime(question) { try body() }
    } catch let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT {
      throw SQLError.interrupted
    }
  }

  /// How many bytes the store takes on the disk, its log included; 0 in memory.
  public func bytesOnDisk() -> Int {
    guard let path else { return 0 }
    return ["", "-wal"].reduce(0) { sum, ending in
      let size = try? FileManager.default.attributesOfItem(atPath: path + ending)[.size] as? Int
      return sum + (size ?? 0)
    }
  }

  /// Writes a copy of the store as it is now into a new file, for the owner only, while others go on using the store.
  ///
  /// The file appears whole or not at all. What the end of the process leaves of one is removed by the next backup into
  /// the same folder.
  /// - Parameter shouldStop: Asked while it writes; true stops it.
  /// - Returns: How many bytes it has.
  /// - Throws: `StoreError.exists` if there is a file already, which is left as it is; `SQLError.interrupted` when stopped.
  @discardableResult
  public func backup(to target: String, shouldStop: @escaping () -> Bool = { false }) throws -> Int {
    if FileManager.default.fileExists(atPath: target) { throw StoreError.exists(path: target) }
    PartFile.removeAbandoned(in: URL(fileURLWithPath: target).deletingLastPathComponent().path)
    guard let part = PartFile(for: target) else { throw StoreError.fromErrno(errno, path: target) }
    defer { withExtendedLifetime(part) {} }
    var number: Int32 = 0
    do {
      // Into the empty file made above: SQLite would make one that others can read.
      try database.writeWithoutTransaction { db in
        defer { number = sqlite3_system_errno(db.sqliteConnection) }
        // A step may copy a model's weights.
        try Self.asking(shouldStop, db, every: 100) { try db.execute(sql: "VACUUM INTO ?", arguments: [part.path]) }
      }
    } catch let stopped as SQLError {
      throw stopped
    } catch {
      if shouldStop() { throw SQLError.interrupted }
      throw StoreError.from(error, path: target, number: number)
    }
    // Unlike a rename, a link does not replace a file.
    if link(part.path, target) != 0 {
      if errno == EEXIST { throw StoreError.exists(path: target) }
      throw StoreError.fromErrno(errno, path: target)
    }
    var status = stat()
    return fstat(part.descriptor, &status) == 0 ? Int(status.st_size) : 0
  }
}

/// Keeps a closure where C can find it.
private final class StopBox {
  let shouldStop: () -> Bool
  init(_ shouldStop: @escaping () -> Bool) { self.shouldStop = shouldStop }
}

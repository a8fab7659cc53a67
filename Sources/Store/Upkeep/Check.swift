import Foundation
import GRDB
import GRDBSQLite

extension Store {
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

  /// Reads, and has SQLite ask every 100,000 steps of its machine whether to stop.
  private func read<T>(stoppedBy shouldStop: @escaping () -> Bool, _ body: (Database) throws -> T) throws -> T {
    let question = Question(shouldStop)
    return try read { db in
      let context = Unmanaged.passUnretained(question).toOpaque()
      sqlite3_progress_handler(
        db.sqliteConnection, 100_000,
        { Unmanaged<Question>.fromOpaque($0!).takeUnretainedValue().shouldStop() ? 1 : 0 }, context)
      defer { sqlite3_progress_handler(db.sqliteConnection, 0, nil, nil) }
      do {
        return try withExtendedLifetime(question) { try body(db) }
      } catch let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT {
        throw SQLError.interrupted
      }
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
  /// The file appears whole or not at all.
  /// - Throws: `StoreError.exists` if there is a file already, which is left as it is.
  public func backup(to target: String) throws {
    let target = NSString(string: target).expandingTildeInPath
    if FileManager.default.fileExists(atPath: target) { throw StoreError.exists(path: target) }
    let part = target + ".part-\(UUID().uuidString)"
    let descriptor = Foundation.open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if descriptor < 0 { throw StoreError.fromErrno(errno, path: target) }
    Foundation.close(descriptor)
    defer { unlink(part) }
    do {
      // Into the empty file made above: SQLite would make one that others can read.
      try database.writeWithoutTransaction { db in try db.execute(sql: "VACUUM INTO ?", arguments: [part]) }
    } catch {
      throw StoreError.from(error, path: target)
    }
    // Unlike a rename, a link does not replace a file.
    if link(part, target) != 0 {
      if errno == EEXIST { throw StoreError.exists(path: target) }
      throw StoreError.fromErrno(errno, path: target)
    }
  }
}

/// Keeps a closure where C can find it.
private final class Question {
  let shouldStop: () -> Bool
  init(_ shouldStop: @escaping () -> Bool) { self.shouldStop = shouldStop }
}

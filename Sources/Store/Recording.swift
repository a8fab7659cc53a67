import Foundation
import GRDB

extension StoreFile {
  /// Writes the row of a session and keeps it marked as alive until `endSession` or the end of the process.
  /// - Returns: Its number.
  public func beginSession(_ session: SessionRecord) throws -> Int64 {
    let id = try write { db in try db.insert(session, into: "session") }
    _ = lock?.hold(session: id)
    return id
  }

  /// Writes the end of a session, and moves what the log holds into the file itself, so that a copy of the file alone
  /// has it all. (What another Ward is reading at this moment stays in the log.)
  ///
  /// - Parameter comments: Those behind the last cell.
  public func endSession(_ id: Int64, comments: String = "") throws {
    try write { db in
      try db.execute(
        sql: "UPDATE session SET ended = ?, comments = ? WHERE id = ?", arguments: [Date().stored, comments, id])
    }
    lock?.release(session: id)
    guard let path else { return }
    try? database.writeWithoutTransaction { db in _ = try db.checkpoint(.passive) }
    // The next start would read the whole log again, to no end: it goes, unless somebody reads in it at this moment.
    var impatient = Configuration()
    impatient.busyMode = .immediateError
    try? DatabaseQueue(path: path, configuration: impatient).writeWithoutTransaction {
      _ = try $0.checkpoint(.truncate)
    }
  }

  /// Writes the row of a cell, before the cell runs.
  /// - Returns: The cell's id.
  public func beginCell(_ cell: CellRecord) throws -> Int64 {
    try write { db in try db.insert(cell, into: "cell", with: ["status": CellStatus.running.rawValue]) }
  }

  /// Writes something that a running cell has made, all or nothing. Safe from `kill -9` once it returns.
  ///
  /// - Parameters:
  ///   - shown: What the cell has shown so far, as plain text; nil leaves what is there.
  ///   - record: As for `finishCell`.
  public func keep<T>(in cell: Int64, shown: String? = nil, record: (CellWriter) throws -> T) throws -> T {
    try write { db in
      let made = try record(CellWriter(db: db, cell: cell))
      if let shown { try db.execute(sql: "UPDATE cell SET shown = ? WHERE id = ?", arguments: [shown, cell]) }
      return made
    }
  }

  /// Writes how a cell ended and what it made that is not kept yet, all or nothing.
  ///
  /// `record` gets a writer for what the cell made; the ids it hands out may be used at once by later records of the
  /// same cell. They are valid once this call returns, and void if it throws.
  /// - Parameters:
  ///   - status: `running` writes what there is so far of a cell that goes on; it may be finished again.
  ///   - seconds: Not written while it is running.
  ///   - shown: What the cell showed, as plain text.
  ///   - output: The same as JSON blocks; empty for none.
  public func finishCell<T>(
    _ id: Int64, status: CellStatus, seconds: Double, shown: String = "", output: String = "",
    record: (CellWriter) throws -> T
  ) throws -> T {
    try write { db in
      let made = try record(CellWriter(db: db, cell: id))
      try db.execute(
        sql: "UPDATE cell SET status = ?, seconds = ?, shown = ?, output = ? WHERE id = ?",
        arguments: [status.rawValue, status == .running ? nil : seconds, shown, output, id])
      return made
    }
  }

  /// Writes how a cell that made nothing ended.
  public func finishCell(
    _ id: Int64, status: CellStatus, seconds: Double, shown: String = "", output: String = ""
  ) throws {
    try finishCell(id, status: status, seconds: seconds, shown: shown, output: output) { _ in }
  }

  /// How much a cell has made: what a cell that was interrupted left behind.
  public func made(in cell: Int64) throws -> (models: Int, results: Int, audits: Int) {
    try read { db in
      func count(_ table: String) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table) WHERE cell = ?", arguments: [cell]) ?? 0
      }
      return (try count("model"), try count("result"), try count("audit"))
    }
  }

  /// Marks the cells that were running when their process died as interrupted.
  /// - Returns: Them, so that the next start can say so.
  public func recoverInterrupted() throws -> [StoredCell] {
    let sessions = try read { db in
      try Int64.fetchAll(db, sql: "SELECT DISTINCT session FROM cell WHERE status = 'running'")
    }
    guard let lock else { return [] }
    let dead = sessions.filter { !lock.isAlive(session: $0) }
    if dead.isEmpty { return [] }
    return try write { db in
      try dead.flatMap { session in
        let cells = try StoredCell.fetchAll(
          db, sql: "SELECT * FROM cell WHERE session = ? AND status = 'running' ORDER BY id", arguments: [session])
        try db.execute(
          sql: "UPDATE cell SET status = 'interrupted' WHERE session = ? AND status = 'running'", arguments: [session])
        return cells
      }
    }
  }
}

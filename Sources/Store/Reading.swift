import Foundation
import GRDB

/// A record read back with its id and the cell that made it.
public struct Stored<Record: Sendable>: Sendable {
  /// What `…_id` columns of the views join to.
  public let id: Int64
  /// The cell that made it.
  public let cell: Int64
  /// The row.
  public internal(set) var record: Record
}

extension Stored: Equatable where Record: Equatable {}

extension StoreFile {
  /// The number of the newest session; nil in a new store.
  public func lastSession() throws -> Int64? {
    try read { db in try Int64.fetchOne(db, sql: "SELECT max(id) FROM session") }
  }

  /// A session with its end, which is nil while it runs and if its process died, and the comments behind its last cell;
  /// nil if there is none of that number.
  public func session(_ number: Int64) throws -> (record: SessionRecord, ended: Date?, comments: String)? {
    try read { db in
      try Row.fetchOne(db, sql: "SELECT * FROM session WHERE id = ?", arguments: [number]).map { row in
        (try SessionRecord(row: row), row["ended"], row["comments"])
      }
    }
  }

  /// The cells of one session in their order.
  public func cells(session: Int64) throws -> [StoredCell] {
    try read { db in
      try StoredCell.fetchAll(db, sql: "SELECT * FROM cell WHERE session = ? ORDER BY number", arguments: [session])
    }
  }

  /// The newest cells of all sessions, oldest first.
  /// - Parameter containing: Only cells whose source has this text, upper and lower case alike.
  public func history(limit: Int = 1_000, containing text: String? = nil) throws -> [StoredCell] {
    try read { db in
      let cells =
        if let text {
          try StoredCell.fetchAll(
            db, sql: "SELECT * FROM cell WHERE instr(lower(source), lower(?)) > 0 ORDER BY id DESC LIMIT ?",
            arguments: [text, limit])
        } else {
          try StoredCell.fetchAll(db, sql: "SELECT * FROM cell ORDER BY id DESC LIMIT ?", arguments: [limit])
        }
      return cells.reversed()
    }
  }

  /// The newest cells of all sessions, oldest first, chosen by their text.
  ///
  /// - Parameters:
  ///   - pattern: as for SQLite's GLOB: `*` stands for anything, `?` for a letter.
  ///   - once: of cells with the same text only the newest.
  public func typed(atMost limit: Int, like pattern: String? = nil, once: Bool = false) throws -> [StoredCell] {
    try read { db in
      let sql = """
        SELECT *\(once ? ", max(id)" : "") FROM cell WHERE ?1 IS NULL OR source GLOB ?1
        \(once ? "GROUP BY source " : "")ORDER BY id DESC LIMIT ?2
        """
      return try StoredCell.fetchAll(db, sql: sql, arguments: [pattern, limit]).reversed()
    }
  }

  /// A model with its weights; nil if there is none of that id.
  public func model(id: Int64) throws -> Stored<ModelRecord>? {
    try read { db in
      let sql = "SELECT m.*, b.bytes FROM model m JOIN blob b ON b.id = m.weights WHERE m.id = ?"
      return try Stored.fetchOne(db, sql: sql, arguments: [id])
    }
  }

  /// The id of the newest model of that name; nil if there is none.
  public func newestModel(named name: String) throws -> Int64? {
    try read { db in try Int64.fetchOne(db, sql: "SELECT max(id) FROM model WHERE name = ?", arguments: [name]) }
  }

  /// The names of models, newest first.
  public func modelNames(atMost count: Int) throws -> [String] {
    try read { db in
      try String.fetchAll(
        db, sql: "SELECT name FROM model GROUP BY name ORDER BY max(id) DESC LIMIT ?", arguments: [count])
    }
  }

  /// The epochs of a model's training in their order.
  public func epochs(of model: Int64) throws -> [EpochRecord] {
    try read { db in
      var epochs = try EpochRecord.fetchAll(
        db, sql: "SELECT * FROM epoch WHERE model = ? ORDER BY epoch", arguments: [model])
      for place in epochs.indices {
        epochs[place].weights = try WeightRecord.fetchAll(
          db, sql: "SELECT * FROM epoch_weight WHERE model = ? AND epoch = ? ORDER BY position",
          arguments: [model, epochs[place].epoch])
      }
      return epochs
    }
  }

  /// A data set's row; nil if there is none of that id.
  public func dataset(id: Int64) throws -> Stored<DatasetRecord>? {
    try read { db in try Stored.fetchOne(db, sql: "SELECT * FROM dataset WHERE id = ?", arguments: [id]) }
  }

  /// A cost matrix; nil if there is none of that id.
  public func costs(id: Int64) throws -> Stored<CostRecord>? {
    try read { db in try Stored.fetchOne(db, sql: "SELECT * FROM cost WHERE id = ?", arguments: [id]) }
  }

  /// A result with its classes, and its images if asked; nil if there is none of that id.
  public func result(id: Int64, examples: Bool = false) throws -> Stored<ResultRecord>? {
    try read { db in
      var result = try Stored<ResultRecord>.fetchOne(db, sql: "SELECT * FROM result WHERE id = ?", arguments: [id])
      result?.record.classes = try ClassResultRecord.fetchAll(
        db, sql: "SELECT * FROM class_result WHERE result = ? ORDER BY class", arguments: [id])
      if examples {
        result?.record.examples = try ExampleRecord.fetchAll(
          db, sql: "SELECT * FROM example WHERE result = ? ORDER BY position", arguments: [id])
        result?.record.certificates = try CertificateRecord.fetchAll(
          db, sql: "SELECT * FROM certificate WHERE result = ? ORDER BY position", arguments: [id])
      }
      return result
    }
  }
}

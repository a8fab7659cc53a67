import Foundation
import GRDB

/// A record read back with its id and the cell that made it.
public struct Stored<Record: Sendable>: Sendable {
  /// What `…_id` columns of the views join to.
  public let id: Int64
  /// The cell that made it.
  public let cell: Int64
  /// The row.
  public let record: Record
}

extension Stored: Equatable where Record: Equatable {}

extension Store {
  /// The number of the newest session; nil in a new store.
  public func lastSession() throws -> Int64? {
    try read { db in try Int64.fetchOne(db, sql: "SELECT max(id) FROM session") }
  }

  /// A session with its end, which is nil while it runs and if its process died; nil if there is none of that number.
  public func session(_ number: Int64) throws -> (record: SessionRecord, ended: Date?)? {
    try read { db in
      try Row.fetchOne(db, sql: "SELECT * FROM session WHERE id = ?", arguments: [number]).map { row in
        let record = SessionRecord(
          version: row["version"], seed: row["seed"], folder: row["folder"], started: row["started"])
        return (record, row["ended"])
      }
    }
  }

  /// The cells of one session in their order.
  public func cells(session: Int64) throws -> [StoredCell] {
    try read { db in try StoredCell.fetch(db, "WHERE session = ? ORDER BY number", [session]) }
  }

  /// The newest cells of all sessions, oldest first.
  /// - Parameter containing: Only cells whose source has this text, upper and lower case alike.
  public func history(limit: Int = 1_000, containing text: String? = nil) throws -> [StoredCell] {
    try read { db in
      let cells =
        if let text {
          try StoredCell.fetch(
            db, "WHERE instr(lower(source), lower(?)) > 0 ORDER BY id DESC LIMIT ?", [text, limit])
        } else {
          try StoredCell.fetch(db, "ORDER BY id DESC LIMIT ?", [limit])
        }
      return cells.reversed()
    }
  }

  /// A model with its weights; nil if there is none of that id.
  public func model(id: Int64) throws -> Stored<ModelRecord>? {
    try read { db in
      let sql = "SELECT m.*, b.bytes FROM model m JOIN blob b ON b.id = m.weights WHERE m.id = ?"
      return try Row.fetchOne(db, sql: sql, arguments: [id]).map { row in try Stored(model: row) }
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
      try Row.fetchAll(db, sql: "SELECT * FROM epoch WHERE model = ? ORDER BY epoch", arguments: [model]).map { row in
        EpochRecord(
          epoch: row["epoch"], loss: row["loss"], trainAccuracy: row["train_accuracy"],
          testAccuracy: row["test_accuracy"], seconds: row["seconds"], imagesPerSecond: row["images_per_second"],
          weights: try Self.weights(db, of: model, after: row["epoch"]))
      }
    }
  }

  private static func weights(_ db: Database, of model: Int64, after epoch: Int) throws -> [WeightRecord] {
    let sql = "SELECT * FROM epoch_weight WHERE model = ? AND epoch = ? ORDER BY position"
    return try Row.fetchAll(db, sql: sql, arguments: [model, epoch]).map { row in
      WeightRecord(
        layer: row["layer"], parameters: row["parameters"], l1: row["l1"], l2: row["l2"], max: row["max"],
        std: row["std"], nearZero: row["near_zero"], kurtosis: row["kurtosis"] ?? .nan, hoyer: row["hoyer"] ?? .nan,
        gini: row["gini"] ?? .nan)
    }
  }

  /// A data set's row; nil if there is none of that id.
  public func dataset(id: Int64) throws -> Stored<DatasetRecord>? {
    try read { db in
      try Row.fetchOne(db, sql: "SELECT * FROM dataset WHERE id = ?", arguments: [id]).map { row in
        let record = DatasetRecord(
          name: row["name"], path: row["path"], sha256: row["sha256"], selection: row["selection"],
          train: row["train"], test: row["test"], classNames: try row.json("class_names"),
          shape: try row.json("shape"))
        return Stored(id: row["id"], cell: row["cell"], record: record)
      }
    }
  }

  /// A cost matrix; nil if there is none of that id.
  public func costs(id: Int64) throws -> Stored<CostRecord>? {
    try read { db in
      try Row.fetchOne(db, sql: "SELECT * FROM cost WHERE id = ?", arguments: [id]).map { row in
        let record = CostRecord(
          name: row["name"], classNames: try row.json("class_names"), protected: try row.json("protected"),
          matrix: try row.json("matrix"), dataset: row["dataset"])
        return Stored(id: row["id"], cell: row["cell"], record: record)
      }
    }
  }

  /// A result with its classes, and its images if asked; nil if there is none of that id.
  public func result(id: Int64, examples: Bool = false) throws -> Stored<ResultRecord>? {
    try read { db in
      try Row.fetchOne(db, sql: "SELECT * FROM result WHERE id = ?", arguments: [id]).map { row in
        var record = ResultRecord(row: row)
        record.classes = try ClassResultRecord.fetch(db, result: id)
        if examples { record.examples = try ExampleRecord.fetch(db, result: id) }
        return Stored(id: row["id"], cell: row["cell"], record: record)
      }
    }
  }
}

extension Row {
  func json<T: Decodable>(_ column: String) throws -> T {
    try JSONDecoder().decode(T.self, from: Data((self[column] as String).utf8))
  }
}

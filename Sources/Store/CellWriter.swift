import Foundation
import GRDB
import GRDBSQLite

/// Stores what one cell made, inside the transaction of `StoreFile.keep` or `StoreFile.finishCell`.
public struct CellWriter {
  let db: Database
  let cell: Int64

  /// Stores a data set, unless the same bytes and selection are there already.
  /// - Returns: Its id.
  public func add(_ dataset: DatasetRecord) throws -> Int64 {
    let known = try Int64.fetchOne(
      db.cachedStatement(sql: "SELECT id FROM dataset WHERE sha256 = ? AND selection = ?"),
      arguments: [dataset.sha256, dataset.selection])
    if let known { return known }
    return try db.insert(dataset, into: "dataset", with: ["cell": cell])
  }

  /// Stores a cost matrix, unless one of the same name and content is there already.
  /// - Returns: Its id.
  public func add(_ costs: CostRecord) throws -> Int64 {
    let columns = try costs.databaseDictionary
    let name = String(decoding: try CostRecord.databaseJSONEncoder(for: "name").encode([costs.name]), as: UTF8.self)
    let lists = ["class_names", "protected", "matrix"].map {
      columns[$0].flatMap { String.fromDatabaseValue($0) } ?? ""
    }
    let content = SHA256.hexadecimal(of: Data(([name] + lists).joined(separator: "\n").utf8))
    let known = try Int64.fetchOne(db, sql: "SELECT id FROM cost WHERE content = ?", arguments: [content])
    return try known ?? db.insert(costs, into: "cost", with: ["cell": cell, "content": content])
  }

  /// Stores a model; weights that are there already are not stored again.
  /// - Returns: Its id.
  public func add(_ model: ModelRecord) throws -> Int64 {
    let weights = try add(blob: model.weights)
    return try db.insert(model, into: "model", with: ["weights": weights, "cell": cell], without: "bytes")
  }

  /// Gives a stored model the name that it was bound to after it was made.
  public func rename(model: Int64, to name: String) throws {
    try db.execute(sql: "UPDATE model SET name = ? WHERE id = ?", arguments: [name, model])
  }

  /// Stores the epochs of a model's training; an epoch that is there already is replaced.
  public func add(_ epochs: [EpochRecord], of model: Int64) throws {
    for epoch in epochs {
      try db.insert(epoch, into: "epoch", with: ["model": model], orReplace: true)
      for (position, layer) in epoch.weights.enumerated() {
        try db.insert(
          layer, into: "epoch_weight", with: ["model": model, "epoch": epoch.epoch, "position": position],
          orReplace: true)
      }
    }
  }

  /// Stores the statistics of a model's layers, in place of those measured before.
  public func add(_ layers: [WeightRecord], of model: Int64) throws {
    try db.execute(sql: "DELETE FROM weight WHERE model = ?", arguments: [model])
    for (position, layer) in layers.enumerated() {
      try db.insert(layer, into: "weight", with: ["model": model, "position": position, "cell": cell])
    }
  }

  /// Stores the result of an attack with its classes and images.
  /// - Returns: Its id.
  public func add(_ result: ResultRecord) throws -> Int64 {
    let id = try db.insert(result, into: "result", with: ["cell": cell])
    for row in result.classes { try db.insert(row, into: "class_result", with: ["result": id]) }
    try add(result.examples, result: id)
    for (position, row) in result.certificates.enumerated() {
      try db.insert(row, into: "certificate", with: ["result": id, "position": position])
    }
    return id
  }

  /// Stores an audit with its checks.
  /// - Returns: Its id.
  public func add(_ audit: AuditRecord) throws -> Int64 {
    let id = try db.insert(audit, into: "audit", with: ["cell": cell])
    for (position, check) in audit.checks.enumerated() {
      try db.insert(check, into: "audit_check", with: ["audit": id, "position": position])
    }
    return id
  }

  /// One statement prepared once, and its values bound one by one: a result has as many rows as images. Ten thousand take
  /// 29 ms; they take 42 ms as a list of arguments each, and 195 ms as a dictionary each, the way of the other records.
  private func add(_ examples: [ExampleRecord], result: Int64) throws {
    let columns = ExampleRecord.CodingKeys.allCases
    let names = ["result", "position"] + columns.map(\.rawValue)
    let statement = try db.cachedStatement(sql: Database.insertion(of: names, into: "example"))
    // GRDB has nothing to bind, and so keeps what is bound below.
    statement.setUncheckedArguments([])
    for (position, row) in examples.enumerated() {
      sqlite3_reset(statement.sqliteStatement)
      _ = result.bind(to: statement.sqliteStatement, at: 1)
      _ = position.bind(to: statement.sqliteStatement, at: 2)
      for (place, column) in zip(CInt(3)..., columns) {
        _ = row.value(column).bind(to: statement.sqliteStatement, at: place)
      }
      try statement.execute()
    }
  }

  private func add(blob bytes: Data) throws -> Int64 {
    let hash = SHA256.hexadecimal(of: bytes)
    let known = try Int64.fetchOne(db, sql: "SELECT id FROM blob WHERE sha256 = ?", arguments: [hash])
    if let known { return known }
    try db.execute(sql: "INSERT INTO blob (sha256, bytes) VALUES (?, ?)", arguments: [hash, bytes])
    return db.lastInsertedRowID
  }
}

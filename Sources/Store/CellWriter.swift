import Foundation
import GRDB

/// Stores what one cell made, inside the transaction of `Store.keep` or `Store.finishCell`.
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
    return try db.insert(
      into: "dataset",
      [
        ("name", dataset.name), ("path", dataset.path), ("sha256", dataset.sha256), ("selection", dataset.selection),
        ("train", dataset.train), ("test", dataset.test), ("class_names", json(dataset.classNames)),
        ("shape", json(dataset.shape)), ("cell", cell),
      ])
  }

  /// Stores a cost matrix, unless one of the same name and content is there already.
  /// - Returns: Its id.
  public func add(_ costs: CostRecord) throws -> Int64 {
    let parts = try [json([costs.name]), json(costs.classNames), json(costs.protected), json(costs.matrix)]
    let content = SHA256.hexadecimal(of: Data(parts.joined(separator: "\n").utf8))
    let known = try Int64.fetchOne(db, sql: "SELECT id FROM cost WHERE content = ?", arguments: [content])
    if let known { return known }
    return try db.insert(
      into: "cost",
      [
        ("name", costs.name), ("class_names", parts[1]), ("protected", parts[2]), ("matrix", parts[3]),
        ("dataset", costs.dataset), ("cell", cell), ("content", content),
      ])
  }

  /// Stores a model; weights that are there already are not stored again.
  /// - Returns: Its id.
  public func add(_ model: ModelRecord) throws -> Int64 {
    let weights = try add(blob: model.weights)
    return try db.insert(
      into: "model",
      [
        ("name", model.name), ("architecture", model.architecture), ("parent", model.parent),
        ("dataset", model.dataset), ("defense", model.defense), ("settings", model.settings), ("costs", model.costs),
        ("seed", model.seed), ("parameters", model.parameters), ("shape", json(model.shape)),
        ("normalisation", model.normalisation), ("clean", model.clean), ("seconds", model.seconds),
        ("weights", weights), ("cell", cell),
      ])
  }

  /// Gives a stored model the name that it was bound to after it was made.
  public func rename(model: Int64, to name: String) throws {
    try db.execute(sql: "UPDATE model SET name = ? WHERE id = ?", arguments: [name, model])
  }

  /// Stores the epochs of a model's training; an epoch that is there already is replaced.
  public func add(_ epochs: [EpochRecord], of model: Int64) throws {
    for epoch in epochs {
      try db.execute(
        sql: "INSERT OR REPLACE INTO epoch VALUES (?, ?, ?, ?, ?, ?, ?)",
        arguments: [
          model, epoch.epoch, epoch.loss, epoch.trainAccuracy, epoch.testAccuracy, epoch.seconds,
          epoch.imagesPerSecond,
        ])
      for (position, layer) in epoch.weights.enumerated() {
        try db.execute(
          sql: "INSERT OR REPLACE INTO epoch_weight VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          arguments: [
            model, epoch.epoch, position, layer.layer, layer.parameters, layer.l1, layer.l2, layer.max, layer.std,
            layer.nearZero, layer.kurtosis, layer.hoyer, layer.gini,
          ])
      }
    }
  }

  /// Stores the statistics of a model's layers, in place of those measured before.
  public func add(_ layers: [WeightRecord], of model: Int64) throws {
    try db.execute(sql: "DELETE FROM weight WHERE model = ?", arguments: [model])
    for (position, layer) in layers.enumerated() {
      try db.insert(
        into: "weight",
        [
          ("model", model), ("position", position), ("layer", layer.layer), ("parameters", layer.parameters),
          ("l1", layer.l1), ("l2", layer.l2), ("max", layer.max), ("std", layer.std), ("near_zero", layer.nearZero),
          ("kurtosis", layer.kurtosis), ("hoyer", layer.hoyer), ("gini", layer.gini), ("cell", cell),
        ])
    }
  }

  /// Stores the result of an attack with its classes and images.
  /// - Returns: Its id.
  public func add(_ result: ResultRecord) throws -> Int64 {
    let id = try db.insert(
      into: "result",
      [
        ("model", result.model), ("attack", result.attack), ("norm", result.norm), ("eps", result.eps),
        ("goal", result.goal), ("settings", result.settings), ("costs", result.costs), ("dataset", result.dataset),
        ("selection", result.selection), ("seed", result.seed), ("images", result.images), ("clean", result.clean),
        ("robust", result.robust), ("protected", result.protected), ("mean_cost", result.meanCost),
        ("attacked", result.attacked), ("success", result.success), ("queries", result.queries),
        ("seconds", result.seconds), ("cell", cell),
      ])
    try add(result.classes, result: id)
    try add(result.examples, result: id)
    return id
  }

  /// Stores an audit with its checks.
  /// - Returns: Its id.
  public func add(_ audit: AuditRecord) throws -> Int64 {
    let id = try db.insert(
      into: "audit",
      [
        ("model", audit.model), ("dataset", audit.dataset), ("selection", audit.selection),
        ("settings", audit.settings), ("seed", audit.seed), ("seconds", audit.seconds), ("cell", cell),
      ])
    for (position, check) in audit.checks.enumerated() {
      try db.insert(
        into: "audit_check",
        [
          ("audit", id), ("position", position), ("name", check.name), ("passed", check.passed),
          ("value", check.value), ("meaning", check.meaning), ("verdict", check.verdict),
        ])
    }
    return id
  }

  private func add(_ classes: [ClassResultRecord], result: Int64) throws {
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO class_result (result, class, name, protected, images, clean, robust, low, high, mean_cost,
          most_taken_for) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    for row in classes {
      statement.setUncheckedArguments([
        result, row.label, row.name, row.protected, row.images, row.clean, row.robust, row.low, row.high, row.meanCost,
        row.mostTakenFor,
      ])
      try statement.execute()
    }
  }

  /// One statement prepared once, because a result has as many rows as images.
  private func add(_ examples: [ExampleRecord], result: Int64) throws {
    let statement = try db.cachedStatement(
      sql: "INSERT INTO example VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    for (position, row) in examples.enumerated() {
      statement.setUncheckedArguments([
        result, position, row.index, row.label, row.cleanAnswer, row.answer, row.fooled, row.linf, row.l2, row.l1,
        row.l0, row.queries, row.steps,
      ])
      try statement.execute()
    }
  }

  private func add(blob bytes: Data) throws -> Int64 {
    let hash = SHA256.hexadecimal(of: bytes)
    let known = try Int64.fetchOne(db, sql: "SELECT id FROM blob WHERE sha256 = ?", arguments: [hash])
    return try known ?? db.insert(into: "blob", [("sha256", hash), ("bytes", bytes)])
  }

  /// Lists as JSON, the form in which SQL's json_each reads them.
  private func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}

import Foundation
import GRDB

/// A training after its last whole epoch, with all it takes to go on to the same bits.
public struct TrainingRecord: TableRow, Sendable, Equatable {
  /// The cell that trains.
  public var cell: Int64
  /// The name the model will be bound to; unique within the cell.
  public var name: String
  /// Whole epochs done.
  public var epoch: Int
  /// Epochs asked for.
  public var epochs: Int
  /// Network, weights and optimizer, in a form the caller can read back.
  public var state: Data
  /// The model made of it, if the training was stopped or done rather than killed.
  public var model: Int64?
  /// The data set it trains on.
  public var dataset: Int64?
  /// The cost matrix it trains with.
  public var costs: Int64?
  /// The model whose weights it started from.
  public var parent: Int64?
  /// The seed of the training.
  public var seed: Int64
  /// The defense, such as `minmax`; empty for plain training.
  public var defense: String
  /// What decided the training, with data, parent and costs enough to run it again, as a JSON object; nil when unknown.
  public var spec: String?
  /// Seconds of training so far.
  public var seconds: Double

  /// The state of a training after an epoch.
  public init(
    cell: Int64, name: String, epoch: Int, epochs: Int, state: Data, model: Int64? = nil, dataset: Int64? = nil,
    costs: Int64? = nil, parent: Int64? = nil, seed: Int64 = 0, defense: String = "", spec: String? = nil,
    seconds: Double = 0
  ) {
    self.cell = cell
    self.name = name
    self.epoch = epoch
    self.epochs = epochs
    self.state = state
    self.model = model
    self.dataset = dataset
    self.costs = costs
    self.parent = parent
    self.seed = seed
    self.defense = defense
    self.spec = spec
    self.seconds = seconds
  }
}

extension StoreFile {
  /// Writes the state of a training, in place of that of an earlier epoch. Safe from `kill -9` once it returns.
  public func save(_ training: TrainingRecord) throws {
    try write { db in
      // The row of an earlier epoch keeps its id, and with it its place among the trainings of its name.
      let known = try Int64.fetchOne(
        db, sql: "SELECT id FROM training WHERE cell = ? AND name = ?", arguments: [training.cell, training.name])
      try db.insert(training, into: "training", with: ["id": known, "saved": Date().stored], orReplace: true)
    }
  }

  /// The newest training of that name that can go on; nil if there is none.
  public func training(named name: String) throws -> TrainingRecord? {
    try read { db in
      try TrainingRecord.fetchOne(
        db, sql: "SELECT * FROM training WHERE name = ? ORDER BY id DESC LIMIT 1", arguments: [name])
    }
  }

  /// The trainings that were stopped before they made a model, newest first: by Ctrl-C, or with their process.
  ///
  /// Those of a session that is training now are not among them.
  public func unfinishedTrainings() throws -> [TrainingRecord] {
    let running = try read { db in
      try Int64.fetchAll(
        db,
        sql: """
          SELECT DISTINCT session FROM cell WHERE status = 'running' AND id IN (SELECT cell FROM training)
          """)
    }
    let dead = running.filter { session in lock.map { !$0.isAlive(session: session) } ?? false }
    return try read { db in
      let cells = """
        SELECT id FROM cell WHERE status = 'interrupted'
        OR (status = 'running' AND session IN (\(dead.map(String.init).joined(separator: ", "))))
        """
      return try TrainingRecord.fetchAll(
        db, sql: "SELECT * FROM training WHERE model IS NULL AND cell IN (\(cells)) ORDER BY id DESC")
    }
  }
}

extension CellWriter {
  /// Removes the saved state of a training that is done.
  /// - Parameter cell: The cell that began it; nil for this one.
  public func dropTraining(_ name: String, of cell: Int64? = nil) throws {
    try db.execute(sql: "DELETE FROM training WHERE cell = ? AND name = ?", arguments: [cell ?? self.cell, name])
  }
}

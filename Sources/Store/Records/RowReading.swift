import Foundation
import GRDB

extension StoredCell {
  static func fetch(_ db: Database, _ rest: String, _ arguments: StatementArguments) throws -> [StoredCell] {
    try Row.fetchAll(db, sql: "SELECT * FROM cell \(rest)", arguments: arguments).map { row in
      let record = CellRecord(
        session: row["session"], number: row["number"], source: row["source"], seed: row["seed"],
        started: row["started"])
      return StoredCell(
        id: row["id"], record: record, status: CellStatus(rawValue: row["status"]) ?? .failed,
        seconds: row["seconds"], shown: row["shown"], output: row["output"])
    }
  }
}

extension Stored<ModelRecord> {
  init(model row: Row) throws {
    let record = ModelRecord(
      name: row["name"], architecture: row["architecture"], parent: row["parent"], dataset: row["dataset"],
      defense: row["defense"], settings: row["settings"], costs: row["costs"], seed: row["seed"],
      parameters: row["parameters"], shape: try row.json("shape"), normalisation: row["normalisation"],
      clean: row["clean"], seconds: row["seconds"], weights: row["bytes"])
    self.init(id: row["id"], cell: row["cell"], record: record)
  }
}

extension ResultRecord {
  init(row: Row) {
    self.init(
      model: row["model"], attack: row["attack"], norm: row["norm"], eps: row["eps"], goal: row["goal"],
      settings: row["settings"],
      costs: row["costs"], dataset: row["dataset"], selection: row["selection"], seed: row["seed"],
      images: row["images"], clean: row["clean"], robust: row["robust"], protected: row["protected"],
      meanCost: row["mean_cost"], attacked: row["attacked"], success: row["success"], queries: row["queries"],
      seconds: row["seconds"])
  }
}

extension ClassResultRecord {
  static func fetch(_ db: Database, result: Int64) throws -> [ClassResultRecord] {
    try Row.fetchAll(db, sql: "SELECT * FROM class_result WHERE result = ? ORDER BY class", arguments: [result])
      .map { row in
        ClassResultRecord(
          label: row["class"], name: row["name"], protected: row["protected"], images: row["images"],
          clean: row["clean"], robust: row["robust"], low: row["low"], high: row["high"],
          meanCost: row["mean_cost"], mostTakenFor: row["most_taken_for"])
      }
  }
}

extension ExampleRecord {
  static func fetch(_ db: Database, result: Int64) throws -> [ExampleRecord] {
    try Row.fetchAll(db, sql: "SELECT * FROM example WHERE result = ? ORDER BY position", arguments: [result])
      .map { row in
        ExampleRecord(
          index: row["image"], label: row["label"], cleanAnswer: row["clean_answer"], answer: row["answer"],
          fooled: row["fooled"], linf: row["linf"], l2: row["l2"], l1: row["l1"], l0: row["l0"],
          queries: row["queries"], steps: row["steps"])
      }
  }
}

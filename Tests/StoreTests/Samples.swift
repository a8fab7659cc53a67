import Foundation
import GRDB
import Testing

@testable import Store

/// Small rows for tests; the numbers mean nothing.
enum Samples {
  static let fashion = DatasetRecord(
    name: "fashion-mnist", path: "/data", sha256: String(repeating: "a", count: 64), train: 60_000, test: 10_000,
    classNames: ["Top", "Shirt"], shape: [1, 28, 28])

  static let guardShirt = CostRecord(
    name: "guard", classNames: ["Top", "Shirt"], protected: ["Shirt"], matrix: [[0, 1], [10, 0]])

  static func model(_ name: String, parent: Int64? = nil, weights: [UInt8] = [1, 2, 3]) -> ModelRecord {
    ModelRecord(
      name: name, architecture: "lenet", parent: parent, defense: parent == nil ? "" : "minmax",
      spec: #"{"epochs":5,"defense":[{"standard":{}}],"seed":7}"#, seed: 7, parameters: 61_706,
      shape: [1, 28, 28], clean: 0.893, seconds: 14.1, weights: Data(weights))
  }

  static func result(_ model: Int64, examples: Int = 0) -> ResultRecord {
    ResultRecord(
      model: model, attack: "pgd", norm: "linf", eps: 0.1,
      spec: #"{"attack":{"pgd":{"steps":40}},"norm":"linf","eps":0.1}"#, images: 2, clean: 1, robust: 0.5,
      protected: 0.25, meanCost: 1.9, queries: 80, seconds: 21,
      classes: [
        ClassResultRecord(
          label: 1, name: "Shirt", protected: true, images: 2, clean: 1, robust: 0.5, low: 0.1, high: 0.9,
          meanCost: 5, mostTakenFor: "Top")
      ],
      examples: (0..<examples).map(example))
  }

  static func example(_ index: Int) -> ExampleRecord {
    ExampleRecord(
      index: index, label: index % 10, cleanAnswer: index % 10, answer: (index + 1) % 10, fooled: index % 3 == 0,
      linf: 0.1, l2: 1 + Double(index % 100) / 100, l1: 30, l0: 700, queries: 40, steps: 40)
  }
}

/// A folder of its own for a test, removed when the test lets go of it.
final class Scratch {
  let folder: String
  var store: String { folder + "/ward.sqlite" }

  /// - Parameter place: the temporary folder if nil, which may be nobody else's to enter.
  init(in place: String? = nil) throws {
    folder = (place ?? FileManager.default.temporaryDirectory.path) + "/ward-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }
}

extension StoreFile {
  /// Begins a session and one cell of it.
  func beginCell(_ source: String = "1 + 1", number: Int = 1) throws -> Int64 {
    let session = try beginSession(SessionRecord(version: "0.1"))
    return try beginCell(CellRecord(session: session, number: number, source: source))
  }

  /// How many different weights are stored.
  func blobs() throws -> Int? { try read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM blob") } }

  /// The rows of a query as text.
  func ask(_ sql: String, _ parameters: [String: SQLValue] = [:]) throws -> [[String]] {
    try UserSQL(self).query(sql, parameters: parameters).rows.map { $0.map(\.description) }
  }
}

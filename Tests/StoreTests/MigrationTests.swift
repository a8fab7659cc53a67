import Foundation
import GRDB
import Testing

@testable import Store

@Suite struct MigrationTests {
  /// Stores of earlier versions and of this one, as SQL that the version itself wrote; a migration adds one.
  static let versions = 1...Migrations.all.count
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/stores")

  @Test(arguments: versions)
  func aStoreOfAnEarlierVersionKeepsItsRowsAndLearnsTheRest(version: Int) throws {
    let scratch = try Scratch()
    try Self.write(version, to: scratch.store)
    let store = try StoreFile.open(at: scratch.store)
    #expect(
      try store.ask("select model, attack, eps, clean, robust, protected, mean_cost, costs, dataset from results")
        == [["normal", "pgd", "0.1", "1.0", "0.5", "0.25", "1.9", "guard", "fashion-mnist"]])
    #expect(
      try store.ask("select goal, attacked, success from results")
        == [version < 8 ? ["untargeted", "5", "0.4"] : ["target(class: \"Shirt\")", "4", "0.5"]])
    #expect(try store.ask("select image, l2 from examples where fooled order by image").first == ["0", "1.0"])
    #expect(try store.model(id: 1)?.record.weights == Data([1, 2, 3]))
    #expect(try store.recoverInterrupted().map(\.record.source) == ["resume normal"])
    try store.save(TrainingRecord(cell: 2, name: "normal", epoch: 1, epochs: 5, state: Data([7])))
    #expect(try store.unfinishedTrainings().map(\.name) == ["normal"])
    let fresh = try StoreFile.inMemory()
    #expect(try tables(store) == tables(fresh))
  }

  /// What a migration does to a store of before can be tested as long as there is one.
  @Test func everyMigrationHasAStoreThatEndsWithIt() throws {
    for version in Self.versions {
      let scratch = try Scratch()
      let name = Migrations.all[version - 1].name
      do { try Self.write(version, to: scratch.store) } catch {
        Issue.record("the store after the migration \"\(name)\" is missing: Tests/Fixtures/stores/\(version).sql")
        continue
      }
      let done = try DatabaseQueue(path: scratch.store).read { db in
        try String.fetchAll(db, sql: "SELECT name FROM migration")
      }
      #expect(Set(done) == Set(Migrations.all[..<version].map(\.name)), "Tests/Fixtures/stores/\(version).sql")
    }
  }

  @Test func theNewestStoreOfTheFixturesHasTheTablesOfAFreshOne() throws {
    let scratch = try Scratch()
    try Self.write(Self.versions.upperBound, to: scratch.store)
    let statement = "SELECT name, sql FROM sqlite_schema WHERE type IN ('table', 'index') ORDER BY name"
    let newest = try DatabaseQueue(path: scratch.store).read { db in try Row.fetchAll(db, sql: statement) }
    let fresh = try StoreFile.inMemory().read { db in try Row.fetchAll(db, sql: statement) }
    #expect(newest == fresh)
  }

  /// The class to reach stood among the settings by its number; images of it were not attacked.
  @Test func theGoalsOfAnEarlierVersionGetNamesAndTheirSuccess() throws {
    let scratch = try Scratch()
    try Self.write(7, to: scratch.store)
    let queue = try DatabaseQueue(path: scratch.store)
    try queue.write { db in
      try db.execute(
        sql: """
          UPDATE class_result SET name = 'a "b"' WHERE class = 1;
          UPDATE result SET settings = '{"steps":40,"goal":"target(class: 1)"}';
          UPDATE example SET clean_answer = 9 WHERE image = 4;
          """)
    }
    try queue.close()
    let store = try StoreFile.open(at: scratch.store)
    let goals = try store.ask("select goal, attacked, success from results")
    #expect(goals == [["target(class: \"a \\\"b\\\"\")", "3", "\(2.0 / 3)"]])
  }

  @Test func preparingAStoreOfThisVersionChangesNoTableOrView() throws {
    let store = try StoreFile.inMemory()
    let before = try store.ask("pragma schema_version")
    try store.write { db in try StoreFile.prepare(db) }
    #expect(try store.ask("pragma schema_version") == before)
  }

  @Test func aTrainingKeepsItsLastEpochUntilItIsDropped() throws {
    let store = try StoreFile.inMemory()
    let cell = try store.beginCell("let normal = train lenet on: fashion")
    var training = TrainingRecord(cell: cell, name: "normal", epoch: 1, epochs: 5, state: Data([1]))
    try store.save(training)
    training.epoch = 2
    training.state = Data([2])
    try store.save(training)
    #expect(try store.training(named: "normal") == training)
    try store.finishCell(cell, status: .interrupted, seconds: 2) { _ = try $0.add(Samples.model("normal")) }
    #expect(try store.unfinishedTrainings().map(\.epoch) == [2])
    try store.finishCell(cell, status: .ok, seconds: 3) { try $0.dropTraining("normal") }
    #expect(try store.unfinishedTrainings().isEmpty)
    #expect(try store.training(named: "normal") == nil)
  }

  static func write(_ version: Int, to path: String) throws {
    let sql = try String(contentsOf: Self.folder.appending(path: "\(version).sql"), encoding: .utf8)
    let queue = try DatabaseQueue(path: path)
    try queue.writeWithoutTransaction { db in
      try db.execute(sql: sql)
      // Not part of a dump.
      try db.execute(sql: "PRAGMA application_id = \(Migrations.applicationID); PRAGMA user_version = \(version)")
    }
    try queue.close()
  }

  private func tables(_ store: StoreFile) throws -> [[String]] {
    try store.ask("select type, name, sql from sqlite_schema where name not like 'sqlite_stat%' order by 1, 2")
  }
}

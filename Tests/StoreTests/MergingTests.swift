import Foundation
import GRDB
import Testing

@testable import Store

@Suite struct MergingTests {
  /// A store in which a session loaded data, trained a model from another one and attacked it.
  private func store(_ scratch: Scratch, _ name: String, weights: [UInt8] = [1, 2, 3], results: Int = 1) throws
    -> String
  {
    let path = scratch.folder + "/\(name).sqlite"
    let store = try StoreFile.open(at: path)
    let session = try store.beginSession(SessionRecord(version: "0.1", machine: name))
    let cell = try store.beginCell(CellRecord(session: session, number: 1, source: "defend \(name)"))
    try store.finishCell(cell, status: .ok, seconds: 1, shown: "well", output: "") { writer in
      let data = try writer.add(Samples.fashion)
      let costs = try writer.add(Samples.guardShirt)
      let parent = try writer.add(Samples.model(name, weights: weights))
      var child = Samples.model("\(name)-child", parent: parent, weights: weights + [9])
      (child.dataset, child.costs) = (data, costs)
      let model = try writer.add(child)
      for _ in 0..<results {
        var result = Samples.result(model, examples: 3)
        result.spec = #"{"attack":{"transfer":{"from":{"model":\#(parent),"name":"a"}}},"eps":0.1}"#
        result.dataset = data
        _ = try writer.add(result)
      }
    }
    try store.endSession(session)
    try store.close()
    return path
  }

  @Test func twoStoresBecomeOneWithAllReferencesRight() throws {
    let scratch = try Scratch()
    let (first, second) = (try store(scratch, "a"), try store(scratch, "b", weights: [4], results: 2))
    let main = try StoreFile.open(at: scratch.store)
    #expect(try main.merge(storeAt: first) == merged(sessions: 1, cells: 1, models: 2, results: 1))
    #expect(try main.merge(storeAt: second) == merged(sessions: 1, cells: 1, models: 2, results: 2))
    #expect(
      try main.ask(
        "select name, coalesce(parent, ''), coalesce(dataset, ''), coalesce(costs, ''), session from models order by id"
      )
        == [
          ["a", "", "", "", "1"], ["a-child", "a", "fashion-mnist", "guard", "1"],
          ["b", "", "", "", "2"], ["b-child", "b", "fashion-mnist", "guard", "2"],
        ])
    #expect(
      try main.ask("select id, model, spec ->> '$.attack.transfer.from.model', dataset from results order by id")
        == [
          ["1", "a-child", "1", "fashion-mnist"], ["2", "b-child", "3", "fashion-mnist"],
          ["3", "b-child", "3", "fashion-mnist"],
        ])
    #expect(
      try main.ask("select result, count(*) from examples group by result") == [["1", "3"], ["2", "3"], ["3", "3"]])
    #expect(try main.ask("select count(*) from datasets") == [["1"]])
    #expect(try main.ask("select id, machine from sessions") == [["1", "a"], ["2", "b"]])
    #expect(try main.model(id: 4)?.record.weights == Data([4, 9]))
    #expect(try main.check() == [])
  }

  @Test func aLessonOfTwoStoresHasWhatWasSolvedInEitherAndGoesOnWhereItWasLast() throws {
    let scratch = try Scratch()
    func lesson(_ step: Int, _ solved: [String], done: Bool, days: Double) -> LessonRecord {
      LessonRecord(
        name: "01-first-attack", title: "the first attack", step: step, steps: 16, tasks: 3, solved: solved, done: done,
        changed: Date(timeIntervalSince1970: days * 86_400))
    }
    let main = try StoreFile.open(at: scratch.store)
    try main.save(lesson(16, ["Task 1", "Task 2"], done: true, days: 10))
    for (number, record) in [
      lesson(4, ["Task 3"], done: false, days: 20), lesson(2, ["Task 1"], done: false, days: 5),
    ].enumerated() {
      let path = scratch.folder + "/\(number).sqlite"
      let other = try StoreFile.open(at: path)
      try other.save(record)
      try other.close()
      for _ in 1...2 { _ = try main.merge(storeAt: path) }
    }
    let both = try main.lesson(named: "01-first-attack")
    #expect(both == lesson(4, ["Task 1", "Task 2", "Task 3"], done: true, days: 20))
  }

  @Test func aMergeThatIsRepeatedAddsNothing() throws {
    let scratch = try Scratch()
    let other = try store(scratch, "a")
    let main = try StoreFile.open(at: scratch.store)
    _ = try main.merge(storeAt: other)
    #expect(try main.merge(storeAt: other) == Merged())
    // And round in a circle.
    try main.close()
    let back = try StoreFile.open(at: other)
    #expect(try back.merge(storeAt: scratch.store) == Merged())
    #expect(try back.ask("select count(*) from results") == [["1"]])
  }

  @Test func aStoreThatHasGrownSinceGivesWhatIsNew() throws {
    let scratch = try Scratch()
    let path = scratch.folder + "/other.sqlite"
    let other = try StoreFile.open(at: path)
    let session = try other.beginSession(SessionRecord(version: "0.1"))
    let cell = try other.beginCell(CellRecord(session: session, number: 1, source: "for hit in [fgsm, pgd] { … }"))
    var model: Int64 = 0
    _ = try other.keep(in: cell) { writer in
      model = try writer.add(Samples.model("normal"))
      _ = try writer.add(Samples.result(model))
    }
    let main = try StoreFile.open(at: scratch.store)
    let first = try main.merge(storeAt: path)
    #expect(first.running == 1)
    #expect(try main.ask("select status from cells") == [["interrupted"]])
    try other.finishCell(cell, status: .ok, seconds: 2, shown: "done", output: "") { writer in
      _ = try writer.add(Samples.result(model))
    }
    _ = try other.beginCell(CellRecord(session: session, number: 2, source: "2"))
    try other.endSession(session)
    #expect(try main.merge(storeAt: path) == merged(cells: 1, results: 1))
    #expect(
      try main.ask("select number, status, shown from cells order by number") == [
        ["1", "ok", "done"], ["2", "interrupted", ""],
      ])
    #expect(try main.ask("select ended is null from sessions") == [["0"]])
    #expect(try main.check() == [])
  }

  @Test func equalWeightsAreStoredOnce() throws {
    let scratch = try Scratch()
    let main = try StoreFile.open(at: scratch.store)
    for name in ["a", "b"] { _ = try main.merge(storeAt: store(scratch, name)) }
    #expect(try main.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM blob") } == 2)
  }

  @Test(arguments: MigrationTests.versions)
  func aStoreOfAnEarlierVersionIsMergedAndLeftAsItWas(version: Int) throws {
    let scratch = try Scratch()
    let old = scratch.folder + "/old.sqlite"
    try MigrationTests.write(version, to: old)
    let before = try Data(contentsOf: URL(fileURLWithPath: old))
    let main = try StoreFile.open(at: scratch.store)
    // Numbers of the other store are taken here.
    _ = try main.merge(storeAt: store(scratch, "a"))
    let added = try main.merge(storeAt: old)
    #expect(added.results > 0)
    #expect(try main.merge(storeAt: old) == Merged())
    #expect(try Data(contentsOf: URL(fileURLWithPath: old)) == before)
    #expect(try main.check() == [])
    let left = try FileManager.default.contentsOfDirectory(atPath: scratch.folder).filter {
      $0.hasPrefix(".ward-merge")
    }
    #expect(left.isEmpty)
  }

  @Test func aFileThatIsNoStoreIsRefusedByName() throws {
    let scratch = try Scratch()
    let main = try StoreFile.open(at: scratch.store)
    let text = scratch.folder + "/notes.txt"
    try Data("not a database at all, but long enough to be looked at".utf8).write(to: URL(fileURLWithPath: text))
    #expect(throws: StoreError.notADatabase(path: text)) { try main.merge(storeAt: text) }
    let missing = scratch.folder + "/none.sqlite"
    #expect(throws: StoreError.cannotOpen(path: missing, reason: "there is no such file")) {
      try main.merge(storeAt: missing)
    }
    #expect(throws: StoreError.self) { try main.merge(storeAt: scratch.store) }
    #expect(throws: StoreError.self) { try main.merge(storeAt: scratch.folder) }
    #expect(try main.ask("select count(*) from sessions") == [["0"]])
  }

  /// Each table either has a key that is the same in every store, or rows that belong to a cell.
  @Test func everyTableCanBeMerged() throws {
    let scratch = try Scratch()
    let main = try StoreFile.open(at: scratch.store)
    let ids = try main.read { db in
      try String.fetchAll(
        db,
        sql: """
          SELECT name FROM sqlite_schema s WHERE type = 'table'
            AND EXISTS (SELECT 1 FROM pragma_table_info(s.name) WHERE name = 'id' AND pk = 1)
            AND NOT EXISTS (SELECT 1 FROM pragma_table_info(s.name) WHERE name = 'cell')
            AND NOT EXISTS (SELECT 1 FROM pragma_index_list(s.name) WHERE "unique")
          """)
    }
    #expect(ids == [])
  }

  private func merged(sessions: Int = 0, cells: Int = 0, models: Int = 0, results: Int = 0) -> Merged {
    var merged = Merged()
    (merged.sessions, merged.cells, merged.models, merged.results) = (sessions, cells, models, results)
    return merged
  }
}

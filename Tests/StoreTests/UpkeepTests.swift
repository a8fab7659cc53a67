import Foundation
import GRDB
import Testing

@testable import Store

@Suite struct UpkeepTests {
  /// Three sessions: 1 loads data and trains `a` and `b`, 2 attacks `a`, 3 attacks `c`, which came from `a` in session 2.
  private func history(in scratch: Scratch) throws -> StoreFile {
    let store = try StoreFile.open(at: scratch.store)
    func cell(_ session: Int64, _ day: Int, _ source: String, _ record: (CellWriter) throws -> Void) throws {
      let started = Date(timeIntervalSince1970: Double(day) * 86_400)
      let cell = try store.beginCell(CellRecord(session: session, number: day, source: source, started: started))
      try store.finishCell(cell, status: .ok, seconds: 1, record: record)
    }
    for day in [1, 10, 20] {
      let started = Date(timeIntervalSince1970: Double(day) * 86_400)
      let id = try store.beginSession(SessionRecord(version: "0.1", started: started))
      try store.endSession(id)
    }
    try cell(1, 1, "load") { writer in _ = try writer.add(Samples.fashion) }
    try cell(1, 2, "train a") { writer in
      var model = Samples.model("a", weights: [1])
      model.dataset = 1
      _ = try writer.add(model)
    }
    try cell(1, 3, "train b") { writer in
      _ = try writer.add(Samples.model("b", weights: [2]))
      _ = try writer.add(Samples.result(2, examples: 10))
    }
    try cell(2, 11, "defend a") { writer in _ = try writer.add(Samples.model("c", parent: 1, weights: [3])) }
    try cell(2, 12, "attack a") { writer in _ = try writer.add(Samples.result(1, examples: 20)) }
    try cell(3, 20, "attack c") { writer in _ = try writer.add(Samples.result(3, examples: 30)) }
    return store
  }

  @Test func aPruneRemovesWhatIsOldAndKeepsWhatLaterWorkRestsOn() throws {
    let scratch = try Scratch()
    let store = try history(in: scratch)
    let date = Date(timeIntervalSince1970: 15 * 86_400)
    let plan = try store.planPruning(before: date)
    // `c` was attacked on day 20 and comes from `a`, which was trained on the data of day 1: these three cells stay.
    #expect(plan.cells == 2 && plan.models == 1 && plan.results == 2 && plan.examples == 30 && plan.sessions == 0)
    #expect(try store.ask("select count(*) from cells") == [["6"]])
    #expect(try store.prune(before: date) == plan)
    #expect(
      try store.ask("select source from cells order by id").map { $0[0] } == [
        "load", "train a", "defend a", "attack c",
      ])
    #expect(try store.ask("select name from models order by id").map { $0[0] } == ["a", "c"])
    #expect(try store.ask("select count(*) from examples") == [["30"]])
    #expect(try store.blobs() == 2)
    #expect(try store.check().isEmpty)
    #expect(try store.planPruning(before: date).cells == 0)
  }

  @Test func aPruneOfEverythingLeavesAnEmptyStoreAndNumbersThatAreNotUsedAgain() throws {
    let scratch = try Scratch()
    let store = try history(in: scratch)
    let removed = try store.prune(before: Date())
    #expect(removed.sessions == 3 && removed.cells == 6)
    for view in Views.all { #expect(try store.ask("select count(*) from \(view.name)") == [["0"]], "\(view.name)") }
    #expect(try store.beginSession(SessionRecord(version: "0.1")) == 4)
  }

  @Test func thePlanOfASweepGoesWithTheLastOfItsPoints() throws {
    let scratch = try Scratch()
    let store = try history(in: scratch)
    let day = { (number: Int) in Date(timeIntervalSince1970: Double(number) * 86_400) }
    func plan(_ name: String, _ planned: Int, _ keys: [String]) throws {
      try store.plan(
        SweepRecord(name: name, code: "c", script: "x.ward", axes: "{}", planned: day(planned)),
        points: keys.map { ($0, "{}") })
    }
    func point(_ key: String, session: Int64) throws {
      try store.add(PointRecord(session: session, key: key, params: "{}", numerics: 1, status: .done))
    }
    // Session 3 is the only one that a prune to day 21 empties besides those that lead to it.
    try plan("old", 2, ["a", "b"])
    try plan("kept", 2, ["c"])
    try plan("new", 30, ["d"])
    try point("c", session: 3)
    try store.prune(before: day(15))
    #expect(try store.sweepNames().sorted() == ["kept", "new"])
    #expect(try store.ask("select count(*) from points") == [["2"]], "a planned point that did not run counts")
    try store.prune(before: day(25))
    #expect(try store.sweepNames() == ["new"])
    #expect(try store.check().isEmpty)
  }

  @Test func theRunningSessionIsNotPruned() throws {
    let scratch = try Scratch()
    let store = try StoreFile.open(at: scratch.store)
    let cell = try store.beginCell()
    try store.finishCell(cell, status: .ok, seconds: 0)
    #expect(try store.planPruning(before: .distantFuture) == Pruning())
    try store.endSession(1)
    #expect(try store.planPruning(before: .distantFuture).cells == 1)
  }

  @Test func pruningToASizeGoesNoFurtherThanItMust() throws {
    let scratch = try Scratch()
    let store = try StoreFile.open(at: scratch.store)
    for day in 1...8 {
      let started = Date(timeIntervalSince1970: Double(day) * 86_400)
      let session = try store.beginSession(SessionRecord(version: "0.1", started: started))
      let cell = try store.beginCell(CellRecord(session: session, number: 1, source: "train", started: started))
      try store.finishCell(cell, status: .ok, seconds: 1) { writer in
        _ = try writer.add(Samples.model("m", weights: .init(repeating: UInt8(day), count: 200_000)))
      }
      try store.endSession(session)
    }
    try store.database.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
    let before = store.bytesOnDisk()
    let date = try #require(try store.pruningDate(toBytes: before - 500_000))
    try store.prune(before: date)
    #expect(try store.ask("select min(id), count(*) from sessions") == [["4", "5"]])
    try store.database.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
    #expect(store.bytesOnDisk() <= before - 500_000)
    #expect(try store.pruningDate(toBytes: before) == nil)
  }

  @Test func aPruneLeavesTheFileItsSizeWhileAnotherWardIsAtWork() throws {
    let scratch = try Scratch()
    let store = try history(in: scratch)
    func freePages() throws -> Int { try store.read { db in try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0 } }
    // Enough to fill pages of its own.
    let started = Date(timeIntervalSince1970: 4 * 86_400)
    let large = try store.beginCell(CellRecord(session: 1, number: 4, source: "attack b", started: started))
    try store.finishCell(large, status: .ok, seconds: 1) { _ = try $0.add(Samples.result(2, examples: 3000)) }
    let other = try StoreFile.open(at: scratch.store)
    let session = try other.beginSession(SessionRecord(version: "0.1"))
    let own = try store.beginSession(SessionRecord(version: "0.1"))
    #expect(try store.prune(before: Date(timeIntervalSince1970: 15 * 86_400)).cells == 3)
    #expect(try freePages() > 0)
    // The other writes at once: it is not kept waiting by a file being written anew.
    _ = try other.beginCell(CellRecord(session: session, number: 1, source: "1"))
    try other.endSession(session)
    #expect(try store.prune(before: Date(timeIntervalSince1970: 30 * 86_400)).cells > 0)
    #expect(try freePages() == 0)
    try store.endSession(own)
    #expect(try store.check().isEmpty)
  }

  @Test func aPruneKeepsWhatAStoppedTrainingRestsOn() throws {
    let scratch = try Scratch()
    let store = try history(in: scratch)
    let cell = try store.beginCell(CellRecord(session: 3, number: 99, source: "train"))
    try store.save(
      TrainingRecord(cell: cell, name: "d", epoch: 1, epochs: 2, state: Data([1]), dataset: 1, parent: 2))
    try store.finishCell(cell, status: .interrupted, seconds: 1)
    try store.prune(before: Date(timeIntervalSince1970: 15 * 86_400))
    let training = try #require(try store.unfinishedTrainings().first)
    #expect(training.parent == 2 && training.dataset == 1)
    #expect(try store.model(id: 2)?.record.name == "b")
    #expect(try store.check().isEmpty)
  }

  @Test func aBackupIsAWholeStoreForTheOwnerAndReplacesNoFile() throws {
    let scratch = try Scratch()
    let store = try history(in: scratch)
    let copy = scratch.folder + "/copy.sqlite"
    try store.backup(to: copy)
    #expect(try FileManager.default.attributesOfItem(atPath: copy)[.posixPermissions] as? Int == 0o600)
    let opened = try StoreFile.open(at: copy)
    #expect(try opened.ask("select id, model from results") == store.ask("select id, model from results"))
    #expect(throws: StoreError.self) { try store.backup(to: copy) }
    #expect(throws: StoreError.self) { try store.backup(to: scratch.folder + "/none/copy.sqlite") }
    // One that was stopped leaves nothing, and the store as it is.
    #expect(throws: SQLError.interrupted) { try store.backup(to: scratch.folder + "/b.sqlite", shouldStop: { true }) }
    #expect(!FileManager.default.fileExists(atPath: scratch.folder + "/b.sqlite"))
    #expect(try store.check().isEmpty)
    let names = try FileManager.default.contentsOfDirectory(atPath: scratch.folder)
    #expect(!names.contains { $0.contains(".part") })
  }

  @Test func aCheckFindsWeightsThatChangedAndReferencesThatBroke() throws {
    let scratch = try Scratch()
    let store = try history(in: scratch)
    #expect(try store.check().isEmpty)
    #expect(throws: SQLError.interrupted) { try store.check(shouldStop: { true }) }
    try store.database.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA foreign_keys = OFF")
      try db.execute(sql: "UPDATE blob SET bytes = x'00' WHERE id = 1; UPDATE model SET parent = 99 WHERE id = 3")
      try db.execute(sql: "PRAGMA foreign_keys = ON")
    }
    let problems = try store.check()
    #expect(
      problems == [
        "a row of model refers to a row of model that is missing",
        "the weights 1 are not what they were when they were stored",
      ])
  }
}

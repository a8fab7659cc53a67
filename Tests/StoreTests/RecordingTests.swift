import Foundation
import GRDB
import Testing

@testable import Store

@Suite struct RecordingTests {
  @Test func theRowOfACellStandsBeforeTheCellRuns() throws {
    let store = try StoreFile.inMemory()
    let cell = try store.beginCell("attack normal")
    #expect(try store.ask("select source, status, seconds from cells") == [["attack normal", "running", ""]])
    try store.finishCell(cell, status: .failed, seconds: 0.5, shown: "error")
    #expect(try store.ask("select status, seconds, shown from cells") == [["failed", "0.5", "error"]])
  }

  @Test func aCellMayWriteWhatItHasMadeBeforeItEnds() throws {
    let store = try StoreFile.inMemory()
    let cell = try store.beginCell()
    try store.finishCell(cell, status: .running, seconds: 0) { _ = try $0.add(Samples.model("normal")) }
    #expect(try store.ask("select m.name, c.status, c.seconds from models m, cells c") == [["normal", "running", ""]])
    try store.finishCell(cell, status: .ok, seconds: 2)
    #expect(try store.ask("select status, seconds from cells") == [["ok", "2.0"]])
  }

  @Test func aModelMadeAndAttackedInOneCellIsJoinedToItsResult() throws {
    let store = try StoreFile.inMemory()
    let cell = try store.beginCell()
    let (normal, cse) = try store.finishCell(cell, status: .ok, seconds: 1) { writer in
      let normal = try writer.add(Samples.model("normal"))
      let cse = try writer.add(Samples.model("cse", parent: normal, weights: [4]))
      _ = try writer.add(Samples.result(cse, examples: 3))
      return (normal, cse)
    }
    #expect(
      try store.ask("select model, model_id, defense, attack, cell, session from results")
        == [["cse", "\(cse)", "minmax", "pgd", "1", "1"]])
    #expect(try store.ask("select parent, parent_id from models where name = 'cse'") == [["normal", "\(normal)"]])
    #expect(
      try store.ask(
        "select r.model, c.name, c.robust from results r join class_results c on c.result = r.id")
        == [["cse", "Shirt", "0.5"]])
    #expect(
      try store.ask("select image, \"index\", fooled from examples") == [
        ["0", "0", "1"], ["1", "1", "0"], ["2", "2", "0"],
      ])
  }

  /// A question about attacks must not count a proof.
  @Test func aProofIsAResultWithARowForEachImage() throws {
    let store = try StoreFile.inMemory()
    let cell = try store.beginCell()
    var record = Samples.result(0)
    let id = try store.finishCell(cell, status: .ok, seconds: 1) { writer in
      record.model = try writer.add(Samples.model("normal"))
      (record.attack, record.certified, record.robust) = ("crown", 0.25, 0.25)
      record.classes = [
        ClassResultRecord(
          label: 1, name: "Shirt", protected: true, images: 2, clean: 1, robust: nil, low: 0.1, high: 0.9, meanCost: 5,
          mostTakenFor: "Top", certified: 0.5)
      ]
      record.certificates = [
        CertificateRecord(
          image: 4, label: 1, cleanAnswer: 1, certified: true, margin: 0.75, unproved: [], inBand: false),
        CertificateRecord(
          image: 9, label: 1, cleanAnswer: 1, certified: false, margin: nil, unproved: [0, 7], inBand: true),
      ]
      return try writer.add(record)
    }
    #expect(try store.ask("select attack, robust, certified from results") == [["crown", "", "0.25"]])
    #expect(try store.ask("select robust, certified, low from class_results") == [["", "0.5", "0.1"]])
    #expect(
      try store.ask("select image, certified, margin, unproved, in_band from certificates")
        == [["4", "1", "0.75", "[]", "0"], ["9", "0", "", "[0,7]", "1"]])
    #expect(try store.result(id: id, examples: true)?.record == record)
  }

  @Test func aCellThatThrowsWhileItIsStoredLeavesNoRow() throws {
    let store = try StoreFile.inMemory()
    let cell = try store.beginCell()
    #expect(throws: (any Error).self) {
      try store.finishCell(cell, status: .ok, seconds: 1) { writer in
        _ = try writer.add(Samples.model("normal"))
        _ = try writer.add(Samples.result(999))  // no such model: the foreign key refuses it
      }
    }
    #expect(try store.ask("select count(*) from models") == [["0"]])
    #expect(try store.ask("select status from cells") == [["running"]])
  }

  @Test func equalWeightsDataAndCostsAreStoredOnce() throws {
    let store = try StoreFile.inMemory()
    let cell = try store.beginCell()
    try store.finishCell(cell, status: .ok, seconds: 1) { writer in
      let first = try writer.add(Samples.model("a"))
      let second = try writer.add(Samples.model("b"))
      #expect(first != second)
      #expect(try writer.add(Samples.fashion) == writer.add(Samples.fashion))
      #expect(try writer.add(Samples.guardShirt) == writer.add(Samples.guardShirt))
      var other = Samples.guardShirt
      other.matrix[1][0] = 25
      #expect(try writer.add(Samples.guardShirt) != writer.add(other))
      var part = Samples.fashion
      part.selection = "train: 500"
      #expect(try writer.add(Samples.fashion) != writer.add(part))
    }
    #expect(try store.blobs() == 1)
    #expect(try store.ask("select count(distinct weights_sha256) from models") == [["1"]])
  }

  @Test func aLayerWithoutKurtosisAndACheckThatWasNotAskedAreStoredAsNull() throws {
    let store = try StoreFile.inMemory()
    let cell = try store.beginCell()
    try store.finishCell(cell, status: .ok, seconds: 1) { writer in
      let model = try writer.add(Samples.model("normal"))
      let layer = WeightRecord(
        layer: "conv1", parameters: 150, l1: 0, l2: 0, max: 0, std: 0, nearZero: 0, kurtosis: .nan, hoyer: .nan,
        gini: .nan)
      try writer.add([layer], of: model)
      _ = try writer.add(
        AuditRecord(
          model: model,
          checks: [CheckRecord(name: "transfer", passed: nil, verdict: "skipped", value: nil, meaning: "no model")]))
    }
    #expect(
      try store.ask("select layer, l1 from weights where kurtosis is null and gini is null") == [["conv1", "0.0"]])
    #expect(try store.ask("select verdict from checks where passed is null") == [["skipped"]])
  }

  @Test func whatWasStoredReadsBackTheSame() throws {
    let store = try StoreFile.inMemory()
    let cell = try store.beginCell()
    let epochs = [EpochRecord(epoch: 1, loss: 0.3, testAccuracy: 0.9, seconds: 2, imagesPerSecond: 41_200)]
    let layers = [
      WeightRecord(
        layer: "conv1", parameters: 150, l1: 9, l2: 1, max: 0.5, std: 0.1, nearZero: 0.4, kurtosis: 3.1, hoyer: 0.2,
        gini: 0.3)
    ]
    let audit = AuditRecord(
      model: 1,
      checks: [CheckRecord(name: "masking", passed: false, verdict: "failed", value: 0.2, meaning: "gradients vanish")])
    let (data, costs, model, result) = try store.finishCell(cell, status: .ok, seconds: 1) { writer in
      let data = try writer.add(Samples.fashion)
      let costs = try writer.add(Samples.guardShirt)
      let model = try writer.add(Samples.model("normal"))
      try writer.add(epochs, of: model)
      try writer.add(layers, of: model)
      try writer.add(layers, of: model)
      _ = try writer.add(audit)
      return (data, costs, model, try writer.add(Samples.result(model, examples: 5)))
    }
    #expect(try store.dataset(id: data) == Stored(id: data, cell: cell, record: Samples.fashion))
    #expect(try store.costs(id: costs)?.record == Samples.guardShirt)
    #expect(try store.model(id: model)?.record == Samples.model("normal"))
    #expect(try store.epochs(of: model) == epochs)
    #expect(try store.result(id: result, examples: true)?.record == Samples.result(model, examples: 5))
    #expect(try store.newestModel(named: "normal") == model)
    #expect(try store.model(id: 99) == nil)
    #expect(try store.ask("select model, layer, l1 from weights") == [["normal", "conv1", "9.0"]])
    #expect(try store.ask("select model, name, passed, value from checks") == [["normal", "masking", "0", "0.2"]])
    #expect(try store.ask("select verdict from checks") == [["failed"]])
  }

  @Test func historyGoesAcrossSessionsAndFindsText() throws {
    let store = try StoreFile.inMemory()
    for source in ["load \"x\"", "attack a", "ATTACK b"] { _ = try store.beginCell(source) }
    #expect(try store.lastSession() == 3)
    #expect(try store.session(3)?.record.version == "0.1")
    #expect(try store.session(3)?.ended == nil)
    try store.endSession(3)
    #expect(try store.session(3)?.ended != nil)
    #expect(try store.session(4) == nil)
    #expect(try store.history().map(\.record.source) == ["load \"x\"", "attack a", "ATTACK b"])
    #expect(try store.history(limit: 1).map(\.record.source) == ["ATTACK b"])
    #expect(try store.history(containing: "attack").map(\.record.session) == [2, 3])
    #expect(try store.cells(session: 2).map(\.record.source) == ["attack a"])
  }

  @Test func datesAreWrittenAsTheyAlwaysWere() throws {
    let store = try StoreFile.inMemory()
    for seconds in [0, 951_782_400, 1_764_389_166.123_4, 1_764_389_166.123_6, -0.001, -86_400.5, 253_402_300_799.9] {
      let date = Date(timeIntervalSince1970: seconds)
      let (own, theirs) = try store.read { db in
        let row = try #require(try Row.fetchOne(db, sql: "SELECT ?, ?", arguments: [date.stored, date]))
        return (row[0] as String, row[1] as String)
      }
      #expect(own == theirs)
    }
    #expect(Date(timeIntervalSince1970: 1_764_389_166.123_4).stored == "2025-11-29 04:06:06.123")
  }

  @Test func theLogIsGoneWhenASessionEndsUnlessSomebodyReadsInIt() throws {
    let scratch = try Scratch()
    let store = try StoreFile.open(at: scratch.store)
    let log = scratch.store + "-wal"
    func size() -> Int { (try? FileManager.default.attributesOfItem(atPath: log)[.size] as? Int) ?? 0 }
    let session = try store.beginSession(SessionRecord(version: "0.1"))
    #expect(size() > 0)
    let other = try StoreFile.open(at: scratch.store)
    try other.read { db in
      _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM session")
      try store.endSession(session)
      #expect(size() > 0)
    }
    #expect(try store.session(session)?.ended != nil)
    try store.endSession(session)
    #expect(size() == 0)
    #expect(try other.session(session)?.ended != nil)
  }

  /// How long it takes is measured by `Benchmarks/store`: here the machine is busy with other tests.
  @Test func tenThousandExamplesAreStoredInOneGo() throws {
    let scratch = try Scratch()
    let store = try StoreFile.open(at: scratch.store)
    let cell = try store.beginCell()
    let model = try store.finishCell(cell, status: .ok, seconds: 1) { try $0.add(Samples.model("normal")) }
    let result = Samples.result(model, examples: 10_000)
    for _ in 0..<3 {
      let next = try store.beginCell()
      try store.finishCell(next, status: .ok, seconds: 1) { _ = try $0.add(result) }
    }
    #expect(try store.ask("select count(*), sum(fooled) from examples") == [["30000", "10002"]])
  }

  @Test func thePlaceInALessonIsKeptAndReplaced() throws {
    let store = try StoreFile.inMemory()
    #expect(try store.lesson(named: "01-first-attack") == nil)
    var lesson = LessonRecord(name: "01-first-attack", title: "the first attack", step: 3, steps: 16, tasks: 2)
    lesson.changed = Date(timeIntervalSince1970: 1_000_000_000)
    try store.save(lesson)
    (lesson.step, lesson.solved, lesson.done) = (16, ["Task 1", "Task 2"], true)
    try store.save(lesson)
    #expect(try store.lesson(named: "01-first-attack") == lesson)
    #expect(try store.lessons().keys.sorted() == ["01-first-attack"])
    #expect(
      try store.ask("select name, step, steps, tasks, solved, done from lessons")
        == [["01-first-attack", "16", "16", "2", "2", "1"]])
  }
}

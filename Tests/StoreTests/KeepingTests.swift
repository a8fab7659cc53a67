import Foundation
import GRDB
import Testing

@testable import Store

/// What a cell makes is there as soon as it is made.
@Suite struct KeepingTests {
  @Test func whatARunningCellMadeIsThereAndTheCellStillRuns() throws {
    let scratch = try Scratch()
    let store = try StoreFile.open(at: scratch.store)
    let cell = try store.beginCell("for e in 1..9 { attack normal }")
    let model = try store.keep(in: cell) { try $0.add(Samples.model("normal")) }
    for _ in 0..<3 { _ = try store.keep(in: cell) { try $0.add(Samples.result(model, examples: 2)) } }
    // Another connection sees it, as the next process would.
    let other = try StoreFile.open(at: scratch.store)
    #expect(try other.ask("select count(*), min(images) from results") == [["3", "2"]])
    #expect(try other.ask("select status, shown from cells") == [["running", ""]])
    let made = try other.made(in: cell)
    #expect(made == (1, 3, 0))
    _ = try store.keep(in: cell, shown: "half") { _ in }
    #expect(try other.ask("select status, shown from cells") == [["running", "half"]])
  }

  @Test func whatFailsInTheMiddleLeavesNothing() throws {
    let store = try StoreFile.inMemory()
    let cell = try store.beginCell("attack normal")
    struct Fault: Error {}
    #expect(throws: Fault.self) {
      try store.keep(in: cell) { writer in
        _ = try writer.add(Samples.model("normal"))
        throw Fault()
      }
    }
    #expect(try store.ask("select count(*) from models") == [["0"]])
  }

  @Test func aModelGetsTheNameThatItIsBoundToLater() throws {
    let store = try StoreFile.inMemory()
    let cell = try store.beginCell("train lenet")
    let model = try store.keep(in: cell) { try $0.add(Samples.model("lenet.1")) }
    try store.keep(in: cell) { try $0.rename(model: model, to: "normal") }
    #expect(try store.ask("select name from models") == [["normal"]])
    #expect(try store.newestModel(named: "normal") == model)
  }

  @Test func waitingForAnotherProgramEndsWhenAsked() throws {
    let scratch = try Scratch()
    _ = try StoreFile.open(at: scratch.store)
    let stopped = try StoreFile.open(at: scratch.store, stop: { true })
    let other = try DatabaseQueue(path: scratch.store)
    try other.writeWithoutTransaction { db in
      try db.execute(sql: "BEGIN IMMEDIATE")
      let begun = ContinuousClock.now
      #expect(throws: StoreError.stopped(path: scratch.store)) { try stopped.beginCell("1") }
      #expect(ContinuousClock.now - begun < .seconds(10), "it would wait half a minute")
      try db.execute(sql: "ROLLBACK")
    }
    #expect(try stopped.beginCell("1") > 0)
  }

  @Test(
    arguments: [
      ("d", nil), ("ü", nil), (":memory:", nil), ("file:x", nil), ("folder/", "it is a folder"),
      (".", "it is a folder"),
      ("", "its name is empty"), ("a\u{0}b", "its name holds the character NUL"),
      (String(repeating: "a", count: 300), "its name is too long"), ("pipe", "it is a device or a pipe, not a file"),
    ] as [(String, String?)])
  func everyNameOfAStoreIsOpenedOrRefused(name: String, reason: String?) throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(atPath: scratch.folder + "/folder", withIntermediateDirectories: true)
    mkfifo(scratch.folder + "/pipe", 0o600)
    let path = name.isEmpty ? "" : scratch.folder + "/" + name
    guard let reason else {
      try StoreFile.open(at: path).close()
      #expect(FileManager.default.fileExists(atPath: path))
      return
    }
    #expect(throws: StoreError.cannotOpen(path: path, reason: reason)) { try StoreFile.open(at: path) }
  }
}

/// What the words of a query mean here and not in SQLite.
@Suite struct QueryWordTests {
  @Test func indexIsTheNameOfAColumn() throws {
    let user = try UserSQL(StoreFile.inMemory())
    #expect(try user.query("select index from examples").columns == ["index"])
    #expect(try user.query("select e.Index, max(index) from examples e where index > 3 -- index").columns.count == 2)
    #expect(
      try user.query("select 'index' as a, \"index\" from examples union all select 'index', 1").rows
        == [[.text("index"), .integer(1)]])
    #expect(try user.query("select :index as x", parameters: ["index": .integer(4)]).rows == [[.integer(4)]])
    #expect(try user.query("select x as index from (select 1 as x)").columns == ["index"])
    // Places stay those of the query as it was written.
    #expect(
      throws: SQLError.wrong(message: "no such column: robst", offset: 14, suggestions: ["robust"])
    ) { try user.query("select index, robst from examples, results") }
    #expect(throws: SQLError.secondStatement(offset: 29)) { try user.query("select index from examples;  x") }
  }

  /// Each function beside SQLite's own.
  @Test(
    arguments: [
      "instr('abcabc', 'ca')", "instr('äöü', 'ü')", "instr(x'c3a4c3b6', x'b6')", "instr('abc', '')", "instr('', 'a')",
      "instr(12345, 34)", "instr(null, 'a')", "instr('a', null)", "instr(x'610062', 'b')", "instr('aaab', 'aab')",
      "replace('aaaa', 'aa', 'b')", "replace('abc', '', 'x')", "replace('äbä', 'ä', 'öö')", "replace(111, 1, 2.5)",
      "replace('abc', 'x', 'y')", "replace(null, 'a', 'b')", "replace('abcabd', 'abd', '')", "replace('a', 'a', null)",
      "trim('  a b  ')", "ltrim('  a ')", "rtrim(' a  ')", "trim('äaä', 'ä')", "trim('xyaxy', 'yx')", "trim('', 'a')",
      "trim('aaa', 'a')", "trim(100, 0)", "trim(null)", "trim('a', null)", "trim('abc', '')", "rtrim('aäöö', 'öä')",
      "trim(x'202041')", "typeof(replace(1, 'x', 'y'))", "typeof(trim(5))", "trim(char(9) || 'a')",
    ])
  func textFunctionsAreThoseOfSQLite(call: String) throws {
    let user = try UserSQL(StoreFile.inMemory())
    let own = try DatabaseQueue().read { db in try Row.fetchOne(db, sql: "select quote(\(call)) as x") }
    let expected = own?["x"] as String?
    #expect(try user.query("select quote(\(call)) as x").rows == [[expected.map { .text($0) } ?? .null]])
  }

  @Test func lookingForALongTextInALongTextTakesNoTime() throws {
    let user = try UserSQL(StoreFile.inMemory())
    let started = ContinuousClock.now
    for query in [
      "select instr(zeroblob(8000000), zeroblob(4000000) || x'01')",
      "select length(replace(hex(zeroblob(4000000)), hex(zeroblob(2000000)) || '1', ''))",
      "select length(trim('b' || hex(zeroblob(1000000)), hex(zeroblob(1000000))))",
    ] { #expect(try user.query(query).rows.count == 1) }
    // SQLite's own take 20 minutes.
    #expect(ContinuousClock.now - started < .seconds(60))
  }

  @Test func whatIsTooLongIsSaidSo() throws {
    let user = try UserSQL(StoreFile.inMemory())
    let tooLong = SQLError.tooLong(most: 16_000_000)
    for query in [
      "zeroblob(16000001)", "hex(zeroblob(9000000))",
      "replace(hex(zeroblob(2000)), '0', hex(zeroblob(4000)))",
    ] {
      #expect(throws: tooLong, "\(query)") { try user.query("select \(query)") }
    }
    #expect(throws: tooLong) {
      try user.query("select :x", parameters: ["x": .text(String(repeating: "x", count: 17_000_000))])
    }
    // SQLite gives no error here, but no text either.
    #expect(try user.query("select printf('%20000000d', 1)").rows == [[.null]])
    #expect("\(tooLong)" == "a text or blob is longer than 16 MB, which is the most a query may handle")
    #expect(throws: SQLError.self) { try user.query("select json_patch('{}', '{}')") }
  }
}

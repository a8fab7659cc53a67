import Foundation
import GRDB
import Testing

@testable import Store

@Suite struct UserSQLTests {
  @Test(
    arguments: [
      "delete from cell", "update cell set source = ''", "insert into cell (session) values (1)", "drop view results",
      "create table t (x)", "create temp table t (x)", "create temp view v as select 1", "create index i on cell (id)",
      "attach 'other.sqlite' as other", "detach main", "vacuum", "vacuum into 'copy.sqlite'", "reindex", "analyze",
      "begin", "commit", "savepoint s", "pragma journal_mode = delete", "pragma writable_schema = 1",
      "pragma query_only = 0", "pragma wal_checkpoint", "pragma user_version = 7", "pragma trusted_schema = 1",
      "select load_extension('x.so')", "select writefile('x', 'y')", "select readfile('/etc/passwd')",
      "with x as (select 1) delete from cell", "with x as (select 1) insert into cell (session) select * from x",
      "select fts3_tokenizer('simple')", "create virtual table f using fts5(x)", "alter table cell add column x",
      "create trigger t after insert on cell begin select 1; end", "replace into cell (id) values (1)",
      "select edit('x')", "explain delete from cell", "insert into cell (session) values (1) returning id",
      "update sqlite_master set sql = ''", "pragma temp_store_directory = '/tmp'", "pragma optimize",
      "pragma integrity_check",
    ])
  func whatDoesMoreThanReadIsRefusedAndChangesNothing(sql: String) throws {
    let scratch = try Scratch()
    let store = try StoreFile.open(at: scratch.store)
    _ = try store.beginCell("keep me")
    #expect(throws: SQLError.self) { try UserSQL(store).query(sql) }
    #expect(try store.ask("select source from cells") == [["keep me"]])
    let names = try FileManager.default.contentsOfDirectory(atPath: scratch.folder)
    #expect(names.allSatisfy { $0.hasPrefix("ward.sqlite") }, "\(names)")
  }

  @Test(
    arguments: [
      "select count(*) from json_each('[1, 2]')", "select value from json_each('{\"a\": 1}')",
      "select name from pragma_table_info('results')", "select count(*) from pragma_function_list",
      "with recursive n(x) as (select 1 union all select x + 1 from n where x < 9) select sum(x) from n",
      "values (1), (2)", "select 1; -- that is all", "select 1;;  /* done */ ",
      "explain query plan select * from results",
      "select count(*) from results", "select 1 from cells, models", "select name, count(*) from models group by 1",
      "select count(distinct r.model) from results r where exists (select 1 from examples e where e.result = r.id)",
      "select * from (select model, max(robust) over (partition by model) from results) union all select 1, 2",
      "with best as (select model, max(robust) as r from results group by model) select * from best join models on name = model",
      "select round(100 * protected, 1) as shirt from results where eps = 0.1 order by shirt desc",
      "pragma table_info(results)", "select row_number() over (order by id) from cells",
      "select group_concat(name) from models", "select * from examples, class_results, epochs, weights, checks, costs",
      "select datetime('now'), regexp from (select 1 as regexp)", "select exp(1), log(2), pow(2, 3)",
    ])
  func readingIsAllowed(sql: String) throws {
    let store = try StoreFile.inMemory()
    let table = try UserSQL(store).query(sql)
    #expect(!table.columns.isEmpty)
  }

  @Test func parametersAreBoundAsValuesNotAsText() throws {
    let store = try StoreFile.inMemory()
    let parameters: [String: SQLValue] = [
      "n": .null, "i": .integer(-3), "r": .real(0.1), "t": .text("x'; drop view results; -- é\u{0}z"), "b": .bool(true),
      "unused": .null,
    ]
    let table = try UserSQL(store).query("select :n, :i, :r, :t, :b, :i + 1 as next", parameters: parameters)
    #expect(
      table.rows == [
        [.null, .integer(-3), .real(0.1), .text("x'; drop view results; -- é\u{0}z"), .integer(1), .integer(-2)]
      ])
    #expect(table.columns.last == "next")
  }

  @Test func aParameterWithoutAValueIsNamed() throws {
    let user = try UserSQL(StoreFile.inMemory())
    #expect(throws: SQLError.missingParameter(name: "eps")) { try user.query("select :eps") }
    #expect(throws: SQLError.unnamedParameter) { try user.query("select ?") }
    #expect(throws: SQLError.unnamedParameter) { try user.query("select ?1") }
  }

  @Test func aSecondStatementIsRefusedWithItsPlace() throws {
    let user = try UserSQL(StoreFile.inMemory())
    #expect(throws: SQLError.secondStatement(offset: 10)) { try user.query("select 1; select 2") }
    #expect(throws: SQLError.secondStatement(offset: 9)) { try user.query("select 1;nonsense") }
    #expect(throws: SQLError.empty) { try user.query("  -- nothing") }
    #expect(throws: SQLError.empty) { try user.query("") }
  }

  @Test func aMisspelledNameGetsTheNearestOne() throws {
    let user = try UserSQL(StoreFile.inMemory())
    func problem(_ sql: String) -> SQLError? {
      do { _ = try user.query(sql) } catch let error as SQLError { return error } catch {}
      return nil
    }
    #expect(
      problem("select * from reslts")
        == .wrong(message: "no such table: reslts", offset: 14, suggestions: ["results"]))
    #expect(
      problem("select robst from results")
        == .wrong(message: "no such column: robst", offset: 7, suggestions: ["robust"]))
    #expect(
      problem("select r.modle from results r")
        == .wrong(message: "no such column: r.modle", offset: 7, suggestions: ["model"]))
    #expect(
      problem("select from") == .wrong(message: "near \"from\": syntax error", offset: 7, suggestions: []))
  }

  @Test func theTablesBehindTheViewsAreNotThere() throws {
    let store = try StoreFile.inMemory()
    let user = try UserSQL(store)
    let tables = try store.read { db in
      try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    }
    #expect(tables.count > 10)
    for table in tables {
      for sql in ["select * from \(table)", "select 1 from json_each('[]'), \(table) as t where t.rowid = 1"] {
        #expect(throws: SQLError.self, "\(sql)") { try user.query(sql) }
      }
    }
    #expect(
      throws: SQLError.wrong(message: "no such table: result", offset: 18, suggestions: ["results"])
    ) { try user.query("select model from result") }
    #expect(throws: SQLError.self) { try user.query("select id from results union select id from model") }
  }

  @Test func nothingHidesBehindANulAndNoStepGrowsWithoutBound() throws {
    let user = try UserSQL(StoreFile.inMemory())
    #expect(throws: SQLError.self) { try user.query("select 1\u{0}; select 2") }
    #expect(throws: SQLError.self) { try user.query("select zeroblob(1000000000)") }
    let wild = String(repeating: "%a", count: 1_000)
    #expect(throws: SQLError.self) { try user.query("select 'aaaa' like '\(wild)'") }
    #expect(throws: SQLError.self) {
      try user.query("select " + String(repeating: "(", count: 100_000) + "1" + String(repeating: ")", count: 100_000))
    }
    #expect(try user.query("select 1").rows.count == 1)
  }

  @Test func aQueryStopsWhenAsked() throws {
    let user = try UserSQL(StoreFile.inMemory())
    let endless = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n"
    // The best of several: the machine may be busy.
    var fastest = Duration.seconds(60)
    for _ in 0..<10 where fastest > .seconds(1) {
      let start = ContinuousClock.now
      #expect(throws: SQLError.interrupted) {
        try user.query(endless, shouldStop: { ContinuousClock.now - start > .milliseconds(20) })
      }
      #expect(throws: SQLError.timedOut(seconds: 0.05)) { try user.query(endless, limit: 0.05) }
      fastest = min(fastest, ContinuousClock.now - start)
    }
    #expect(fastest < .seconds(1))
    #expect(try user.query("select 1").rows == [[.integer(1)]])
  }

  @Test func rowsCanBeTakenOneByOneAndLeftEarly() throws {
    struct Enough: Error {}
    let user = try UserSQL(StoreFile.inMemory())
    var seen: [SQLValue] = []
    #expect(throws: Enough.self) {
      try user.stream(
        "with recursive n(x) as (select 1 union all select x + 1 from n) select x, x / 2.0 as half from n",
        columns: { #expect($0 == ["x", "half"]) },
        row: { row in
          seen.append(row[1])
          if seen.count == 3 { throw Enough() }
        })
    }
    #expect(seen == [.real(0.5), .real(1), .real(1.5)])
    #expect(try user.query("select x'00ff'").rows == [[.blob([0, 255])]])
  }

  @Test func dividingWholeNumbersIsRemarkedUpon() throws {
    let user = try UserSQL(StoreFile.inMemory())
    #expect(try user.query("select 8/255").rows == [[.integer(0)]])
    #expect(try user.query("select 8 / 255 as eps").notes.count == 1)
    #expect(try user.query("select 8.0/255, eps * 3 / 2.5 from results").notes.isEmpty)
  }

  @Test func aQuerySeesWhatWasStoredAMomentAgo() throws {
    let scratch = try Scratch()
    let store = try StoreFile.open(at: scratch.store)
    let user = try UserSQL(store)
    for count in 1...3 {
      _ = try store.beginCell()
      #expect(try user.query("select count(*) from cells").rows == [[.integer(Int64(count))]])
    }
  }
}

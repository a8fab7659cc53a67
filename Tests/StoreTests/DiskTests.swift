import Foundation
import GRDBSQLite
import Testing

@testable import Store

@Suite struct DiskTests {
  @Test func aFullDiskIsSaidAndWhatWasStoredBeforeIsSafe() throws {
    let scratch = try Scratch()
    let store = try StoreFile.open(at: scratch.store)
    let first = try store.beginCell("load")
    try store.finishCell(first, status: .ok, seconds: 0)
    // SQLite then fails the way it does when the disk has no room.
    try store.database.writeWithoutTransaction { db in
      let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
      try db.execute(sql: "PRAGMA max_page_count = \(pages + 4)")
    }
    let second = try store.beginCell(CellRecord(session: 1, number: 2, source: "train"))
    #expect(throws: StoreError.full(path: scratch.store)) {
      try store.finishCell(second, status: .ok, seconds: 1) { writer in
        _ = try writer.add(Samples.model("normal", weights: .init(repeating: 1, count: 1_000_000)))
      }
    }
    #expect(try store.ask("select source, status from cells") == [["load", "ok"], ["train", "running"]])
    try store.finishCell(second, status: .failed, seconds: 1, shown: "error: no room")
    #expect(try store.ask("select status from cells where number = 2") == [["failed"]])
  }

  /// SQLite tells only a disk without room; for all else the system's number says why.
  @Test func aQuotaThatIsUsedUpAndAFileThatMayNotGrowAreSaidAsThat() {
    func said(_ number: Int32) -> StoreError { .from(sqlite: SQLITE_IOERR | (3 << 8), path: "s", number: number) }
    #expect(said(EDQUOT) == .quota(path: "s"))
    #expect(said(EFBIG) == .limit(path: "s"))
    #expect(said(ENOSPC) == .full(path: "s"))
    #expect(said(EIO).description == "the store s failed: its file could not be read or written: input/output error")
    #expect(
      said(0).description == "the store s failed: its file could not be read or written; is there room on its disk?")
  }

  @Test func aDamagedPageIsSaidByWhateverReadsIt() throws {
    let scratch = try Scratch()
    let store = try StoreFile.open(at: scratch.store)
    let cell = try store.beginCell()
    try store.finishCell(cell, status: .ok, seconds: 0) { writer in
      _ = try writer.add(Samples.model("normal", weights: .init(repeating: 1, count: 100_000)))
      _ = try writer.add(Samples.result(1, examples: 2_000))
    }
    try store.close()
    var bytes = try Data(contentsOf: URL(filePath: scratch.store))
    for index in stride(from: 4_096 * 70, to: bytes.count, by: 1) { bytes[index] = 0x5a }
    try bytes.write(to: URL(filePath: scratch.store))
    let damaged = try StoreFile.open(at: scratch.store)
    do {
      _ = try damaged.ask("select sum(l2), sum(steps), max(linf) from examples")
      Issue.record("the damage went unseen")
    } catch SQLError.store(.corrupt(let path, _)) {
      #expect(path == scratch.store)
    }
  }
}

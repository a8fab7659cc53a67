import Foundation
import GRDB
import Testing

@testable import Store

@Suite struct OpeningTests {
  @Test func aNewStoreAndItsFolderAreForTheOwnerOnly() throws {
    let scratch = try Scratch()
    let path = scratch.folder + "/deep/er/ward.sqlite"
    let store = try StoreFile.open(at: path)
    _ = try store.beginCell()
    func mode(_ path: String) throws -> Int? {
      try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
    #expect(try mode(scratch.folder + "/deep") == 0o700)
    #expect(try mode(scratch.folder + "/deep/er") == 0o700)
    for ending in ["", "-wal", "-shm", ".lock"] { #expect(try mode(path + ending) == 0o600, "\(ending)") }
  }

  @Test func whatIsNotAStoreIsRefusedAndUntouched() throws {
    let scratch = try Scratch()
    try Data("Dear diary, today I trained a network. It was fun.".utf8).write(to: URL(filePath: scratch.store))
    try expectRefusal(.notADatabase(path: scratch.store), of: scratch)

    let other = try Scratch()
    let queue = try DatabaseQueue(path: other.store)
    try queue.write { db in try db.execute(sql: "CREATE TABLE diary (day TEXT)") }
    try queue.close()
    try expectRefusal(.notAStore(path: other.store), of: other)
  }

  @Test func aStoreOfALaterVersionIsRefusedAndUntouched() throws {
    let scratch = try Scratch()
    let store = try StoreFile.open(at: scratch.store)
    // As a later version leaves it, with one change more.
    try store.write { db in
      try db.execute(
        sql: "INSERT INTO migration VALUES ('99 holograms'); PRAGMA user_version = \(Migrations.all.count + 1)")
    }
    try store.close()
    let newer = StoreError.newer(path: scratch.store, unknown: ["99 holograms"])
    try expectRefusal(newer, of: scratch)

    // One whose header does not say so is refused, too.
    let queue = try DatabaseQueue(path: scratch.store)
    try queue.write { db in try db.execute(sql: "PRAGMA user_version = \(Migrations.all.count)") }
    try queue.close()
    #expect(throws: newer) { try StoreFile.open(at: scratch.store) }
  }

  @Test func aTruncatedStoreIsRefusedAndUntouched() throws {
    let scratch = try Scratch()
    let store = try StoreFile.open(at: scratch.store)
    let cell = try store.beginCell()
    try store.finishCell(cell, status: .ok, seconds: 0) { writer in
      _ = try writer.add(Samples.model("m", weights: (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }))
    }
    try store.close()
    let whole = try Data(contentsOf: URL(filePath: scratch.store))
    try whole.prefix(whole.count / 2).write(to: URL(filePath: scratch.store))
    try expectRefusal(.corrupt(path: scratch.store, detail: "its pages do not fit together"), of: scratch)
  }

  @Test func aReadOnlyFileOrFolderIsSaidPlainly() throws {
    let scratch = try Scratch(in: "/tmp")
    try StoreFile.open(at: scratch.store).close()
    try withoutRights(to: scratch.folder) {
      #expect(throws: StoreError.readOnly(path: scratch.store)) { try StoreFile.open(at: scratch.store) }
      let inside = scratch.folder + "/new.sqlite"
      #expect(throws: StoreError.readOnly(path: inside)) { try StoreFile.open(at: inside) }
    }
    #expect(throws: StoreError.self) { try StoreFile.open(at: "/proc/none/ward.sqlite") }
    #expect(throws: StoreError.self) { try StoreFile.open(at: scratch.folder) }
  }

  @Test func aStoreThatCannotBeWrittenCanStillBeAsked() throws {
    let scratch = try Scratch(in: "/tmp")
    let store = try StoreFile.open(at: scratch.store)
    _ = try store.beginCell("attack normal")
    try store.close()
    chmod(scratch.folder, 0o555)
    chmod(scratch.store, 0o444)
    try asNobody {
      let user = try UserSQL.reading(scratch.store)
      #expect(try user.query("select source from cells").rows == [[.text("attack normal")]])
    }
    chmod(scratch.folder, 0o700)
    #expect(throws: SQLError.self) { try UserSQL.reading(scratch.folder + "/none.sqlite") }
  }

  @Test func cellsOfADeadProcessAreFoundOnceAndThoseOfALivingOneAreLeft() throws {
    let scratch = try Scratch()
    do {
      let dead = try StoreFile.open(at: scratch.store)
      _ = try dead.beginCell("train lenet", number: 4)
      try dead.close()
    }
    let living = try StoreFile.open(at: scratch.store)
    _ = try living.beginCell("attack cse")
    let next = try StoreFile.open(at: scratch.store)
    #expect(try next.recoverInterrupted().map(\.record.source) == ["train lenet"])
    #expect(try next.recoverInterrupted().isEmpty)
    #expect(try living.recoverInterrupted().isEmpty)
    #expect(
      try next.ask("select source, status from cells order by id")
        == [["train lenet", "interrupted"], ["attack cse", "running"]])
  }

  private func expectRefusal(_ error: StoreError, of scratch: Scratch) throws {
    let before = try Data(contentsOf: URL(filePath: scratch.store))
    #expect(throws: error) { try StoreFile.open(at: scratch.store) }
    #expect(try Data(contentsOf: URL(filePath: scratch.store)) == before)
    #expect(error.description.contains(scratch.store))
    #expect(!error.hint.isEmpty)
  }

  /// Runs where nothing in the folder may be read or written.
  private func withoutRights(to folder: String, _ body: () throws -> Void) throws {
    chmod(folder + "/ward.sqlite", 0o400)
    chmod(folder, 0o500)
    defer { chmod(folder, 0o700) }
    try asNobody(body)
  }

  /// Runs as a user without root's right to read and write everything, on this thread only.
  private func asNobody(_ body: () throws -> Void) throws {
    let root = geteuid() == 0
    if root { _ = fileSystemUser(65_534) }
    defer { if root { _ = fileSystemUser(0) } }
    try body()
  }
}

/// The C library's `setfsuid`, whose header Swift does not import.
@_silgen_name("setfsuid") private func fileSystemUser(_ user: UInt32) -> Int32

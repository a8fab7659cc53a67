import Foundation
import GRDB
import Testing

@testable import Store

/// Several processes on one store. The children are this test program again, running `child()` alone.
@Suite struct ProcessTests {
  @Test func fourProcessesThatOpenANewStoreAndWriteAtOnceLoseNothing() throws {
    let scratch = try Scratch()
    let children = try (0..<4).map {
      try Child(store: scratch.store, acknowledged: scratch.folder + "/\($0)", cells: 25)
    }
    for child in children { #expect(child.wait() == 0) }
    let store = try StoreFile.open(at: scratch.store)
    for number in 0..<4 { try expectAll(in: scratch.folder + "/\(number)", of: store, atLeast: 25) }
    #expect(try store.ask("select count(*), count(distinct session) from cells where status = 'ok'") == [["100", "4"]])
  }

  @Test func killingAWriterAtAnyMomentLosesNoAcknowledgedRowAndLeavesNoHalfResult() throws {
    let scratch = try Scratch()
    var random = SystemRandomNumberGenerator()
    for round in 0..<100 {
      let acknowledged = scratch.folder + "/\(round)"
      let child = try Child(store: scratch.store, acknowledged: acknowledged, cells: .max)
      // Two in three die while they write, the others while they start.
      if round % 3 != 0 { child.waitForAFirst(in: acknowledged) }
      usleep(.random(in: 0..<20_000, using: &random))
      kill(child.process, SIGKILL)
      _ = child.wait()
    }
    let store = try StoreFile.open(at: scratch.store)
    let interrupted = try store.recoverInterrupted()
    #expect(interrupted.count <= 100)
    for round in 0..<100 { try expectAll(in: scratch.folder + "/\(round)", of: store, atLeast: round % 3 == 0 ? 0 : 1) }
    let half = "select count(*) from results r where (select count(*) from examples e where e.result = r.id) <> 50"
    #expect(try store.ask(half) == [["0"]])
    let orphans = "select count(*) from models m left join cells c on c.id = m.cell_id where c.status <> 'ok'"
    #expect(try store.ask(orphans) == [["0"]])
    let known = try Set(store.unfinishedTrainings().map(\.cell))
    #expect(known.isSubset(of: interrupted.map(\.id)))
    let verdict = try store.read { db in try String.fetchOne(db, sql: "PRAGMA integrity_check") }
    #expect(verdict == "ok")
  }

  /// What a child does: trains, attacks and stores, and notes each cell once the store has said that it is safe.
  @Test(.enabled(if: Child.orders != nil, "only in a child process"))
  func child() throws {
    let orders = try #require(Child.orders)
    let notes = open(orders.acknowledged, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    let store = try StoreFile.open(at: orders.store)
    let session = try store.beginSession(SessionRecord(version: "test"))
    var number = 0
    // Whoever kills the tests does not leave one that writes for ever.
    let parent = getppid()
    while number < orders.cells, getppid() == parent {
      number += 1
      let cell = try store.beginCell(CellRecord(session: session, number: number, source: "train"))
      try store.save(
        TrainingRecord(cell: cell, name: "normal", epoch: 1, epochs: 2, state: Foundation.Data(count: 20_000)))
      try store.finishCell(cell, status: .ok, seconds: 0) { writer in
        let model = try writer.add(Samples.model("normal", weights: [UInt8(truncatingIfNeeded: number)]))
        _ = try writer.add(Samples.result(model, examples: 50))
      }
      let line = "\(cell)\n"
      write(notes, line, line.utf8.count)
    }
  }

  private func expectAll(in acknowledged: String, of store: StoreFile, atLeast: Int) throws {
    let text = (try? String(contentsOfFile: acknowledged, encoding: .utf8)) ?? ""
    let cells = text.split(separator: "\n").compactMap { Int64($0) }
    #expect(cells.count >= atLeast)
    let user = try UserSQL(store)
    for cell in cells {
      let rows = try user.query(
        """
        select c.status, (select count(*) from examples e where e.result = r.id)
        from cells c join results r on r.cell_id = c.id where c.id = :cell
        """, parameters: ["cell": .integer(cell)]
      ).rows
      #expect(rows == [[.text("ok"), .integer(50)]], "cell \(cell)")
    }
  }
}

/// A copy of this test program that runs `ProcessTests.child()`.
private struct Child {
  let process: pid_t

  static var orders: (store: String, acknowledged: String, cells: Int)? {
    let environment = ProcessInfo.processInfo.environment
    guard let store = environment["WARD_TEST_STORE"], let notes = environment["WARD_TEST_NOTES"],
      let cells = environment["WARD_TEST_CELLS"].flatMap(Int.init)
    else { return nil }
    return (store, notes, cells)
  }

  init(store: String, acknowledged: String, cells: Int) throws {
    let arguments = ["store-child", "--testing-library", "swift-testing", "--filter", "ProcessTests/child"]
    let environment = [
      "WARD_TEST_STORE=\(store)", "WARD_TEST_NOTES=\(acknowledged)", "WARD_TEST_CELLS=\(cells)",
      "LD_LIBRARY_PATH=\(ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] ?? "")",
    ]
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0)
    let argv = arguments.map { strdup($0) } + [nil]
    let envp = environment.map { strdup($0) } + [nil]
    defer { for word in argv + envp { free(word) } }
    var process = pid_t()
    let status = posix_spawn(&process, "/proc/self/exe", &files, nil, argv, envp)
    try #require(status == 0)
    self.process = process
  }

  /// Waits for its end and returns its exit status; -1 if a signal ended it.
  func wait() -> Int32 {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    return status & 0x7f == 0 ? (status >> 8) & 0xff : -1
  }

  /// Waits until it has stored something.
  func waitForAFirst(in acknowledged: String) {
    for _ in 0..<50_000 {
      if ((try? Foundation.Data(contentsOf: URL(filePath: acknowledged)))?.count ?? 0) > 0 { return }
      usleep(2_000)
    }
  }
}

import Foundation
import GRDB

/// What a merge added.
public struct Merged: Sendable, Equatable {
  /// Sessions.
  public var sessions = 0
  /// Cells, those of sessions that were there already included.
  public var cells = 0
  /// Models.
  public var models = 0
  /// Results.
  public var results = 0
  /// Sessions of the other store that are running: what they do from now on takes another merge.
  public var running = 0

  /// Nothing so far.
  public init() {}
}

extension StoreFile {
  /// Adds all that another store has and this one does not, in one transaction.
  ///
  /// A session is known by its `origin`, whatever number it has; its cells by their numbers, and what a cell made by its
  /// place among what that cell made. So a merge that is repeated adds nothing, and one of a store that has grown since adds
  /// what is new. Data sets, costs and weights that are equal are stored once. Ids are given anew, in columns and in `spec`.
  ///
  /// - Parameter path: the other store. It is not changed; one of an earlier version is brought up to date in a copy.
  /// - Returns: What was added.
  /// - Throws: `StoreError`, `.stopped` where `stop` of this store asked for it; nothing is added then.
  public func merge(storeAt path: String) throws -> Merged {
    let path = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    if let own = self.path, Self.isSameFile(own, path) {
      throw StoreError.cannotOpen(path: path, reason: "it is the very store it is to be merged into")
    }
    let other = try SettledCopy(of: path, besides: self.path, stop: stop)
    defer { other.remove() }
    // Where not even that can be asked, nobody can have written to it.
    let running = (try? StoreFile.livingSessions(of: path)) ?? 0
    do {
      return try database.writeWithoutTransaction { db in
        try db.execute(sql: "ATTACH DATABASE ? AS other", arguments: [other.path])
        defer { try? db.execute(sql: "DETACH DATABASE other") }
        var merged = Merged()
        try Self.asking(stop, db, every: 10_000) {
          try db.inTransaction(.immediate) {
            // Rows refer to each other both ways; at the end all references hold again.
            try db.execute(sql: "PRAGMA defer_foreign_keys = ON")
            merged = try Merge(db: db).run()
            return .commit
          }
        }
        merged.running = running
        return merged
      }
    } catch SQLError.interrupted {
      throw StoreError.stopped(path: path)
    } catch {
      throw said(error)
    }
  }

  /// The sessions of a store that a process holds.
  private static func livingSessions(of path: String) throws -> Int {
    guard FileManager.default.fileExists(atPath: path + ".lock") else { return 0 }
    let lock = try StoreLock(path: path + ".lock")
    let queue = try DatabaseQueue(path: path, configuration: configuration())
    let open = try queue.read { db in try Int64.fetchAll(db, sql: "SELECT id FROM session WHERE ended IS NULL") }
    return open.count { lock.isAlive(session: $0) }
  }

  private static func isSameFile(_ a: String, _ b: String) -> Bool {
    var (first, second) = (stat(), stat())
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev
      && first.st_ino == second.st_ino
  }
}

/// A store of this version as it is; one of another version, or in a folder where SQLite cannot keep its log, as a copy that
/// is brought up to date.
private struct SettledCopy {
  private(set) var path: String
  private var isCopy = false

  /// - Parameter store: the copy is made beside it, where there must be room in any case.
  /// - Throws: `StoreError`, also for a file that Ward did not make or a later Ward did.
  init(of path: String, besides store: String?, stop: @escaping @Sendable () -> Bool) throws {
    self.path = path
    var status = stat()
    guard stat(path, &status) == 0 else { throw StoreError.cannotOpen(path: path, reason: "there is no such file") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw StoreError.cannotOpen(path: path, reason: "it is no file") }
    guard status.st_size > 0 else { throw StoreError.cannotOpen(path: path, reason: "it is empty") }
    let folder =
      store.map { URL(fileURLWithPath: $0).deletingLastPathComponent() } ?? FileManager.default.temporaryDirectory
    let copy = folder.appendingPathComponent(".ward-merge-\(UUID().uuidString).sqlite").path
    do {
      if access(URL(fileURLWithPath: path).deletingLastPathComponent().path, W_OK) != 0 {
        (self.path, isCopy) = (copy, true)
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        if access(path + "-wal", F_OK) == 0 {
          try FileManager.default.copyItem(atPath: path + "-wal", toPath: copy + "-wal")
        }
        chmod(copy, 0o600)
      }
      try StoreFile.inspect(self.path, stop)
      var configuration = StoreFile.configuration(stop: stop)
      configuration.readonly = true
      let queue = try DatabaseQueue(path: self.path, configuration: configuration)
      let done = try queue.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM migration") }
      if done != Migrations.all.count, !isCopy {
        (self.path, isCopy) = (copy, true)
        try queue.backup(to: DatabaseQueue(path: copy))
      }
      try queue.close()
      if isCopy { try StoreFile.open(at: copy).close() }
    } catch {
      remove()
      throw StoreError.from(error, path: path)
    }
  }

  func remove() {
    guard isCopy else { return }
    for ending in ["", "-wal", "-shm", "-journal", ".lock"] { unlink(path + ending) }
  }
}

/// The steps of a merge of the attached database `other` into `main`, which has the same tables. What the tables are and
/// how they refer to each other is read from the database: a new table needs no line here.
private struct Merge {
  let db: Database

  func run() throws -> Merged {
    let tables = try sorted()
    var merged = Merged()
    var before: [String: Int64] = [:]
    for table in tables where table.hasID {
      try mapKnown(table)
      let last = try lastID(of: table)
      before[table.name] = last
      let added = try addNew(table, after: last)
      switch table.name {
      case "session": merged.sessions = added
      case "cell": merged.cells = added
      case "model": merged.models = added
      case "result": merged.results = added
      default: break
      }
    }
    for table in tables where !table.hasID {
      try db.execute(
        sql: """
          INSERT OR IGNORE INTO main."\(table.name)" (\(table.list)) SELECT \(table.mappedList) FROM other."\(table.name)" o
          """)
    }
    for table in tables where table.columns.contains("spec") {
      try renumberModels(in: table.name, after: before[table.name] ?? 0)
    }
    try bringUpToDate()
    try mergeLessons()
    for table in tables where table.hasID { try db.execute(sql: "DROP TABLE temp.\"map_\(table.name)\"") }
    return merged
  }

  /// A table as the database describes it.
  private struct TableShape {
    let name: String
    let columns: [String]
    /// Whether its key is a number `id`, which is given anew.
    let hasID: Bool
    /// The table that a column refers to.
    let references: [String: String]
    /// The columns that tell its rows apart beside `id`; empty where their place within a cell does.
    let natural: [String]

    var list: String { columns.map { "\"\($0)\"" }.joined(separator: ", ") }
    var mappedList: String { columns.map(mapped).joined(separator: ", ") }

    /// A column of a row `o` of the other store, as it is in this one.
    func mapped(_ column: String) -> String {
      guard let target = references[column] else { return "o.\"\(column)\"" }
      return "(SELECT k.new FROM temp.\"map_\(target)\" k WHERE k.old = o.\"\(column)\")"
    }
  }

  /// All tables, each after those that it refers to.
  private func sorted() throws -> [TableShape] {
    let names = try String.fetchAll(
      db,
      sql: """
        SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
          AND name <> 'migration' ORDER BY name
        """)
    var waiting = try names.map(shape)
    var done: [TableShape] = []
    while !waiting.isEmpty {
      let ready = waiting.filter { table in
        table.references.values.allSatisfy { target in target == table.name || done.contains { $0.name == target } }
      }
      precondition(!ready.isEmpty, "tables refer to each other in a circle")
      done += ready
      waiting.removeAll { table in ready.contains { $0.name == table.name } }
    }
    return done
  }

  private func shape(of name: String) throws -> TableShape {
    let columns = try Row.fetchAll(db, sql: "SELECT name, pk FROM pragma_table_info(?, 'main')", arguments: [name])
    let foreign = try Row.fetchAll(
      db, sql: "SELECT \"from\", \"table\" FROM pragma_foreign_key_list(?, 'main')", arguments: [name])
    let unique = try String.fetchOne(
      db,
      sql:
        "SELECT name FROM pragma_index_list(?, 'main') WHERE \"unique\" AND origin <> 'pk' ORDER BY seq DESC LIMIT 1",
      arguments: [name])
    let natural = try unique.map {
      try String.fetchAll(db, sql: "SELECT name FROM pragma_index_info(?, 'main') ORDER BY seqno", arguments: [$0])
    }
    return TableShape(
      name: name, columns: columns.map { $0["name"] },
      hasID: columns.contains { $0["name"] == "id" && $0["pk"] == 1 },
      references: Dictionary(uniqueKeysWithValues: foreign.map { ($0["from"], $0["table"]) }), natural: natural ?? [])
  }

  /// Finds the rows that are there already: `temp.map_TABLE` says what the id of each is here.
  private func mapKnown(_ table: TableShape) throws {
    try db.execute(sql: "CREATE TEMP TABLE \"map_\(table.name)\" (old INTEGER PRIMARY KEY, new INTEGER NOT NULL)")
    if table.natural.isEmpty {
      try db.execute(
        sql: """
          WITH theirs AS (
              SELECT o.id, \(table.mapped("cell")) AS cell, row_number() OVER (PARTITION BY o.cell ORDER BY o.id) AS n
              FROM other."\(table.name)" o),
            ours AS (
              SELECT id, cell, row_number() OVER (PARTITION BY cell ORDER BY id) AS n FROM main."\(table.name)"
              WHERE cell IN (SELECT new FROM temp.map_cell))
          INSERT INTO temp."map_\(table.name)" SELECT theirs.id, ours.id FROM theirs JOIN ours USING (cell, n)
          """)
    } else {
      let match = table.natural.map { "t.\"\($0)\" = \(table.mapped($0))" }.joined(separator: " AND ")
      try db.execute(
        sql: """
          INSERT INTO temp."map_\(table.name)"
            SELECT o.id, t.id FROM other."\(table.name)" o JOIN main."\(table.name)" t ON \(match)
          """)
    }
  }

  /// The largest id that a table has used: where it promises so, none is used again.
  private func lastID(of table: TableShape) throws -> Int64 {
    let last = try Int64.fetchOne(db, sql: "SELECT max(id) FROM main.\"\(table.name)\"") ?? 0
    let used = try Int64.fetchOne(
      db, sql: "SELECT seq FROM main.sqlite_sequence WHERE name = ?", arguments: [table.name])
    return max(last, used ?? 0)
  }

  /// Adds the other rows in their order, with ids above `before`, and returns how many.
  private func addNew(_ table: TableShape, after before: Int64) throws -> Int {
    let name = table.name
    try db.execute(
      sql: """
        INSERT INTO temp."map_\(name)"
          SELECT o.id, \(before) + row_number() OVER (ORDER BY o.id) FROM other."\(name)" o
          WHERE o.id NOT IN (SELECT old FROM temp."map_\(name)")
        """)
    let values = table.columns.map { $0 == "id" ? "m.new" : table.mapped($0) }.joined(separator: ", ")
    try db.execute(
      sql: """
        INSERT INTO main."\(name)" (\(table.list))
          SELECT \(values) FROM temp."map_\(name)" m JOIN other."\(name)" o ON o.id = m.old
          WHERE m.new > \(before) ORDER BY m.new
        """)
    return db.changesCount
  }

  /// A model among the settings of what ran is known by its id.
  private func renumberModels(in table: String, after before: Int64) throws {
    let places = try Row.fetchAll(
      db,
      sql: """
        SELECT t.id AS id, j.fullkey AS place, k.new AS model FROM main."\(table)" t, json_tree(\(Views.sound("t.spec", "'{}'"))) j
          JOIN temp.map_model k ON k.old = j.value
        WHERE t.id > ? AND j.key = 'model' AND j.type = 'integer'
        """, arguments: [before])
    for place in places {
      try db.execute(
        sql: "UPDATE main.\"\(table)\" SET spec = json_replace(spec, ?, ?) WHERE id = ?",
        arguments: [place["place"] as String, place["model"] as Int64, place["id"] as Int64])
    }
  }

  /// A lesson that was gone through in both stores: what was solved in either is solved, and it goes on where it was last.
  private func mergeLessons() throws {
    try db.execute(
      sql: """
        UPDATE main.lesson SET
            solved = (SELECT json_group_array(value) FROM (
              SELECT value FROM json_each(main.lesson.solved) UNION SELECT value FROM json_each(o.solved))),
            done = max(main.lesson.done, o.done)
          FROM other.lesson o WHERE o.name = main.lesson.name;
        UPDATE main.lesson SET title = o.title, step = o.step, steps = o.steps, tasks = o.tasks, changed = o.changed
          FROM other.lesson o WHERE o.name = main.lesson.name AND o.changed > main.lesson.changed;
        """)
  }

  /// Cells and sessions that were running when they were merged before, and have ended since. A cell that is running has no
  /// process here: it is one that was interrupted, until a later merge tells how it ended.
  private func bringUpToDate() throws {
    try db.execute(
      sql: """
        UPDATE main.cell SET status = o.status, seconds = o.seconds, shown = o.shown, output = o.output
          FROM other.cell o JOIN temp.map_cell m ON m.old = o.id
          WHERE main.cell.id = m.new AND main.cell.status IN ('running', 'interrupted') AND o.status <> 'running'
            AND (main.cell.status <> o.status OR main.cell.shown <> o.shown);
        UPDATE main.cell SET status = 'interrupted'
          WHERE status = 'running' AND id IN (SELECT new FROM temp.map_cell);
        UPDATE main.session SET ended = o.ended, comments = o.comments
          FROM other.session o JOIN temp.map_session m ON m.old = o.id
          WHERE main.session.id = m.new AND main.session.ended IS NULL AND o.ended IS NOT NULL;
        """)
  }
}

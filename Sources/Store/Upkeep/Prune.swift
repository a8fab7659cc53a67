import Foundation
import GRDB

/// What a prune removes.
public struct Pruning: Sendable, Equatable {
  /// Sessions that leave no row behind.
  public var sessions = 0
  /// Cells.
  public var cells = 0
  /// Models.
  public var models = 0
  /// Results.
  public var results = 0
  /// Rows of `examples`.
  public var examples = 0
  /// Bytes this sets free, about.
  public var bytes = 0
}

extension StoreFile {
  /// What `prune(before:)` would remove. Changes nothing.
  public func planPruning(before date: Date) throws -> Pruning {
    let alive = try livingSessions()
    return try write { db in
      try PruningRun(db: db).select(before: date, keeping: alive)
      let plan = try PruningRun(db: db).count()
      try PruningRun(db: db).forget()
      return plan
    }
  }

  /// The date before which cells must go so that the store takes at most so many bytes; nil if it does already.
  ///
  /// Goes by whole sessions, the oldest first, and may not reach the size where newer work rests on older.
  public func pruningDate(toBytes limit: Int) throws -> Date? {
    let excess = bytesOnDisk() - limit
    if excess <= 0 { return nil }
    let starts = try read { db in try Date.fetchAll(db, sql: "SELECT started FROM session ORDER BY id") }
    // What a date sets free grows with the date, so that the first date that is enough can be bisected for.
    var (low, high) = (0, starts.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if try planPruning(before: starts[middle]).bytes >= excess { high = middle } else { low = middle + 1 }
    }
    return starts.isEmpty ? nil : starts[low]
  }

  /// Removes the cells that started before a date with everything they made, unless later cells rest on it: a model
  /// that was attacked, defended or resumed later stays, with its data, costs, ancestors and cells.
  ///
  /// Sessions that are running are left alone.
  /// - Returns: What was removed.
  @discardableResult
  public func prune(before date: Date) throws -> Pruning {
    let alive = try livingSessions()
    let removed = try write { db in
      let run = PruningRun(db: db)
      try run.select(before: date, keeping: alive)
      let plan = try run.count()
      try run.remove(before: date)
      try run.forget()
      return plan
    }
    // The file shrinks only now. That writes all of it anew while nobody else can write, which takes seconds for each
    // gigabyte: where another Ward is at work, or room is short, the free pages are left for what comes next.
    if removed.cells > 0, !isUsedByOthers(alive) {
      // And the log that VACUUM leaves is as long as the file was.
      try? database.writeWithoutTransaction { db in try db.execute(sql: "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)") }
    }
    return removed
  }

  private func isUsedByOthers(_ alive: [Int64]) -> Bool {
    guard let lock else { return false }
    return alive.contains { !lock.isHeldHere(session: $0) }
  }

  private func livingSessions() throws -> [Int64] {
    let open = try read { db in try Int64.fetchAll(db, sql: "SELECT id FROM session WHERE ended IS NULL") }
    guard let lock else { return open }
    return open.filter { lock.isAlive(session: $0) }
  }
}

/// The steps of a prune, around a temporary table `gone` of cells.
private struct PruningRun {
  let db: Database

  /// Old cells, less those that made something a cell that stays refers to, until no more are added.
  func select(before date: Date, keeping alive: [Int64]) throws {
    try db.execute(sql: "CREATE TEMP TABLE gone (cell INTEGER PRIMARY KEY)")
    let living = alive.map(String.init).joined(separator: ", ")
    try db.execute(
      sql: "INSERT INTO temp.gone SELECT id FROM cell WHERE started < ? AND session NOT IN (\(living))",
      arguments: [date.stored])
    repeat {
      try db.execute(
        sql: """
          WITH kept(cell) AS (SELECT id FROM cell EXCEPT SELECT cell FROM temp.gone),
            models(id) AS (
              SELECT parent FROM model WHERE cell IN kept UNION SELECT model FROM result WHERE cell IN kept
              UNION SELECT model FROM audit WHERE cell IN kept UNION SELECT model FROM training WHERE cell IN kept
              UNION SELECT parent FROM training WHERE cell IN kept),
            costs(id) AS (
              SELECT costs FROM model WHERE cell IN kept UNION SELECT costs FROM result WHERE cell IN kept
              UNION SELECT costs FROM training WHERE cell IN kept),
            data(id) AS (
              SELECT dataset FROM model WHERE cell IN kept UNION SELECT dataset FROM result WHERE cell IN kept
              UNION SELECT dataset FROM audit WHERE cell IN kept UNION SELECT dataset FROM cost WHERE cell IN kept
              UNION SELECT dataset FROM training WHERE cell IN kept)
          DELETE FROM temp.gone WHERE cell IN (
            SELECT cell FROM model WHERE id IN models UNION SELECT cell FROM cost WHERE id IN costs
            UNION SELECT cell FROM dataset WHERE id IN data)
          """)
    } while db.changesCount > 0
  }

  func count() throws -> Pruning {
    func number(_ sql: String) throws -> Int { try Int.fetchOne(db, sql: sql) ?? 0 }
    let results = "SELECT id FROM result WHERE cell IN temp.gone"
    let weights = """
      SELECT weights FROM model WHERE cell IN temp.gone EXCEPT SELECT weights FROM model WHERE cell NOT IN temp.gone
      """
    var plan = Pruning()
    plan.cells = try number("SELECT count(*) FROM temp.gone")
    plan.sessions = try number(
      """
      SELECT count(DISTINCT session) FROM cell WHERE id IN temp.gone
      AND session NOT IN (SELECT session FROM cell WHERE id NOT IN temp.gone)
      """)
    plan.models = try number("SELECT count(*) FROM model WHERE cell IN temp.gone")
    plan.results = try number("SELECT count(*) FROM (\(results))")
    plan.examples = try number("SELECT count(*) FROM example WHERE result IN (\(results))")
    let texts = "length(source) + length(shown) + length(output)"
    plan.bytes = try number("SELECT sum(\(texts)) FROM cell WHERE id IN temp.gone")
    plan.bytes += try number("SELECT sum(length(bytes)) FROM blob WHERE id IN (\(weights))")
    plan.bytes += try number("SELECT sum(length(state)) FROM training WHERE cell IN temp.gone")
    // A row of `example` with its place in the index takes 64 bytes.
    plan.bytes += 64 * plan.examples
    plan.bytes += 64 * (try number("SELECT count(*) FROM certificate WHERE result IN (\(results))"))
    return plan
  }

  func remove(before date: Date) throws {
    // Rows refer to each other both ways; at the end all references hold again.
    try db.execute(sql: "PRAGMA defer_foreign_keys = ON")
    let results = "(SELECT id FROM result WHERE cell IN temp.gone)"
    let models = "(SELECT id FROM model WHERE cell IN temp.gone)"
    try db.execute(
      sql: """
        DELETE FROM example WHERE result IN \(results);
        DELETE FROM certificate WHERE result IN \(results);
        DELETE FROM class_result WHERE result IN \(results);
        DELETE FROM audit_check WHERE audit IN (SELECT id FROM audit WHERE cell IN temp.gone);
        DELETE FROM epoch WHERE model IN \(models);
        DELETE FROM epoch_weight WHERE model IN \(models);
        DELETE FROM weight WHERE cell IN temp.gone OR model IN \(models);
        DELETE FROM training WHERE cell IN temp.gone OR model IN \(models);
        DELETE FROM result WHERE cell IN temp.gone;
        DELETE FROM audit WHERE cell IN temp.gone;
        DELETE FROM model WHERE cell IN temp.gone;
        DELETE FROM cost WHERE cell IN temp.gone;
        DELETE FROM dataset WHERE cell IN temp.gone;
        DELETE FROM blob WHERE id NOT IN (SELECT weights FROM model);
        CREATE TEMP TABLE emptied AS SELECT DISTINCT session FROM cell WHERE id IN temp.gone;
        DELETE FROM cell WHERE id IN temp.gone;
        DELETE FROM point WHERE session IN (SELECT session FROM temp.emptied) AND session NOT IN (SELECT session FROM cell);
        DELETE FROM session WHERE id IN (SELECT session FROM temp.emptied)
          AND id NOT IN (SELECT session FROM cell);
        DROP TABLE temp.emptied;
        """)
    // The plan of a sweep none of whose points is left here says nothing any more.
    try db.execute(sql: "CREATE TEMP TABLE over (sweep INTEGER PRIMARY KEY)")
    try db.execute(
      sql: """
        INSERT INTO temp.over SELECT id FROM sweep WHERE planned < ? AND NOT EXISTS (
          SELECT 1 FROM sweep_point JOIN point USING (key) WHERE sweep_point.sweep = sweep.id)
        """, arguments: [date.stored])
    try db.execute(
      sql: """
        DELETE FROM sweep_point WHERE sweep IN temp.over;
        DELETE FROM sweep WHERE id IN temp.over;
        DROP TABLE temp.over;
        """)
  }

  func forget() throws { try db.execute(sql: "DROP TABLE temp.gone") }
}

import Foundation
import GRDB

extension StoreFile {
  /// Writes what a sweep asks for. Where the same sweep was planned before, the points of both plans are its points.
  ///
  /// - Parameter points: the key of each point, with its values as a JSON object.
  public func plan(_ sweep: SweepRecord, points: [(key: String, params: String)]) throws {
    try write { db in
      let known = try Int64.fetchOne(
        db, sql: "SELECT id FROM sweep WHERE name = ? AND code = ?", arguments: [sweep.name, sweep.code])
      let id: Int64
      if let known {
        try db.execute(
          sql: "UPDATE sweep SET script = ?, axes = ?, condition = ?, planned = ? WHERE id = ?",
          arguments: [sweep.script, sweep.axes, sweep.condition, sweep.planned.stored, known])
        id = known
      } else {
        id = try db.insert(sweep, into: "sweep")
      }
      let statement = try db.cachedStatement(
        sql: "INSERT OR IGNORE INTO sweep_point (sweep, key, params) VALUES (?, ?, ?)")
      for point in points { try statement.execute(arguments: [id, point.key, point.params]) }
    }
  }

  /// The newest plan of a sweep; nil if there is none of that name.
  public func sweep(named name: String) throws -> SweepRecord? {
    try read { db in
      try SweepRecord.fetchOne(
        db, sql: "SELECT * FROM sweep WHERE name = ? ORDER BY planned DESC LIMIT 1", arguments: [name])
    }
  }

  /// The names of sweeps, newest first.
  public func sweepNames() throws -> [String] {
    try read { db in
      try String.fetchAll(db, sql: "SELECT name FROM sweep GROUP BY name ORDER BY max(planned) DESC")
    }
  }

  private static let newest = "FROM point WHERE key = ? ORDER BY status = 'done' DESC, id DESC LIMIT 1"

  /// What became of the points with these keys: of each the newest that is done, else the newest that failed.
  public func points(_ keys: some Sequence<String>) throws -> [String: PointRecord] {
    try read { db in
      let statement = try db.cachedStatement(sql: "SELECT * \(Self.newest)")
      var points: [String: PointRecord] = [:]
      for key in keys { points[key] = try PointRecord.fetchOne(statement, arguments: [key]) }
      return points
    }
  }

  /// The ids of what `points` gives; `points.id` in SQL.
  public func pointIDs(_ keys: some Sequence<String>) throws -> [String: Int64] {
    try read { db in
      let statement = try db.cachedStatement(sql: "SELECT id \(Self.newest)")
      var ids: [String: Int64] = [:]
      for key in keys { ids[key] = try Int64.fetchOne(statement, arguments: [key]) }
      return ids
    }
  }

  /// Writes that the session of a point has run to its end.
  public func add(_ point: PointRecord) throws {
    try write { db in _ = try db.insert(point, into: "point") }
  }

  /// Makes the file whole by itself, without a log beside it, so that it can be copied. For a store that nobody else uses.
  public func settle() throws {
    do {
      try database.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
      }
    } catch {
      throw said(error)
    }
  }
}

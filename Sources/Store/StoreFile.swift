import Foundation
import GRDB
import GRDBSQLite

/// The file in which everything that ran is kept: sessions, cells, models with their weights, results.
///
/// Several Wards may use one store at once. A cell's own row is written before it runs, and each thing that it makes in a
/// transaction of its own as soon as it is made (`keep`), so that a killed process loses no result that was whole, leaves
/// none that is half, and leaves a cell that says it was running.
///
/// What is committed is safe from the end of the process, however it ends. From a power failure it is safe a tenth of a
/// second later (`LogSync`), and from the start when the session ends in order. See docs/decisions/0013-kept-when-made.md.
public final class StoreFile: Sendable {
  /// The file; nil for a store in memory.
  public let path: String?
  let database: any DatabaseWriter
  let lock: StoreLock?
  /// What user SQL opens: a path, or the URI of the shared memory database.
  let location: String
  /// Asked while the store waits for another program; true ends the waiting.
  let stop: @Sendable () -> Bool
  private let sync: LogSync?

  init(
    path: String?, location: String, database: any DatabaseWriter, lock: StoreLock?,
    stop: @escaping @Sendable () -> Bool = { false }
  ) {
    self.path = path
    self.location = location
    self.database = database
    self.lock = lock
    self.stop = stop
    sync = path.map { LogSync(of: $0) }
  }

  /// A store that is gone when it is closed. For trying things out, and for going on when the disk is full.
  public static func inMemory() throws -> StoreFile {
    let name = "ward-\(UUID().uuidString)"
    let queue = try DatabaseQueue(named: name, configuration: configuration())
    try queue.write { db in try prepare(db) }
    return StoreFile(path: nil, location: "file:\(name)?mode=memory&cache=shared", database: queue, lock: nil)
  }

  /// Ends the use of the store; what is stored is safe without it too.
  public func close() throws { try database.close() }

  /// Runs `body` in one transaction and says errors of SQLite as `StoreError`.
  func write<T>(_ body: (Database) throws -> T) throws -> T {
    do {
      let result = try database.write(body)
      sync?.soon()
      return result
    } catch {
      throw said(error, number: database.writeWithoutTransaction { Self.systemNumber($0) })
    }
  }

  /// Reads a consistent state and says errors of SQLite as `StoreError`.
  func read<T>(_ body: (Database) throws -> T) throws -> T {
    do { return try database.read(body) } catch { throw said(error) }
  }

  /// What the system last said of a connection's files. Of a commit that failed, only the log's file knows it.
  private static func systemNumber(_ db: Database) -> Int32 {
    var log: UnsafeMutablePointer<sqlite3_file>?
    var number: Int32 = 0
    if sqlite3_file_control(db.sqliteConnection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK, let log,
      let control = log.pointee.pMethods?.pointee.xFileControl
    {
      _ = control(log, SQLITE_FCNTL_LAST_ERRNO, &number)
    }
    return number != 0 ? number : sqlite3_system_errno(db.sqliteConnection)
  }

  /// An error of SQLite as a `StoreError`.
  func said(_ error: any Error, number: Int32 = 0) -> any Error {
    let path = path ?? "in memory"
    let said = StoreError.from(error, path: path, number: number)
    return (said as? StoreError) == .locked(path: path) && stop() ? StoreError.stopped(path: path) : said
  }

  /// - Parameter stop: asked while another program holds the store.
  static func configuration(stop: @escaping @Sendable () -> Bool = { false }) -> Configuration {
    var configuration = Configuration()
    configuration.busyMode = .callback { LockRetry.goesOn(after: $0, stop) }
    configuration.label = "Store"
    return configuration
  }
}

import Foundation
import GRDB

/// The file in which everything that ran is kept: sessions, cells, models with their weights, results.
///
/// Several Wards may use one store at once. Every row a cell makes is written in one transaction when it ends; the cell's
/// own row is written before it runs, so that a killed process leaves a trace and no half result.
public final class Store: Sendable {
  /// The file; nil for a store in memory.
  public let path: String?
  let database: any DatabaseWriter
  let lock: StoreLock?
  /// What user SQL opens: a path, or the URI of the shared memory database.
  let location: String

  init(path: String?, location: String, database: any DatabaseWriter, lock: StoreLock?) {
    self.path = path
    self.location = location
    self.database = database
    self.lock = lock
  }

  /// A store that is gone when it is closed. For trying things out, and for going on when the disk is full.
  public static func inMemory() throws -> Store {
    let name = "ward-\(UUID().uuidString)"
    let queue = try DatabaseQueue(named: name, configuration: configuration())
    try queue.write { db in try prepare(db) }
    return Store(path: nil, location: "file:\(name)?mode=memory&cache=shared", database: queue, lock: nil)
  }

  /// Ends the use of the store; what is stored is safe without it too.
  public func close() throws { try database.close() }

  /// Runs `body` in one transaction and says errors of SQLite as `StoreError`.
  func write<T>(_ body: (Database) throws -> T) throws -> T {
    do { return try database.write(body) } catch { throw StoreError.from(error, path: path ?? "in memory") }
  }

  /// Reads a consistent state and says errors of SQLite as `StoreError`.
  func read<T>(_ body: (Database) throws -> T) throws -> T {
    do { return try database.read(body) } catch { throw StoreError.from(error, path: path ?? "in memory") }
  }

  /// Waiting half a minute is longer than any transaction of another Ward takes.
  static func configuration() -> Configuration {
    var configuration = Configuration()
    configuration.busyMode = .timeout(30)
    configuration.maximumReaderCount = 2
    configuration.label = "Store"
    return configuration
  }
}

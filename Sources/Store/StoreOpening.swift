import Foundation
import GRDB

extension StoreFile {
  /// Opens the store in a file, making the file and its folders if they are missing.
  ///
  /// A file that is not a store, is damaged or comes from a later version is refused before anything in it changes.
  /// - Parameters:
  ///   - path: Taken as it is: `~` stands for nothing here.
  ///   - stop: Asked while another program holds the store, now and later; true ends the waiting.
  /// - Throws: `StoreError`.
  public static func open(at path: String, stop: @escaping @Sendable () -> Bool = { false }) throws -> StoreFile {
    if path.isEmpty { throw StoreError.cannotOpen(path: path, reason: "its name is empty") }
    if path.utf8.contains(0) { throw StoreError.cannotOpen(path: path, reason: "its name holds the character NUL") }
    // SQLite gives names such as `:memory:` a meaning of their own; a path from the root has none.
    let path = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    // SQLite's own limit, told before any folder is made.
    if path.utf8.count > 500 { throw StoreError.cannotOpen(path: path, reason: "its name is too long") }
    try makeFolder(of: path)
    try checkWritable(path)
    let lock = try StoreLock(path: path + ".lock")
    return try lock.whileOpening(path: path, stop: stop) {
      do {
        if !saysItIsOurs(path) { try inspect(path, stop) }
        var configuration = configuration(stop: stop)
        configuration.journalMode = .wal
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        let store = StoreFile(path: path, location: path, database: queue, lock: lock, stop: stop)
        try store.write { db in
          try refuseNewer(db, path)
          try prepare(db)
        }
        return store
      } catch {
        let said = StoreError.from(error, path: path)
        throw (said as? StoreError) == .locked(path: path) && stop() ? StoreError.stopped(path: path) : said
      }
    }
  }

  /// Opens the store in a file URL; see `open(at:)` with a path.
  public static func open(at url: URL) throws -> StoreFile { try open(at: url.path) }

  /// Brings tables and views up to this version. Cheap when they are.
  static func prepare(_ db: Database) throws {
    let application = try Int.fetchOne(db, sql: "PRAGMA application_id")
    if application != Migrations.applicationID {
      try db.execute(sql: "PRAGMA application_id = \(Migrations.applicationID)")
    }
    try Migrations.run(db)
    try Views.refresh(db)
  }

  private static func makeFolder(of path: String) throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    if FileManager.default.fileExists(atPath: folder) { return }
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw StoreError.cannotOpen(path: path, reason: "its folder \(folder) cannot be made")
    }
  }

  /// Makes an empty file for the owner only, or checks that the one there may be written.
  private static func checkWritable(_ path: String) throws {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw StoreError.cannotOpen(
        path: path, reason: isFolder ? "it is a folder" : "it is a device or a pipe, not a file")
    }
    let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    if descriptor < 0 { throw StoreError.fromErrno(errno, path: path) }
    Foundation.close(descriptor)
  }

  /// Reads the file without changing it, and refuses what is not ours to change.
  static func inspect(_ path: String, _ stop: @escaping @Sendable () -> Bool) throws {
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    if size == 0 { return }
    var configuration = configuration(stop: stop)
    configuration.readonly = true
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    try queue.read { db in
      let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
      let application = try Int.fetchOne(db, sql: "PRAGMA application_id")
      if tables == 0 && application == 0 { return }
      if application != Migrations.applicationID { throw StoreError.notAStore(path: path) }
      try refuseNewer(db, path)
    }
    try queue.close()
  }

  private static func refuseNewer(_ db: Database, _ path: String) throws {
    let unknown = try Migrations.unknown(db)
    if !unknown.isEmpty { throw StoreError.newer(path: path, unknown: unknown) }
  }

  /// Whether the file has the header of a store of this version or an earlier one: then it is opened at once.
  private static func saysItIsOurs(_ path: String) -> Bool {
    guard let file = fopen(path, "r") else { return false }
    defer { fclose(file) }
    var header = [UInt8](repeating: 0, count: 72)
    guard fread(&header, 1, header.count, file) == header.count else { return false }
    // With the most significant byte first (https://www.sqlite.org/fileformat.html, 1.3).
    func number(_ offset: Int) -> Int { header[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
    let (changes, application) = (number(60), number(68))
    return header.starts(with: Array("SQLite format 3".utf8)) && application == Migrations.applicationID
      && changes <= Migrations.all.count
  }
}

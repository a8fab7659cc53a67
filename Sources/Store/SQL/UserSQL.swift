import Foundation
import GRDBSQLite

/// The connection on which users' queries run: it reads the store and can do nothing else.
///
/// It has no transaction open between queries, so each sees everything stored before it. One thread at a time.
public final class UserSQL {
  private var connection: OpaquePointer?
  private let authoriser = Authoriser()
  private let guarding = QueryLimits()
  private let path: String

  /// The longest text or blob of a user's query, in bytes. One step of SQLite's machine handles a whole one.
  public static let longest = 16_000_000
  /// The most that an answer may hold, in bytes; `stream` has no such bound.
  public static let largestAnswer = 1_000_000_000

  /// When a running query must stop; asked every 1,000 steps of SQLite's machine.
  private final class QueryLimits {
    var shouldStop: () -> Bool = { false }
    var deadline = ContinuousClock.Instant.now
    var verdict: SQLError?
    var seconds = 0.0
  }

  /// Opens a connection of its own to the store.
  /// - Throws: `SQLError.store`.
  public convenience init(_ store: StoreFile) throws {
    // Only the memory database's name is a URI; a path is taken as it is.
    try self.init(store.location, isURI: store.path == nil, path: store.path ?? "in memory", stop: store.stop)
  }

  /// Opens a store that may be read but not written, such as one on a medium that is read-only.
  ///
  /// Where not even the files that SQLite keeps beside a store can be made, it is read as if nobody could change it.
  /// - Parameter stop: Asked while another program has it locked; true ends the waiting.
  /// - Throws: `SQLError.store`, `SQLError.interrupted`.
  public static func reading(_ path: String, stop: @escaping () -> Bool = { false }) throws -> UserSQL {
    do {
      return try UserSQL(path, isURI: false, path: path, stop: stop)
    } catch SQLError.store(.cannotOpen), SQLError.store(.readOnly) {
      let name = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
      return try UserSQL("file:\(name)?immutable=1", isURI: true, path: path, stop: stop)
    }
  }

  private init(_ location: String, isURI: Bool, path: String, stop: @escaping () -> Bool) throws {
    _ = Self.boundMemory
    self.path = path
    guarding.shouldStop = stop
    defer { guarding.shouldStop = { false } }
    let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_FULLMUTEX | (isURI ? SQLITE_OPEN_URI : 0)
    var status = sqlite3_open_v2(location, &connection, flags, nil)
    if status == SQLITE_OK {
      waitForOthers()
      // The first to read the file, so that one that cannot be read is refused here.
      status = sqlite3_exec(connection, "PRAGMA query_only = 1; SELECT 1 FROM sqlite_schema", nil, nil, nil)
    }
    guard status == SQLITE_OK else { throw guarding.verdict ?? SQLError.store(storeError(status)) }
    sqlite3_limit(connection, SQLITE_LIMIT_ATTACHED, 0)
    // A LIKE whose pattern is all wildcards; a program so long that to compile it takes seconds.
    sqlite3_limit(connection, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 500)
    sqlite3_limit(connection, SQLITE_LIMIT_VDBE_OP, 1_000_000)
    TextFunctions.replaceSlowOnes(of: connection)
    authoriser.hidden = try tables()
    arm()
  }

  deinit { sqlite3_close_v2(connection) }

  /// A query that names itself twice in each of twenty steps takes gigabytes to compile. The bound is for all of SQLite in
  /// this process: three gigabytes leave room to store the largest blob there can be.
  private static let boundMemory: Void = { sqlite3_hard_heap_limit64(3_000_000_000) }()

  /// Runs one query and returns all of its rows.
  ///
  /// - Parameters:
  ///   - parameters: Values for `:name`, by name; others may be among them.
  ///   - limit: Seconds it may run.
  ///   - shouldStop: Asked while it runs, a few thousand times a second; true stops it.
  /// - Throws: `SQLError`, and whatever `row` throws.
  public func query(
    _ sql: String, parameters: [String: SQLValue] = [:], limit: Double = 3_600,
    shouldStop: @escaping () -> Bool = { false }
  ) throws -> SQLTable {
    var rows: [[SQLValue]] = []
    var room = Self.largestAnswer
    let columns = try stream(
      sql, parameters: parameters, limit: limit, shouldStop: shouldStop, columns: { _ in },
      row: { row in
        room -= row.reduce(32) { $0 + $1.size }
        if room < 0 { throw SQLError.tooLarge(most: Self.largestAnswer) }
        rows.append(row)
      })
    return SQLTable(columns: columns, rows: rows, notes: Notes.on(sql))
  }

  /// Runs one query and hands its rows over one by one, in constant memory.
  ///
  /// - Parameters:
  ///   - longest: The longest text or blob it may handle, in bytes; more for a query of ours about a long text.
  ///   - columns: Called once with the column names, before the first row.
  ///   - row: Called with each row; may throw to end the query.
  /// - Returns: The column names.
  @discardableResult
  public func stream(
    _ sql: String, parameters: [String: SQLValue] = [:], limit: Double = 3_600, longest: Int = UserSQL.longest,
    shouldStop: @escaping () -> Bool = { false }, columns: ([String]) throws -> Void,
    row: ([SQLValue]) throws -> Void
  ) throws -> [String] {
    sqlite3_limit(connection, SQLITE_LIMIT_LENGTH, Int32(longest))
    if let explained = Explained(sql) {
      let plan = try explained.plan(on: self, parameters: parameters, limit: limit, shouldStop: shouldStop)
      try columns(plan.columns)
      for step in plan.rows { try row(step) }
      return plan.columns
    }
    return try rows(
      of: sql, parameters: parameters, limit: limit, shouldStop: shouldStop, columns: columns, row: row)
  }

  /// The same for a query as it stands, `EXPLAIN` too.
  func rows(
    of sql: String, parameters: [String: SQLValue], limit: Double, shouldStop: @escaping () -> Bool,
    columns: ([String]) throws -> Void, row: ([SQLValue]) throws -> Void
  ) throws -> [String] {
    watch(limit: limit, shouldStop: shouldStop)
    defer { guarding.shouldStop = { false } }
    let statement = try prepare(sql)
    defer { sqlite3_finalize(statement) }
    try bind(parameters, to: statement)
    let count = sqlite3_column_count(statement)
    let names = (0..<count).map { String(cString: sqlite3_column_name(statement, $0)) }
    try columns(names)
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW: try row((0..<count).map { value(statement, $0) })
      case SQLITE_DONE: return names
      case let status: throw failure(status, sql: sql)
      }
    }
  }

  /// Remarks on a query for the reader, such as that `8/255` divides whole numbers.
  public static func remarks(on sql: String) -> [SQLNote] { Notes.on(sql) }
}

// MARK: - Before a query runs

extension UserSQL {
  private func arm() {
    sqlite3_set_authorizer(
      connection,
      { context, action, first, second, _, view in
        let authoriser = Unmanaged<Authoriser>.fromOpaque(context!).takeUnretainedValue()
        return authoriser.decide(
          action, first.map { String(cString: $0) }, second.map { String(cString: $0) },
          view: view.map { String(cString: $0) })
      }, Unmanaged.passUnretained(authoriser).toOpaque())
    sqlite3_progress_handler(
      connection, 1_000,
      { context in
        let guarding = Unmanaged<QueryLimits>.fromOpaque(context!).takeUnretainedValue()
        if guarding.shouldStop() {
          guarding.verdict = .interrupted
        } else if ContinuousClock.now > guarding.deadline {
          guarding.verdict = .timedOut(seconds: guarding.seconds)
        }
        return guarding.verdict == nil ? 0 : 1
      }, Unmanaged.passUnretained(guarding).toOpaque())
  }

  /// Waits while another program has the store locked, until the running query is to stop.
  private func waitForOthers() {
    sqlite3_busy_handler(
      connection,
      { context, tries in
        let guarding = Unmanaged<QueryLimits>.fromOpaque(context!).takeUnretainedValue()
        if LockRetry.goesOn(after: Int(tries), guarding.shouldStop) { return 1 }
        if guarding.shouldStop() { guarding.verdict = .interrupted }
        return 0
      }, Unmanaged.passUnretained(guarding).toOpaque())
  }

  /// The tables behind the views.
  private func tables() throws -> Set<String> {
    var statement: OpaquePointer?
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    let status = sqlite3_prepare_v2(connection, sql, -1, &statement, nil)
    defer { sqlite3_finalize(statement) }
    guard status == SQLITE_OK else { throw SQLError.store(storeError(status)) }
    var names: Set<String> = []
    while sqlite3_step(statement) == SQLITE_ROW { names.insert(String(cString: sqlite3_column_text(statement, 0))) }
    return names
  }

  private func watch(limit: Double, shouldStop: @escaping () -> Bool) {
    guarding.shouldStop = shouldStop
    guarding.deadline = .now + .seconds(limit)
    guarding.seconds = limit
    guarding.verdict = nil
  }

  /// Throws what is wrong with a query, without running it.
  func check(_ sql: String) throws { sqlite3_finalize(try prepare(sql)) }

  /// Compiles the one statement of `sql`.
  private func prepare(_ query: String) throws -> OpaquePointer {
    let keywords = Keywords(query)
    do { return try compile(keywords.sql) } catch SQLError.wrong(let message, let offset, let suggestions) {
      throw SQLError.wrong(message: message, offset: offset.map(keywords.place), suggestions: suggestions)
    } catch SQLError.secondStatement(let offset) {
      throw SQLError.secondStatement(offset: keywords.place(offset))
    }
  }

  private func compile(_ sql: String) throws -> OpaquePointer {
    authoriser.reset()
    if let end = sql.utf8.firstIndex(of: 0) {
      let place = sql.utf8.distance(from: sql.startIndex, to: end)
      throw SQLError.wrong(message: "a query cannot contain the character NUL", offset: place, suggestions: [])
    }
    var statement: OpaquePointer?
    var rest = 0
    let status = sql.withCString { start in
      var tail: UnsafePointer<CChar>?
      let status = sqlite3_prepare_v2(connection, start, -1, &statement, &tail)
      rest = tail.map { $0 - start } ?? 0
      return status
    }
    guard status == SQLITE_OK else { throw failure(status, sql: sql) }
    guard let statement else { throw SQLError.empty }
    do {
      try refuseSecondStatement(in: sql, from: rest)
      if sqlite3_stmt_readonly(statement) == 0 || sqlite3_column_count(statement) == 0 {
        throw SQLError.refused(what: "it is not a question")
      }
    } catch {
      sqlite3_finalize(statement)
      throw error
    }
    return statement
  }

  /// What follows the first statement may be comments and semicolons.
  private func refuseSecondStatement(in sql: String, from rest: Int) throws {
    let tail = String(decoding: sql.utf8.dropFirst(rest), as: UTF8.self)
    var next: OpaquePointer?
    var start = tail[...]
    while let first = start.first, first.isWhitespace || first == ";" { start = start.dropFirst() }
    if start.isEmpty { return }
    let status = sqlite3_prepare_v2(connection, String(start), -1, &next, nil)
    defer { sqlite3_finalize(next) }
    if status != SQLITE_OK || next != nil { throw SQLError.secondStatement(offset: sql.utf8.count - start.utf8.count) }
  }

  private func names(of statement: OpaquePointer) throws -> [String] {
    try (0..<sqlite3_bind_parameter_count(statement)).map { index in
      guard let name = sqlite3_bind_parameter_name(statement, index + 1), name[0] != CChar(UInt8(ascii: "?")) else {
        throw SQLError.unnamedParameter
      }
      return String(cString: name + 1)
    }
  }

  private func bind(_ parameters: [String: SQLValue], to statement: OpaquePointer) throws {
    for (index, name) in try names(of: statement).enumerated() {
      guard let value = parameters[name] else { throw SQLError.missingParameter(name: name) }
      let place = Int32(index + 1)
      switch value {
      case .null: sqlite3_bind_null(statement, place)
      case .integer(let value): sqlite3_bind_int64(statement, place, value)
      case .real(let value): sqlite3_bind_double(statement, place, value)
      case .text(let value):
        try bound(
          sqlite3_bind_text64(statement, place, value, UInt64(value.utf8.count), Self.copied, UInt8(SQLITE_UTF8)))
      case .blob(let value): try bound(sqlite3_bind_blob64(statement, place, value, UInt64(value.count), Self.copied))
      }
    }
  }

  private func bound(_ status: Int32) throws {
    if status == SQLITE_TOOBIG { throw SQLError.tooLong(most: longest) }
    if status == SQLITE_NOMEM { throw SQLError.tooLarge(most: Self.largestAnswer) }
  }

  /// The longest text or blob of the query that runs.
  private var longest: Int { Int(sqlite3_limit(connection, SQLITE_LIMIT_LENGTH, -1)) }

  /// SQLITE_TRANSIENT: SQLite makes its own copy before the call returns.
  private static var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}

// MARK: - Rows and errors

extension UserSQL {
  private func value(_ statement: OpaquePointer, _ column: Int32) -> SQLValue {
    switch sqlite3_column_type(statement, column) {
    case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
    case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, column))
    case SQLITE_TEXT:
      let count = Int(sqlite3_column_bytes(statement, column))
      let bytes = UnsafeBufferPointer(start: sqlite3_column_text(statement, column), count: count)
      return .text(String(decoding: bytes, as: UTF8.self))
    case SQLITE_BLOB:
      let bytes = sqlite3_column_blob(statement, column)
      let count = Int(sqlite3_column_bytes(statement, column))
      return .blob(Array(UnsafeRawBufferPointer(start: bytes, count: count)))
    default: return .null
    }
  }

  private func failure(_ status: Int32, sql: String) -> SQLError {
    if let verdict = guarding.verdict, [SQLITE_INTERRUPT, SQLITE_BUSY].contains(status & 0xff) { return verdict }
    if let refusal = authoriser.refusal { return .refused(what: refusal) }
    if let table = authoriser.hiddenTable { return wrong("no such table: \(table)", at: -1, sql: sql) }
    switch status & 0xff {
    case SQLITE_INTERRUPT: return .interrupted
    case SQLITE_READONLY: return .refused(what: "it would write")
    case SQLITE_TOOBIG: return .tooLong(most: longest)
    case SQLITE_NOMEM: return .tooLarge(most: Self.largestAnswer)
    case SQLITE_ERROR, SQLITE_RANGE, SQLITE_MISMATCH:
      return wrong(String(cString: sqlite3_errmsg(connection)), at: sqlite3_error_offset(connection), sql: sql)
    default: return .store(storeError(status))
    }
  }

  private func wrong(_ message: String, at offset: Int32, sql: String) -> SQLError {
    let place = offset < 0 ? Notes.place(of: message, in: sql) : Int(offset)
    return .wrong(message: message, offset: place, suggestions: Notes.suggestions(for: message, in: sql))
  }

  private func storeError(_ status: Int32) -> StoreError {
    StoreError.from(sqlite: status, path: path, number: sqlite3_system_errno(connection))
  }
}

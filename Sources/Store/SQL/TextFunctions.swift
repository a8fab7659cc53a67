import Foundation
import GRDBSQLite

/// SQLite's functions that look for one text in another, made anew: its own compare the whole of one with each place of
/// the other, which takes hours for two texts of megabytes, in one step that nothing can stop.
enum TextFunctions {
  private typealias Values = UnsafeMutablePointer<OpaquePointer?>
  private typealias Bytes = UnsafeBufferPointer<UInt8>

  /// Puts them in the place of SQLite's, on one connection.
  static func replaceSlowOnes(of connection: OpaquePointer?) {
    func add(
      _ name: String, _ count: Int32,
      _ body: @escaping @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void
    ) {
      sqlite3_create_function_v2(
        connection, name, count, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, nil, body, nil, nil, nil)
    }
    add("instr", 2) { context, _, values in TextFunctions.find(context, values!) }
    add("replace", 3) { context, _, values in TextFunctions.replace(context, values!) }
    for count: Int32 in [1, 2] {
      add("trim", count) { TextFunctions.trim($0, $1, $2!, left: true, right: true) }
      add("ltrim", count) { TextFunctions.trim($0, $1, $2!, left: true, right: false) }
      add("rtrim", count) { TextFunctions.trim($0, $1, $2!, left: false, right: true) }
    }
  }

  private static func isNull(_ value: OpaquePointer?) -> Bool { sqlite3_value_type(value) == SQLITE_NULL }

  // Safety: SQLite keeps the bytes of its arguments where they are until the function returns, or until another form of
  // the same argument is asked for, which no function here does.
  private static func text(_ value: OpaquePointer?) -> Bytes {
    let start = sqlite3_value_text(value)
    return Bytes(start: start, count: start == nil ? 0 : Int(sqlite3_value_bytes(value)))
  }

  private static func blob(_ value: OpaquePointer?) -> Bytes {
    let start = sqlite3_value_blob(value)?.assumingMemoryBound(to: UInt8.self)
    return Bytes(start: start, count: start == nil ? 0 : Int(sqlite3_value_bytes(value)))
  }

  /// Looks for a text by the method of Knuth, Morris and Pratt: no byte is looked at more than twice.
  private struct Search {
    private let wanted: Bytes
    /// For each beginning of `wanted`, how long the longest shorter one is that it ends with.
    private let borders: [Int32]

    /// - Parameter wanted: not empty.
    init(for wanted: Bytes) {
      self.wanted = wanted
      var borders: [Int32] = [0]
      var length = 0
      for place in 1..<max(1, wanted.count) {
        while length > 0, wanted[place] != wanted[length] { length = Int(borders[length - 1]) }
        if wanted[place] == wanted[length] { length += 1 }
        borders.append(Int32(length))
      }
      self.borders = borders
    }

    /// Where it stands next, from a place on.
    func place(in bytes: Bytes, from start: Int) -> Int? {
      var length = 0
      for place in start..<max(start, bytes.count) {
        while length > 0, bytes[place] != wanted[length] { length = Int(borders[length - 1]) }
        if bytes[place] == wanted[length] { length += 1 }
        if length == wanted.count { return place + 1 - length }
      }
      return nil
    }
  }

  /// `instr(X, Y)`: where Y stands in X, from 1, in letters or, of two blobs, in bytes; 0 for nowhere.
  private static func find(_ context: OpaquePointer?, _ values: Values) {
    if isNull(values[0]) || isNull(values[1]) { return sqlite3_result_null(context) }
    let areBlobs = [values[0], values[1]].allSatisfy { sqlite3_value_type($0) == SQLITE_BLOB }
    let (bytes, wanted) = areBlobs ? (blob(values[0]), blob(values[1])) : (text(values[0]), text(values[1]))
    if wanted.isEmpty { return sqlite3_result_int(context, 1) }
    guard let place = Search(for: wanted).place(in: bytes, from: 0) else {
      return sqlite3_result_int(context, 0)
    }
    let before = areBlobs ? place : bytes[..<place].reduce(0) { $0 + ($1 & 0xc0 == 0x80 ? 0 : 1) }
    sqlite3_result_int64(context, Int64(before) + 1)
  }

  /// `replace(X, Y, Z)`: X with Z in place of each Y.
  private static func replace(_ context: OpaquePointer?, _ values: Values) {
    if (0..<3).contains(where: { isNull(values[$0]) }) { return sqlite3_result_null(context) }
    let (bytes, wanted, other) = (text(values[0]), text(values[1]), text(values[2]))
    if wanted.isEmpty { return sqlite3_result_value(context, values[0]) }
    let search = Search(for: wanted)
    // A text even of a number, as SQLite has it.
    guard var found = search.place(in: bytes, from: 0) else { return give(context, Array(bytes)) }
    let longest = Int(sqlite3_limit(sqlite3_context_db_handle(context), SQLITE_LIMIT_LENGTH, -1))
    var (made, start) = ([UInt8](), 0)
    while true {
      made += bytes[start..<found]
      made += other
      if made.count > longest { return sqlite3_result_error_toobig(context) }
      start = found + wanted.count
      guard let next = search.place(in: bytes, from: start) else { break }
      found = next
    }
    made += bytes[start...]
    give(context, made)
  }

  /// `trim(X, Y)` and its kind: X without the letters of Y, or blanks, at its ends.
  private static func trim(_ context: OpaquePointer?, _ count: Int32, _ values: Values, left: Bool, right: Bool) {
    if (0..<Int(count)).contains(where: { isNull(values[$0]) }) { return sqlite3_result_null(context) }
    let gone = count == 2 ? Set(letters(of: text(values[1]))) : [[UInt8(ascii: " ")]]
    var rest = text(values[0])[...]
    while left, let first = rest.first {
      let length = 1 + (first < 0xc0 ? 0 : rest.dropFirst().prefix { $0 & 0xc0 == 0x80 }.count)
      guard gone.contains(Array(rest.prefix(length))) else { break }
      rest = rest.dropFirst(length)
    }
    while right, !rest.isEmpty {
      let length = min(rest.count, 1 + rest.reversed().prefix { $0 & 0xc0 == 0x80 }.count)
      guard gone.contains(Array(rest.suffix(length))) else { break }
      rest = rest.dropLast(length)
    }
    give(context, Array(rest))
  }

  /// Each letter of a text as the bytes of its UTF-8.
  private static func letters(of bytes: Bytes) -> [[UInt8]] {
    var letters: [[UInt8]] = []
    for byte in bytes {
      if byte & 0xc0 == 0x80, !letters.isEmpty {
        letters[letters.count - 1].append(byte)
      } else {
        letters.append([byte])
      }
    }
    return letters
  }

  private static func give(_ context: OpaquePointer?, _ bytes: [UInt8]) {
    // SQLITE_TRANSIENT: SQLite makes its own copy before the call returns.
    let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    bytes.withUnsafeBytes { buffer in
      guard let start = buffer.baseAddress else { return sqlite3_result_text(context, "", 0, copied) }
      sqlite3_result_text64(
        context, start.assumingMemoryBound(to: CChar.self), UInt64(buffer.count), copied, UInt8(SQLITE_UTF8))
    }
  }
}

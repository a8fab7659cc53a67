import Foundation
import Lang

/// What is wrong with a file of JSON, as one sentence.
struct JSONError: Error {
  let what: String
}

/// A table read from JSON (RFC 8259): a list of objects, an object alone, or an object a line.
///
/// The fields of the objects are the columns, in the order in which they first come; what is nested stays JSON text.
struct JSONTable {
  private var names: [String] = []
  private var places: [String: Int] = [:]
  private var rows: [[Value]] = []
  /// The bytes of all strings so far.
  private var letters = 0

  /// The table of a whole file.
  static func reading(_ bytes: [UInt8], lines: Bool) throws -> Table {
    var table = JSONTable()
    var scanner = JSONScanner(bytes)
    try lines ? table.readLines(&scanner) : table.readList(&scanner)
    return Table(
      columns: table.names.map { .init($0) },
      rows: table.rows.map { $0 + Array(repeating: .none, count: table.names.count - $0.count) })
  }

  private mutating func readLines(_ scanner: inout JSONScanner) throws {
    while scanner.skipSpace() {
      let line = scanner.line
      do {
        try readObject(&scanner)
        guard scanner.isAtLineEnd else { throw JSONError(what: "it is not JSON: after the object comes more") }
      } catch let mistake as JSONError {
        throw JSONError(what: "line \(line): \(mistake.what)")
      }
    }
  }

  private mutating func readList(_ scanner: inout JSONScanner) throws {
    guard scanner.skipSpace() else { throw JSONError(what: "it is not JSON: there is nothing in it") }
    if scanner.take("[") {
      _ = scanner.skipSpace()
      if !scanner.take("]") {
        repeat {
          _ = scanner.skipSpace()
          do { try readObject(&scanner) } catch let mistake as JSONError {
            throw JSONError(what: "row \(rows.count): \(mistake.what) (line \(scanner.line))")
          }
          _ = scanner.skipSpace()
        } while scanner.take(",")
        guard scanner.take("]") else { throw scanner.mistake("a comma or ] must follow") }
      }
    } else {
      guard scanner.isAtObject else {
        _ = try scanner.value()
        throw JSONError(what: "it is not a list of objects")
      }
      try readObject(&scanner)
    }
    if scanner.skipSpace() { throw scanner.mistake("after its end comes more") }
  }

  private mutating func readObject(_ scanner: inout JSONScanner) throws {
    rows.append([])
    guard scanner.take("{") else {
      _ = try scanner.value()
      throw JSONError(what: "it is no object")
    }
    _ = scanner.skipSpace()
    if scanner.take("}") { return }
    repeat {
      _ = scanner.skipSpace()
      let name = try scanner.string()
      _ = scanner.skipSpace()
      guard scanner.take(":") else { throw scanner.mistake("a colon must follow the name") }
      _ = scanner.skipSpace()
      do { try set(name, scanner.value()) } catch let number as JSONScanner.TooLarge {
        throw JSONError(what: "`\(name)` is \(number.text), which is too large for a number")
      }
      _ = scanner.skipSpace()
    } while scanner.take(",")
    guard scanner.take("}") else { throw scanner.mistake("a comma or } must follow") }
    // Of the whole table, in which every row has a place for every column.
    try Extent.check(
      bytes: Table.bytes(rows: rows.count, columns: names.count) + letters,
      "a table of \(NumberText.count(rows.count)) rows and \(NumberText.count(names.count)) columns")
  }

  private mutating func set(_ name: String, _ value: Value) throws {
    let place = places[name, default: names.count]
    if place == names.count {
      places[name] = place
      names.append(name)
      letters += name.utf8.count + 64
    }
    let last = rows.count - 1
    while rows[last].count <= place { rows[last].append(.none) }
    rows[last][place] = value
    letters += value.extent.bytes
    try Extent.check(bytes: letters, "a table")
  }
}

/// Reads JSON byte by byte.
private struct JSONScanner {
  /// A number beyond all that the language has.
  struct TooLarge: Error { let text: String }

  private let bytes: [UInt8]
  private var at = 0
  private(set) var line = 1

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
  }

  func mistake(_ what: String) -> JSONError { JSONError(what: "it is not JSON: \(what)") }

  private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

  /// Passes white space; whether anything is left.
  mutating func skipSpace() -> Bool {
    while let byte = next, byte == 32 || byte == 9 || byte == 10 || byte == 13 {
      if byte == 10 { line += 1 }
      at += 1
    }
    return at < bytes.count
  }

  /// Whether nothing but blanks stands before the end of the line.
  var isAtLineEnd: Bool {
    for byte in bytes[at...] where byte != 32 && byte != 9 && byte != 13 { return byte == 10 }
    return true
  }

  var isAtObject: Bool { next == UInt8(ascii: "{") }

  mutating func take(_ wanted: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: wanted) else { return false }
    at += 1
    return true
  }

  /// One value; what is nested is JSON text without white space.
  mutating func value() throws -> Value {
    switch next {
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "{"), UInt8(ascii: "["): return .string(try nested())
    case let byte? where byte == UInt8(ascii: "-") || byte &- UInt8(ascii: "0") < 10:
      let text = try number()
      // A whole number that no Double holds stays what it is, as text.
      if let whole = Int64(text), Int64(exactly: Double(whole)) != whole { return .string(text) }
      guard let value = Double(text), value.isFinite else { throw TooLarge(text: text) }
      return .number(value)
    default: break
    }
    for (word, value) in [("true", Value.bool(true)), ("false", .bool(false)), ("null", .none)] where takeWord(word) {
      return value
    }
    for word in ["NaN", "Infinity"] where takeWord(word) {
      throw mistake("JSON has no \(word); what is not known is null")
    }
    throw mistake(next == nil ? "it breaks off" : "a value must stand here")
  }

  private mutating func takeWord(_ word: String) -> Bool {
    guard bytes[at...].starts(with: word.utf8) else { return false }
    at += word.utf8.count
    return true
  }

  private mutating func number() throws -> String {
    let start = at
    func isDigit(_ byte: UInt8?) -> Bool { byte.map { $0 &- 48 < 10 } ?? false }
    func digits(_ scanner: inout JSONScanner) throws {
      guard isDigit(scanner.next) else {
        throw scanner.mistake(
          scanner.bytes[scanner.at...].starts(with: "Infinity".utf8)
            ? "JSON has no -Infinity; what is not known is null" : "a digit must follow")
      }
      while isDigit(scanner.next) { scanner.at += 1 }
    }
    if next == UInt8(ascii: "-") { at += 1 }
    if next == UInt8(ascii: "0") {
      at += 1
      if isDigit(next) { throw mistake("a number does not begin with 0") }
    } else {
      try digits(&self)
    }
    if take(".") { try digits(&self) }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits(&self)
    }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  mutating func string() throws -> String {
    guard take("\"") else { throw mistake(next == nil ? "it breaks off" : "a name in quotes must stand here") }
    var text: [UInt8] = []
    var start = at
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        text += bytes[start..<at]
        at += 1
        guard let text = String(validating: text, as: UTF8.self) else {
          throw JSONError(what: "it is not text in UTF-8")
        }
        return text
      case UInt8(ascii: "\\"):
        text += bytes[start..<at]
        at += 1
        text += try escaped().utf8
        start = at
      case 0..<32: throw mistake("a string ends on its line")
      default: at += 1
      }
    }
    throw mistake("a string is not closed")
  }

  /// What stands for a character after a backslash.
  private mutating func escaped() throws -> String {
    let plain: [UInt8: String] = [
      34: "\"", 92: "\\", 47: "/", UInt8(ascii: "b"): "\u{8}", UInt8(ascii: "f"): "\u{c}", UInt8(ascii: "n"): "\n",
      UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
    ]
    if let byte = next, let text = plain[byte] {
      at += 1
      return text
    }
    guard take("u") else { throw mistake("what follows the backslash stands for nothing") }
    var units = [try hex()]
    if UTF16.isLeadSurrogate(units[0]), take("\\"), take("u") { units.append(try hex()) }
    return String(decoding: units, as: UTF16.self)
  }

  private mutating func hex() throws -> UInt16 {
    guard at + 4 <= bytes.count, let unit = UInt16(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
    else {
      throw mistake("\\u takes four digits")
    }
    at += 4
    return unit
  }

  /// A list or an object as its own text, checked on the way. Without recursion: it may be nested deeply.
  private mutating func nested() throws -> String {
    var text: [UInt8] = []
    var open: [UInt8] = []
    // What may come: a value, or with `isFirst` also the end.
    var isFirst = false
    repeat {
      _ = skipSpace()
      let start = at
      let isEnd = next == UInt8(ascii: "]") || next == UInt8(ascii: "}")
      if !(isFirst && isEnd) {
        if open.last == UInt8(ascii: "{") {
          _ = try string()
          text += bytes[start..<at]
          _ = skipSpace()
          guard take(":") else { throw mistake("a colon must follow the name") }
          text.append(UInt8(ascii: ":"))
          _ = skipSpace()
        }
        if let bracket = next, bracket == UInt8(ascii: "[") || bracket == UInt8(ascii: "{") {
          at += 1
          text.append(bracket)
          open.append(bracket)
          isFirst = true
          continue
        }
        let start = at
        if let byte = next, byte == UInt8(ascii: "-") || byte &- UInt8(ascii: "0") < 10 {
          _ = try number()
        } else {
          _ = try value()
        }
        text += bytes[start..<at]
      }
      isFirst = false
      while let bracket = open.last {
        _ = skipSpace()
        if take(",") {
          text.append(UInt8(ascii: ","))
          break
        }
        guard take(bracket == UInt8(ascii: "[") ? "]" : "}") else { throw mistake("a comma or the end must follow") }
        // The closing bracket is two after the opening one, in both pairs.
        text.append(bracket + 2)
        open.removeLast()
      }
    } while !open.isEmpty
    return String(decoding: text, as: UTF8.self)
  }
}

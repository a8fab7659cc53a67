import Foundation

/// What is wrong with comma-separated text; lines are counted from 1.
public enum CSVError: Error, Equatable, CustomStringConvertible {
  /// Bytes that are no text.
  case notText
  /// A quote that nothing closes.
  case unclosedQuote(line: Int)
  /// Something between a closing quote and the next comma.
  case afterQuote(line: Int)

  /// One sentence: which line, and what is wrong with it.
  public var description: String {
    switch self {
    case .notText: "it is not text in UTF-8"
    case .unclosedQuote(let line): "line \(line): this quote is never closed"
    case .afterQuote(let line): "line \(line): after a closing quote comes a comma or the end of the line"
    }
  }
}

/// Comma-separated text (RFC 4180), read record by record: a field in double quotes may hold commas, line breaks and quotes
/// written twice. Blanks around a field that is not quoted are left out, and so are empty lines.
///
/// A library was looked at; `docs/decisions/0010-tables-in-and-out.md` says why this is not one.
public struct CSVReader {
  /// One record and the line it begins on.
  public struct Record: Equatable, Sendable {
    /// The line, counted from 1.
    public let line: Int
    /// What stands between the commas.
    public let fields: [String]
  }

  private let bytes: [UInt8]
  private let hasRemarks: Bool
  private var position = 0
  private var line = 1

  /// Reads from UTF-8, with or without a byte order mark.
  ///
  /// - Parameter remarks: Whether lines that begin with `#` are skipped.
  public init(_ data: Foundation.Data, remarks: Bool = false) throws(CSVError) {
    hasRemarks = remarks
    guard String(data: data, encoding: .utf8) != nil else { throw .notText }
    bytes = data.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(data.dropFirst(3)) : Array(data)
  }

  /// The next record, nil at the end.
  public mutating func next() throws(CSVError) -> Record? {
    while true {
      skipBlanks()
      if hasRemarks, position < bytes.count, bytes[position] == UInt8(ascii: "#") {
        while position < bytes.count, !Self.endsLine(bytes[position]) { position += 1 }
      }
      guard position < bytes.count else { return nil }
      guard passLineEnd() else { break }
    }
    let start = line
    var fields = [try field()]
    while position < bytes.count, bytes[position] == UInt8(ascii: ",") {
      position += 1
      fields.append(try field())
    }
    _ = passLineEnd()
    return Record(line: start, fields: fields)
  }

  /// A field, up to the comma or the end of the line behind it.
  private mutating func field() throws(CSVError) -> String {
    skipBlanks()
    if position < bytes.count, bytes[position] == UInt8(ascii: "\"") { return try quoted() }
    let start = position
    while position < bytes.count, !Self.ends(bytes[position]) { position += 1 }
    var end = position
    while end > start, Self.isBlank(bytes[end - 1]) { end -= 1 }
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  private mutating func quoted() throws(CSVError) -> String {
    let start = line
    var text: [UInt8] = []
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\"") {
        guard position < bytes.count, bytes[position] == byte else {
          skipBlanks()
          guard position == bytes.count || Self.ends(bytes[position]) else { throw .afterQuote(line: line) }
          return String(decoding: text, as: UTF8.self)
        }
        position += 1
      } else if byte == UInt8(ascii: "\n") {
        line += 1
      }
      text.append(byte)
    }
    throw .unclosedQuote(line: start)
  }

  /// Goes past the end of a line (`\n`, `\r\n` or `\r`), if one is here.
  private mutating func passLineEnd() -> Bool {
    guard position < bytes.count, Self.endsLine(bytes[position]) else { return false }
    let isReturn = bytes[position] == UInt8(ascii: "\r")
    position += 1
    if isReturn, position < bytes.count, bytes[position] == UInt8(ascii: "\n") { position += 1 }
    line += 1
    return true
  }

  private mutating func skipBlanks() {
    while position < bytes.count, Self.isBlank(bytes[position]) { position += 1 }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  private static func endsLine(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

  private static func ends(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ",") || endsLine(byte) }
}

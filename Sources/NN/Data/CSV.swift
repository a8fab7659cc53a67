import Foundation

/// What is wrong with comma-separated text; lines are counted from 1.
public enum CSVError: Error, Equatable, CustomStringConvertible {
  /// Bytes that are no text.
  case notText
  /// A quote that nothing closes.
  case unclosedQuote(line: Int)
  /// Something between a closing quote and the next comma.
  case afterQuote(line: Int)
  /// A line with another number of fields than the first.
  case ragged(line: Int, fields: Int, columns: Int)
  /// A line of more fields than anything has.
  case tooManyFields(line: Int, most: Int)

  /// One sentence: which line, and what is wrong with it.
  public var description: String {
    switch self {
    case .notText: "it is not text in UTF-8"
    case .unclosedQuote(let line): "line \(line): this quote is never closed"
    case .afterQuote(let line): "line \(line): after a closing quote comes a comma or the end of the line"
    case .ragged(let line, let fields, let columns):
      "line \(line) has \(MessageText.count(fields, "field")), but the first line has \(columns)"
    case .tooManyFields(let line, let most): "line \(line) has more than \(most) fields"
    }
  }
}

/// Comma-separated text (RFC 4180), read record by record: a field in double quotes may hold commas, line breaks and quotes
/// written twice. Blanks around a field that is not quoted are left out, and so are empty lines. Semicolons or tabs may stand
/// for the commas.
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

  /// Where a field stands, without its quotes and the blanks around it: what is large is not turned into text.
  struct Field {
    private let start: UInt32
    private let lengthAndQuotes: UInt32

    fileprivate init(_ start: Int, _ end: Int, hasQuotes: Bool = false) {
      self.start = UInt32(truncatingIfNeeded: start)
      lengthAndQuotes = UInt32(truncatingIfNeeded: end - start) << 1 | (hasQuotes ? 1 : 0)
    }

    /// Its bytes; quotes that are written twice are still so.
    fileprivate var range: Range<Int> { Int(start)..<Int(start) + Int(lengthAndQuotes >> 1) }
    /// Whether it holds quotes that are written twice.
    fileprivate var hasQuotes: Bool { lengthAndQuotes & 1 == 1 }
    var isEmpty: Bool { lengthAndQuotes >> 1 == 0 }
  }

  /// More bytes than places can be counted in.
  static let mostBytes = 1 << 31 - 1

  private let bytes: [UInt8]
  private let hasRemarks: Bool
  private let separator: UInt8
  private let mostFields: Int
  private var position = 0
  private var line = 1

  /// Reads from UTF-8, with or without a byte order mark.
  ///
  /// - Parameter remarks: Whether lines that begin with `#` are skipped.
  public init(_ data: Foundation.Data, remarks: Bool = false) throws(CSVError) {
    try self.init(Array(data), separator: UInt8(ascii: ","), remarks: remarks)
  }

  /// Reads from the bytes of a file.
  ///
  /// - Parameters:
  ///   - separator: What stands between fields; nil finds out: the one of comma, semicolon and tab that the first line has
  ///     most of.
  ///   - mostFields: A line with more fields is refused.
  init(
    _ bytes: [UInt8], separator: UInt8? = nil, remarks: Bool = false, mostFields: Int = .max
  ) throws(CSVError) {
    guard bytes.allSatisfy({ $0 < 0x80 }) || String(validating: bytes, as: UTF8.self) != nil else { throw .notText }
    (self.bytes, hasRemarks, self.mostFields) = (bytes, remarks, mostFields)
    position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    self.separator = separator ?? Self.separator(of: bytes)
  }

  private static func separator(of bytes: [UInt8]) -> UInt8 {
    var (counts, isQuoted) = ([UInt8: Int](), false)
    for byte in bytes {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if !isQuoted, endsLine(byte), !counts.isEmpty { break }
      if !isQuoted, [UInt8(ascii: ","), UInt8(ascii: ";"), 9].contains(byte) { counts[byte, default: 0] += 1 }
    }
    let most = [UInt8(ascii: ";"), 9].max { counts[$0, default: 0] < counts[$1, default: 0] } ?? 0
    return counts[most, default: 0] > counts[UInt8(ascii: ","), default: 0] ? most : UInt8(ascii: ",")
  }

  /// The next record, nil at the end.
  public mutating func next() throws(CSVError) -> Record? {
    var fields: [Field] = []
    guard let line = try next(&fields) else { return nil }
    return Record(line: line, fields: fields.map(text))
  }

  /// Appends the places of the next record's fields; gives the line that it begins on, nil at the end.
  mutating func next(_ fields: inout [Field]) throws(CSVError) -> Int? {
    while true {
      skipBlanks()
      if hasRemarks, position < bytes.count, bytes[position] == UInt8(ascii: "#") {
        while position < bytes.count, !Self.endsLine(bytes[position]) { position += 1 }
      }
      guard position < bytes.count else { return nil }
      guard passLineEnd() else { break }
    }
    let (start, before) = (line, fields.count)
    fields.append(try field())
    while position < bytes.count, bytes[position] == separator {
      position += 1
      fields.append(try field())
      guard fields.count - before <= mostFields else { throw .tooManyFields(line: start, most: mostFields) }
    }
    _ = passLineEnd()
    return start
  }

  /// What stands in a field.
  func text(_ field: Field) -> String {
    let text = String(decoding: bytes[field.range], as: UTF8.self)
    return field.hasQuotes ? text.replacingOccurrences(of: "\"\"", with: "\"") : text
  }

  /// The bytes of a field.
  func bytes(_ field: Field) -> ArraySlice<UInt8> { bytes[field.range] }

  /// A field, up to the separator or the end of the line behind it.
  private mutating func field() throws(CSVError) -> Field {
    skipBlanks()
    if position < bytes.count, bytes[position] == UInt8(ascii: "\"") { return try quoted() }
    let start = position
    while position < bytes.count, !ends(bytes[position]) { position += 1 }
    var end = position
    while end > start, isBlank(bytes[end - 1]) { end -= 1 }
    return Field(start, end)
  }

  private mutating func quoted() throws(CSVError) -> Field {
    let first = line
    position += 1
    let start = position
    var hasQuotes = false
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\"") {
        guard position < bytes.count, bytes[position] == byte else {
          let end = position - 1
          skipBlanks()
          guard position == bytes.count || ends(bytes[position]) else { throw .afterQuote(line: line) }
          return Field(start, end, hasQuotes: hasQuotes)
        }
        position += 1
        hasQuotes = true
      } else if byte == UInt8(ascii: "\n") {
        line += 1
      }
    }
    throw .unclosedQuote(line: first)
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
    while position < bytes.count, isBlank(bytes[position]) { position += 1 }
  }

  private func isBlank(_ byte: UInt8) -> Bool { (byte == UInt8(ascii: " ") || byte == 9) && byte != separator }

  private static func endsLine(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

  private func ends(_ byte: UInt8) -> Bool { byte == separator || Self.endsLine(byte) }
}

/// A piece of text with a name: a script, one cell at the prompt, the argument of `-c`.
///
/// Offsets are UTF-8 bytes from the start; lines and columns are computed from them and count from 1.
public final class Source: Sendable {
  /// What diagnostics call it: `sweep.ward`, `[14]`.
  public let name: String
  /// The whole text, as the user wrote it.
  public let text: String
  /// The text's UTF-8 bytes.
  let bytes: [UInt8]
  /// Offset of the first byte of every line.
  let lineStarts: [Int]

  /// A source called `name` that holds `text`.
  public init(name: String, text: String) {
    self.name = name
    self.text = text
    bytes = Array(text.utf8)
    var starts = [0]
    for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { starts.append(offset + 1) }
    lineStarts = starts
  }

  /// The number of lines; an empty text has one.
  public var lineCount: Int { lineStarts.count }

  /// The range of the whole text.
  public var range: SourceRange { SourceRange(source: self, start: 0, end: bytes.count) }

  /// The line that holds `offset`, from 1.
  public func line(at offset: Int) -> Int {
    var low = 0, high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low + 1
  }

  /// The column of `offset` in its line, from 1, counted in characters as a reader sees them.
  public func column(at offset: Int) -> Int {
    text(from: lineStarts[line(at: offset) - 1], to: offset).count + 1
  }

  /// Line `number` (from 1) without its line break.
  public func lineText(_ number: Int) -> String {
    let start = lineStarts[number - 1]
    var end = number < lineStarts.count ? lineStarts[number] - 1 : bytes.count
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return text(from: start, to: end)
  }

  /// Where the line that holds `offset` ends, before its line break.
  func endOfLine(at offset: Int) -> Int { bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count }

  /// How many blanks begin the line that holds `offset`.
  func indentation(at offset: Int) -> Int {
    bytes[lineStarts[line(at: offset) - 1]...].prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.count
  }

  /// The text between two byte offsets, clamped to the source.
  public func text(from start: Int, to end: Int) -> String {
    let low = max(0, min(start, bytes.count))
    return String(decoding: bytes[low..<max(low, min(end, bytes.count))], as: UTF8.self)
  }
}

/// A range of a source, as diagnostics point at it.
public struct SourceRange: Sendable, Equatable {
  /// The text it belongs to.
  public let source: Source
  /// First byte, from 0.
  public let start: Int
  /// One past the last byte; never before `start`.
  public let end: Int

  /// Bytes `start ..< end` of `source`.
  public init(source: Source, start: Int, end: Int) {
    self.source = source
    self.start = start
    self.end = max(start, end)
  }

  /// The line it starts on, from 1.
  public var line: Int { source.line(at: start) }
  /// The column it starts at, from 1, in characters.
  public var column: Int { source.column(at: start) }
  /// The text it covers.
  public var text: String { source.text(from: start, to: end) }
  /// Where it is, for people: `sweep.ward:14:31`.
  public var place: String { "\(source.name):\(line):\(column)" }

  /// Two ranges are equal when they cover the same bytes of the same source object.
  public static func == (a: SourceRange, b: SourceRange) -> Bool {
    a.source === b.source && a.start == b.start && a.end == b.end
  }
}

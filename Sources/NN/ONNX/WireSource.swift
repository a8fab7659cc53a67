/// The bytes of a file, read when they are asked for. What is asked for is there, or nothing is allocated.
final class WireSource {
  /// Named in messages.
  let path: String
  let size: Int
  private let read: (_ count: Int, _ start: Int) throws -> [UInt8]
  /// The piece that was read last: messages are read a few bytes at a time.
  private var page: [UInt8] = []
  private var pageStart = 0

  /// A file on disk.
  convenience init(_ file: PlainFile) {
    self.init(path: file.path, size: file.size) { try file.read($0, at: $1) }
  }

  /// Bytes in memory.
  convenience init(_ bytes: [UInt8], path: String) {
    self.init(path: path, size: bytes.count) { Array(bytes[$1..<$1 + $0]) }
  }

  private init(path: String, size: Int, read: @escaping (_ count: Int, _ start: Int) throws -> [UInt8]) {
    (self.path, self.size, self.read) = (path, size, read)
  }

  /// One byte; `at` must lie inside.
  func byte(_ at: Int) throws -> UInt8 {
    if at < pageStart || at >= pageStart + page.count {
      page = try read(min(size - at, 1 << 15), at)
      pageStart = at
    }
    return page[at - pageStart]
  }

  /// Some bytes, which must lie inside.
  func bytes(_ range: Range<Int>) throws -> [UInt8] { try read(range.count, range.lowerBound) }
}

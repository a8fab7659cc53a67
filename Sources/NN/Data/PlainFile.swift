import Foundation

/// A file on disk, read at any place. What is asked for is there, or nothing is allocated.
final class PlainFile {
  let path: String
  let size: Int
  private let descriptor: Int32

  init(_ path: String) throws(DataError) {
    size = try Self.size(path)
    descriptor = open(path, O_RDONLY)
    self.path = path
    guard descriptor >= 0 else { throw .unreadable(path: path, reason: Self.systemReason) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  static var systemReason: String { String(cString: strerror(errno)) }

  /// The size of what must be a plain file: opening a pipe would wait for ever.
  static func size(_ path: String) throws(DataError) -> Int {
    var facts = stat()
    guard stat(path, &facts) == 0 else {
      throw errno == ENOENT ? .missingFile(path: path) : .unreadable(path: path, reason: systemReason)
    }
    guard facts.st_mode & S_IFMT == S_IFREG else { throw .unreadable(path: path, reason: "it is not a file") }
    return Int(facts.st_size)
  }

  func read(_ count: Int, at start: Int) throws(DataError) -> [UInt8] {
    guard start >= 0, count >= 0, start <= size, count <= size - start else {
      let (expected, overflow) = start.addingReportingOverflow(count)
      throw .truncated(path: path, expected: overflow ? .max : expected, found: size)
    }
    var got = 0
    // Safety: the array's own buffer; pread writes at most the `count - got` bytes that are left of it.
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while got < count, let base = buffer.baseAddress {
        let now = pread(descriptor, base + got, count - got, off_t(start + got))
        if now <= 0 { break }
        got += now
      }
      initialized = got
    }
    guard got == count else { throw .truncated(path: path, expected: start + count, found: start + got) }
    return bytes
  }
}

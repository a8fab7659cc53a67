import CZlib
import Foundation

/// Reads a plain or gzipped file from front to back through zlib, which tells the two apart by itself.
///
/// Nothing is allocated on a header's word alone: `capacity` is the most that a file of this size can unpack to.
final class ByteFile {
  let path: String
  private let file: gzFile
  /// The largest number of bytes that can come out. Deflate never does better than 1032 to 1.
  let capacity: Int
  private(set) var position = 0

  init(_ path: String) throws(DataError) {
    let plain = try PlainFile(path)
    let (size, descriptor) = (plain.size, try plain.duplicate())
    guard let file = gzdopen(descriptor, "rb") else {
      close(descriptor)
      throw .unreadable(path: path, reason: PlainFile.systemReason)
    }
    gzbuffer(file, 1 << 18)
    self.path = path
    self.file = file
    capacity = gzdirect(file) == 1 ? size : size.multipliedReportingOverflow(by: 1032).partialValue
  }

  deinit { gzclose(file) }

  /// The next `count` bytes; fewer are an error that says how far the file goes.
  func read(_ count: Int) throws(DataError) -> [UInt8] {
    guard count >= 0, count <= capacity - min(position, capacity) else {
      let (wanted, overflow) = position.addingReportingOverflow(max(count, 0))
      let announced = overflow ? .max : wanted
      if gzdirect(file) == 1 { throw .truncated(path: path, expected: announced, found: capacity) }
      throw .tooLarge(path: path, announced: announced, possible: capacity)
    }
    try MemoryBound.check(count, path)
    let bytes = try upTo(count)
    if bytes.count < count { throw failure(expected: position - bytes.count + count, found: position) }
    return bytes
  }

  /// The next `count` bytes, or fewer if the file ends before.
  func upTo(_ count: Int) throws(DataError) -> [UInt8] {
    var (got, failed) = (0, false)
    // Safety: the array's own buffer; gzread writes at most the `count - got` bytes that are left of it.
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while got < count, let start = buffer.baseAddress {
        let now = gzread(file, start + got, UInt32(min(count - got, 1 << 30)))
        failed = now < 0
        if now <= 0 { break }
        got += Int(now)
      }
      initialized = got
    }
    // A gzipped file that breaks off says so only here: what came before it was given out.
    var code: Int32 = 0
    _ = gzerror(file, &code)
    if got < count, failed || ![Z_OK, Z_STREAM_END].contains(code) {
      throw failure(expected: position + count, found: position + got)
    }
    position += got
    return bytes
  }

  /// Checks that nothing follows. It also makes zlib compare the checksum at the end of a gzipped file.
  func expectEnd() throws(DataError) {
    var extra: UInt8 = 0
    let got = gzread(file, &extra, 1)
    if got > 0 { throw .trailingBytes(path: path, expected: position) }
    if got < 0 { throw failure(expected: position, found: position) }
  }

  private func failure(expected: Int, found: Int) -> DataError {
    var code: Int32 = 0
    let message = gzerror(file, &code).map { String(cString: $0) } ?? ""
    return switch code {
    case Z_OK, Z_STREAM_END, Z_BUF_ERROR: .truncated(path: path, expected: expected, found: found)
    case Z_ERRNO: .unreadable(path: path, reason: PlainFile.systemReason)
    default: .corrupt(path: path, reason: message.isEmpty ? "zlib error \(code)" : message)
    }
  }

  /// A big-endian 32-bit number.
  func bigEndian() throws(DataError) -> UInt32 {
    try read(4).reduce(0) { $0 << 8 | UInt32($1) }
  }
}

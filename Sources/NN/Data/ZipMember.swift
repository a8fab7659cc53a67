import CZlib

/// Bytes that are read from front to back, once.
protocol ByteSource: AnyObject {
  /// The file, and the member of it if it has some, for messages.
  var place: String { get }
  /// How many bytes there are.
  var size: Int { get }
  /// The next `count` bytes, which must be there.
  func read(_ count: Int) throws(DataError) -> [UInt8]
}

/// A whole file from front to back.
final class FileSource: ByteSource {
  let place: String
  let size: Int
  private let file: PlainFile
  private var position = 0

  init(_ path: String) throws(DataError) {
    file = try PlainFile(path)
    (place, size) = (path, file.size)
  }

  func read(_ count: Int) throws(DataError) -> [UInt8] {
    let bytes = try file.read(count, at: position)
    position += count
    return bytes
  }
}

/// One member of a zip file, unpacked from front to back, and no further than it is asked for.
final class ZipMember: ByteSource {
  /// The file and the member, for messages.
  let place: String
  /// How many bytes it unpacks to, as announced; `read` holds it to that.
  let size: Int
  private let file: PlainFile
  private let inflater: Inflater?
  private let checksum: UInt32
  private var sum: UInt = 0
  private var position = 0
  /// Where the next packed byte is in the file, and where they end.
  private var next: Int
  private let end: Int

  init(_ entry: ZipFile.Entry, in file: PlainFile, place: String) throws(DataError) {
    guard !entry.isEncrypted else { throw NPZ.unexpected(place, "it is encrypted") }
    guard entry.method == 0 || entry.method == 8 else {
      throw NPZ.unexpected(place, "it is packed by method \(entry.method), not stored or deflated")
    }
    guard entry.offset <= file.size - 30 else {
      throw .corrupt(path: place, reason: "the archive ends before the place where it should be")
    }
    let header = try file.read(30, at: entry.offset)
    guard header.littleEndian(0, 4) == 0x0403_4b50 else {
      throw .corrupt(path: place, reason: "it is not where the archive's directory says")
    }
    next = entry.offset + 30 + header.littleEndian(26, 2) + header.littleEndian(28, 2)
    guard next <= file.size, entry.packed <= file.size - next else {
      throw .truncated(path: place, expected: entry.packed, found: max(0, file.size - next))
    }
    end = next + entry.packed
    // Deflate never does better than 1032 to 1.
    let possible = entry.method == 0 ? entry.packed : entry.packed.multipliedReportingOverflow(by: 1032).partialValue
    guard entry.size <= possible else { throw .tooLarge(path: place, announced: entry.size, possible: possible) }
    inflater = entry.method == 8 ? Inflater() : nil
    (self.file, self.place, size, checksum) = (file, place, entry.size, entry.checksum)
  }

  /// The next `count` bytes, which must be among those announced. The last ones come only if the checksum is right.
  func read(_ count: Int) throws(DataError) -> [UInt8] {
    guard count >= 0, count <= size - position else {
      throw .truncated(path: place, expected: position + count, found: size)
    }
    let bytes: [UInt8]
    if let inflater { bytes = try inflated(count, inflater) } else { bytes = try stored(count) }
    sum = bytes.withUnsafeBufferPointer { crc32_z(sum, $0.baseAddress, $0.count) }
    position += count
    if position == size { try checkEnd() }
    return bytes
  }

  private func stored(_ count: Int) throws(DataError) -> [UInt8] {
    let bytes = try file.read(count, at: next)
    next += count
    return bytes
  }

  private func inflated(_ count: Int, _ inflater: Inflater) throws(DataError) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      if inflater.needsInput, next < end { inflater.feed(try stored(min(end - next, 1 << 16))) }
      let piece = inflater.next(count - bytes.count)
      guard !piece.isEmpty || (inflater.isRunning && next < end) else {
        if inflater.isDamaged { throw .corrupt(path: place, reason: "it does not unpack") }
        throw .truncated(path: place, expected: size, found: position + bytes.count)
      }
      bytes += piece
    }
    return bytes
  }

  private func checkEnd() throws(DataError) {
    if let inflater {
      if inflater.needsInput, next < end { inflater.feed(try stored(min(end - next, 1 << 16))) }
      if !inflater.next(1).isEmpty { throw .trailingBytes(path: place, expected: size) }
    }
    guard UInt32(truncatingIfNeeded: sum) == checksum else {
      throw .corrupt(path: place, reason: "its checksum is wrong")
    }
  }
}

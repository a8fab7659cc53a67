/// A zip file: the directory at its end says which members it has and where they are.
struct ZipFile {
  let file: PlainFile
  let entries: [String: Entry]

  /// What the directory says of one member; none of it is believed before it was compared with the file.
  struct Entry {
    let method: Int
    let isEncrypted: Bool
    let packed: Int
    let size: Int
    let offset: Int
    let checksum: UInt32
  }

  /// Reads the directory.
  init(_ path: String) throws(DataError) {
    file = try PlainFile(path)
    let tail = try file.read(min(file.size, 22 + 0xffff), at: max(0, file.size - 22 - 0xffff))
    guard let end = Self.endRecord(tail) else { throw .corrupt(path: path, reason: "it is not a whole zip archive") }
    let (count, start) = (tail.littleEndian(end + 10, 2), tail.littleEndian(end + 16, 4))
    let length = file.size - tail.count + end - start
    // 64 MB hold the longest directory that there is without zip's extension for more than 65,535 members.
    guard (0..<64 << 20).contains(length) else {
      throw .corrupt(path: path, reason: "its directory is not where it says")
    }
    entries = try Self.entries(try file.read(length, at: start), count, path)
    try Self.checkPlaces(entries, before: start, path)
  }

  private static func endRecord(_ tail: [UInt8]) -> Int? {
    stride(from: tail.count - 22, through: 0, by: -1).first { tail.littleEndian($0, 4) == 0x0605_4b50 }
  }

  private static func entries(_ directory: [UInt8], _ count: Int, _ path: String) throws(DataError) -> [String: Entry] {
    var (entries, at) = ([String: Entry](), 0)
    for _ in 0..<count {
      guard at + 46 <= directory.count, directory.littleEndian(at, 4) == 0x0201_4b50 else {
        throw .corrupt(path: path, reason: "its directory is damaged")
      }
      let lengths = [28, 30, 32].map { directory.littleEndian(at + $0, 2) }
      let (name, extra) = (at + 46, at + 46 + lengths[0])
      guard extra + lengths[1] <= directory.count else {
        throw .corrupt(path: path, reason: "its directory is cut short")
      }
      let member = String(decoding: directory[name..<extra], as: UTF8.self)
      guard entries[member] == nil else {
        throw .corrupt(path: path, reason: "its directory lists \(MessageText.text(member)) twice")
      }
      entries[member] = entry(directory, at, Array(directory[extra..<extra + lengths[1]]))
      at += 46 + lengths.reduce(0, +)
    }
    return entries
  }

  /// Refuses members that share bytes, as archives have that unpack to many times what a file of their size can hold.
  private static func checkPlaces(
    _ entries: [String: Entry], before directory: Int, _ path: String
  ) throws(DataError) {
    var free = 0
    for entry in entries.values.sorted(by: { $0.offset < $1.offset }) {
      // A member's own header has 30 bytes and its name.
      let (end, overflow) = entry.offset.addingReportingOverflow(entry.packed)
      guard !overflow, entry.offset >= free, end <= directory - 30 else {
        throw .corrupt(path: path, reason: "members of it lie in one another")
      }
      free = end + 30
    }
  }

  /// Reads an entry; sizes beyond four gigabytes are in its extra field, in the order of those that do not fit.
  private static func entry(_ bytes: [UInt8], _ at: Int, _ extra: [UInt8]) -> Entry {
    var (packed, size) = (bytes.littleEndian(at + 20, 4), bytes.littleEndian(at + 24, 4))
    var offset = bytes.littleEndian(at + 42, 4)
    var field = 0
    while field + 4 <= extra.count {
      if extra.littleEndian(field, 2) == 1 {
        var next = field + 4
        func large(_ value: inout Int) {
          guard value == 0xffff_ffff, next + 8 <= extra.count else { return }
          value = extra.littleEndian(next, 8)
          next += 8
        }
        large(&size)
        large(&packed)
        large(&offset)
      }
      field += 4 + extra.littleEndian(field + 2, 2)
    }
    return Entry(
      method: bytes.littleEndian(at + 10, 2), isEncrypted: bytes[at + 8] & 1 == 1, packed: packed, size: size,
      offset: offset, checksum: UInt32(truncatingIfNeeded: bytes.littleEndian(at + 16, 4)))
  }
}

extension [UInt8] {
  /// A little-endian number of up to 8 bytes; stops at `Int.max`, and is 0 outside of the array.
  func littleEndian(_ start: Int, _ width: Int) -> Int {
    guard start >= 0, start + width <= count else { return 0 }
    return Int(clamping: (0..<width).reduce(UInt64(0)) { $0 | UInt64(self[start + $1]) << UInt64(8 * $1) })
  }
}

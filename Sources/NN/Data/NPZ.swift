import CZlib
import Foundation

/// NumPy archives: a zip file whose members, stored or deflated, are arrays in `.npy` form.
///
/// Read are `x_train`, `y_train`, `x_test`, `y_test` (as Keras names them), `train_images`, `train_labels` and so on (as
/// MedMNIST does). Images are bytes `[n, h, w]`, `[n, h, w, c]` or `[n, c, h, w]`, or floats from 0 to 1 on the grid of
/// 255 steps; labels are whole numbers.
struct NPZ {
  private let path: String
  private let bytes: [UInt8]
  private let members: [String: Member]

  /// What the directory at the end of the archive says of one file.
  private struct Member {
    let method: Int
    let packed: Int
    let size: Int
    let offset: Int
    let checksum: UInt32
  }

  /// Reads the archive's directory.
  init(_ path: String) throws(DataError) {
    self.path = path
    guard let content = FileManager.default.contents(atPath: path) else {
      throw .unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    bytes = [UInt8](content)
    members = try Self.directory(bytes, path)
  }

  private static let names: [(images: [String], labels: [String])] = [
    (["x_train", "train_images", "X_train", "train_x"], ["y_train", "train_labels", "Y_train", "train_y"]),
    (["x_test", "test_images", "X_test", "test_x"], ["y_test", "test_labels", "Y_test", "test_y"]),
  ]

  /// The data set in it.
  func load() throws(DataError) -> Dataset {
    var parts: [(images: ImageArray, labels: [Int])] = []
    for names in Self.names {
      let images = try ImageArray(array(names.images), path)
      let labels = try array(names.labels).integers(path)
      guard labels.count == images.count else {
        throw .countMismatch(images: images.count, imagesPath: path, labels: labels.count, labelsPath: path)
      }
      parts.append((images, labels))
    }
    guard parts[0].images.shape == parts[1].images.shape else {
      throw .shapeMismatch(train: parts[0].images.shape, test: parts[1].images.shape)
    }
    let all = parts.flatMap(\.labels)
    let classes = max((all.max() ?? 0) + 1, 2)
    if let wrong = all.firstIndex(where: { !(0..<256).contains($0) }) {
      throw .labelOutOfRange(path: path, index: wrong, label: all[wrong], classes: min(classes, 256))
    }
    let examples = parts.map { Dataset.Examples(bytes: $0.images.bytes, labels: $0.labels.map { UInt8($0) }) }
    return try Dataset(
      name: URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent, path: path,
      classes: ClassNames.digits(classes), shape: parts[0].images.shape, train: examples[0], test: examples[1],
      files: [Dataset.File(path: path, sha256: try Digest.sha256(ofFile: path))])
  }

  private func array(_ names: [String]) throws(DataError) -> NumPyArray {
    for name in names {
      if let member = members[name + ".npy"] {
        return try NumPyArray(try unpack(member, name), path: "\(path), \(name)")
      }
    }
    throw .corrupt(
      path: path, reason: "it has no array \(names[0]); it has \(members.keys.sorted().joined(separator: ", "))")
  }

  // MARK: Zip

  private static func directory(_ bytes: [UInt8], _ path: String) throws(DataError) -> [String: Member] {
    guard let end = endRecord(bytes) else { throw .corrupt(path: path, reason: "it is not a whole zip archive") }
    let (count, start) = (number(bytes, end + 10, 2), number(bytes, end + 16, 4))
    var (members, at) = ([String: Member](), start)
    for _ in 0..<count {
      guard at + 46 <= bytes.count, number(bytes, at, 4) == 0x0201_4b50 else {
        throw .corrupt(path: path, reason: "its directory is damaged")
      }
      let lengths = [28, 30, 32].map { number(bytes, at + $0, 2) }
      guard at + 46 + lengths[0] <= bytes.count else {
        throw .corrupt(path: path, reason: "its directory is cut short")
      }
      let name = String(decoding: bytes[at + 46..<at + 46 + lengths[0]], as: UTF8.self)
      let extra = Array(
        bytes[min(at + 46 + lengths[0], bytes.count)..<min(at + 46 + lengths[0] + lengths[1], bytes.count)])
      members[name] = member(bytes, at, extra)
      at += 46 + lengths.reduce(0, +)
    }
    return members
  }

  /// Reads an entry; sizes beyond four gigabytes are in its extra field, in the order of those that do not fit.
  private static func member(_ bytes: [UInt8], _ at: Int, _ extra: [UInt8]) -> Member {
    var (packed, size, offset) = (number(bytes, at + 20, 4), number(bytes, at + 24, 4), number(bytes, at + 42, 4))
    var field = 0
    while field + 4 <= extra.count {
      let (kind, length) = (number(extra, field, 2), number(extra, field + 2, 2))
      if kind == 1 {
        var next = field + 4
        func large(_ value: inout Int) {
          guard value == 0xffff_ffff, next + 8 <= extra.count else { return }
          value = number(extra, next, 8)
          next += 8
        }
        large(&size)
        large(&packed)
        large(&offset)
      }
      field += 4 + length
    }
    return Member(
      method: number(bytes, at + 10, 2), packed: packed, size: size, offset: offset,
      checksum: UInt32(truncatingIfNeeded: number(bytes, at + 16, 4)))
  }

  private static func endRecord(_ bytes: [UInt8]) -> Int? {
    guard bytes.count >= 22 else { return nil }
    let first = max(0, bytes.count - 22 - 0xffff)
    return stride(from: bytes.count - 22, through: first, by: -1).first { number(bytes, $0, 4) == 0x0605_4b50 }
  }

  /// A little-endian number; saturates instead of overflowing.
  private static func number(_ bytes: [UInt8], _ at: Int, _ count: Int) -> Int {
    guard at >= 0, at + count <= bytes.count else { return 0 }
    let value = (0..<count).reduce(UInt64(0)) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
    return Int(clamping: value)
  }

  private func unpack(_ member: Member, _ name: String) throws(DataError) -> [UInt8] {
    let lengths = Self.number(bytes, member.offset + 26, 2) + Self.number(bytes, member.offset + 28, 2)
    let (start, overflow) = member.offset.addingReportingOverflow(30 + lengths)
    guard !overflow, member.packed >= 0, start <= bytes.count, member.packed <= bytes.count - start else {
      throw .truncated(path: path, expected: start &+ member.packed, found: bytes.count)
    }
    guard member.size <= member.packed.multipliedReportingOverflow(by: 1032).partialValue + 64 else {
      throw .tooLarge(path: "\(path), \(name)", announced: member.size, possible: member.packed * 1032)
    }
    let packed = Array(bytes[start..<start + member.packed])
    let content: [UInt8]
    switch member.method {
    case 0: content = packed
    case 8: content = try inflated(packed, member.size, name)
    default: throw .corrupt(path: path, reason: "\(name) is packed by method \(member.method), not stored or deflated")
    }
    guard content.count == member.size else {
      throw .truncated(path: "\(path), \(name)", expected: member.size, found: content.count)
    }
    let sum = content.withUnsafeBufferPointer { UInt32(crc32_z(0, $0.baseAddress, $0.count)) }
    guard sum == member.checksum else { throw .corrupt(path: path, reason: "the checksum of \(name) is wrong") }
    return content
  }

  private func inflated(_ packed: [UInt8], _ size: Int, _ name: String) throws(DataError) -> [UInt8] {
    guard packed.count < 1 << 31, size < 1 << 31 else {
      throw .tooLarge(path: "\(path), \(name)", announced: size, possible: 1 << 31)
    }
    var (packed, got, status) = (packed, 0, Z_OK)
    // Safety: both arrays outlive the calls, and zlib is told how long they are.
    let content = [UInt8](unsafeUninitializedCapacity: max(size, 1)) { output, initialized in
      packed.withUnsafeMutableBufferPointer { input in
        var stream = z_stream()
        // Negative window bits: raw deflate, as zip has it.
        status = inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { return }
        (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
        (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(size))
        status = inflate(&stream, Z_FINISH)
        got = Int(stream.total_out)
        inflateEnd(&stream)
      }
      initialized = min(got, size)
    }
    guard status == Z_STREAM_END else { throw .corrupt(path: path, reason: "\(name) does not unpack (zlib \(status))") }
    return content
  }
}

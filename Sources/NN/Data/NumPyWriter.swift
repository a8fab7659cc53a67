import CZlib
import Contract
import Foundation

/// An array as `numpy.save` writes it, version 1 of the format: a header in text, and the numbers in C order.
public struct NumPyFile: Sendable {
  /// The whole file.
  public let bytes: Data

  private init(type: String, shape: [Int], _ values: Data) {
    let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let text = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(extents)), }"
    // The numbers begin at a multiple of 64, and the header ends with a line feed.
    let padding = 63 - (10 + text.utf8.count) % 64
    let header = Array((text + String(repeating: " ", count: padding) + "\n").utf8)
    var bytes = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
    bytes.append(contentsOf: [UInt8(header.count & 0xff), UInt8(header.count >> 8)] + header)
    self.bytes = bytes + values
  }

  /// 32-bit floats; there must be as many as the product of the extents.
  public init(_ values: [Float], shape: [Int]) {
    require(values.count == shape.reduce(1, *), "\(values.count) values for \(shape)")
    self.init(type: "<f4", shape: shape, values.withUnsafeBufferPointer { Data(buffer: $0) })
  }

  /// 64-bit floats; there must be as many as the product of the extents.
  public init(doubles values: [Double], shape: [Int]) {
    require(values.count == shape.reduce(1, *), "\(values.count) values for \(shape)")
    self.init(type: "<f8", shape: shape, values.withUnsafeBufferPointer { Data(buffer: $0) })
  }

  /// 64-bit whole numbers, in one row.
  public init(_ values: [Int]) {
    self.init(type: "<i8", shape: [values.count], values.map(Int64.init).withUnsafeBufferPointer { Data(buffer: $0) })
  }

  /// Texts in one row, each as long as the longest.
  public init(_ texts: [String]) { self.init(texts, shape: [texts.count]) }

  /// One text, without extent: `str(file["settings"])`.
  public init(_ text: String) { self.init([text], shape: []) }

  private init(_ texts: [String], shape: [Int]) {
    let scalars = texts.map { $0.unicodeScalars.map(\.value) }
    let width = max(scalars.map(\.count).max() ?? 0, 1)
    let padded = scalars.flatMap { $0 + [UInt32](repeating: 0, count: width - $0.count) }
    self.init(type: "<U\(width)", shape: shape, padded.withUnsafeBufferPointer { Data(buffer: $0) })
  }
}

/// Arrays in an archive, as `numpy.savez` writes them: a zip file whose members are not packed.
public struct NumPyArchive: Sendable {
  /// More than this does not fit into a zip file without extensions.
  public static let most = 4_000_000_000

  private var members: [(name: String, file: Data)] = []

  /// An empty archive.
  public init() {}

  /// Adds an array under a name that has none yet.
  public mutating func add(_ name: String, _ array: NumPyFile) { members.append((name + ".npy", array.bytes)) }

  /// The whole file; nil if it would be larger than `most`.
  public var bytes: Data? {
    guard members.reduce(0, { $0 + $1.file.count }) < Self.most else { return nil }
    var (archive, directory) = (Data(), Data())
    for (name, file) in members {
      let sum = file.withUnsafeBytes { buffer in
        // Safety: zlib reads `count` bytes from the address of the buffer that has as many.
        crc32_z(0, buffer.bindMemory(to: UInt8.self).baseAddress, buffer.count)
      }
      let common = Self.header(name, size: file.count, checksum: UInt32(truncatingIfNeeded: sum))
      directory.append(contentsOf: Self.number(0x0201_4b50, 4) + Self.number(20, 2) + common)
      directory.append(contentsOf: Self.number(0, 2 + 2 + 2 + 4) + Self.number(archive.count, 4) + Array(name.utf8))
      archive.append(contentsOf: Self.number(0x0403_4b50, 4) + common + Array(name.utf8))
      archive.append(file)
    }
    let start = archive.count
    archive.append(directory)
    archive.append(contentsOf: Self.number(0x0605_4b50, 4) + Self.number(0, 4))
    archive.append(contentsOf: Self.number(members.count, 2) + Self.number(members.count, 2))
    archive.append(contentsOf: Self.number(directory.count, 4) + Self.number(start, 4) + Self.number(0, 2))
    return archive
  }

  /// What a member's own header and the directory have in common: version 2.0, not packed, 1 January 1980, so that the same
  /// arrays are the same file.
  private static func header(_ name: String, size: Int, checksum: UInt32) -> [UInt8] {
    number(20, 2) + number(0, 2 + 2) + number(0, 2) + number(0x21, 2) + number(Int(checksum), 4) + number(size, 4)
      + number(size, 4) + number(name.utf8.count, 2) + number(0, 2)
  }

  /// Little-endian.
  private static func number(_ value: Int, _ width: Int) -> [UInt8] {
    (0..<width).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
  }
}

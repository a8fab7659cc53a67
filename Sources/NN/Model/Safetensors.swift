import Foundation

/// Reads and writes safetensors: an 8-byte length, a JSON header, then the numbers. What PyTorch's `safetensors` writes.
///
/// Every size in the header is checked against the file before anything is allocated for it.
public struct Safetensors: Sendable {
  /// Tensors in the file's order.
  public var tensors: [(name: String, tensor: Tensor)]
  /// The header's `__metadata__`.
  public var metadata: [String: String]

  /// Contents for a new file.
  public init(tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  /// The tensor of that name.
  public subscript(name: String) -> Tensor? { tensors.first { $0.name == name }?.tensor }

  /// Longest header that is read; the format's own limit is 100 MB, a model of ours needs a few kilobytes.
  static let longestHeader = 16 << 20

  /// Reads a file. `F32`, `F16`, `BF16`, `F64`, `U8`, `I32` and `I64` become single precision.
  ///
  /// - Throws: `CheckpointError`.
  public init(contentsOf path: String) throws {
    do {
      let file = try PlainFile(path)
      // The header says how large the numbers become, and is looked at before they are read.
      let head = try file.read(min(8, file.size), at: 0)
      let kind = ModelFileKind(head: try file.read(min(512, file.size), at: 0), size: file.size)
      if let (what, help) = kind.otherThanSafetensors {
        throw CheckpointError.foreign(path: path, what: what, help: help)
      }
      let length = min(head.littleEndian(0, 8), Self.longestHeader, max(0, file.size - 8))
      let start = try file.read(head.count + length, at: 0)
      let header = try Self.header(start, size: file.size, path: path)
      try self.init(header, path: path) { try file.read($0, at: $1) }
    } catch let error as DataError {
      guard case .unreadable(_, let reason) = error else { throw CheckpointError.unreadable(path: path) }
      throw CheckpointError.notRead(path: path, reason: reason)
    }
  }

  /// Reads what a file holds; `path` is named in errors.
  public init(bytes: [UInt8], path: String) throws {
    let header = try Self.header(bytes, size: bytes.count, path: path)
    try self.init(header, path: path) { Array(bytes[$1..<$1 + $0]) }
  }

  /// What a header says, checked against the size of the file and in itself.
  private struct Header {
    struct Entry {
      let name: String
      let type: String
      let shape: [Int]
      let count: Int
      /// Of the data, which begin at `Header.start`.
      let offsets: Range<Int>
    }

    var metadata: [String: String] = [:]
    /// In the order of the data.
    var entries: [Entry] = []
    let start: Int
  }

  private init(
    _ header: Header, path: String, read: (_ count: Int, _ start: Int) throws -> [UInt8]
  ) throws {
    let count = header.entries.reduce(0) { $0 + $1.count }
    let largest = header.entries.map(\.offsets.count).max() ?? 0
    try MemoryShortage.check(
      "reading '\(path)'", [.init("weights", 4 * Double(count)), .init("the largest tensor", Double(largest))],
      hint: "a smaller network")
    metadata = header.metadata
    tensors = try header.entries.map { entry in
      let stored = try read(entry.offsets.count, header.start + entry.offsets.lowerBound)
      return (entry.name, Tensor(shape: entry.shape, values: Self.decode(stored, count: entry.count, type: entry.type)))
    }
  }

  /// Reads the header in the first of a file's `size` bytes. Tensors must not overlap, must leave no gap, and are named once:
  /// the format's own rules, without which a small file could take any amount of memory.
  private static func header(_ bytes: [UInt8], size: Int, path: String) throws -> Header {
    func broken(_ reason: String) -> CheckpointError { .broken(path: path, reason: reason) }
    guard bytes.count >= 8 else { throw broken("it has \(bytes.count) bytes, fewer than the 8 of the header's length") }
    let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << (8 * UInt64($1)) }
    guard length <= UInt64(longestHeader), length <= UInt64(size - 8) else {
      throw broken("its header claims \(length) bytes, the file has \(size - 8) after the length")
    }
    var header = Header(start: 8 + Int(length))
    let text = bytes[8..<header.start]
    guard let object = try? JSONSerialization.jsonObject(with: Foundation.Data(text)) as? [String: Any] else {
      throw broken("its header is not a JSON object")
    }
    if let twice = DuplicateKeys.first(in: text) { throw broken("its header names \(MessageText.text(twice)) twice") }
    if let notes = object["__metadata__"] {
      guard let notes = notes as? [String: String] else { throw broken("its metadata are not all text") }
      header.metadata = notes
    }
    let room = size - header.start
    for name in object.keys.sorted() where name != "__metadata__" {
      let shown = MessageText.text(name)
      guard let fields = object[name] as? [String: Any], let type = fields["dtype"] as? String,
        let shape = fields["shape"] as? [Int], let offsets = fields["data_offsets"] as? [Int], offsets.count == 2
      else { throw broken("its entry for '\(shown)' lacks dtype, shape or data_offsets") }
      guard let width = widths[type] else {
        throw broken("'\(shown)' has the type \(MessageText.text(type)), which Ward does not read")
      }
      guard shape.count <= 16, let count = product(shape), let size = product([count, width]) else {
        throw broken("'\(shown)' claims the impossible shape \(MessageText.shape(shape))")
      }
      guard offsets[0] >= 0, offsets[1] >= offsets[0], offsets[1] <= room else {
        throw broken("'\(shown)' should end at byte \(offsets[1]) of the data, the file has \(room): it was cut off")
      }
      guard offsets[1] - offsets[0] == size else {
        throw broken(
          "'\(shown)' of \(MessageText.shape(shape)) needs \(size) bytes and has \(offsets[1] - offsets[0])")
      }
      header.entries.append(
        Header.Entry(name: name, type: type, shape: shape, count: count, offsets: offsets[0]..<offsets[1]))
    }
    header.entries.sort {
      ($0.offsets.lowerBound, $0.offsets.upperBound) < ($1.offsets.lowerBound, $1.offsets.upperBound)
    }
    var free = 0
    for entry in header.entries {
      guard entry.offsets.lowerBound == free else {
        let what = entry.offsets.lowerBound < free ? "overlaps the tensor before it" : "leaves a gap before it"
        throw broken("'\(MessageText.text(entry.name))' \(what); tensors follow one another")
      }
      free = entry.offsets.upperBound
    }
    guard free == room else { throw broken("its tensors end after \(free) bytes of data, and the file has \(room)") }
    return header
  }

  private static let widths = ["F32": 4, "F16": 2, "BF16": 2, "F64": 8, "U8": 1, "I32": 4, "I64": 8]

  private static func product(_ factors: [Int]) -> Int? {
    factors.reduce(Optional(1)) { product, factor in
      guard let product, factor >= 0 else { return nil }
      let (result, overflow) = product.multipliedReportingOverflow(by: factor)
      return overflow ? nil : result
    }
  }

  /// Safety: the caller has checked that `bytes` are `count` values of the type; loads need no alignment.
  private static func decode(_ bytes: [UInt8], count: Int, type: String) -> [Float] {
    bytes.withUnsafeBytes { all in
      func each<Stored: BitwiseCopyable>(_ kind: Stored.Type, _ convert: (Stored) -> Float) -> [Float] {
        let size = MemoryLayout<Stored>.size
        return (0..<count).map { convert(all.loadUnaligned(fromByteOffset: $0 * size, as: Stored.self)) }
      }
      switch type {
      case "F32":
        return Array(unsafeUninitializedCapacity: count) { out, filled in
          if count > 0 { memcpy(out.baseAddress!, all.baseAddress!, 4 * count) }
          filled = count
        }
      case "F16": return each(UInt16.self, HalfPrecision.float)
      case "BF16": return each(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
      case "F64": return each(Double.self) { Float($0) }
      case "U8": return each(UInt8.self) { Float($0) }
      case "I32": return each(Int32.self) { Float($0) }
      default: return each(Int64.self) { Float($0) }
      }
    }
  }

  /// The file's bytes, all tensors as `F32`.
  public var bytes: [UInt8] {
    var entries: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.keys.sorted().map { "\(Self.quoted($0)):\(Self.quoted(metadata[$0]!))" }
      entries.append("\"__metadata__\":{" + pairs.joined(separator: ",") + "}")
    }
    var offset = 0
    for (name, tensor) in tensors {
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      let end = offset + 4 * tensor.count
      entries.append(
        "\(Self.quoted(name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var header = Array(("{" + entries.joined(separator: ",") + "}").utf8)
    header += Array(repeating: 0x20, count: (8 - header.count % 8) % 8)
    var out = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header
    out.reserveCapacity(out.count + offset)
    for (_, tensor) in tensors { tensor.values.withUnsafeBytes { out += $0 } }  // little-endian, as the processor
    return out
  }

  /// Writes a file, in one piece: a reader never sees half of it.
  ///
  /// - Throws: `CheckpointError`.
  public func write(to path: String) throws {
    // Foundation's own words for this one say nothing.
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    guard FileManager.default.fileExists(atPath: folder) else {
      throw CheckpointError.unwritable(path: path, reason: "there is no folder \(folder)")
    }
    do {
      try Foundation.Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw CheckpointError.unwritable(path: path, reason: Self.reason(of: error))
    }
  }

  /// The reason that the system gave, without what Foundation puts around it.
  private static func reason(of error: any Error) -> String {
    let below = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    guard let below, below.domain == NSPOSIXErrorDomain else { return "the system does not let it" }
    return String(cString: strerror(Int32(below.code))).lowercased()
  }

  private static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case _ where scalar.value < 0x20: out += "\\u" + String(format: "%04x", scalar.value)
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}

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
    guard let file = FileManager.default.contents(atPath: path) else { throw CheckpointError.unreadable(path: path) }
    try self.init(bytes: [UInt8](file), path: path)
  }

  /// Reads what a file holds; `path` is named in errors.
  public init(bytes: [UInt8], path: String) throws {
    func broken(_ reason: String) -> CheckpointError { .broken(path: path, reason: reason) }
    guard bytes.count >= 8 else { throw broken("it has \(bytes.count) bytes, fewer than the 8 of the header's length") }
    let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << (8 * UInt64($1)) }
    guard length <= UInt64(Self.longestHeader), length <= UInt64(bytes.count - 8) else {
      throw broken("its header claims \(length) bytes, the file has \(bytes.count - 8) after the length")
    }
    let start = 8 + Int(length)
    let header = Foundation.Data(bytes[8..<start])
    guard let object = try? JSONSerialization.jsonObject(with: header) as? [String: Any] else {
      throw broken("its header is not a JSON object")
    }
    metadata = object["__metadata__"] as? [String: String] ?? [:]
    var found: [(name: String, tensor: Tensor, offset: Int)] = []
    for name in object.keys.sorted() where name != "__metadata__" {
      guard let fields = object[name] as? [String: Any], let type = fields["dtype"] as? String,
        let shape = fields["shape"] as? [Int], let offsets = fields["data_offsets"] as? [Int], offsets.count == 2
      else { throw broken("its entry for '\(name)' lacks dtype, shape or data_offsets") }
      guard let width = Self.widths[type] else {
        throw broken("'\(name)' has the type \(type), which Ward does not read")
      }
      guard let count = Self.product(shape), let size = Self.product([count, width]) else {
        throw broken("'\(name)' claims the impossible shape \(shape)")
      }
      let room = bytes.count - start
      guard offsets[0] >= 0, offsets[1] >= offsets[0], offsets[1] <= room else {
        throw broken("'\(name)' should end at byte \(offsets[1]) of the data, the file has \(room): it was cut off")
      }
      guard offsets[1] - offsets[0] == size else {
        throw broken("'\(name)' of shape \(shape) needs \(size) bytes and has \(offsets[1] - offsets[0])")
      }
      let values = Self.decode(bytes, from: start + offsets[0], count: count, type: type)
      found.append((name, Tensor(shape: shape, values: values), offsets[0]))
    }
    found.sort { $0.offset < $1.offset }
    tensors = found.map { ($0.name, $0.tensor) }
  }

  private static let widths = ["F32": 4, "F16": 2, "BF16": 2, "F64": 8, "U8": 1, "I32": 4, "I64": 8]

  private static func product(_ factors: [Int]) -> Int? {
    factors.reduce(Optional(1)) { product, factor in
      guard let product, factor >= 0 else { return nil }
      let (result, overflow) = product.multipliedReportingOverflow(by: factor)
      return overflow ? nil : result
    }
  }

  /// Safety: the caller has checked that `count` values of the type lie inside `bytes`; loads need no alignment.
  private static func decode(_ bytes: [UInt8], from start: Int, count: Int, type: String) -> [Float] {
    bytes.withUnsafeBytes { all in
      func each<Stored: BitwiseCopyable>(_ kind: Stored.Type, _ convert: (Stored) -> Float) -> [Float] {
        let size = MemoryLayout<Stored>.size
        return (0..<count).map { convert(all.loadUnaligned(fromByteOffset: start + $0 * size, as: Stored.self)) }
      }
      switch type {
      case "F32":
        return Array(unsafeUninitializedCapacity: count) { out, filled in
          if count > 0 { memcpy(out.baseAddress!, all.baseAddress! + start, 4 * count) }
          filled = count
        }
      case "F16": return each(UInt16.self, halfToFloat)
      case "BF16": return each(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
      case "F64": return each(Double.self) { Float($0) }
      case "U8": return each(UInt8.self) { Float($0) }
      case "I32": return each(Int32.self) { Float($0) }
      default: return each(Int64.self) { Float($0) }
      }
    }
  }

  /// IEEE half precision by its bits: `Float16` does not exist on every platform.
  private static func halfToFloat(_ bits: UInt16) -> Float {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 31)
    let fraction = Float(bits & 1023)
    if exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
    if exponent == 0 { return sign * fraction * 0x1p-24 }
    return sign * (1 + fraction / 1024) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
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

import Foundation

/// Numbers that are known before any image: weights, and the shape arithmetic that exporters write out.
struct ONNXConstant {
  enum Numbers {
    case floats([Float])
    case integers([Int64])
  }

  var extents: [Int]
  var numbers: Numbers

  var count: Int {
    switch numbers {
    case .floats(let list): list.count
    case .integers(let list): list.count
    }
  }

  /// As real numbers.
  var floats: [Float] {
    switch numbers {
    case .floats(let list): list
    case .integers(let list): list.map { Float($0) }
    }
  }

  /// As whole numbers; what is none is cut off.
  var integers: [Int] {
    switch numbers {
    case .floats(let list): list.map { $0.isFinite ? Int(max(-9e18, min(9e18, $0))) : 0 }
    case .integers(let list): list.map { Int(clamping: $0) }
    }
  }

  init(extents: [Int], _ numbers: Numbers) { (self.extents, self.numbers) = (extents, numbers) }

  /// A list of whole numbers.
  init(_ list: [Int]) { self.init(extents: [list.count], .integers(list.map { Int64($0) })) }
}

extension ONNXTensor {
  /// The name and the bytes an element takes, of the types that Ward reads; ONNX's numbers for them.
  private static let types: [Int: (name: String, width: Int)] = [
    1: ("float", 4), 2: ("uint8", 1), 3: ("int8", 1), 5: ("int16", 2), 4: ("uint16", 2), 6: ("int32", 4),
    7: ("int64", 8), 9: ("bool", 1), 10: ("float16", 2), 11: ("double", 8), 12: ("uint32", 4), 13: ("uint64", 8),
    16: ("bfloat16", 2),
  ]

  /// Whether the type of that number is one of real numbers.
  static func isReal(_ type: Int) -> Bool { [1, 10, 11, 16].contains(type) }

  /// The numbers, read now.
  ///
  /// - Throws: `ModelFileError` where there are not as many as the extents say, or of a type that Ward does not read.
  func constant(_ source: WireSource) throws -> ONNXConstant {
    func broken(_ reason: String) -> ModelFileError {
      ModelFileError(source.path, "'\(source.path)': the numbers of '\(MessageText.text(name))' \(reason)")
    }
    guard let (typeName, width) = Self.types[type] else {
      throw broken("have ONNX's type \(type), which Ward does not read")
    }
    guard extents.count <= 16, let count = Self.product(extents), let size = Self.product([count, width]) else {
      throw broken("claim the impossible \(MessageText.shape(extents))")
    }
    let bytes: [UInt8]
    switch place {
    case .raw(let range):
      guard range.count == size else {
        throw broken(
          "should take \(size) bytes as \(typeName) of \(MessageText.shape(extents)), and take \(range.count)")
      }
      try MemoryBound.check(2 * size, source.path)
      bytes = try source.bytes(range)
    case .external(let entries):
      bytes = try ExternalData(entries, tensor: name, beside: source.path).read(size)
    case .fields(let lists):
      return try constant(lists, count: count, source) ?? { throw broken("are not \(count), as its extents say") }()
    }
    let numbers: ONNXConstant.Numbers
    switch type {
    case 1: numbers = .floats(each(bytes, Float.self) { $0 })
    case 10: numbers = .floats(each(bytes, UInt16.self, HalfPrecision.float))
    case 16: numbers = .floats(each(bytes, UInt16.self) { Float(bitPattern: UInt32($0) << 16) })
    case 11: numbers = .floats(each(bytes, Double.self) { Float($0) })
    case 2, 9: numbers = .integers(bytes.map { Int64($0) })
    case 3: numbers = .integers(bytes.map { Int64(Int8(bitPattern: $0)) })
    case 4: numbers = .integers(each(bytes, UInt16.self) { Int64($0) })
    case 5: numbers = .integers(each(bytes, Int16.self) { Int64($0) })
    case 6: numbers = .integers(each(bytes, Int32.self) { Int64($0) })
    case 12: numbers = .integers(each(bytes, UInt32.self) { Int64($0) })
    case 13: numbers = .integers(each(bytes, UInt64.self) { Int64(clamping: $0) })
    default: numbers = .integers(each(bytes, Int64.self) { $0 })
    }
    return ONNXConstant(extents: extents, numbers)
  }

  /// Numbers in lists of their own: half precision is written as whole numbers there.
  private func constant(
    _ lists: [(number: Int, range: Wire.Field)], count: Int, _ source: WireSource
  ) throws -> ONNXConstant? {
    var (floats, integers) = ([Float](), [Int64]())
    for (number, field) in lists {
      switch number {
      case 4: floats += try field.floats(source)
      case 10: floats += try field.doubles(source).map { Float($0) }
      default: integers += try field.integers(source)
      }
    }
    switch type {
    case 10: floats = integers.map { HalfPrecision.float(UInt16(truncatingIfNeeded: $0)) }
    case 16: floats = integers.map { Float(bitPattern: UInt32(UInt16(truncatingIfNeeded: $0)) << 16) }
    default: break
    }
    let numbers: ONNXConstant.Numbers = Self.isReal(type) ? .floats(floats) : .integers(integers)
    let constant = ONNXConstant(extents: extents, numbers)
    return constant.count == count ? constant : nil
  }

  /// Safety: the caller has compared the count of bytes with the extents; loads need no alignment.
  private func each<Stored: BitwiseCopyable, Number>(
    _ bytes: [UInt8], _ kind: Stored.Type, _ convert: (Stored) -> Number
  ) -> [Number] {
    let size = MemoryLayout<Stored>.size
    return bytes.withUnsafeBytes { all in
      (0..<bytes.count / size).map { convert(all.loadUnaligned(fromByteOffset: $0 * size, as: Stored.self)) }
    }
  }

  /// The product of extents, nil if one is negative or it is too large.
  static func product(_ factors: [Int]) -> Int? {
    var product = 1
    for factor in factors {
      // An extent of 0 hides none that is too large.
      let (result, overflow) = product.multipliedReportingOverflow(by: max(factor, 1))
      if overflow || factor < 0 || result > 1 << 40 { return nil }
      product = result
    }
    return factors.contains(0) ? 0 : product
  }
}

/// Numbers in a file beside the model's. That file lies in the folder of the model or below it: a model is not to read
/// whatever its writer wished for.
private struct ExternalData {
  let path: String
  let offset: Int
  let length: Int?

  init(_ entries: [String: String], tensor: String, beside model: String) throws {
    func refused(_ reason: String) -> ModelFileError {
      let shown = MessageText.text(entries["location"] ?? "")
      return ModelFileError(model, "'\(model)' keeps '\(MessageText.text(tensor))' in the file '\(shown)', \(reason)")
    }
    let location = entries["location"] ?? ""
    let parts = location.split(separator: "/", omittingEmptySubsequences: false)
    guard !location.isEmpty, !location.hasPrefix("/"), !parts.contains(".."), !location.utf8.contains(0) else {
      throw refused("which is not in the model's own folder: Ward reads no other")
    }
    let folder = URL(fileURLWithPath: model).deletingLastPathComponent()
    let real = folder.resolvingSymlinksInPath().standardizedFileURL.path
    let found = folder.appendingPathComponent(location).resolvingSymlinksInPath().standardizedFileURL.path
    guard found.hasPrefix(real == "/" ? "/" : real + "/") else {
      throw refused("which leads out of the model's own folder: Ward reads no other")
    }
    guard FileManager.default.fileExists(atPath: found) else {
      throw refused("which is not there: it belongs beside the model")
    }
    path = found
    offset = Int(entries["offset"] ?? "0") ?? -1
    length = entries["length"].map { Int($0) ?? -1 }
  }

  func read(_ size: Int) throws -> [UInt8] {
    let file = try PlainFile(path)
    guard offset >= 0, length == nil || length == size, offset <= file.size, size <= file.size - offset else {
      throw ModelFileError(
        path,
        "'\(path)' should hold \(size) bytes from byte \(offset) on, and has \(file.size) in all: "
          + "do the two files belong together?")
    }
    try MemoryBound.check(2 * size, path)
    return try file.read(size, at: offset)
  }
}

/// IEEE half precision by its bits: `Float16` does not exist on every platform.
enum HalfPrecision {
  static func float(_ bits: UInt16) -> Float {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 31)
    let fraction = Float(bits & 1023)
    if exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
    if exponent == 0 { return sign * fraction * 0x1p-24 }
    return sign * (1 + fraction / 1024) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
  }
}

import Foundation

/// One array as `numpy.save` writes it: magic, version, a header that is a Python dictionary, then the numbers.
struct NumPyArray {
  let type: String
  let shape: [Int]
  private let data: ArraySlice<UInt8>
  private let path: String

  init(_ bytes: [UInt8], path: String) throws(DataError) {
    self.path = path
    guard bytes.count >= 10, Array(bytes[0..<6]) == [0x93] + Array("NUMPY".utf8) else {
      throw .corrupt(path: path, reason: "it is not a NumPy array")
    }
    let wide = bytes[6] >= 2
    guard !wide || bytes.count >= 12 else { throw .corrupt(path: path, reason: "its header is cut short") }
    let length = (0..<(wide ? 4 : 2)).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    let start = (wide ? 12 : 10) + length
    guard start <= bytes.count else { throw .corrupt(path: path, reason: "its header is cut short") }
    let header = String(decoding: bytes[(wide ? 12 : 10)..<start], as: UTF8.self)
    guard let type = Self.value(of: "descr", header), let order = Self.value(of: "fortran_order", header),
      let extents = Self.extents(header)
    else { throw .corrupt(path: path, reason: "its header makes no sense: \(header.prefix(80))") }
    guard order == "False" else { throw .corrupt(path: path, reason: "it is in Fortran order; save it with order='C'") }
    guard let width = Int(type.dropFirst(2)), "|<".contains(type.first ?? "?"),
      "uifb".contains(type.dropFirst().first ?? "?")
    else { throw .corrupt(path: path, reason: "its numbers are of type \(type); use uint8, whole numbers or floats") }
    let product = extents.reduce(Optional(width)) { product, extent in
      product.flatMap { extent < 0 || $0.multipliedReportingOverflow(by: extent).overflow ? nil : $0 * extent }
    }
    guard let product, product == bytes.count - start else {
      throw .truncated(path: path, expected: product.map { start + $0 } ?? Int.max, found: bytes.count)
    }
    (self.type, shape, data) = (type, extents, bytes[start...])
  }

  /// The text after `'key': `, without quotes.
  private static func value(of key: String, _ header: String) -> String? {
    guard let found = header.range(of: "'\(key)':") else { return nil }
    let rest = header[found.upperBound...].drop { $0 == " " || $0 == "'" }
    return String(rest.prefix { !"',}".contains($0) })
  }

  private static func extents(_ header: String) -> [Int]? {
    guard let found = header.range(of: "'shape':"), let open = header[found.upperBound...].firstIndex(of: "("),
      let close = header[open...].firstIndex(of: ")")
    else { return nil }
    let parts = header[header.index(after: open)..<close].split(separator: ",").map { $0.filter { $0 != " " } }
    let numbers = parts.filter { !$0.isEmpty }.compactMap { Int($0) }
    return numbers.count == parts.count(where: { !$0.isEmpty }) ? numbers : nil
  }

  var count: Int { shape.reduce(1, *) }
  var isBytes: Bool { type.hasSuffix("u1") }
  var isFloat: Bool { type.contains("f") }
  /// The numbers as they lie, if they are bytes.
  var bytes: [UInt8] { Array(data) }

  /// All numbers, whatever their type.
  func numbers(_ path: String) throws(DataError) -> [Double] {
    let width = Int(type.dropFirst(2)) ?? 1
    guard width <= 8 else { throw .corrupt(path: path, reason: "its numbers have \(8 * width) bits") }
    var all: [Double] = []
    all.reserveCapacity(count)
    for start in stride(from: data.startIndex, to: data.endIndex, by: width) {
      let bits = (0..<width).reduce(UInt64(0)) { $0 | UInt64(data[start + $1]) << UInt64(8 * $1) }
      all.append(Self.number(bits, width, type))
    }
    return all
  }

  private static func number(_ bits: UInt64, _ width: Int, _ type: String) -> Double {
    if type.contains("f") {
      if width == 4 { return Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))) }
      return width == 8 ? Double(bitPattern: bits) : Double(halfPrecision: UInt16(truncatingIfNeeded: bits))
    }
    guard type.contains("i") else { return Double(bits) }
    let shift = UInt64(64 - 8 * width)
    return Double(Int64(bitPattern: bits << shift) >> Int64(shift))
  }

  /// Labels: one number an image, or a single one in a row of its own.
  func integers(_ path: String) throws(DataError) -> [Int] {
    guard shape.count == 1 || (shape.count == 2 && shape[1] == 1) else {
      throw .corrupt(path: path, reason: "labels of shape \(shape); one number an image is needed")
    }
    var labels: [Int] = []
    for value in try numbers(path) {
      guard value == value.rounded(), abs(value) < 1e9 else {
        throw .corrupt(path: path, reason: "the label \(value) is not a whole number")
      }
      labels.append(Int(value))
    }
    return labels
  }
}

/// An array read as images.
struct ImageArray {
  let bytes: [UInt8]
  let count: Int
  let shape: ImageShape

  init(_ array: NumPyArray, _ path: String) throws(DataError) {
    let extents = array.shape
    guard (3...4).contains(extents.count), extents.allSatisfy({ $0 > 0 }) else {
      throw .corrupt(path: path, reason: "images of shape \(extents); [n, h, w] or [n, h, w, c] is needed")
    }
    let flat = try Self.bytes(array, path)
    let isLast = extents.count == 4 && extents[3] <= 4 && extents[1] > 4
    count = extents[0]
    if extents.count == 3 {
      shape = ImageShape(channels: 1, height: extents[1], width: extents[2])
    } else if isLast {
      shape = ImageShape(channels: extents[3], height: extents[1], width: extents[2])
    } else {
      shape = ImageShape(channels: extents[1], height: extents[2], width: extents[3])
    }
    bytes = isLast && shape.channels > 1 ? Self.channelsFirst(flat, count, shape) : flat
  }

  private static func bytes(_ array: NumPyArray, _ path: String) throws(DataError) -> [UInt8] {
    if array.isBytes { return array.bytes }
    let scale: Double = array.isFloat ? 255 : 1
    var bytes: [UInt8] = []
    bytes.reserveCapacity(array.count)
    for value in try array.numbers(path) {
      let level = (value * scale).rounded()
      guard level >= 0, level <= 255, abs(level - value * scale) < 0.01 else {
        throw .corrupt(
          path: path, reason: "a pixel is \(value); pixels are bytes, or floats from 0 to 1 in steps of 1/255")
      }
      bytes.append(UInt8(level))
    }
    return bytes
  }

  private static func channelsFirst(_ bytes: [UInt8], _ count: Int, _ shape: ImageShape) -> [UInt8] {
    let area = shape.height * shape.width
    var turned = bytes
    for image in 0..<count {
      let start = image * shape.count
      for pixel in 0..<area {
        for channel in 0..<shape.channels {
          turned[start + channel * area + pixel] = bytes[start + pixel * shape.channels + channel]
        }
      }
    }
    return turned
  }
}

extension Double {
  /// From the bits of a 16-bit float.
  fileprivate init(halfPrecision bits: UInt16) {
    let (exponent, fraction) = (Int(bits >> 10) & 31, Double(bits & 1023))
    let size =
      exponent == 0
      ? fraction * 0x1p-24 : (exponent == 31 ? .infinity : (1 + fraction / 1024) * pow(2, Double(exponent - 15)))
    self = bits >> 15 == 0 ? size : -size
  }
}

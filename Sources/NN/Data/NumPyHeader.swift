import Foundation

/// What stands before the numbers of an array that `numpy.save` wrote: magic, version, and a Python dictionary.
struct NumPyHeader {
  let type: NumPyType
  let shape: [Int]
  /// Whether the first index runs fastest.
  let isFortran: Bool
  /// How many numbers there are.
  let count: Int

  /// Reads the header alone, and holds what it announces against the size of the member.
  init(_ member: any ByteSource) throws(DataError) {
    let place = member.place
    let text = try Self.text(member)
    guard let type = Self.value(of: "descr", text.content), let order = Self.value(of: "fortran_order", text.content),
      let shape = Self.extents(text.content), ["True", "False"].contains(order)
    else { throw .corrupt(path: place, reason: "its header makes no sense") }
    guard let known = NumPyType(type) else {
      let found =
        type.hasPrefix("[") ? "it is a table with fields" : "its numbers are of type \(MessageText.text(type))"
      throw NPZ.unexpected(
        place, "\(found); whole numbers, floats and truth values of up to 64 bits are read, and texts as labels")
    }
    guard let count = Self.product(shape), let bytes = Self.product([count, known.width]) else {
      throw .corrupt(path: place, reason: "its header announces more numbers than there can be")
    }
    let found = member.size - text.length
    guard bytes <= found else { throw .truncated(path: place, expected: bytes, found: found) }
    guard bytes == found else { throw .trailingBytes(path: place, expected: bytes) }
    (self.type, self.shape, self.count, isFortran) = (known, shape, count, order == "True")
  }

  private static func text(_ member: any ByteSource) throws(DataError) -> (content: String, length: Int) {
    let start = try member.read(min(10, member.size))
    guard start.count == 10, start.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw NPZ.unexpected(member.place, "it is not a NumPy array")
    }
    guard (1...3).contains(start[6]) else {
      throw NPZ.unexpected(member.place, "it is of version \(start[6]) of NumPy's format; 1 to 3 are read")
    }
    // Version 1 has two bytes for the length of the dictionary, the others four.
    let wide = start[6] == 1 ? [] : try member.read(2)
    let length = (start[8...] + wide).reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= 1 << 16 else { throw .corrupt(path: member.place, reason: "its header is \(length) bytes long") }
    return (String(decoding: try member.read(length), as: UTF8.self), start.count + wide.count + length)
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
    let written = parts.filter { !$0.isEmpty }
    let numbers = written.compactMap { Int($0) }
    return numbers.count == written.count && numbers.allSatisfy { $0 >= 0 } ? numbers : nil
  }

  /// Nil if it is beyond all numbers.
  private static func product(_ factors: [Int]) -> Int? {
    factors.reduce(Optional(1)) { product, factor in
      guard let (product, overflow) = product?.multipliedReportingOverflow(by: factor), !overflow else { return nil }
      return product
    }
  }
}

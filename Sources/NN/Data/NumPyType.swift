import Foundation

/// How NumPy writes one number: `<f4` is a little-endian float of four bytes.
struct NumPyType {
  enum Kind { case unsigned, signed, float, boolean, text }

  let kind: Kind
  let width: Int
  private let isBigEndian: Bool
  /// Whether the letters of a text have four bytes each.
  private let isWide: Bool

  /// Nil for what is no plain number of a width that Ward reads.
  init?(_ text: String) {
    let code = text.utf8.map { Character(Unicode.Scalar($0)) }
    if code.count >= 3, "<>=|".contains(code[0]), code[1] == "U" || code[1] == "S",
      let letters = Int(String(code[2...])), (1...1024).contains(letters)
    {
      (kind, width, isBigEndian) = (.text, letters * (code[1] == "U" ? 4 : 1), code[0] == ">")
      isWide = code[1] == "U"
      return
    }
    isWide = false
    guard code.count == 3, "<>=|".contains(code[0]), let width = code[2].wholeNumberValue else { return nil }
    switch (code[1], width) {
    case ("u", 1), ("u", 2), ("u", 4), ("u", 8): kind = .unsigned
    case ("i", 1), ("i", 2), ("i", 4), ("i", 8): kind = .signed
    case ("f", 2), ("f", 4), ("f", 8): kind = .float
    case ("b", 1): kind = .boolean
    default: return nil
    }
    (self.width, isBigEndian) = (width, code[0] == ">")
  }

  var isBytes: Bool { kind == .unsigned && width == 1 }

  /// What white is: 1 for floats and truth values, 255 for whole numbers.
  var white: Double { kind == .float || kind == .boolean ? 1 : 255 }

  /// How far from a multiple of 1/255 a float that was one may be, in such steps. A float of 16 bits has a step of 2⁻¹¹
  /// below 1.
  var tolerance: Double { width == 2 ? 255 * 0x1p-11 : 0.01 }

  /// The number whose bytes begin at a place of `bytes`.
  func number(_ bytes: [UInt8], _ start: Int) -> Double {
    var bits: UInt64 = 0
    for i in 0..<min(width, 8) { bits = bits << 8 | UInt64(bytes[start + (isBigEndian ? i : width - 1 - i)]) }
    switch (kind, width) {
    case (.float, 2): return Double(halfPrecision: UInt16(truncatingIfNeeded: bits))
    case (.float, 4): return Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case (.float, _): return Double(bitPattern: bits)
    case (.signed, _):
      let unused = UInt64(64 - 8 * width)
      return Double(Int64(bitPattern: bits << unused) >> Int64(unused))
    case (.unsigned, _), (.boolean, _): return Double(bits)
    case (.text, _): return .nan
    }
  }
}

extension NumPyType {
  /// The text whose bytes begin at a place of `bytes`; zeros at its end are not part of it.
  func text(_ bytes: [UInt8], _ start: Int) -> String {
    if !isWide { return String(decoding: bytes[start..<start + width].prefix { $0 != 0 }, as: UTF8.self) }
    var text = String.UnicodeScalarView()
    for at in stride(from: start, to: start + width, by: 4) {
      let parts = (0..<4).map { UInt32(bytes[at + (isBigEndian ? $0 : 3 - $0)]) }
      guard let scalar = Unicode.Scalar(parts.reduce(0) { $0 << 8 | $1 }), scalar.value != 0 else { break }
      text.append(scalar)
    }
    return String(text)
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

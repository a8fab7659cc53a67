/// Reads one message in protobuf's wire format, field by field. What a field holds stays in the file until it is asked for.
///
/// Written from the format's public description: a field is a number with a type, then a varint, four or eight bytes, or
/// a length and as many bytes.
struct Wire {
  /// One field.
  struct Field {
    enum Content {
      /// A varint, or what four or eight bytes hold.
      case number(UInt64)
      /// Where the bytes of a string, a list or a message lie.
      case bytes(Range<Int>)
    }

    let number: Int
    let content: Content
  }

  let source: WireSource
  private var at: Int
  private let end: Int

  /// A message that fills a part of the source.
  init(_ source: WireSource, _ range: Range<Int>) {
    (self.source, at, end) = (source, range.lowerBound, range.upperBound)
  }

  /// A message that fills the whole source.
  init(_ source: WireSource) { self.init(source, 0..<source.size) }

  /// The next field; nil at the end.
  ///
  /// - Throws: `ModelFileError` for what is no message, `DataError` where the file cannot be read.
  mutating func next() throws -> Field? {
    guard at < end else { return nil }
    let key = try varint()
    let number = Int(truncatingIfNeeded: key >> 3)
    guard number > 0, number < 1 << 29 else { throw broken("a field has the number \(number)") }
    switch key & 7 {
    case 0: return Field(number: number, content: .number(try varint()))
    case 1: return Field(number: number, content: .number(try fixed(8)))
    case 5: return Field(number: number, content: .number(try fixed(4)))
    case 2:
      let length = try varint()
      guard length <= UInt64(end - at) else { throw broken("a field claims \(length) bytes, and \(end - at) are left") }
      defer { at += Int(length) }
      return Field(number: number, content: .bytes(at..<at + Int(length)))
    default: throw broken("a field has the type \(key & 7)")
    }
  }

  /// Whether everything was read.
  var isAtEnd: Bool { at >= end }

  /// A number of up to ten bytes, seven bits in each.
  mutating func varint() throws -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard at < end else { throw broken("it ends within a number") }
      let byte = try source.byte(at)
      at += 1
      value |= UInt64(byte & 127) << shift
      if byte < 128 { return value }
    }
    throw broken("a number has more than ten bytes")
  }

  mutating func fixed(_ count: Int) throws -> UInt64 {
    guard count <= end - at else { throw broken("it ends within a number") }
    var value: UInt64 = 0
    for i in 0..<count { value |= UInt64(try source.byte(at + i)) << UInt64(8 * i) }
    at += count
    return value
  }

  func broken(_ reason: String) -> ModelFileError {
    ModelFileError(source.path, "'\(source.path)' is not a whole ONNX file: at byte \(at), \(reason)")
  }
}

extension Wire.Field {
  /// The bytes of a string, a list or a message; nil for a number.
  var range: Range<Int>? { if case .bytes(let range) = content { range } else { nil } }

  /// A whole number; nil for bytes.
  var integer: Int64? { if case .number(let number) = content { Int64(bitPattern: number) } else { nil } }

  /// A number of four bytes as a real one.
  var float: Float? {
    if case .number(let number) = content { Float(bitPattern: UInt32(truncatingIfNeeded: number)) } else { nil }
  }

  /// Text; what is no UTF-8 is replaced.
  func text(_ source: WireSource) throws -> String {
    guard let range else { return "" }
    return String(decoding: try source.bytes(range), as: UTF8.self)
  }

  /// Whole numbers: one, or a list in one piece.
  func integers(_ source: WireSource) throws -> [Int64] {
    guard let range else { return integer.map { [$0] } ?? [] }
    var wire = Wire(source, range)
    var all: [Int64] = []
    while !wire.isAtEnd { all.append(Int64(bitPattern: try wire.varint())) }
    return all
  }

  /// Real numbers of four bytes: one, or a list in one piece.
  func floats(_ source: WireSource) throws -> [Float] {
    guard let range else { return float.map { [$0] } ?? [] }
    var wire = Wire(source, range)
    var all: [Float] = []
    while !wire.isAtEnd { all.append(Float(bitPattern: UInt32(truncatingIfNeeded: try wire.fixed(4)))) }
    return all
  }

  /// Real numbers of eight bytes.
  func doubles(_ source: WireSource) throws -> [Double] {
    guard let range else { return if case .number(let bits) = content { [Double(bitPattern: bits)] } else { [] } }
    var wire = Wire(source, range)
    var all: [Double] = []
    while !wire.isAtEnd { all.append(Double(bitPattern: try wire.fixed(8))) }
    return all
  }
}

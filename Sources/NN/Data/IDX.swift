/// LeCun's IDX format, in which MNIST and Fashion-MNIST come: big-endian header, then unsigned bytes.
enum IDX {
  static let imagesMagic: UInt32 = 0x0803
  static let labelsMagic: UInt32 = 0x0801

  /// Images `[n][height][width]`, one channel.
  static func images(_ path: String) throws(DataError) -> (bytes: [UInt8], count: Int, shape: ImageShape) {
    let file = try ByteFile(path)
    try check(file, imagesMagic)
    let (count, height, width) = (Int(try file.bigEndian()), Int(try file.bigEndian()), Int(try file.bigEndian()))
    guard count > 0, (1...4096).contains(height), (1...4096).contains(width) else {
      throw .corrupt(path: path, reason: "its header says \(count) images of \(height)×\(width) pixels")
    }
    let bytes = try file.read(count * height * width)
    try file.expectEnd()
    return (bytes, count, ImageShape(channels: 1, height: height, width: width))
  }

  /// How many images or labels the header announces; nothing after it is read.
  static func count(_ path: String, _ magic: UInt32) throws(DataError) -> Int {
    let file = try ByteFile(path)
    try check(file, magic)
    return Int(try file.bigEndian())
  }

  /// Labels `[n]`, one byte each.
  static func labels(_ path: String) throws(DataError) -> [UInt8] {
    let file = try ByteFile(path)
    try check(file, labelsMagic)
    let labels = try file.read(Int(try file.bigEndian()))
    try file.expectEnd()
    return labels
  }

  private static func check(_ file: ByteFile, _ magic: UInt32) throws(DataError) {
    let found = try file.bigEndian()
    guard found == magic else { throw .wrongMagic(path: file.path, expected: magic, found: found) }
  }
}

/// An array of an archive: its header is read at once, its numbers when they are asked for, which is once.
struct NumPyArray {
  let header: NumPyHeader
  private let member: ZipMember

  init(_ member: ZipMember) throws(DataError) {
    self.member = member
    header = try NumPyHeader(member)
  }

  /// The file and the array, for messages.
  var place: String { member.place }

  /// Pixels in the order of the file: bytes as they are, other numbers as the multiples of 1/255 that they must be.
  func pixels() throws(DataError) -> [UInt8] {
    var pixels: [UInt8] = []
    // Memory that is only reserved costs nothing yet: a member that is shorter than it says takes no more than it has.
    pixels.reserveCapacity(header.count)
    try eachPiece { piece throws(DataError) in
      if header.type.isBytes {
        pixels += piece
      } else {
        for start in stride(from: 0, to: piece.count, by: header.type.width) {
          pixels.append(try level(header.type.number(piece, start)))
        }
      }
    }
    return pixels
  }

  private func level(_ value: Double) throws(DataError) -> UInt8 {
    let exact = value * (255 / header.type.white)
    let level = exact.rounded()
    if level >= 0, level <= 255, abs(level - exact) <= header.type.tolerance { return UInt8(level) }
    let reason =
      switch header.type.kind {
      case .float where value >= 0 && value <= 1: "floats are multiples of 1/255, as bytes become when divided by 255"
      case .float where value < 0:
        "floats go from 0 to 1; images from -1 to 1 become (x + 1) / 2, standardised ones x * std + mean"
      case .float: "floats go from 0 to 1; bytes, from 0 to 255, are saved with astype('uint8')"
      case .boolean: "truth values are 0 or 1"
      case .signed, .unsigned: "whole numbers go from 0 to 255"
      }
    throw NPZ.unexpected(place, "a pixel is \(header.type.kind == .float ? "\(value)" : Self.text(value)); \(reason)")
  }

  /// Refuses an array that has not one number an image.
  func checkLabels() throws(DataError) {
    let shape = header.shape
    guard shape.count == 1 || (shape.count == 2 && shape[1] == 1) else {
      let help = shape.count == 2 ? ", as argmax(axis=1) makes of one-hot labels" : ""
      throw NPZ.unexpected(place, "labels of \(MessageText.shape(shape)); one number an image is needed\(help)")
    }
  }

  /// Class numbers: whole numbers that fit into a byte.
  func labels() throws(DataError) -> [UInt8] {
    var labels: [UInt8] = []
    try eachPiece { piece throws(DataError) in
      for start in stride(from: 0, to: piece.count, by: header.type.width) {
        let value = header.type.number(piece, start)
        guard let label = UInt8(exactly: value) else {
          throw NPZ.unexpected(
            place, "image \(labels.count) has label \(Self.text(value)); labels are whole numbers from 0 to 255")
        }
        labels.append(label)
      }
    }
    return labels
  }

  private static func text(_ value: Double) -> String { Int(exactly: value).map { "\($0)" } ?? "\(value)" }

  /// Calls `body` with whole numbers' bytes, up to a megabyte at a time.
  private func eachPiece(_ body: ([UInt8]) throws(DataError) -> Void) throws(DataError) {
    var left = header.count * header.type.width
    while left > 0 {
      let piece = try member.read(min(left, 1 << 20))
      try body(piece)
      left -= piece.count
    }
  }
}

/// An array in NumPy's form: its header is read at once, its numbers when they are asked for.
struct NumPyArray {
  let header: NumPyHeader
  private let open: () throws(DataError) -> any ByteSource
  /// The file and the array, for messages.
  let place: String

  /// - Parameter open: Gives the bytes from their beginning; called anew each time that they are read.
  init(_ open: @escaping () throws(DataError) -> any ByteSource) throws(DataError) {
    let source = try open()
    (self.open, place) = (open, source.place)
    header = try NumPyHeader(source)
  }

  /// How many images or labels there are.
  var rows: Int { header.shape.first ?? 0 }

  /// Pixels in the order of the file: bytes where all are bytes or multiples of 1/255, else floats from 0 to 1.
  ///
  /// - Parameter white: The number that a white pixel has; nil for 255 of whole numbers and 1 of floats.
  func pixels(white: Double? = nil) throws(DataError) -> PixelValues {
    if white == nil, let levels = try levels() { return .bytes(levels) }
    try MemoryBound.check(header.count * 4, place)
    var floats: [Float] = []
    floats.reserveCapacity(header.count)
    try eachNumber { value throws(DataError) in
      guard value >= 0, value <= white ?? 1 else {
        throw white.map { NPZ.unexpected(place, WhiteLevel.refusal(value, $0)) } ?? refusal(value)
      }
      floats.append(Float(value / (white ?? 1)))
    }
    return .floats(floats)
  }

  /// Nil if a float from 0 to 1 is no multiple of 1/255.
  private func levels() throws(DataError) -> [UInt8]? {
    var levels: [UInt8] = []
    var areLevels = true
    // Memory that is only reserved costs nothing yet: a member that is shorter than it says takes no more than it has.
    levels.reserveCapacity(header.count)
    try eachPiece { piece throws(DataError) in
      if header.type.isBytes {
        levels += piece
        return
      }
      for start in stride(from: 0, to: piece.count, by: header.type.width) where areLevels {
        let value = header.type.number(piece, start)
        let exact = value * (255 / header.type.white)
        let level = exact.rounded()
        if level >= 0, level <= 255, abs(level - exact) <= header.type.tolerance {
          levels.append(UInt8(level))
        } else if header.type.kind == .float, value >= 0, value <= 1 {
          areLevels = false
        } else {
          throw refusal(value)
        }
      }
    }
    return areLevels ? levels : nil
  }

  private func refusal(_ value: Double) -> DataError {
    let reason =
      switch header.type.kind {
      case .float where value < 0:
        "floats go from 0 to 1; images from -1 to 1 become (x + 1) / 2, standardised ones x * std + mean"
      case .float where value.isNaN: "floats are numbers from 0 to 1"
      case .float: "floats go from 0 to 1; `white: 255`, or another number, says which is white"
      case .boolean: "truth values are 0 or 1"
      case .text: "pixels are numbers"
      case .signed, .unsigned: "whole numbers go from 0 to 255"
      }
    return NPZ.unexpected(
      place, "a pixel is \(header.type.kind == .float ? "\(value)" : MessageText.number(value)); \(reason)")
  }

  /// Refuses an array that has neither one label an image, nor a 1 for each of them in the place of its class.
  func checkLabels() throws(DataError) {
    let shape = header.shape
    guard shape.count == 1 || (shape.count == 2 && (1...256).contains(shape[1])) else {
      throw NPZ.unexpected(place, "labels of \(MessageText.shape(shape)); one number an image is needed")
    }
  }

  /// What the labels of an array are.
  enum Labels {
    case numbers([UInt8])
    /// Names of the classes.
    case names([String])
  }

  /// Class numbers: whole numbers that fit into a byte, or the place of the 1 in a row of zeros; or class names.
  func labels() throws(DataError) -> Labels {
    let columns = header.shape.count == 2 ? header.shape[1] : 1
    if header.type.kind == .text {
      guard columns == 1 else { throw NPZ.unexpected(place, "labels of \(MessageText.shape(header.shape))") }
      return .names(try texts())
    }
    if columns > 1 { return .numbers(try oneHot(columns)) }
    var labels: [UInt8] = []
    try eachNumber { value throws(DataError) in
      guard let label = UInt8(exactly: value) else {
        throw NPZ.unexpected(
          place,
          "image \(labels.count) has label \(MessageText.number(value)); labels are whole numbers from 0 to 255")
      }
      labels.append(label)
    }
    return .numbers(labels)
  }

  /// The texts of an array of texts.
  func texts() throws(DataError) -> [String] {
    guard header.type.kind == .text else { throw NPZ.unexpected(place, "its values are no texts") }
    var texts: [String] = []
    try eachPiece { piece throws(DataError) in
      for start in stride(from: 0, to: piece.count, by: header.type.width) {
        texts.append(header.type.text(piece, start))
      }
    }
    return texts
  }

  /// The smallest and largest value of each of `count` features: two columns of floats.
  func ranges(_ count: Int) throws(DataError) -> [(lower: Double, upper: Double)] {
    guard header.shape == [count, 2], header.type.kind == .float else {
      throw NPZ.unexpected(
        place, "\(MessageText.shape(header.shape)); the ranges of \(count) features are floats in two columns")
    }
    var values: [Double] = []
    try eachNumber { value throws(DataError) in values.append(value) }
    var ranges: [(lower: Double, upper: Double)] = []
    for feature in 0..<count {
      let (first, second) = header.isFortran ? (feature, count + feature) : (2 * feature, 2 * feature + 1)
      guard values[first].isFinite, values[second].isFinite, values[first] <= values[second] else {
        throw NPZ.unexpected(place, "feature \(feature) goes from \(values[first]) to \(values[second])")
      }
      ranges.append((values[first], values[second]))
    }
    return ranges
  }

  private func oneHot(_ columns: Int) throws(DataError) -> [UInt8] {
    var labels = [UInt8](repeating: 0, count: rows)
    var ones = [UInt8](repeating: 0, count: rows)
    var at = 0
    try eachNumber { value throws(DataError) in
      let (row, column) = header.isFortran ? (at % rows, at / rows) : (at / columns, at % columns)
      guard value == 0 || (value == 1 && ones[row] == 0) else {
        throw NPZ.unexpected(
          place,
          "labels of \(MessageText.shape(header.shape)), but row \(row) is not one-hot, zeros and one 1; "
            + "labels are one number an image, or such rows")
      }
      if value == 1 { (labels[row], ones[row]) = (UInt8(column), 1) }
      at += 1
    }
    if let empty = ones.firstIndex(of: 0) { throw NPZ.unexpected(place, "row \(empty) of the labels has no 1") }
    return labels
  }

  /// Calls `body` with each number, in the order of the file.
  private func eachNumber(_ body: (Double) throws(DataError) -> Void) throws(DataError) {
    try eachPiece { piece throws(DataError) in
      for start in stride(from: 0, to: piece.count, by: header.type.width) {
        try body(header.type.number(piece, start))
      }
    }
  }

  /// Calls `body` with whole numbers' bytes, up to a megabyte at a time.
  private func eachPiece(_ body: ([UInt8]) throws(DataError) -> Void) throws(DataError) {
    let source = try open()
    _ = try NumPyHeader(source)
    var left = header.count * header.type.width
    while left > 0 {
      let piece = try source.read(min(left, max(1, (1 << 20) / header.type.width) * header.type.width))
      try body(piece)
      left -= piece.count
    }
  }
}

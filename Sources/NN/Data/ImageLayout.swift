/// How the images of an array lie: N images of height H and width W, with one channel or three, which come last or first.
struct ImageLayout {
  let count: Int
  let shape: ImageShape
  /// Whether the rows are features, and no images.
  let hasFeatures: Bool
  private let isChannelsLast: Bool
  private let isFortran: Bool
  private let isFlat: Bool

  /// - Parameters:
  ///   - given: The shape of images that are written as rows of numbers, if the user said it.
  ///   - hasFeatures: Whether rows of numbers are features, and no images.
  ///
  /// Other numbers of channels are refused: `[n, 12, 12, 5]` may as well be five-channel images as a mistake.
  init(_ array: NumPyArray, _ given: [Int]? = nil, hasFeatures: Bool = false) throws(DataError) {
    let extents = array.header.shape
    if hasFeatures, extents.count == 2, extents[0] > 0, extents[1] > 0, given == nil {
      shape = ImageShape(channels: extents[1], height: 1, width: 1)
      count = extents[0]
      self.hasFeatures = true
      (isChannelsLast, isFortran, isFlat) = (false, array.header.isFortran, true)
      return
    }
    self.hasFeatures = false
    if extents.count == 2, extents[0] > 0, extents[1] > 0 {
      guard let flat = try FlatImages(extents[1], given, place: array.place) else {
        throw NPZ.unexpected(
          array.place,
          "images of \(MessageText.shape(extents)), and \(extents[1]) pixels are no square and no three squares; "
            + "shape: [rows, columns] says how they lie")
      }
      shape = flat.shape
      count = extents[0]
      (isChannelsLast, isFortran, isFlat) = (flat.isInterleaved, array.header.isFortran, true)
      return
    }
    guard given == nil else {
      throw .unexpected(
        place: array.place, reason: "its images have a shape: \(MessageText.shape(extents))",
        taken: "shape: is for images that are written as one row of numbers")
    }
    isFlat = false
    let isLast = extents.count == 4 && (extents[3] == 1 || extents[3] == 3)
    let isFirst = extents.count == 4 && !isLast && (extents[1] == 1 || extents[1] == 3)
    guard extents.count == 3 || isLast || isFirst else {
      throw NPZ.unexpected(
        array.place,
        "images of \(MessageText.shape(extents)); [n, h, w], or [n, h, w, c] or [n, c, h, w] with 1 or 3 channels, is needed"
      )
    }
    guard extents.allSatisfy({ $0 > 0 }) else {
      throw NPZ.unexpected(array.place, "there is no pixel in an array of \(MessageText.shape(extents))")
    }
    count = extents[0]
    let (channels, row) = isLast ? (extents[3], 1) : (isFirst ? (extents[1], 2) : (1, 1))
    shape = ImageShape(channels: channels, height: extents[row], width: extents[row + 1])
    (isChannelsLast, isFortran) = (isLast && channels > 1, array.header.isFortran)
  }

  /// How many bytes are in memory at once while the images are read.
  var needed: Int { count * shape.count * (isFortran ? 2 : 1) }

  /// One axis of the file: how long it is, and how far apart its elements are with us.
  private typealias Axis = (extent: Int, step: Int)

  /// The same pixels as `[n][channels][height][width]`. Only Fortran's order needs room for a second copy.
  func arranged(_ pixels: consuming PixelValues) -> PixelValues {
    switch consume pixels {
    case .bytes(let bytes): .bytes(arranged(bytes, zero: 0))
    case .floats(let floats): .floats(arranged(floats, zero: 0))
    }
  }

  private func arranged<Value>(_ pixels: consuming [Value], zero: Value) -> [Value] {
    let (each, area) = (shape.count, shape.height * shape.width)
    let (row, column): (Axis, Axis) = ((shape.height, shape.width), (shape.width, 1))
    let channel: Axis = (shape.channels, area)
    if isFortran {
      var turned = [Value](repeating: zero, count: pixels.count)
      // Of a row of numbers the columns of the array go in the order of the row.
      let pixel = isChannelsLast ? [channel, column, row] : [(each, 1)]
      let inner = isFlat ? pixel : (isChannelsLast ? [row, column, channel] : [channel, row, column])
      Self.place(pixels[...], [(count, each)] + inner, in: &turned, from: 0)
      return turned
    }
    guard isChannelsLast else { return pixels }
    for start in stride(from: 0, to: pixels.count, by: each) {
      let image = ArraySlice(Array(pixels[start..<start + each]))
      Self.place(image, [channel, column, row], in: &pixels, from: start)
    }
    return pixels
  }

  /// Puts every value where its axes, the fastest first, say that it belongs.
  private static func place<Value>(
    _ values: ArraySlice<Value>, _ axes: [Axis], in target: inout [Value], from start: Int
  ) {
    var (index, at) = ([Int](repeating: 0, count: axes.count), start)
    for value in values {
      target[at] = value
      for axis in axes.indices {
        index[axis] += 1
        at += axes[axis].step
        if index[axis] < axes[axis].extent { break }
        at -= axes[axis].extent * axes[axis].step
        index[axis] = 0
      }
    }
  }
}

/// How the images of an array lie: N images of height H and width W, with one channel or three, which come last or first.
struct ImageLayout {
  let count: Int
  let shape: ImageShape
  private let isChannelsLast: Bool
  private let isFortran: Bool

  /// Other numbers of channels are refused: `[n, 12, 12, 5]` may as well be five-channel images as a mistake.
  init(_ array: NumPyArray) throws(DataError) {
    let extents = array.header.shape
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
  func arranged(_ pixels: consuming [UInt8]) -> [UInt8] {
    let (each, area) = (shape.count, shape.height * shape.width)
    let (row, column): (Axis, Axis) = ((shape.height, shape.width), (shape.width, 1))
    let channel: Axis = (shape.channels, area)
    if isFortran {
      var turned = [UInt8](repeating: 0, count: pixels.count)
      let axes = [(count, each)] + (isChannelsLast ? [row, column, channel] : [channel, row, column])
      Self.place(pixels[...], axes, in: &turned, from: 0)
      return turned
    }
    guard isChannelsLast else { return pixels }
    for start in stride(from: 0, to: pixels.count, by: each) {
      let image = ArraySlice(Array(pixels[start..<start + each]))
      Self.place(image, [channel, column, row], in: &pixels, from: start)
    }
    return pixels
  }

  /// Puts every byte where its axes, the fastest first, say that it belongs.
  private static func place(_ bytes: ArraySlice<UInt8>, _ axes: [Axis], in target: inout [UInt8], from start: Int) {
    var (index, at) = ([Int](repeating: 0, count: axes.count), start)
    for byte in bytes {
      target[at] = byte
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

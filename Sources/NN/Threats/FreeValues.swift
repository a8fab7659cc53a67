import Contract

/// The values of an image that an attack may change, taken out of it as a smaller image.
///
/// An attack under a mask attacks this smaller image: norms, radii, random starts and steps are those of the values that
/// may change, and nothing else can move (docs/decisions/0024-what-leaves.md).
public struct FreeValues: Sendable, Hashable {
  /// Their places in the whole image, in ascending order; never empty.
  public let indices: [Int]
  /// The smallest rectangle of pixels, in all channels, that holds them all.
  public let frame: ImageShape
  /// For every value of the frame its place among the free ones, −1 for one that is fixed; nil if all of the frame is free.
  let places: [Int]?

  /// The values that `isFree` says, of which there is one at least, of an image of this shape.
  init(_ isFree: [Bool], _ shape: ImageShape) {
    require(isFree.count == shape.count && isFree.contains(true), "\(isFree.count) values for \(shape)")
    let area = shape.height * shape.width
    indices = isFree.indices.filter { isFree[$0] }
    let rows = indices.map { $0 % area / shape.width }
    let columns = indices.map { $0 % shape.width }
    let (top, left) = (rows.min() ?? 0, columns.min() ?? 0)
    let (bottom, right) = (rows.max() ?? 0, columns.max() ?? 0)
    frame = ImageShape(channels: shape.channels, height: bottom - top + 1, width: right - left + 1)
    var (places, next) = ([Int](), 0)
    for channel in 0..<shape.channels {
      for row in top...bottom {
        for column in left...right {
          let isHere = isFree[(channel * shape.height + row) * shape.width + column]
          places.append(isHere ? next : -1)
          if isHere { next += 1 }
        }
      }
    }
    self.places = next == frame.count ? nil : places
  }

  /// How many there are.
  public var count: Int { indices.count }

  /// The free values of an image.
  func taken(from image: Pixels) -> Pixels { indices.map { image[$0] } }

  /// An image with other free values.
  func put(_ values: Pixels, into image: Pixels) -> Pixels {
    require(values.count == indices.count, "\(values.count) values for \(indices.count) places")
    var whole = image
    for (place, value) in zip(indices, values) { whole[place] = value }
    return whole
  }
}

/// What surrounds the free values of the images of a batch: the clean images.
struct Surroundings: Sendable {
  let free: FreeValues
  let images: [Pixels]

  /// Whole images, given the free values of images that belong to `rows` of the batch.
  func whole(_ parts: [Pixels], of rows: [Int]) -> [Pixels] {
    zip(parts, rows).map { free.put($0, into: images[$1]) }
  }

  /// The same for a batch in one piece, one row an image.
  func whole(_ parts: Tensor, of rows: [Int]) -> Tensor { Tensor(whole(parts.eachRow, of: rows)) }

  /// The free values of each row.
  func taken(from whole: Tensor) -> Tensor { Tensor(whole.eachRow.map(free.taken(from:))) }

  /// Those of some of the rows.
  func rows(_ rows: [Int]) -> Surroundings { Surroundings(free: free, images: rows.map { images[$0] }) }
}

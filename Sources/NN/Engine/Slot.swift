import CKernels
import Contract

/// Where one activation or gradient of a group lies in an arena.
struct Slot: Sendable {
  /// Extents and distances in vectors.
  let planes: ward_planes
  /// Pixel (0, 0) of channel 0, in floats from the arena's start.
  let offset: Int

  var shape: ImageShape {
    ImageShape(channels: Int(planes.channels), height: Int(planes.height), width: Int(planes.width))
  }

  /// The same memory as a column of single pixels; there must be no halo.
  var flattened: Slot {
    require(planes.row == planes.width && planes.plane == planes.row * planes.height, "a halo in a flat slot")
    let count = Int32(shape.count)
    return Slot(planes: ward_planes(channels: count, height: 1, width: 1, row: 1, plane: 1), offset: offset)
  }

  var hasHalo: Bool { planes.row != planes.width || planes.plane != planes.row * planes.height }
}

/// How far windows reach over the edge of a buffer, in pixels.
struct Halo: Sendable, Equatable {
  var height = 0
  var width = 0

  static let none = Halo()

  func union(_ other: Halo) -> Halo { Halo(height: max(height, other.height), width: max(width, other.width)) }
}

/// Lays out the memory of one group of 16 images.
struct ArenaLayout: Sendable {
  /// Floats of what stays until the pass is over.
  private(set) var kept = 0
  /// Floats of what one operation needs while it runs: all share them.
  private(set) var scratch = 0
  /// Floats needed so far.
  var count: Int { kept + scratch }

  /// Room for the pixels of a group, with zeros around them. Neighbouring rows share their halo, so do planes.
  mutating func slot(_ shape: ImageShape, halo: Halo = .none) -> Slot {
    let row = shape.width + halo.width
    let plane = (shape.height + 2 * halo.height) * row
    let start = floats((shape.channels * plane + 2 * halo.width) * WARD_LANES)
    let planes = ward_planes(
      channels: Int32(shape.channels), height: Int32(shape.height), width: Int32(shape.width), row: Int32(row),
      plane: Int32(plane))
    return Slot(planes: planes, offset: start + (halo.height * row + halo.width) * WARD_LANES)
  }

  /// Room for any number of floats, on a cache line of its own.
  mutating func floats(_ number: Int) -> Int {
    defer { kept += (number + 15) / 16 * 16 }
    return kept
  }

  /// Room at the frame's `scratch`.
  mutating func shared(_ number: Int) { scratch = max(scratch, (number + 15) / 16 * 16) }

  /// Room for one byte an image and pixel.
  mutating func bytes(_ shape: ImageShape) -> Int { floats(shape.count * WARD_LANES / 4) }
}

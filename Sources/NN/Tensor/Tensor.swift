import Contract

/// An array of floats in row-major order. Images are `[n, channels, height, width]` with pixels in [0, 1].
public struct Tensor: Sendable, Equatable {
  /// Extents, the slowest index first.
  public let shape: [Int]
  /// Values to a row: what one image takes.
  public let rowCount: Int
  /// As many as the product of the extents.
  public var values: [Float]

  /// A tensor of the given shape; there must be exactly as many values as it has places.
  public init(shape: [Int], values: [Float]) {
    require(shape.allSatisfy { $0 >= 0 }, "negative extent in \(shape)")
    require(shape.reduce(1, *) == values.count, "\(values.count) values for shape \(shape)")
    self.shape = shape
    rowCount = shape.dropFirst().reduce(1, *)
    self.values = values
  }

  /// A tensor that holds one number everywhere.
  public init(shape: [Int], repeating value: Float = 0) {
    self.init(shape: shape, values: Array(repeating: value, count: shape.reduce(1, *)))
  }

  /// Rows of one length, one after the other.
  init(_ rows: [[Float]]) {
    let width = rows.first?.count ?? 0
    require(rows.allSatisfy { $0.count == width }, "rows of different lengths")
    var values: [Float] = []
    values.reserveCapacity(rows.count * width)
    for row in rows { values += row }
    self.init(shape: [rows.count, width], values: values)
  }

  /// The rows as arrays of their own.
  var eachRow: [[Float]] { (0..<rows).map { Array(self[row: $0]) } }

  /// Number of values.
  public var count: Int { values.count }

  /// Extent of the first index: the number of images of a batch.
  public var rows: Int { shape.first ?? 1 }

  /// The values of one row.
  public subscript(row index: Int) -> ArraySlice<Float> {
    get { values[index * rowCount..<(index + 1) * rowCount] }
    set {
      require(newValue.count == rowCount, "\(newValue.count) values for a row of \(rowCount)")
      values.replaceSubrange(index * rowCount..<(index + 1) * rowCount, with: newValue)
    }
  }

  /// The chosen rows, in the order given; a row may be taken more than once.
  public func rows(_ chosen: some Sequence<Int>) -> Tensor {
    var taken: [Float] = []
    taken.reserveCapacity(chosen.underestimatedCount * rowCount)
    var count = 0
    for index in chosen {
      taken += self[row: index]
      count += 1
    }
    return Tensor(shape: [count] + shape.dropFirst(), values: taken)
  }
}

/// A selection of images from one part of a data set: a view that does not copy the bytes.
///
/// Every image keeps its index in the data set, so that a random stream, a stored example and a picture of image 7
/// mean the same image however it was selected.
public struct Images: Sendable {
  /// The data set they belong to.
  public let dataset: Dataset
  /// The part they were selected from.
  public let part: Dataset.Part
  /// The index of each image in its part.
  public let indices: [Int]
  private let examples: Dataset.Examples
  /// What it is called, if not by its data set and part.
  private let ownName: String?

  init(of dataset: Dataset, _ part: Dataset.Part) {
    let examples = dataset.parts[part] ?? Dataset.Examples(bytes: [], labels: [])
    self.init(dataset, part, Array(examples.labels.indices), examples)
  }

  private init(
    _ dataset: Dataset, _ part: Dataset.Part, _ indices: [Int], _ examples: Dataset.Examples, _ ownName: String? = nil
  ) {
    (self.dataset, self.part, self.indices, self.examples) = (dataset, part, indices, examples)
    self.ownName = ownName
  }

  /// The same images under a name of their own.
  func named(_ name: String) -> Images { Images(dataset, part, indices, examples, name) }

  /// How many images there are.
  public var count: Int { indices.count }
  /// Whether there are none.
  public var isEmpty: Bool { indices.isEmpty }
  /// Channels, height and width of each.
  public var shape: ImageShape { dataset.shape }
  /// Class names, by class number.
  public var classes: [String] { dataset.classes }
  /// The name of the data set and of the part, as in `fashion-mnist.test`.
  public var name: String { ownName ?? "\(dataset.name).\(part.rawValue)" }
  /// The true class of each.
  public var labels: [Int] { indices.map { Int(examples.labels[$0]) } }

  /// The true class of the image at a position of this selection.
  public func label(at position: Int) -> Int { Int(examples.labels[indices[position]]) }

  /// The pixels of the whole part, in which image `i` starts at `i * shape.count`.
  public var values: PixelValues { examples.values }

  /// The bytes of the image at a position, `[channels][height][width]`, 0 to 255: those of a picture. Floats are rounded.
  public func bytes(at position: Int) -> ArraySlice<UInt8> {
    let start = indices[position] * shape.count
    switch examples.values {
    case .bytes(let bytes): return bytes[start..<start + shape.count]
    case .floats(let floats): return floats[start..<start + shape.count].map { UInt8(($0 * 255).rounded()) }[...]
    }
  }

  /// The image at a position as floats, `[channels][height][width]`, 0 to 1.
  public func pixels(at position: Int) -> Pixels {
    let start = indices[position] * shape.count
    switch examples.values {
    case .bytes(let bytes): return bytes[start..<start + shape.count].map { Float($0) / 255 }
    case .floats(let floats): return Array(floats[start..<start + shape.count])
    }
  }

  /// The images at some positions as floats, `[n, channels, height, width]`, 0 to 1.
  public func tensor(_ positions: Range<Int>) -> Tensor { tensor(at: Array(positions)) }

  /// The images at some positions, in their order, as floats.
  func tensor(at positions: [Int]) -> Tensor {
    let each = shape.count
    // Safety: every index is one of the part's, and the rows of `values` follow one another.
    let values = [Float](unsafeUninitializedCapacity: positions.count * each) { values, initialized in
      switch examples.values {
      case .bytes(let bytes):
        bytes.withUnsafeBufferPointer { bytes in
          for (row, position) in positions.enumerated() {
            let start = indices[position] * each
            for i in 0..<each { values[row * each + i] = Float(bytes[start + i]) / 255 }
          }
        }
      case .floats(let floats):
        floats.withUnsafeBufferPointer { floats in
          for (row, position) in positions.enumerated() {
            let start = indices[position] * each
            for i in 0..<each { values[row * each + i] = floats[start + i] }
          }
        }
      }
      initialized = positions.count * each
    }
    return Tensor(shape: [positions.count, shape.channels, shape.height, shape.width], values: values)
  }

  /// The images at some positions as floats.
  func pixels(_ positions: Range<Int>) -> [Pixels] { positions.map(pixels(at:)) }

  /// The true classes of the images at some positions.
  func labels(_ positions: Range<Int>) -> [Int] { positions.map(label(at:)) }

  /// The first `count` images, or all if there are not as many.
  public func take(_ count: Int) -> Images { selecting(Array(indices.prefix(max(count, 0)))) }

  /// Images `range.lowerBound` up to, and without, `range.upperBound` of this selection.
  ///
  /// - Throws: `DataError.selection` if the range reaches past the end.
  public func slice(_ range: Range<Int>) throws(DataError) -> Images {
    guard range.lowerBound >= 0, range.upperBound <= count else {
      throw .selection("\(name) has images 0 to \(count - 1), not \(range.lowerBound) to \(range.upperBound - 1)")
    }
    return selecting(Array(indices[range]))
  }

  /// The images of some classes, in their order.
  ///
  /// - Throws: `DataError.noSuchClass` for a number that is no class, `.selection` if no image is left.
  public func only(_ wanted: [Int]) throws(DataError) -> Images {
    if let stranger = wanted.first(where: { !classes.indices.contains($0) }) {
      throw .noSuchClass(name: "\(stranger)", classes: classes)
    }
    let wanted = Set(wanted)
    let kept = selecting(indices.filter { wanted.contains(Int(examples.labels[$0])) })
    guard !kept.isEmpty else { throw .selection("\(name) has no image of these classes in this selection") }
    return kept
  }

  /// The images of some classes, by name.
  public func only(_ names: [String]) throws(DataError) -> Images {
    var numbers: [Int] = []
    for name in names { numbers.append(try dataset.number(ofClass: name)) }
    return try only(numbers)
  }

  /// The images at some positions of this selection, which must be positions of it.
  public func at(_ positions: [Int]) -> Images { selecting(positions.map { indices[$0] }) }

  private func selecting(_ indices: [Int]) -> Images { Images(dataset, part, indices, examples, ownName) }
}

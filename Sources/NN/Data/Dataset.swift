/// Labelled images as bytes, in two parts, with what a notebook has to know of them.
///
/// Pixels stay bytes (0 to 255, meaning 0 to 1): all of Fashion-MNIST takes 55 MB. Copies share them.
public struct Dataset: Sendable {
  /// The two parts of a data set.
  public enum Part: String, Sendable, Hashable, CaseIterable {
    /// The images a model learns from.
    case train
    /// The images it is judged by.
    case test
  }

  /// A file that the data set was read from.
  public struct File: Sendable, Hashable {
    /// Where it is.
    public let path: String
    /// Its SHA-256 in hexadecimal, of the bytes on disk (compressed, if they are).
    public let sha256: String
  }

  /// Images and labels of one part.
  public struct Examples: Sendable {
    /// `[n][channels][height][width]`, row-major.
    public let bytes: [UInt8]
    /// One class number an image.
    public let labels: [UInt8]

    /// Labels and the bytes of as many images.
    public init(bytes: [UInt8], labels: [UInt8]) {
      self.bytes = bytes
      self.labels = labels
    }
  }

  /// The name it was loaded by.
  public let name: String
  /// The folder or file it came from; empty for one made in memory.
  public let path: String
  /// Class names, by class number.
  public let classes: [String]
  /// Channels, height and width of every image.
  public let shape: ImageShape
  /// Mean of the training images, one value a channel, pixels from 0 to 1.
  public let mean: [Float]
  /// Standard deviation of the training images (of the pixels, not of a sample), one value a channel.
  public let std: [Float]
  /// The files it was read from.
  public let files: [File]
  let parts: [Part: Examples]

  /// A data set from bytes in memory. Mean and standard deviation come exactly from byte counts.
  ///
  /// - Throws: `DataError` if a part's bytes and labels differ in number or a label names no class.
  public init(
    name: String, path: String = "", classes: [String], shape: ImageShape, train: Examples, test: Examples,
    files: [File] = []
  ) throws(DataError) {
    for (part, examples) in [("training part", train), ("test part", test)] {
      let place = path.isEmpty ? "\(name), \(part)" : "\(path), \(part)"
      guard examples.bytes.count == examples.labels.count * shape.count else {
        throw .countMismatch(
          images: examples.bytes.count / max(shape.count, 1), imagesPath: place, labels: examples.labels.count,
          labelsPath: place)
      }
      if let index = examples.labels.firstIndex(where: { Int($0) >= classes.count }) {
        throw .labelOutOfRange(path: place, index: index, label: Int(examples.labels[index]), classes: classes.count)
      }
    }
    (self.name, self.path, self.classes, self.shape, self.files) = (name, path, classes, shape, files)
    parts = [.train: train, .test: test]
    (mean, std) = PixelStatistics.meanAndDeviation(of: train.bytes, shape: shape)
  }

  /// All training images.
  public var train: Images { Images(of: self, .train) }
  /// All test images.
  public var test: Images { Images(of: self, .test) }
  /// All images of a part.
  public subscript(part: Part) -> Images { Images(of: self, part) }

  /// One digest for all files: the SHA-256 of each, joined by line feeds, in order of reading.
  public var sha256: String { files.map(\.sha256).joined(separator: "\n") }

  /// The number of a class, by its name or by its number in digits; upper and lower case are alike.
  public func number(ofClass name: String) throws(DataError) -> Int {
    if let exact = classes.firstIndex(of: name) { return exact }
    if let near = classes.firstIndex(where: { $0.lowercased() == name.lowercased() }) { return near }
    if let number = Int(name), classes.indices.contains(number) { return number }
    throw .noSuchClass(name: name, classes: classes)
  }
}

/// Means and deviations from the counts of the 256 byte values: exact, where a running sum of floats is not.
enum PixelStatistics {
  static func meanAndDeviation(of bytes: [UInt8], shape: ImageShape) -> (mean: [Float], std: [Float]) {
    let moments = (0..<shape.channels).map { channel in
      Self.moments(counts(of: bytes, channel: channel, shape: shape))
    }
    return (moments.map { Float($0.mean) }, moments.map { Float($0.std) })
  }

  private static func moments(_ counts: [Int]) -> (mean: Double, std: Double) {
    let total = counts.reduce(0, +)
    guard total > 0 else { return (0, 1) }
    let sum = counts.indices.reduce(0) { $0 + $1 * counts[$1] }
    let squares = counts.indices.reduce(0) { $0 + $1 * $1 * counts[$1] }
    let mean = Double(sum) / Double(total)
    let variance = Double(squares) / Double(total) - mean * mean
    // Images of one colour have no deviation; 1 keeps normalisation a plain shift.
    return (mean / 255, variance > 0 ? variance.squareRoot() / 255 : 1)
  }

  /// How often each byte value occurs in a channel. Four tables, as equal neighbours would wait for one another.
  private static func counts(of bytes: [UInt8], channel: Int, shape: ImageShape) -> [Int] {
    let area = shape.height * shape.width
    var tables = [UInt32](repeating: 0, count: 4 * 256)
    var counts = [Int](repeating: 0, count: 256)
    // Safety: `image` walks whole images of `bytes`, and a byte plus 768 is the last entry of `tables`.
    bytes.withUnsafeBufferPointer { bytes in
      tables.withUnsafeMutableBufferPointer { tables in
        var image = channel * area
        while image + area <= bytes.count {
          var i = image
          let end = image + area
          while i + 4 <= end {
            tables[Int(bytes[i])] += 1
            tables[Int(bytes[i + 1]) + 256] += 1
            tables[Int(bytes[i + 2]) + 512] += 1
            tables[Int(bytes[i + 3]) + 768] += 1
            i += 4
          }
          while i < end {
            tables[Int(bytes[i])] += 1
            i += 1
          }
          image += shape.count
        }
      }
    }
    for value in 0..<256 {
      counts[value] = (0..<4).reduce(0) { $0 + Int(tables[$1 * 256 + value]) }
    }
    return counts
  }
}

import Contract

/// Labelled images, or rows of a table of features, in two parts or three, with what a notebook has to know of them.
///
/// Pixels that were bytes stay bytes (0 to 255, meaning 0 to 1): all of Fashion-MNIST takes 55 MB. What would lose by
/// rounding, such as features, is kept as floats from 0 to 1. Copies share them.
public struct Dataset: Sendable {
  /// The parts of a data set.
  public enum Part: String, Sendable, Hashable, CaseIterable {
    /// The images a model learns from.
    case train
    /// The images it is judged by.
    case test
    /// Images to choose settings by, which some data sets set apart; no command uses them unasked.
    case validation
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
    public let values: PixelValues
    /// One class number an image.
    public let labels: [UInt8]

    /// Labels and the pixels of as many images.
    public init(_ values: PixelValues, labels: [UInt8]) {
      self.values = values
      self.labels = labels
    }

    /// Labels and the bytes of as many images, 255 for white.
    public init(bytes: [UInt8], labels: [UInt8]) { self.init(.bytes(bytes), labels: labels) }

    /// Labels and the pixels of as many images, from 0 to 1.
    public init(floats: [Float], labels: [UInt8]) { self.init(.floats(floats), labels: labels) }
  }

  /// The name it was loaded by.
  public let name: String
  /// The folder or file it came from; empty for one made in memory.
  public let path: String
  /// Class names, by class number.
  public internal(set) var classes: [String]
  /// Channels, height and width of every image.
  public let shape: ImageShape
  /// Mean of the training images, one value a channel, pixels from 0 to 1.
  public let mean: [Float]
  /// Standard deviation of the training images (of the pixels, not of a sample), one value a channel.
  public let std: [Float]
  /// What each channel of an "image" is, in a table of features; nil for pictures.
  public let features: [Feature]?
  /// The files it was read from.
  public internal(set) var files: [File]
  /// What a person should know of how it was read, a line each.
  public internal(set) var notes: [String] = []
  /// The seed by which its test part was split off; nil if the files have one.
  public internal(set) var split: Int?
  let parts: [Part: Examples]

  /// A data set from pixels in memory. Mean and standard deviation of bytes come exactly from their counts.
  ///
  /// - Throws: `DataError` if a part's pixels and labels differ in number, a label names no class, or a float is not from
  ///   0 to 1.
  public init(
    name: String, path: String = "", classes: [String], shape: ImageShape, train: Examples, test: Examples,
    validation: Examples? = nil, features: [Feature]? = nil, files: [File] = []
  ) throws(DataError) {
    require(features.map { $0.count == shape.channels } ?? true, "a name for each of \(shape.channels) features")
    let given = [("training part", train), ("test part", test)] + (validation.map { [("validation part", $0)] } ?? [])
    for (part, examples) in given {
      let place = path.isEmpty ? "\(name), \(part)" : "\(path), \(part)"
      guard examples.values.count == examples.labels.count * shape.count else {
        throw .countMismatch(
          images: examples.values.count / max(shape.count, 1), imagesPath: place, labels: examples.labels.count,
          labelsPath: place)
      }
      if case .floats(let floats) = examples.values, let at = floats.firstIndex(where: { !($0 >= 0 && $0 <= 1) }) {
        throw .unexpected(
          place: place, reason: "a pixel of image \(at / shape.count) is \(floats[at])", taken: "floats go from 0 to 1")
      }
      if let index = examples.labels.firstIndex(where: { Int($0) >= classes.count }) {
        throw .labelOutOfRange(path: place, index: index, label: Int(examples.labels[index]), classes: classes.count)
      }
    }
    (self.name, self.path, self.classes, self.shape) = (name, path, classes, shape)
    (self.features, self.files) = (features, files)
    var parts: [Part: Examples] = [.train: train, .test: test]
    parts[.validation] = validation
    self.parts = parts
    (mean, std) = PixelStatistics.meanAndDeviation(of: train.values, shape: shape)
  }

  /// All training images.
  public var train: Images { Images(of: self, .train) }
  /// All test images.
  public var test: Images { Images(of: self, .test) }
  /// All validation images; nil for a data set that sets none apart.
  public var validation: Images? { parts[.validation] == nil ? nil : Images(of: self, .validation) }
  /// What one of its examples is called: `image`, or `row` in a table of features.
  public var noun: String { features == nil ? "image" : "row" }
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

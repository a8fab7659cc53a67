/// How a data set is to be read: what `load` is told besides the path. Stored with the data set, so that it can be read again
/// in the same way.
///
/// As JSON, each only where it was given: `{"target":"diagnosis","share":0.2,"seed":0,"names":["benign","malignant"]}`.
public struct LoadOptions: Codable, Sendable, Equatable {
  /// The share of the images that becomes the test part, where the files have none; 0 to 1.
  public var share: Double?
  /// How many images become the test part, where the files have none.
  public var count: Int?
  /// What decides which images become the test part.
  public var seed: Int?
  /// The name of the column that holds the class, or its number, from 1.
  public var target: String?
  /// What stands in for missing values: `mean`.
  public var missing: String?
  /// Columns that are left out.
  public var without: [String]?
  /// Rows and columns of an image, or channels, rows and columns, where the files do not say.
  public var shape: [Int]?
  /// The number that a white pixel has, where it is neither 255 nor 1: images become shares of it.
  public var white: Double?
  /// Rows and columns to which pictures are scaled.
  public var size: Int?
  /// The names of the classes, in the order of their numbers.
  public var names: [String]?

  /// Nothing out of the ordinary.
  public init() {}

  /// Whether nothing was asked for.
  public var isEmpty: Bool { self == LoadOptions() }

  /// The given ones by name, for a reader that does not know them.
  fileprivate func given(_ known: Set<String>) -> (name: String, use: String)? {
    let all: [(name: String, isGiven: Bool, use: String)] = [
      ("target", target != nil, "is for tables: which column holds the class"),
      ("missing", missing != nil, "is for tables of features: what stands in for missing values"),
      ("without", without != nil, "is for tables of features: columns to leave out"),
      ("shape", shape != nil, "is for images that are written as one row of numbers"),
      ("white", white != nil, "is for images that are written as numbers: which of them is white"),
      ("size", size != nil, "is for folders of pictures, which it scales"),
    ]
    return all.first { $0.isGiven && !known.contains($0.name) }.map { ($0.name, $0.use) }
  }

  /// Refuses options that a reader has no use for: nothing that was typed may be without effect.
  func check(knownAre known: Set<String>, place: String, kind: String) throws(DataError) {
    if let stranger = given(known) {
      throw .unexpected(
        place: place, reason: "it is \(kind), which has no use for \(stranger.name):",
        taken: "\(stranger.name): \(stranger.use)")
    }
  }
}

/// What long reading is done with: when to stop, and where to say how far it is.
public struct LoadWork: Sendable {
  /// Asked between pieces of work.
  public let stop: Stop
  /// Called from any thread with what is being done and the share that is done, 0 to 1.
  public let progress: @Sendable (String, Double) -> Void

  /// See the properties.
  public init(stop: Stop = .never, progress: @escaping @Sendable (String, Double) -> Void = { _, _ in }) {
    (self.stop, self.progress) = (stop, progress)
  }
}

/// What a person should know of how a data set was read: a line each.
struct DataNotes {
  private(set) var lines: [String] = []

  mutating func add(_ line: String) { lines.append(line) }
}

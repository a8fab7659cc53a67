import Foundation

/// A folder with one or more of EMNIST's splits under their own names, as `emnist-letters-train-images-idx3-ubyte.gz`.
///
/// Cohen, Afshar, Tapson, van Schaik, "EMNIST: an extension of MNIST to handwritten letters", 2017. Its images are stored
/// column by column; letters are numbered from 1.
struct EMNISTFolder {
  private let folder: URL
  private let split: String

  private static let splits = ["byclass", "bymerge", "balanced", "letters", "digits", "mnist"]

  /// Nil if the folder holds no split.
  ///
  /// - Parameter split: `emnist-letters`; nil for the only one that there is.
  /// - Throws: `DataError.unexpected` if there are several, and none was named.
  init?(_ folder: URL, split: String? = nil) throws(DataError) {
    // The archive unpacks to a folder `gzip`.
    for place in [folder, folder.appendingPathComponent("gzip")] {
      let found = Self.splits.filter { Self.path(place, $0, "train-images") != nil }
      guard !found.isEmpty else { continue }
      if let split {
        guard let own = found.first(where: { $0 == split || "emnist-\($0)" == split }) else { continue }
        (self.folder, self.split) = (place, own)
        return
      }
      guard found.count == 1 else {
        throw .unexpected(
          place: folder.path, reason: "it has several splits of EMNIST",
          taken: "say which: load \"\(folder.path)/emnist-\(found[0])\"; there are \(found.joined(separator: ", "))")
      }
      (self.folder, self.split) = (place, found[0])
      return
    }
    return nil
  }

  private static func path(_ folder: URL, _ split: String, _ stem: String) -> String? {
    let kind = stem.hasSuffix("images") ? "idx3-ubyte" : "idx1-ubyte"
    return ["\(kind).gz", kind].map { folder.appendingPathComponent("emnist-\(split)-\(stem)-\($0)").path }
      .first { FileManager.default.fileExists(atPath: $0) }
  }

  func load() throws(DataError) -> Dataset {
    var paths: [String] = []
    for stem in ["train-images", "train-labels", "test-images", "test-labels"] {
      guard let path = Self.path(folder, split, stem) else {
        throw .missingFile(path: folder.appendingPathComponent("emnist-\(split)-\(stem)-idx…").path)
      }
      paths.append(path)
    }
    let four = try IDXFiles(paths)
    let first: UInt8 = split == "letters" ? 1 : 0
    let classes = Self.classes(split)
    func labels(_ labels: [UInt8], _ path: String) throws(DataError) -> [UInt8] {
      if let index = labels.firstIndex(where: { $0 < first || Int($0 - first) >= classes.count }) {
        throw .labelOutOfRange(path: path, index: index, label: Int(labels[index]), classes: classes.count)
      }
      return labels.map { $0 - first }
    }
    var data = try Dataset(
      name: "emnist-\(split)", path: folder.path + "/emnist-\(split)", classes: classes, shape: four.shape,
      train: .init(bytes: four.turned(four.train), labels: try labels(four.trainLabels, paths[1])),
      test: .init(bytes: four.turned(four.test), labels: try labels(four.testLabels, paths[3])), files: four.files)
    data.notes = ["EMNIST's images lie on their side: rows and columns were exchanged"]
    return data
  }

  private static func classes(_ split: String) -> [String] {
    func letters(_ range: ClosedRange<Character>) -> [String] {
      let bounds = (range.lowerBound.asciiValue ?? 0, range.upperBound.asciiValue ?? 0)
      return (bounds.0...bounds.1).map { String(Character(Unicode.Scalar($0))) }
    }
    let (digits, large) = (ClassNames.digits(10), letters("A"..."Z"))
    switch split {
    case "letters": return large
    case "byclass": return digits + large + letters("a"..."z")
    // Small letters that look like large ones are counted with them.
    case "balanced", "bymerge": return digits + large + "abdefghnqrt".map { String($0) }
    default: return digits
    }
  }
}

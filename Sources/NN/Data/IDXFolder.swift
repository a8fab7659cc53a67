import Contract
import Foundation

/// A folder with the four IDX files of MNIST or of a data set made like it, gzipped or not.
struct IDXFolder {
  let folder: URL

  init?(_ folder: URL) {
    self.folder = folder
    guard Self.stems.contains(where: { find($0) != nil }) else { return nil }
  }

  private static let stems = ["train-images", "train-labels", "t10k-images", "t10k-labels"]
  private static let kinds = ["images": "idx3-ubyte", "labels": "idx1-ubyte"]

  /// The file of a stem, in any of the usual spellings.
  private func find(_ stem: String) -> String? {
    let kind = Self.kinds[String(stem.split(separator: "-")[1])] ?? ""
    let spellings = ["-", "."].flatMap { ["\(stem)\($0)\(kind).gz", "\(stem)\($0)\(kind)"] }
    return spellings.map { folder.appendingPathComponent($0).path }.first { FileManager.default.fileExists(atPath: $0) }
  }

  /// Reads the four files, on two threads.
  func load(name: String? = nil, classes: [String]? = nil) throws(DataError) -> Dataset {
    var paths: [String] = []
    for stem in Self.stems {
      guard let path = find(stem) else {
        throw .missingFile(path: folder.appendingPathComponent("\(stem)-\(Self.kinds["\(stem.suffix(6))"] ?? "")").path)
      }
      paths.append(path)
    }
    let four = try IDXFiles(paths)
    let name = name ?? Self.name(folder)
    let classes = classes ?? guessedClasses(name, four)
    for (labels, path) in [(four.trainLabels, paths[1]), (four.testLabels, paths[3])] {
      guard let index = labels.firstIndex(where: { Int($0) >= classes.count }) else { continue }
      throw .labelOutOfRange(path: path, index: index, label: Int(labels[index]), classes: classes.count)
    }
    try LabelGaps.check(train: four.trainLabels, test: four.testLabels, known: 10, places: (paths[1], paths[3]))
    return try Dataset(
      name: name, path: folder.path, classes: classes, shape: four.shape,
      train: .init(bytes: four.train, labels: four.trainLabels),
      test: .init(bytes: four.test, labels: four.testLabels), files: four.files)
  }

  /// What the folder is called; torchvision puts the files of `NAME` into `NAME/raw`.
  private static func name(_ folder: URL) -> String {
    folder.lastPathComponent == "raw" ? folder.deletingLastPathComponent().lastPathComponent : folder.lastPathComponent
  }

  /// Fashion-MNIST's names if the folder is called after it, else the digits; more classes if the labels need them.
  private func guessedClasses(_ name: String, _ four: IDXFiles) -> [String] {
    let needed = Int(max(four.trainLabels.max() ?? 0, four.testLabels.max() ?? 0)) + 1
    if name.lowercased().contains("fashion"), needed <= 10 { return ClassNames.fashion }
    if name.lowercased().contains("kmnist"), needed <= 10 { return ClassNames.kuzushiji }
    return ClassNames.digits(max(10, needed))
  }
}

/// The four files of a data set in IDX form.
struct IDXFiles {
  let shape: ImageShape
  let train: [UInt8]
  let trainLabels: [UInt8]
  let test: [UInt8]
  let testLabels: [UInt8]
  let files: [Dataset.File]

  /// Reads them, on two threads: training images and labels, test images and labels.
  init(_ files: [String]) throws(DataError) {
    // Before anything is unpacked: a small file can announce very many images, and have them.
    for at in [0, 2] {
      let (images, labels) = (try IDX.count(files[at], IDX.imagesMagic), try IDX.count(files[at + 1], IDX.labelsMagic))
      guard images == labels else {
        throw .countMismatch(images: images, imagesPath: files[at], labels: labels, labelsPath: files[at + 1])
      }
    }
    let later = BackgroundTask { () throws(DataError) in try Rest(files) }
    let train = try IDX.images(files[0])
    let rest = try later.value()
    guard train.shape == rest.test.shape else { throw .shapeMismatch(train: train.shape, test: rest.test.shape) }
    (shape, self.train, trainLabels) = (train.shape, train.bytes, rest.trainLabels)
    (test, testLabels, self.files) = (rest.test.bytes, rest.testLabels, rest.files)
  }

  /// The same square images with rows and columns exchanged.
  func turned(_ images: [UInt8]) -> [UInt8] {
    let (side, each) = (shape.width, shape.count)
    guard side == shape.height else { return images }
    var out = images
    for start in stride(from: 0, to: images.count, by: each) {
      for row in 0..<side {
        for column in 0..<side { out[start + row * side + column] = images[start + column * side + row] }
      }
    }
    return out
  }

  /// Everything but the training images: what the second thread reads meanwhile.
  private struct Rest: Sendable {
    let trainLabels: [UInt8]
    let test: (bytes: [UInt8], count: Int, shape: ImageShape)
    let testLabels: [UInt8]
    let files: [Dataset.File]

    init(_ paths: [String]) throws(DataError) {
      trainLabels = try IDX.labels(paths[1])
      test = try IDX.images(paths[2])
      testLabels = try IDX.labels(paths[3])
      var files: [Dataset.File] = []
      for path in paths { files.append(Dataset.File(path: path, sha256: try Digest.sha256(ofFile: path))) }
      self.files = files
    }
  }
}

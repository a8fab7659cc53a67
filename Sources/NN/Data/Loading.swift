import Contract
import Foundation

extension Dataset {
  /// Reads a data set by its name, or from a folder.
  ///
  /// A name is looked for in `$WARD_DATA/NAME`, then where Debian's packages put data sets, then in the working folder. All 70,000 images of
  /// Fashion-MNIST take about 0.25 s: one thread unpacks the training images while another does everything else.
  ///
  /// - Throws: `DataError`, each case with the file and what to do.
  public static func load(
    _ nameOrPath: String, environment: [String: String] = ProcessInfo.processInfo.environment,
    workingFolder: String = FileManager.default.currentDirectoryPath
  ) throws(DataError) -> Dataset {
    if let known = KnownDataset.all.first(where: { $0.name == nameOrPath.lowercased() }) {
      return try known.load(environment, workingFolder)
    }
    let path = nameOrPath
    guard FileManager.default.fileExists(atPath: path) else {
      throw .unknown(name: nameOrPath, known: KnownDataset.all.map(\.name))
    }
    return try read(path: path)
  }

  /// The names that `load` knows without a path.
  public static var knownNames: [String] { KnownDataset.all.map(\.name) }

  private static func read(path: String) throws(DataError) -> Dataset {
    let folder = URL(fileURLWithPath: path).standardizedFileURL
    if folder.pathExtension.lowercased() == "npz" { return try NPZ(folder.path).load() }
    if let idx = IDXFolder(folder) { return try idx.load() }
    if let cifar = CIFARFolder(folder) { return try cifar.load() }
    // The archives unpack to a folder in the folder.
    for inner in ["cifar-10-batches-bin", "cifar-100-binary"] {
      if let cifar = CIFARFolder(folder.appendingPathComponent(inner)) { return try cifar.load() }
    }
    throw .notADataset(path: path)
  }
}

/// A data set that can be loaded by name.
struct KnownDataset {
  let name: String
  let folders: [String]
  let package: String?
  let classes: [String]

  static let all = [
    KnownDataset(
      name: "fashion-mnist", folders: ["/usr/share/datasets/fashion-mnist"], package: "dataset-fashion-mnist",
      classes: ClassNames.fashion),
    KnownDataset(name: "mnist", folders: ["/usr/share/datasets/mnist"], package: nil, classes: ClassNames.digits(10)),
    KnownDataset(name: "cifar-10", folders: ["/usr/share/datasets/cifar-10"], package: nil, classes: ClassNames.cifar),
    KnownDataset(
      name: "cifar-100", folders: ["/usr/share/datasets/cifar-100"], package: nil, classes: ClassNames.digits(100)),
  ]

  func load(_ environment: [String: String], _ workingFolder: String) throws(DataError) -> Dataset {
    let own = environment["WARD_DATA"].map { [$0 + "/" + name] } ?? []
    let looked = own + folders
    if let found = looked.first(where: { FileManager.default.fileExists(atPath: $0) }) {
      guard let dataset = try read(URL(fileURLWithPath: found)) else { throw .notADataset(path: found) }
      return dataset
    }
    // Last, and only if it is one: what `load "mnist"` means should not hang on where Ward was started.
    if let dataset = try read(URL(fileURLWithPath: workingFolder).appendingPathComponent(name)) { return dataset }
    throw .missing(name: name, looked: own.isEmpty ? looked + ["$WARD_DATA/\(name)"] : looked, package: package)
  }

  /// Nil if the folder holds no data set, or is not there.
  private func read(_ folder: URL) throws(DataError) -> Dataset? {
    if let idx = IDXFolder(folder) { return try idx.load(name: name, classes: classes) }
    for place in [
      folder, folder.appendingPathComponent("cifar-10-batches-bin"), folder.appendingPathComponent("cifar-100-binary"),
    ] {
      if let cifar = CIFARFolder(place) { return try cifar.load(name: name) }
    }
    return nil
  }
}

/// The class names of well-known data sets, in the order of their numbers.
enum ClassNames {
  static let fashion = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
  ]
  static let cifar = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]
  static func digits(_ count: Int) -> [String] { (0..<count).map(String.init) }
}

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
    let files = paths
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
    let test = rest.test
    guard train.shape == test.shape else { throw .shapeMismatch(train: train.shape, test: test.shape) }
    let name = name ?? folder.lastPathComponent
    let classes = classes ?? guessedClasses(name, rest)
    for (labels, path) in [(rest.trainLabels, files[1]), (rest.testLabels, files[3])] {
      guard let index = labels.firstIndex(where: { Int($0) >= classes.count }) else { continue }
      throw .labelOutOfRange(path: path, index: index, label: Int(labels[index]), classes: classes.count)
    }
    try LabelGaps.check(train: rest.trainLabels, test: rest.testLabels, known: 10, places: (files[1], files[3]))
    return try Dataset(
      name: name, path: folder.path, classes: classes, shape: train.shape,
      train: .init(bytes: train.bytes, labels: rest.trainLabels),
      test: .init(bytes: test.bytes, labels: rest.testLabels), files: rest.files)
  }

  /// Fashion-MNIST's names if the folder is called after it, else the digits; more classes if the labels need them.
  private func guessedClasses(_ name: String, _ rest: Rest) -> [String] {
    let needed = Int(max(rest.trainLabels.max() ?? 0, rest.testLabels.max() ?? 0)) + 1
    if name.lowercased().contains("fashion"), needed <= 10 { return ClassNames.fashion }
    return ClassNames.digits(max(10, needed))
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

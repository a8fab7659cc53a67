import Foundation

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
    for inner in ["", "cifar-10-batches-bin", "cifar-100-binary"] {
      if let cifar = CIFARFolder(folder.appendingPathComponent(inner)) { return try cifar.load(name: name) }
    }
    for inner in ["", "cifar-10-batches-py", "cifar-100-python"] {
      if let cifar = CIFARPickles(folder.appendingPathComponent(inner)) { return try cifar.load(name: name) }
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
  static let kuzushiji = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]
  static func digits(_ count: Int) -> [String] { (0..<count).map(String.init) }
}

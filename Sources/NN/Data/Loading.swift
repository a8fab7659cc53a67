import Contract
import Foundation

extension Dataset {
  /// Reads a data set by its name, or from a folder.
  ///
  /// A name is looked for in `$WARD_DATA/NAME`, then where Debian's packages put data sets, then in the working folder. All 70,000 images of
  /// Fashion-MNIST take about 0.25 s: one thread unpacks the training images while another does everything else.
  ///
  /// - Parameters:
  ///   - options: What was said of how to read it; each must have a use.
  ///   - work: When to stop, and where to say how far it is.
  /// - Throws: `DataError`, each case with the file and what to do.
  public static func load(
    _ nameOrPath: String, options: LoadOptions = LoadOptions(), work: LoadWork = LoadWork(),
    environment: [String: String] = ProcessInfo.processInfo.environment,
    workingFolder: String = FileManager.default.currentDirectoryPath
  ) throws(DataError) -> Dataset {
    if let known = KnownDataset.all.first(where: { $0.name == nameOrPath.lowercased() }) {
      let data = try known.load(environment, workingFolder)
      try options.check(knownAre: [], place: nameOrPath, kind: "a data set of a well-known form")
      return try data.finished(options, namesBeside: data.path)
    }
    let path = nameOrPath
    let url = URL(fileURLWithPath: path).standardizedFileURL
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      // One of EMNIST's splits is named like a file in their folder.
      if let emnist = try EMNISTFolder(url.deletingLastPathComponent(), split: url.lastPathComponent.lowercased()) {
        try options.check(knownAre: [], place: path, kind: "a data set of a well-known form")
        return try emnist.load().finished(options, namesBeside: url.deletingLastPathComponent().path)
      }
      throw .unknown(name: nameOrPath, known: KnownDataset.all.map(\.name))
    }
    let data = try read(path: path, options, work)
    return try data.finished(
      options, namesBeside: isFolder.boolValue ? url.path : url.deletingLastPathComponent().path)
  }

  /// The names that `load` knows without a path.
  public static var knownNames: [String] { KnownDataset.all.map(\.name) }

  /// The data set at a path, whatever its form is; its test part is empty if it has none.
  private static func read(path: String, _ options: LoadOptions, _ work: LoadWork) throws(DataError) -> Dataset {
    let folder = URL(fileURLWithPath: path).standardizedFileURL
    let name = folder.lastPathComponent.lowercased()
    if name.hasSuffix(".npz") {
      try options.check(knownAre: ["shape", "white"], place: path, kind: "an archive of NumPy arrays")
      return try NPZ(folder.path).load(options)
    }
    if let tables = try TableFiles(folder) { return try tables.load(options, work) }
    if let arrays = NumPyFolder(folder) {
      try options.check(knownAre: ["shape", "white"], place: path, kind: "a folder of NumPy arrays")
      return try arrays.load(options)
    }
    if let known = try readWellKnown(folder) {
      try options.check(knownAre: [], place: path, kind: "a data set of a well-known form")
      return known
    }
    if let pictures = PictureFolder(folder) {
      try options.check(knownAre: ["size"], place: path, kind: "a folder of pictures")
      return try pictures.load(options, work)
    }
    throw refusal(folder)
  }

  /// MNIST's and CIFAR's files, in the folder or where archives and torchvision put them inside of it.
  private static func readWellKnown(_ folder: URL) throws(DataError) -> Dataset? {
    for place in [folder, folder.appendingPathComponent("raw")] {
      if let idx = IDXFolder(place) { return try idx.load() }
      if let emnist = try EMNISTFolder(place) { return try emnist.load() }
    }
    for inner in ["", "cifar-10-batches-bin", "cifar-100-binary"] {
      if let cifar = CIFARFolder(folder.appendingPathComponent(inner)) { return try cifar.load() }
    }
    for inner in ["", "cifar-10-batches-py", "cifar-100-python"] {
      if let cifar = CIFARPickles(folder.appendingPathComponent(inner)) { return try cifar.load() }
    }
    // torchvision's root: NAME/raw.
    let roots = PictureFolder.Listing(folder).folders.map { folder.appendingPathComponent("\($0)/raw") }
    let found = roots.compactMap { IDXFolder($0) }
    return found.count == 1 ? try found[0].load() : nil
  }

  /// What is wrong with a path at which no data set is.
  private static func refusal(_ folder: URL) -> DataError {
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder)
    let listing = PictureFolder.Listing(folder)
    if isFolder.boolValue, !listing.pictures.isEmpty {
      return .unexpected(
        place: folder.path, reason: "its pictures lie in no folder of their class",
        taken: "FOLDER/CLASS/*.png, or FOLDER/train/CLASS/*.png and FOLDER/test/CLASS/*.png")
    }
    switch folder.pathExtension.lowercased() {
    case "npy":
      return .unexpected(
        place: folder.path, reason: "it is one array", taken: "load its folder, which needs x_train.npy, y_train.npy, …"
      )
    case "pt", "pth", "onnx", "safetensors":
      return .unexpected(place: folder.path, reason: "it is a model, or data for PyTorch", taken: "open reads models")
    case "json", "jsonl":
      return .unexpected(
        place: folder.path, reason: "it is a file of tables", taken: "import reads it; load reads tables from .csv")
    default: return .notADataset(path: folder.path)
    }
  }
}

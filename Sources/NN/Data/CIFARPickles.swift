import Foundation

/// A folder with CIFAR as Python pickles, which is how its page offers it first: `cifar-10-batches-py`, `cifar-100-python`.
struct CIFARPickles {
  private let folder: URL
  private let isTen: Bool

  /// Nil if the files are not there.
  init?(_ folder: URL) {
    self.folder = folder
    func has(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
    }
    isTen = has("data_batch_1")
    guard isTen || (has("train") && has("test") && has("meta")) else { return nil }
  }

  /// The two parts.
  func load(name: String? = nil) throws(DataError) -> Dataset {
    let training = isTen ? (1...5).map { "data_batch_\($0)" } : ["train"]
    var files: [Dataset.File] = []
    var parts: [Dataset.Examples] = []
    let classes = try classNames(&files)
    for names in [training, [isTen ? "test_batch" : "test"]] {
      var (bytes, labels): ([UInt8], [UInt8]) = ([], [])
      for name in names {
        let path = folder.appendingPathComponent(name).path
        try read(path, classes.count, &bytes, &labels)
        files.append(Dataset.File(path: path, sha256: try Digest.sha256(ofFile: path)))
      }
      parts.append(Dataset.Examples(bytes: bytes, labels: labels))
    }
    return try Dataset(
      name: name ?? (isTen ? "cifar-10" : "cifar-100"), path: folder.path, classes: classes, shape: CIFARFolder.shape,
      train: parts[0], test: parts[1], files: files)
  }

  private static let mostBytes = 1 << 30

  private func pickle(_ path: String) throws(DataError) -> Pickle.Value {
    guard let bytes = try PlainFile(path).contents(atMost: Self.mostBytes) else {
      throw .corrupt(path: path, reason: "it is larger than any batch of CIFAR")
    }
    do { return try Pickle(bytes).value } catch { throw .corrupt(path: path, reason: error.description) }
  }

  private func read(
    _ path: String, _ classes: Int, _ bytes: inout [UInt8], _ labels: inout [UInt8]
  ) throws(DataError) {
    let batch = try pickle(path)
    func unexpected(_ reason: String) -> DataError {
      .unexpected(
        place: path, reason: reason,
        taken:
          "a batch of CIFAR is a dictionary with data, an array of [n, 3072] bytes, and labels, a list of n numbers")
    }
    guard let own = (batch[isTen ? "labels" : "fine_labels"])?.items else { throw unexpected("it has no labels") }
    guard let data = batch["data"].flatMap(Self.array) else { throw unexpected("it has no data") }
    guard data.count == own.count * CIFARFolder.shape.count, !own.isEmpty else {
      throw .countMismatch(
        images: data.count / CIFARFolder.shape.count, imagesPath: path, labels: own.count, labelsPath: path)
    }
    for (index, value) in own.enumerated() {
      let label = value.integer ?? -1
      guard label >= 0, label < classes else {
        throw .labelOutOfRange(path: path, index: index, label: label, classes: classes)
      }
      labels.append(UInt8(label))
    }
    bytes += data
  }

  /// The bytes of a NumPy array: `_reconstruct(ndarray, (0,), b'b')` with the state `(version, shape, type, order, bytes)`.
  private static func array(_ value: Pickle.Value) -> [UInt8]? {
    guard case .object(let object) = value.content, case .global(_, "_reconstruct") = object.callable.content,
      let state = object.state?.items, state.count == 5, let shape = state[1].items, shape.count == 2,
      shape[1].integer == CIFARFolder.shape.count, case .bool(false) = state[3].content,
      case .object(let type) = state[2].content, let code = type.arguments.items?.first?.text, code == "u1"
    else { return nil }
    return state[4].bytes
  }

  private func classNames(_ files: inout [Dataset.File]) throws(DataError) -> [String] {
    let path = folder.appendingPathComponent(isTen ? "batches.meta" : "meta").path
    let known = isTen ? ClassNames.cifar : ClassNames.digits(100)
    guard FileManager.default.fileExists(atPath: path) else { return known }
    let names = try pickle(path)[isTen ? "label_names" : "fine_label_names"]?.items?.compactMap(\.text)
    files.append(Dataset.File(path: path, sha256: try Digest.sha256(ofFile: path)))
    return names.flatMap { $0.count == known.count ? $0 : nil } ?? known
  }
}

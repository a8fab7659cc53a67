import Foundation

/// A folder with CIFAR's binary batches: CIFAR-10 (a label, then 3·32·32 bytes) or CIFAR-100 (two labels first).
///
/// Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009. The channels follow one another, as ours.
struct CIFARFolder {
  private let folder: URL
  private let kind: Kind

  private enum Kind {
    case ten, hundred

    var training: [String] {
      self == .ten ? (1...5).map { "data_batch_\($0).bin" } : ["train.bin"]
    }
    var testing: String { self == .ten ? "test_batch.bin" : "test.bin" }
    /// Where the (fine) label is, and where the pixels begin.
    var label: Int { self == .ten ? 0 : 1 }
    var names: String { self == .ten ? "batches.meta.txt" : "fine_label_names.txt" }
    var classes: Int { self == .ten ? 10 : 100 }
    var name: String { self == .ten ? "cifar-10" : "cifar-100" }
  }

  static let shape = ImageShape(channels: 3, height: 32, width: 32)

  init?(_ folder: URL) {
    self.folder = folder
    if Self.path(folder, Kind.ten.training[0]) != nil || Self.path(folder, Kind.ten.testing) != nil {
      kind = .ten
    } else if Self.path(folder, Kind.hundred.training[0]) != nil {
      kind = .hundred
    } else {
      return nil
    }
  }

  private static func path(_ folder: URL, _ name: String) -> String? {
    [name, name + ".gz"].map { folder.appendingPathComponent($0).path }
      .first { FileManager.default.fileExists(atPath: $0) }
  }

  func load(name: String? = nil) throws(DataError) -> Dataset {
    var parts: [Dataset.Examples] = []
    var files: [Dataset.File] = []
    for names in [kind.training, [kind.testing]] {
      var (bytes, labels): ([UInt8], [UInt8]) = ([], [])
      for name in names {
        guard let path = Self.path(folder, name) else {
          throw .missingFile(path: folder.appendingPathComponent(name).path)
        }
        try read(path, &bytes, &labels)
        files.append(Dataset.File(path: path, sha256: try Digest.sha256(ofFile: path)))
      }
      parts.append(Dataset.Examples(bytes: bytes, labels: labels))
    }
    return try Dataset(
      name: name ?? kind.name, path: folder.path, classes: classNames, shape: Self.shape, train: parts[0],
      test: parts[1], files: files)
  }

  /// Reads one batch: whole records only, as many as the file holds.
  private func read(_ path: String, _ bytes: inout [UInt8], _ labels: inout [UInt8]) throws(DataError) {
    let record = kind.label + 1 + Self.shape.count
    let file = try ByteFile(path)
    var images = 0
    while true {
      let next = try file.upTo(record)
      if next.isEmpty, images > 0 { return }
      guard next.count == record else {
        throw .truncated(path: path, expected: (images + 1) * record, found: file.position)
      }
      guard images < Self.longest else { throw .trailingBytes(path: path, expected: Self.longest * record) }
      let label = next[kind.label]
      guard Int(label) < kind.classes else {
        throw .labelOutOfRange(path: path, index: images, label: Int(label), classes: kind.classes)
      }
      labels.append(label)
      bytes += next[(kind.label + 1)...]
      images += 1
    }
  }

  /// No file of the format has more images than CIFAR-100's training images; so a small packed file cannot fill the memory.
  private static let longest = 50_000

  /// From the text file that comes along; CIFAR-10's are known, CIFAR-100's are numbers without it.
  private var classNames: [String] {
    let path = folder.appendingPathComponent(kind.names).path
    let text = ((try? PlainFile(path).contents(atMost: 1 << 16)) ?? nil).map { String(decoding: $0, as: UTF8.self) }
    if let lines = text?.split(whereSeparator: \.isNewline).map(String.init), lines.count >= kind.classes {
      return Array(lines.prefix(kind.classes))
    }
    return kind == .ten ? ClassNames.cifar : ClassNames.digits(100)
  }
}

import Foundation

/// NumPy archives: a zip file whose members, stored or deflated, are arrays in `.npy` form.
///
/// Read are `x_train`, `y_train`, `x_test`, `y_test` (as Keras names them), `train_images`, `train_labels` and so on (as
/// MedMNIST does). All four headers are read and compared before any numbers are unpacked.
struct NPZ {
  private let path: String
  private let archive: ZipFile

  /// Reads the archive's directory.
  init(_ path: String) throws(DataError) {
    self.path = path
    let start = try PlainFile(path)
    if start.size >= 4, try start.read(2, at: 0) != Array("PK".utf8) {
      throw Self.unexpected(path, "it is not an archive as numpy.savez writes it")
    }
    archive = try ZipFile(path)
  }

  /// Content that is whole, but not what Ward takes.
  static func unexpected(_ place: String, _ reason: String) -> DataError {
    .unexpected(
      place: place, reason: reason,
      taken: """
        x_train and x_test: [n, h, w], [n, h, w, c] or [n, c, h, w] with 1 or 3 channels c, as uint8 from 0 to 255 or \
        floats from 0 to 1; y_train and y_test: one whole number an image, from 0
        """)
  }

  private static let names: [(images: [String], labels: [String])] = [
    (["x_train", "train_images", "X_train", "train_x"], ["y_train", "train_labels", "Y_train", "train_y"]),
    (["x_test", "test_images", "X_test", "test_x"], ["y_test", "test_labels", "Y_test", "test_y"]),
  ]

  /// One part, of which nothing but the headers was read.
  private struct Part {
    let images: NumPyArray
    let labels: NumPyArray
    let layout: ImageLayout
  }

  /// The data set in it.
  func load() throws(DataError) -> Dataset {
    let (train, test) = (try part(0), try part(1))
    guard train.layout.shape == test.layout.shape else {
      throw .shapeMismatch(train: train.layout.shape, test: test.layout.shape)
    }
    try MemoryBound.check(train.layout.needed + test.layout.needed, path)
    let labels = (train: try train.labels.labels(), test: try test.labels.labels())
    try LabelGaps.check(
      train: labels.train, test: labels.test, places: (train.labels.place, test.labels.place))
    let classes = max(Int(max(labels.train.max() ?? 0, labels.test.max() ?? 0)) + 1, 2)
    return try Dataset(
      name: URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent, path: path,
      classes: ClassNames.digits(classes), shape: train.layout.shape,
      train: .init(bytes: train.layout.arranged(try train.images.pixels()), labels: labels.train),
      test: .init(bytes: test.layout.arranged(try test.images.pixels()), labels: labels.test),
      files: [Dataset.File(path: path, sha256: try Digest.sha256(ofFile: path))])
  }

  private func part(_ number: Int) throws(DataError) -> Part {
    let (images, labels) = (try array(Self.names[number].images), try array(Self.names[number].labels))
    let layout = try ImageLayout(images)
    try labels.checkLabels()
    guard labels.header.count == layout.count else {
      throw .countMismatch(
        images: layout.count, imagesPath: images.place, labels: labels.header.count, labelsPath: labels.place)
    }
    return Part(images: images, labels: labels, layout: layout)
  }

  private func array(_ names: [String]) throws(DataError) -> NumPyArray {
    for name in names {
      if let entry = archive.entries[name + ".npy"] {
        return try NumPyArray(ZipMember(entry, in: archive.file, place: "\(path), \(name)"))
      }
    }
    let found = archive.entries.keys.sorted().map { $0.hasSuffix(".npy") ? String($0.dropLast(4)) : $0 }
    throw Self.unexpected(path, "it has no array \(names[0]); it has \(MessageText.names(found))")
  }
}

import Foundation

/// NumPy archives: a zip file whose members, stored or deflated, are arrays in `.npy` form.
///
/// Read are `x_train`, `y_train`, `x_test`, `y_test` (as Keras names them), `train_images`, `train_labels` and so on (as
/// MedMNIST does). All headers are read and compared before any numbers are unpacked.
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

  /// The data set in it; its test part is empty if it has one part only.
  func load(_ options: LoadOptions = LoadOptions()) throws(DataError) -> Dataset {
    let arrays = NumPyArrays(
      place: path, names: archive.entries.keys.sorted().map { $0.hasSuffix(".npy") ? String($0.dropLast(4)) : $0 }
    ) { [archive, path] name throws(DataError) -> NumPyArray? in
      guard let entry = archive.entries[name + ".npy"] else { return nil }
      return try NumPyArray { () throws(DataError) -> any ByteSource in
        try ZipMember(entry, in: archive.file, place: "\(path), \(name)")
      }
    }
    return try arrays.load(
      URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent, path, options, files: [path])
  }
}

/// NumPy arrays by name, out of an archive or out of files, which together are a data set.
struct NumPyArrays {
  /// The archive or folder, for messages.
  let place: String
  /// What there is, for messages.
  let names: [String]
  /// Opens an array; nil if there is none of that name.
  let find: (String) throws(DataError) -> NumPyArray?

  /// What the arrays of one part may be called.
  private typealias Spellings = (images: [String], labels: [String])

  private static func spellings(_ part: String) -> Spellings {
    (
      ["x_\(part)", "\(part)_images", "X_\(part)", "\(part)_x", "\(part)_data"],
      ["y_\(part)", "\(part)_labels", "Y_\(part)", "\(part)_y", "\(part)_targets"]
    )
  }

  /// One part alone.
  private static let single: [(images: String, labels: String)] = [
    ("x", "y"), ("X", "y"), ("X", "Y"), ("images", "labels"), ("data", "labels"), ("data", "target"),
    ("arr_0", "arr_1"),
  ]

  /// One part, of which nothing but the headers was read.
  private struct Part {
    let images: NumPyArray
    let labels: NumPyArray
    let layout: ImageLayout
  }

  /// The data set; its test part is empty if there is one part only. Arrays beside `x` and `y` that `export` writes
  /// (`x_clean`, `indices`) make them a test part.
  func load(
    _ name: String, _ path: String, _ options: LoadOptions, files: [String]
  ) throws(DataError) -> Dataset {
    var parts: [(kind: Dataset.Part, part: Part)] = []
    let validation = ["val", "valid", "validation"].map(Self.spellings).first(where: has)
    let known: [(Dataset.Part, Spellings?)] = [
      (.train, Self.spellings("train")), (.test, Self.spellings("test")), (.validation, validation),
    ]
    let found = known.filter { $0.1.map(has) ?? false }
    if found.contains(where: { $0.0 == .train || $0.0 == .test }) {
      for (kind, spellings) in known {
        guard let spellings, kind == .train || has(spellings) else { continue }
        parts.append((kind, try part(spellings, options)))
      }
    } else if let own = Self.single.first(where: { names.contains($0.images) && names.contains($0.labels) }) {
      // Which images of a part they are: what `export` writes is looked at and attacked again, not trained on.
      let isExported = names.contains("x_clean") || names.contains("indices")
      parts.append((isExported ? .test : .train, try part(([own.images], [own.labels]), options)))
    } else {
      _ = try part(Self.spellings("train"), options)
    }
    return try dataset(parts, name, path, files, white: options.white)
  }

  private func has(_ spellings: Spellings) -> Bool {
    (spellings.images + spellings.labels).contains { names.contains($0) }
  }

  private func dataset(
    _ parts: [(kind: Dataset.Part, part: Part)], _ name: String, _ path: String, _ files: [String], white: Double?
  ) throws(DataError) -> Dataset {
    let shape = parts[0].part.layout.shape
    for other in parts.dropFirst() where other.part.layout.shape != shape {
      throw .shapeMismatch(train: shape, test: other.part.layout.shape)
    }
    try MemoryBound.check(parts.reduce(0) { $0 + $1.part.layout.needed }, place)
    var (numbers, texts) = ([[UInt8]](), [[String]]())
    for (_, part) in parts {
      switch try part.labels.labels() {
      case .numbers(let labels): numbers.append(labels)
      case .names(let labels): texts.append(labels)
      }
    }
    var classes: [String]
    if texts.isEmpty {
      let first = numbers[0]
      try LabelGaps.check(
        train: parts[0].kind == .train ? first : [UInt8](0...(numbers.joined().max() ?? 0)),
        test: numbers.dropFirst().joined().map { $0 },
        places: (parts[0].part.labels.place, parts.last?.part.labels.place ?? ""))
      classes = ClassNames.digits(max(Int(numbers.joined().max() ?? 0) + 1, 2))
    } else {
      guard numbers.isEmpty else { throw NPZ.unexpected(place, "some of its labels are numbers, others texts") }
      let named = try ClassLabels(named: texts, place: parts[0].part.labels.place)
      (classes, numbers) = (named.classes, named.labels)
    }
    if let names = try classNames() {
      let last = Int(numbers.joined().max() ?? 0)
      guard names.count > last, names.count <= 256, Set(names).count == names.count else {
        throw NPZ.unexpected(
          "\(place), class_names",
          names.count > last
            ? "its names are not different, or too many" : "it has \(names.count) names, but there is a label \(last)")
      }
      classes = names
    }
    let features = parts[0].part.layout.hasFeatures ? try featureNames(shape) : nil
    if features != nil, white != nil {
      throw .unexpected(
        place: place, reason: "it holds rows of features, which have no use for white:",
        taken: "white: is for images that are written as numbers")
    }
    var examples: [Dataset.Part: Dataset.Examples] = [:]
    for (index, (kind, part)) in parts.enumerated() {
      examples[kind] = .init(part.layout.arranged(try part.images.pixels(white: white)), labels: numbers[index])
    }
    var sources: [Dataset.File] = []
    for file in files { sources.append(Dataset.File(path: file, sha256: try Digest.sha256(ofFile: file))) }
    let nothing = Dataset.Examples(bytes: [], labels: [])
    var data = try Dataset(
      name: name, path: path, classes: classes, shape: shape, train: examples[.train] ?? nothing,
      test: examples[.test] ?? nothing, validation: examples[.validation], features: features, files: sources)
    if let validation = examples[.validation] {
      data.notes = [
        "\(MessageText.count(validation.labels.count, "image")) set apart as `.validation`, which no command uses unasked"
      ]
    }
    if parts[0].kind == .test { data.notes = ["all images are test images: there is nothing to train on"] }
    return data
  }

  private func classNames() throws(DataError) -> [String]? {
    for name in ["class_names", "label_names"] {
      if let array = try find(name) { return try array.texts() }
    }
    return nil
  }

  /// What `export` calls the names of features, and the two values of each, in its own unit, that became 0 and 1.
  private static let (featureNames, featureRanges) = ("feature_names", "feature_ranges")

  private func featureNames(_ shape: ImageShape) throws(DataError) -> [Feature]? {
    guard let array = try find(Self.featureNames) else { return nil }
    let names = try array.texts()
    guard names.count == shape.channels, shape.count == names.count, Set(names).count == names.count else {
      throw NPZ.unexpected(
        "\(place), \(Self.featureNames)", "it has \(names.count) names for \(shape.count) values, or one of them twice")
    }
    guard let array = try find(Self.featureRanges) else { return names.map { Feature(name: $0) } }
    let ranges = try array.ranges(names.count)
    return zip(names, ranges).map { Feature(name: $0, lower: $1.lower, upper: $1.upper) }
  }

  private func part(_ spellings: Spellings, _ options: LoadOptions) throws(DataError) -> Part {
    let (images, labels) = (try array(spellings.images), try array(spellings.labels))
    let layout = try ImageLayout(images, options.shape, hasFeatures: names.contains(Self.featureNames))
    try labels.checkLabels()
    guard labels.rows == layout.count else {
      throw .countMismatch(
        images: layout.count, imagesPath: images.place, labels: labels.rows, labelsPath: labels.place)
    }
    return Part(images: images, labels: labels, layout: layout)
  }

  private func array(_ spellings: [String]) throws(DataError) -> NumPyArray {
    for name in spellings { if let array = try find(name) { return array } }
    throw NPZ.unexpected(place, "it has no array \(spellings[0]); it has \(MessageText.names(names))")
  }
}

/// A folder with arrays in files of their own: `x_train.npy` and so on, or as Kuzushiji-MNIST comes, `kmnist-train-imgs.npz`
/// with one array in each.
struct NumPyFolder {
  private let folder: URL
  /// The files by the names that an archive would have for their arrays.
  private var files: [String: String] = [:]

  /// Nil if there are no such files in it.
  init?(_ folder: URL) {
    self.folder = folder
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    for name in names where !name.hasPrefix(".") {
      let path = folder.appendingPathComponent(name).path
      if name.hasSuffix(".npy") {
        files[String(name.dropLast(4))] = path
      } else {
        for part in ["train", "test"] {
          if name.hasSuffix("-\(part)-imgs.npz") { files["x_\(part)"] = path }
          if name.hasSuffix("-\(part)-labels.npz") { files["y_\(part)"] = path }
        }
      }
    }
    guard
      files["x_train"] != nil
        || files.keys.contains(where: { $0.hasPrefix("x") || $0.hasPrefix("X") || $0.contains("images") })
    else { return nil }
  }

  func load(_ options: LoadOptions) throws(DataError) -> Dataset {
    let arrays = NumPyArrays(place: folder.path, names: files.keys.sorted()) {
      [files] name throws(DataError) -> NumPyArray? in
      guard let path = files[name] else { return nil }
      return try NumPyArray { () throws(DataError) -> any ByteSource in
        guard path.hasSuffix(".npz") else { return try FileSource(path) }
        let archive = try ZipFile(path)
        guard archive.entries.count == 1, let entry = archive.entries.values.first else {
          throw NPZ.unexpected(path, "it has \(archive.entries.count) arrays, not one")
        }
        return try ZipMember(entry, in: archive.file, place: path)
      }
    }
    var data = try arrays.load(
      folder.lastPathComponent, folder.path, options, files: files.keys.sorted().compactMap { files[$0] })
    if files.values.contains(where: { $0.contains("kmnist-") }), data.classes.count == 10 {
      data.classes = ClassNames.kuzushiji
    }
    return data
  }
}

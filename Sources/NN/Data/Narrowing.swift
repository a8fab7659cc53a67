extension Dataset {
  /// The same data set with only its first images; `nil` keeps a part whole. Mean and deviation are those of what is left.
  ///
  /// - Throws: `DataError.selection` for fewer than one image.
  public func first(train: Int? = nil, test: Int? = nil) throws(DataError) -> Dataset {
    for (name, count) in [("training", train), ("test", test)] {
      if let count, count < 1 { throw .selection("at least one \(name) image is needed, not \(count)") }
    }
    return try with([
      .train: self.train.take(train ?? .max), .test: self.test.take(test ?? .max), .validation: validation,
    ])
  }

  /// The same data set with some classes only, numbered anew in the order given.
  ///
  /// - Throws: `DataError.noSuchClass`, or `.selection` for fewer than two classes, or one given twice.
  public func only(_ wanted: [Int]) throws(DataError) -> Dataset {
    if let stranger = wanted.first(where: { !classes.indices.contains($0) }) {
      throw .noSuchClass(name: "\(stranger)", classes: classes)
    }
    guard wanted.count >= 2, Set(wanted).count == wanted.count else {
      throw .selection("a data set needs at least two classes, each named once")
    }
    let numbers = Dictionary(uniqueKeysWithValues: wanted.enumerated().map { ($1, $0) })
    return try with(
      [.train: try train.only(wanted), .test: try test.only(wanted), .validation: try validation?.only(wanted)],
      classes: wanted.map { classes[$0] }, numbers: numbers)
  }

  private func with(
    _ images: [Part: Images?], classes: [String]? = nil, numbers: [Int: Int]? = nil
  ) throws(DataError) -> Dataset {
    func examples(_ part: Part) -> Examples? {
      (images[part] ?? nil).map { images in
        Examples(
          images.values.picking(images.indices, of: shape.count),
          labels: images.labels.map { UInt8(numbers?[$0] ?? $0) })
      }
    }
    let nothing = Examples(bytes: [], labels: [])
    return try Dataset(
      name: name, path: path, classes: classes ?? self.classes, shape: shape, train: examples(.train) ?? nothing,
      test: examples(.test) ?? nothing, validation: examples(.validation), features: features, files: files)
  }
}

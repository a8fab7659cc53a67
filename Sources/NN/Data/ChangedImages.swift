extension Images {
  /// The same images with other pixels: their labels, classes and training images stay, and they are numbered from 0.
  ///
  /// - Parameters:
  ///   - pixels: as many as there are images, each from 0 to 1.
  ///   - name: what the selection is called.
  /// - Throws: `DataError` for a pixel that is not from 0 to 1.
  public func changed(to pixels: [Pixels], name: String) throws(DataError) -> Images {
    let floats = Dataset.Examples(floats: Array(pixels.joined()), labels: labels.map { UInt8($0) })
    return try replaced(by: floats, name: name)
  }

  /// The same with pixels rounded to bytes, as image files have them.
  ///
  /// - Throws: never for images of a data set.
  public func rounded() throws(DataError) -> Images {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count * shape.count)
    for position in 0..<count { bytes += self.bytes(at: position) }
    return try replaced(by: Dataset.Examples(bytes: bytes, labels: labels.map { UInt8($0) }), name: name)
  }

  private func replaced(by examples: Dataset.Examples, name: String) throws(DataError) -> Images {
    let nothing = Dataset.Examples(bytes: [], labels: [])
    let changed = try Dataset(
      name: dataset.name, path: dataset.path, classes: classes, shape: shape,
      train: dataset.parts[.train] ?? nothing, test: examples, features: dataset.features, files: dataset.files)
    return changed.test.named(name)
  }
}

extension OpenedModel {
  /// Opens an ONNX file.
  ///
  /// - Parameters:
  ///   - shape: of the images, where the file leaves it open or takes them as a list.
  ///   - normalisation: what comes before the network, if it lies outside of the file; one number may stand for all channels.
  /// - Throws: `ModelFileError`, `CheckpointError`, `DataError`, `MemoryShortage`.
  public init(
    onnx path: String, shape: ImageShape? = nil,
    normalisation: (_ channels: Int) throws -> Normalisation? = { _ in nil }
  ) throws {
    try self.init(
      onnx: ONNXFile(WireSource(PlainFile(path))), path: path, shape: shape, normalisation: normalisation)
  }

  init(
    onnx file: ONNXFile, path: String, shape: ImageShape? = nil,
    normalisation: (_ channels: Int) throws -> Normalisation? = { _ in nil }
  ) throws {
    var importer = try ONNXImporter(file, path: path, shape: shape)
    let (network, own) = (try importer.finished(), importer.normalisation)
    let given = try normalisation(network.input.channels)
    if let given, own != .none(channels: network.input.channels), given != .none(channels: network.input.channels) {
      importer.notes.append("the network normalises its images itself: mean: and std: come before that")
    }
    let weights = importer.weights
    let model = try Model(network, label: Spec("onnx"), normalisation: given.map { $0.followed(by: own) } ?? own) {
      plan in
      plan.parameters.flatMap { weights[$0.name] ?? [] }
    }
    self.init(model: model, notes: importer.notes)
  }
}

extension Normalisation {
  /// This one and then another.
  func followed(by next: Normalisation) -> Normalisation {
    Normalisation(
      mean: mean.indices.map { mean[$0] + std[$0] * next.mean[$0] }, std: std.indices.map { std[$0] * next.std[$0] })
  }
}

extension ONNXImporter {
  /// What the graph did to each channel before everything else.
  var normalisation: Normalisation {
    Normalisation(
      mean: inputScale.indices.map { Float(-inputShift[$0] / inputScale[$0]) }, std: inputScale.map { Float(1 / $0) })
  }

  /// The whole network, its scores last.
  ///
  /// - Throws: `ModelFileError`.
  mutating func finished() throws -> Network {
    func refused(_ reason: String, _ help: String) -> ModelFileError {
      ModelFileError(path, "'\(path)': \(reason)", help: [help])
    }
    guard var value = values[output] else {
      throw refused("nothing in it makes the output '\(MessageText.text(output))'", "is the file whole?")
    }
    let classes = network.shape(of: value.node).count
    guard value.node != Network.image else { throw refused("there is no layer in it", "is it the right file?") }
    guard (2...65_536).contains(classes) else {
      throw refused(
        "its output is \(MessageText.count(classes, "number")) for each image, and a classifier has a score for each class",
        "export it with two or more scores; one score s for yes or no is the same as the two scores 0 and s")
    }
    do {
      value.node = try arranged(value, as: ImageShape(channels: classes, height: 1, width: 1))
    } catch let refusal as Refusal { throw refused("its output: \(refusal.reason)", "export it with a flat output") }
    guard inputScale.allSatisfy({ $0.isFinite && Float(1 / $0).isFinite && Float(1 / $0) > 0 }),
      zip(inputScale, inputShift).allSatisfy({ Float(-$1 / $0).isFinite })
    else { throw refused("its normalisation has numbers that are too large", "is the file whole?") }
    var whole = Network(input: network.input, classes: classes)
    for node in network.nodes { try whole.add(node.name, node.layer, after: node.inputs) }
    // What comes out is the node added last.
    if value.node != whole.last { try whole.add("", Flatten(), after: [value.node]) }
    return whole
  }
}

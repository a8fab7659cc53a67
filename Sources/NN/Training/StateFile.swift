import Foundation

extension TrainingState {
  private static let prefix = "ward.moment"
  private static let averageName = "ward.average"
  private static let bestName = "ward.best"

  /// Statistics of weights that are all alike are NaN, which JSON has no word for.
  private static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }

  private static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }

  /// The whole state as a file: the model's checkpoint with the optimiser's moments beside it.
  public var checkpoint: Safetensors {
    var file = model.checkpoint
    for (number, moment) in moments.enumerated() {
      file.tensors.append(("\(Self.prefix)\(number)", Tensor(shape: [moment.count], values: moment)))
    }
    if let average { file.tensors.append((Self.averageName, Tensor(shape: [average.count], values: average))) }
    if let best {
      file.tensors.append((Self.bestName, Tensor(shape: [best.values.count], values: best.values)))
      file.metadata[Self.bestName] = String(best.epoch)
    }
    file.metadata["ward.steps"] = String(steps)
    if let records = try? Self.encoder.encode(epochs) {
      file.metadata["ward.epochs"] = String(decoding: records, as: UTF8.self)
    }
    return file
  }

  /// Reads what `checkpoint` wrote; `path` is named in errors.
  ///
  /// - Throws: `CheckpointError`.
  public init(checkpoint file: Safetensors, path: String) throws {
    func bad(_ reason: String) -> CheckpointError { .badMetadata(path: path, reason: reason) }
    var rest = file
    rest.tensors.removeAll { name, _ in
      name.hasPrefix(Self.prefix) || name == Self.averageName || name == Self.bestName
    }
    rest.metadata = file.metadata.filter { !["ward.steps", "ward.epochs", Self.bestName].contains($0.key) }
    model = try Model(checkpoint: rest, path: path)
    guard let steps = file.metadata["ward.steps"].flatMap({ Int($0) }), steps >= 0,
      let text = file.metadata["ward.epochs"],
      let epochs = try? Self.decoder.decode([EpochRecord].self, from: Foundation.Data(text.utf8))
    else { throw bad("it holds a model, not a training that can go on") }
    self.steps = steps
    self.epochs = epochs
    let count = model.values.count
    func whole(_ name: String) throws -> [Float]? {
      guard let tensor = file[name] else { return nil }
      guard tensor.count == count else { throw bad("\(name) has \(tensor.count) numbers for a model of \(count)") }
      return tensor.values
    }
    average = try whole(Self.averageName)
    if let values = try whole(Self.bestName) {
      guard let epoch = file.metadata[Self.bestName].flatMap({ Int($0) }), (1...max(1, epochs.count)).contains(epoch),
        !epochs.isEmpty
      else { throw bad("it does not say which epoch was the best") }
      best = Best(epoch: epoch, values: values)
    }
    moments = []
    while let moment = file["\(Self.prefix)\(moments.count)"] {
      guard moment.count == count else {
        throw bad("its optimiser kept \(moment.count) numbers for a model of \(count)")
      }
      moments.append(moment.values)
    }
  }
}

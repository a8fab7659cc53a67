import Foundation

extension TrainingState {
  private static let prefix = "ward.moment"

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
    rest.tensors.removeAll { $0.name.hasPrefix(Self.prefix) }
    rest.metadata = file.metadata.filter { $0.key != "ward.steps" && $0.key != "ward.epochs" }
    model = try Model(checkpoint: rest, path: path)
    guard let steps = file.metadata["ward.steps"].flatMap({ Int($0) }), steps >= 0,
      let text = file.metadata["ward.epochs"],
      let epochs = try? Self.decoder.decode([EpochRecord].self, from: Foundation.Data(text.utf8))
    else { throw bad("it holds a model, not a training that can go on") }
    self.steps = steps
    self.epochs = epochs
    moments = []
    while let moment = file["\(Self.prefix)\(moments.count)"] {
      guard moment.count == model.values.count else {
        throw bad("its optimiser kept \(moment.count) numbers for a model of \(model.values.count)")
      }
      moments.append(moment.values)
    }
  }
}

import Lang
import NN

// What `open` does with models from elsewhere.
extension Session {
  func isONNX(_ path: String) throws -> Bool { try Interrupt.runDetached { (try? ModelFileKind(of: path)) == .onnx } }

  /// `keys: {"0.weight": "conv1.weight"}` as pairs of names.
  func keyPairs(_ record: Record?) throws -> [(from: String, to: String)] {
    try (record?.pairs ?? []).map { name, value in
      guard let text = value.asString else {
        throw Problem(
          code: ShellCode.wrongModel,
          message: "keys: says what `\(name)` is called here, as text, not as \(value.typePhrase)",
          help: ["for example `keys: {\"0.weight\": \"conv1.weight\"}`"], argument: "keys")
      }
      return (name, text)
    }
  }

  func openedONNX(
    _ path: String, _ data: DatasetValue?, shape: [Int]?, mean: [Double]?, std: [Double]?
  ) throws -> Value {
    try checkScale(mean, std)
    guard shape == nil || shape?.count == 3 else {
      throw Problem(
        code: ShellCode.wrongModel, message: "shape is three numbers: channels, height, width", argument: "shape")
    }
    let wanted = shape.map { ImageShape(channels: $0[0], height: $0[1], width: $0[2]) } ?? data?.dataset.shape
    let opened = try Interrupt.runDetached {
      try OpenedModel(onnx: path, shape: wanted) { channels in
        try mean == nil && std == nil ? nil : Normalisation(channels: channels, mean: mean, std: std)
      }
    }
    for note in opened.notes { remark(note) }
    let model = opened.model
    if let data {
      let classes = data.dataset.classes.count
      guard model.classes == classes else {
        throw Problem(
          code: ShellCode.wrongModel,
          message: "'\(path)' answers \(model.classes.of("class", "classes")), and \(data.dataset.name) has \(classes)",
          help: ["is this the data that it was trained on? Without on: its classes are numbered"], argument: "on")
      }
      guard model.input == data.dataset.shape else {
        throw Problem(
          code: ShellCode.wrongModel,
          message: "'\(path)' takes \(model.input) images, and those of \(data.dataset.name) are \(data.dataset.shape)",
          argument: "on")
      }
    }
    let value = try self.opened(model, from: path, data)
    if mean == nil, std == nil { try adviseOnNormalisation(value.asObject(ModelValue.self)) }
    return value
  }

  /// Says what the mean and deviation of the data would change, where that is much.
  private func adviseOnNormalisation(_ value: ModelValue?) throws {
    guard let value, let clean = value.origin.clean, let data = value.origin.data?.dataset,
      value.model.normalisation == .none(channels: value.model.input.channels)
    else { return }
    let model = value.model.normalised(by: Normalisation(mean: data.mean, std: data.std))
    let better = try translatingErrors { try engine.accuracy(of: model, on: data.test, stop: stop) }
    guard better > clean + 0.05 else { return }
    func list(_ values: [Float]) -> String {
      let texts = values.map { NumberText.exact((Double($0) * 10_000).rounded() / 10_000) }
      return texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
    }
    warn(
      "the file does not normalise its images, and without that it answers \(NumberText.share(clean)) of them right",
      help: [
        "with the mean and deviation of \(data.name), `mean: \(list(data.mean)) std: \(list(data.std))`, it answers "
          + "\(NumberText.share(better)) right"
      ])
  }
}

extension Normalisation {
  /// One number for all channels, or one for each; 0 and 1 where nothing is given.
  init(channels: Int, mean: [Double]?, std: [Double]?) throws {
    func each(_ values: [Double], _ name: String) throws -> [Float] {
      guard values.count == 1 || values.count == channels else {
        throw Problem(
          code: ShellCode.wrongModel, message: "\(name) needs one number, or one for each of the \(channels) channels",
          argument: name)
      }
      return (0..<channels).map { Float(values.count == 1 ? values[0] : values[$0]) }
    }
    self.init(mean: try each(mean ?? [0], "mean"), std: try each(std ?? [1], "std"))
  }
}

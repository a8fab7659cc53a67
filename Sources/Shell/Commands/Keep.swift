import Foundation
import Lang
import NN

extension Command<Session> {
  static var keep: Command {
    Command(
      "keep", "Write a model to a file of its own, which Ward and PyTorch open.", topic: Topic.training,
      examples: ["keep normal as: \"normal.safetensors\""],
      details: """
        The format is safetensors: the tensors under PyTorch's names (conv1.weight, fc1.bias, …), and what the network is in the \
        metadata. Models are in the store too; a file is for taking one elsewhere.
        """
    ) { signature in
      let model = signature.model()
      let file = signature.required("as", .file, "the file to write")
      return { session, given in
        try session.checkMayWrite(given[file])
        let value = given[model]
        var copy = value.model
        copy.metadata["ward.version"] = wardVersion
        copy.metadata["ward.name"] = value.identity.name
        copy.metadata["ward.training"] = value.origin.spec?.json ?? "{}"
        if let data = value.origin.data {
          copy.metadata["ward.classes.names"] = JSONText.value(.list(data.dataset.classes.map { .string($0) }))
          copy.metadata["ward.data.sha256"] = data.dataset.sha256
        }
        try WrittenFile.write(Data(copy.checkpoint.bytes), to: given[file], argument: "as")
        session.output.show(
          .text("\(given[file])  \(copy.parameterCount.of("parameter")) of \(value.identity.name)"))
        return .none
      }
    }
  }

  static var open: Command {
    Command(
      "open", "Read a model from a file: one that Ward wrote, or a PyTorch state dict.", topic: Topic.training,
      examples: [
        "open \"normal.safetensors\"", "open \"lenet.safetensors\" as: lenet on: fashion mean: 0.2862 std: 0.3204",
      ],
      details: """
        A state dict does not say what network it belongs to, nor how its images were normalised: say so with as:, on: (or \
        shape: and answers:), mean: and std:. Mean and standard deviation are those of pixels from 0 to 1.
        """
    ) { signature in
      let file = signature.subject("file", .file, "a .safetensors file")
      let architecture = signature.optional(
        "as", .choice(Architectures.family.name), "the kind of network", shown: "what the file says")
      let on = signature.optional("on", .object(DatasetValue.self), "data of the kind it was trained on", shown: "none")
      let shape = signature.optional(
        "shape", .list(of: ParameterType<Int>.integer(in: 1...65_536)), "channels, height and width of its images",
        shown: "those of on, or [1, 28, 28]")
      let answers = signature.optional(
        "answers", .integer(in: 2...65_536), "how many classes it answers", shown: "those of on, or 10")
      let mean = signature.optional(
        "mean", .oneOrMore(ParameterType<Double>.number), "mean of its training pixels, one for each channel",
        shown: "0")
      let std = signature.optional(
        "std", .oneOrMore(ParameterType<Double>.number(in: .above(0))), "standard deviation of its training pixels",
        shown: "1")
      return { session, given in
        let path = Home.path(given[file])
        let data = given[on]
        return try session.opening {
          guard let choice = given[architecture] else {
            let model = try Interrupt.runDetached { try Model(contentsOf: path) }
            if given[mean] != nil || given[std] != nil {
              session.warn("the file says how its images were normalised, so that mean: and std: were not used")
            }
            return try session.opened(model, from: path, data)
          }
          try session.checkScale(given[mean], given[std])
          let extents =
            given[shape] ?? data.map { [$0.dataset.shape.channels, $0.dataset.shape.height, $0.dataset.shape.width] }
            ?? [1, 28, 28]
          guard extents.count == 3 else {
            throw Problem(
              code: ShellCode.wrongModel, message: "shape is three numbers: channels, height, width", argument: "shape")
          }
          let channels = extents[0]
          func each(_ values: [Double]?, _ fallback: Double, _ name: String) throws -> [Float] {
            let values = values ?? [fallback]
            guard values.count == 1 || values.count == channels else {
              throw Problem(
                code: ShellCode.wrongModel,
                message: "\(name) needs one number, or one for each of the \(channels) channels",
                argument: name)
            }
            return (0..<channels).map { Float(values.count == 1 ? values[0] : values[$0]) }
          }
          let kind = try Architectures.family.make(choice.spec)
          let input = ImageShape(channels: channels, height: extents[1], width: extents[2])
          let classes = given[answers] ?? data?.dataset.classes.count ?? 10
          let (means, deviations) = (try each(given[mean], 0, "mean"), try each(given[std], 1, "std"))
          let model = try Interrupt.runDetached {
            try Model(
              contentsOf: path, as: kind, input: input, classes: classes,
              normalisation: Normalisation(mean: means, std: deviations))
          }
          let value = try session.opened(model, from: path, data)
          if given[mean] == nil || given[std] == nil {
            let missing =
              given[mean] == nil ? (given[std] == nil ? "no mean: and std: were" : "no mean: was") : "no std: was"
            try session.warnOfNormalisation(missing, value.asObject(ModelValue.self))
          }
          return value
        }
      }
    }
  }
}

extension Session {
  fileprivate func opening(_ work: () throws -> Value) throws -> Value {
    do { return try translatingErrors(work) } catch let error as CheckpointError {
      throw Problem(code: ShellCode.file, message: error.description, argument: "file")
    }
  }

  fileprivate func warn(_ text: String, help: [String] = []) {
    note(Diagnostic(ShellCode.noNormalisation, text, help: help, severity: .warning))
  }

  /// Means and deviations of bytes, from 0 to 255, are an old habit; pixels are numbers from 0 to 1 here.
  fileprivate func checkScale(_ mean: [Double]?, _ std: [Double]?) throws {
    func list(_ values: [Double]) -> String {
      let texts = values.map { NumberText.exact(($0 / 255 * 10_000).rounded() / 10_000) }
      return texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
    }
    // No number from 0 to 1 has a larger mean, and none a deviation of more than a half.
    let isOff = mean?.contains { $0 > 1 } == true
    guard isOff || std?.contains(where: { $0 > 1 }) == true else { return }
    let divided = [mean.map { "mean: \(list($0))" }, std.map { "std: \(list($0))" }].compactMap { $0 }
    throw Problem(
      code: ShellCode.wrongModel,
      message: "`\(isOff ? "mean" : "std"):` must be at most 1, since pixels go from 0 to 1 here",
      help: ["for values on the scale 0 to 255 write `\(divided.joined(separator: " "))`"],
      argument: isOff ? "mean" : "std")
  }

  /// Says what was not given, and what it should be where the data can tell.
  fileprivate func warnOfNormalisation(_ missing: String, _ value: ModelValue?) throws {
    var help = [
      "for its training images: their mean and standard deviation, of pixels from 0 to 1; `mean: 0 std: 1` if there was none"
    ]
    if let value, let clean = value.origin.clean, let data = value.origin.data?.dataset {
      let model = value.model.normalised(by: Normalisation(mean: data.mean, std: data.std))
      let better = try translatingErrors { try engine.accuracy(of: model, on: data.test, stop: stop) }
      func list(_ values: [Float]) -> String {
        let texts = values.map { NumberText.exact((Double($0) * 10_000).rounded() / 10_000) }
        return texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
      }
      help = [
        "with those of \(data.name), `mean: \(list(data.mean)) std: \(list(data.std))`, it answers "
          + "\(NumberText.share(better)) of the test images right, and \(NumberText.share(clean)) without; "
          + "`mean: 0 std: 1` says that there were none"
      ]
    }
    warn("\(missing) given, so that pixels go in as they are, from 0 to 1", help: help)
  }

  fileprivate func opened(_ model: Model, from path: String, _ data: DatasetValue?) throws -> Value {
    var origin = ModelValue.Origin(data: data)
    origin.spec = .opened(path: path)
    if let data, data.dataset.shape == model.input, data.dataset.classes.count == model.classes {
      origin.clean = try engine.accuracy(of: model, on: data.dataset.test, stop: stop)
    }
    let value = ModelValue(model, origin: origin)
    made(.model(value))
    return .object(value)
  }
}

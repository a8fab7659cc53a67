import Foundation
import Lang
import NN

extension Command<Session> {
  static var keep: Command {
    Command(
      "keep", "Write a model to a file of its own, which Ward, PyTorch and others open.", topic: Topic.training,
      examples: ["keep normal as: \"normal.safetensors\"", "keep normal as: \"normal.onnx\""],
      details: """
        The format is safetensors: the tensors under PyTorch's names (conv1.weight, fc1.bias, …), and what the network is in the \
        metadata. A name that ends in .onnx makes an ONNX file (operators of version 17, any number of images), which takes \
        pixels from 0 to 1: the normalisation is inside. Models are in the store too; a file is for taking one elsewhere.
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
        let bytes = try session.opening(argument: "as") {
          try given[file].lowercased().hasSuffix(".onnx")
            ? copy.onnx(named: value.identity.name) : copy.checkpoint.bytes
        }
        try WrittenFile.write(Data(bytes), to: given[file], argument: "as")
        session.output.show(
          .text("\(given[file])  \(copy.parameterCount.of("parameter")) of \(value.identity.name)"))
        return .none
      }
    }
  }

  static var open: Command {
    Command(
      "open", "Read a model from a file: one that Ward wrote, an ONNX model, or a PyTorch state dict.",
      topic: Topic.training,
      examples: [
        "open \"normal.safetensors\"", "open \"resnet.onnx\" on: cifar mean: [0.491, 0.482, 0.447] std: 0.25",
        "open \"lenet.pt\" as: lenet on: fashion mean: 0.2862 std: 0.3204",
        "open \"other.pt\" as: lenet keys: {\"0\": \"conv1\", \"3\": \"conv2\"}",
      ],
      details: """
        An ONNX file says what network it holds; data given with on: name its classes. Its images are taken as pixels from 0 \
        to 1, unless mean: and std: say how they are normalised before they reach it. A softmax at its end is left out, so \
        that attacks see the scores.

        A state dict (safetensors, .pt or .pth) does not say what network it belongs to, nor how its images were normalised: \
        say so with as:, on: (or shape: and answers:), mean: and std:. Mean and standard deviation are those of pixels from 0 \
        to 1. A prefix of all its keys (module., model.) is left out, and the numbers of nn.Sequential are matched by their \
        order where the shapes agree; keys: says what the others are called here. Nothing in a file is ever run.
        """
    ) { signature in
      let file = signature.subject("file", .file, "a .safetensors, .onnx, .pt or .pth file")
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
      let keys = signature.optional(
        "keys", .record, "what some of a state dict's keys are called here, as in {\"0.weight\": \"conv1.weight\"}",
        shown: "none")
      return { session, given in
        let path = Home.path(given[file])
        let data = given[on]
        let renamed = try session.keyPairs(given[keys])
        return try session.opening {
          if try session.isONNX(path) {
            if given[architecture] != nil || given[answers] != nil || given[keys] != nil {
              session.warn("an ONNX file says what network it holds, so that as:, answers: and keys: were not used")
            }
            return try session.openedONNX(
              path, data, shape: given[shape], mean: given[mean], std: given[std])
          }
          guard let choice = given[architecture] else {
            let model = try Interrupt.runDetached { try Model.whole(path) }
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
          let kind = try Architectures.family.make(choice.spec)
          let input = ImageShape(channels: channels, height: extents[1], width: extents[2])
          let classes = given[answers] ?? data?.dataset.classes.count ?? 10
          let normalisation = try Normalisation(channels: channels, mean: given[mean], std: given[std])
          let opened = try Interrupt.runDetached {
            try OpenedModel(
              weights: path, as: kind, input: input, classes: classes, normalisation: normalisation, keys: renamed)
          }
          for note in opened.notes { session.remark(note) }
          let value = try session.opened(opened.model, from: path, data)
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
  fileprivate func opening<Result>(argument: String = "file", _ work: () throws -> Result) throws -> Result {
    do { return try translatingErrors(work) } catch let error as CheckpointError {
      throw Problem(
        code: ShellCode.file, message: error.description, help: error.hint.map { [$0] } ?? [], argument: argument)
    } catch let error as ModelFileError {
      throw Problem(code: ShellCode.file, message: error.description, help: error.help, argument: argument)
    } catch let error as DataError {
      var problem = Problem.from(error)
      problem.argument = argument
      throw problem
    }
  }

  func warn(_ text: String, help: [String] = []) {
    note(Diagnostic(ShellCode.noNormalisation, text, help: help, severity: .warning))
  }

  /// Means and deviations of bytes, from 0 to 255, are an old habit; pixels are numbers from 0 to 1 here.
  func checkScale(_ mean: [Double]?, _ std: [Double]?) throws {
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

  func opened(_ model: Model, from path: String, _ data: DatasetValue?) throws -> Value {
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

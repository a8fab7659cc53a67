/// A model out of a file of another program's, and what should be said about how it was read.
public struct OpenedModel: Sendable {
  /// The model.
  public let model: Model
  /// Sentences: what was left out, taken for something else, or ignored.
  public internal(set) var notes: [String]

  init(model: Model, notes: [String]) { (self.model, self.notes) = (model, notes) }

  /// Opens a file of weights alone, such as a PyTorch state dict, for a network that is known: safetensors, `.pt` or `.pth`.
  ///
  /// Prefixes of the keys are stripped and `nn.Sequential`'s numbers matched by their order where that makes them fit.
  ///
  /// - Parameter keys: what some of the file's keys are called in the network.
  /// - Throws: `CheckpointError` if a tensor is missing, superfluous or of another shape, `ModelFileError` for a file of
  ///   PyTorch's that holds no weights, `DataError`, `MemoryShortage`.
  public init(
    weights path: String, as architecture: any Architecture, input: ImageShape, classes: Int,
    normalisation: Normalisation, keys: [(from: String, to: String)] = []
  ) throws {
    let network: Network
    do {
      network = try architecture.network(for: input, classes: classes)
    } catch let error as NetworkError {
      throw CheckpointError.badMetadata(path: path, reason: error.description)
    }
    let tensors: [(name: String, tensor: Tensor)]
    var notes: [String] = []
    if (try? ModelFileKind(of: path)) == .torch {
      let file = try TorchFile(path)
      (tensors, notes) = (file.tensors, file.notes)
    } else {
      tensors = try Safetensors(contentsOf: path).tensors
    }
    var found: [String] = []
    do {
      model = try Model(network, label: architecture.spec, normalisation: normalisation) { plan in
        let matching = try KeyMatching(tensors, to: plan.parameters, keys: keys, path: path)
        found = matching.notes
        let all = plan.parameters.flatMap { matching.tensors[$0.name]?.values ?? [] }
        try Model.checkFinite(all, plan.parameters, path: path)
        return all
      }
    } catch let error as NetworkError {
      throw CheckpointError.badMetadata(path: path, reason: error.description)
    }
    self.notes = notes + found
  }
}

extension Model {
  /// Opens any file with the right tensors, such as a PyTorch state dict.
  ///
  /// - Throws: as `OpenedModel` does.
  public init(
    contentsOf path: String, as architecture: any Architecture, input: ImageShape, classes: Int,
    normalisation: Normalisation
  ) throws {
    self = try OpenedModel(
      weights: path, as: architecture, input: input, classes: classes, normalisation: normalisation
    ).model
  }
}

extension Model {
  /// Opens a file that says itself what network it holds: one that Ward wrote.
  ///
  /// - Throws: `CheckpointError`, and what is wrong with a file of PyTorch's, which is looked into first.
  public static func whole(_ path: String) throws -> Model {
    if (try? ModelFileKind(of: path)) == .torch {
      _ = try TorchFile(path)
      throw CheckpointError.unknownArchitecture(path: path)
    }
    return try Model(contentsOf: path)
  }
}

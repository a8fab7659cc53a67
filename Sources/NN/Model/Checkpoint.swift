import Foundation

extension Model {
  /// What Ward writes into the metadata of a file, beside the model's own.
  private enum Key {
    static let architecture = "ward.architecture"
    static let settings = "ward.settings"
    static let network = "ward.network"
    static let input = "ward.input"
    static let classes = "ward.classes"
    static let mean = "ward.mean"
    static let std = "ward.std"
    static let all = [architecture, settings, network, input, classes, mean, std]
  }

  /// The model as a file: tensors under PyTorch's names, and metadata that say how to build the network again.
  public var checkpoint: Safetensors {
    var notes = metadata
    notes[Key.architecture] = architecture.name
    notes[Key.settings] = architecture.settings.json
    notes[Key.network] = network.json
    notes[Key.input] = [input.channels, input.height, input.width].map(String.init).joined(separator: "x")
    notes[Key.classes] = String(classes)
    notes[Key.mean] = normalisation.mean.map { "\($0)" }.joined(separator: " ")
    notes[Key.std] = normalisation.std.map { "\($0)" }.joined(separator: " ")
    let tensors = layout.map { (name: $0.name, tensor: Tensor(shape: $0.shape, values: Array(values[$0.range]))) }
    return Safetensors(tensors: tensors, metadata: notes)
  }

  /// Writes a file that Ward and `safetensors.torch` open.
  ///
  /// - Throws: `CheckpointError`.
  public func save(to path: String) throws { try checkpoint.write(to: path) }

  /// Opens a file that Ward wrote.
  ///
  /// - Throws: `CheckpointError`.
  public init(contentsOf path: String) throws { try self.init(checkpoint: Safetensors(contentsOf: path), path: path) }

  /// A model out of a file's contents; `path` is named in errors.
  public init(checkpoint file: Safetensors, path: String) throws {
    let notes = file.metadata
    guard let name = notes[Key.architecture] else { throw CheckpointError.unknownArchitecture(path: path) }
    func bad(_ reason: String) -> CheckpointError { .badMetadata(path: path, reason: reason) }
    let extents = (notes[Key.input] ?? "").split(separator: "x").compactMap { Int($0) }
    guard extents.count == 3, extents.allSatisfy({ (1...65_536).contains($0) }) else {
      throw bad("its images are '\(notes[Key.input] ?? "")'")
    }
    guard let classes = notes[Key.classes].flatMap({ Int($0) }), (1...65_536).contains(classes) else {
      throw bad("it has '\(notes[Key.classes] ?? "")' classes")
    }
    let mean = (notes[Key.mean] ?? "").split(separator: " ").compactMap { Float($0) }
    let std = (notes[Key.std] ?? "").split(separator: " ").compactMap { Float($0) }
    guard mean.count == extents[0], std.count == extents[0], mean.allSatisfy(\.isFinite),
      std.allSatisfy({ $0 > 0 && $0.isFinite && (1 / $0).isFinite })
    else {
      throw bad("it needs a mean and a positive standard deviation for each channel")
    }
    let shape = ImageShape(channels: extents[0], height: extents[1], width: extents[2])
    let (label, network): (Spec, Network)
    do {
      label = Spec(name, try [String: SettingValue](json: notes[Key.settings] ?? "{}"))
      if let written = notes[Key.network] {
        network = try Network(json: written)
      } else {  // files of early versions have the architecture alone
        network = try Architectures.family.make(label).network(for: shape, classes: classes)
      }
    } catch { throw bad("\(error)") }
    guard network.input == shape, network.classes == classes else {
      throw bad("its network is for \(network.input) images of \(network.classes) classes")
    }
    try self.init(
      file, path: path, network, label: label, normalisation: Normalisation(mean: mean, std: std))
    metadata = notes.filter { !Key.all.contains($0.key) }
  }

  private init(
    _ file: Safetensors, path: String, _ network: Network, label: Spec, normalisation: Normalisation
  ) throws {
    do {
      try self.init(network, label: label, normalisation: normalisation) { plan in
        try Self.values(of: file, path: path, plan.parameters)
      }
    } catch let error as NetworkError {
      throw CheckpointError.badMetadata(path: path, reason: error.description)
    }
  }

  /// The tensors of a file in the order of a network's parameters. Nothing is allocated before all of them are there.
  private static func values(of file: Safetensors, path: String, _ layout: [ParameterLayout]) throws -> [Float] {
    let tensors = Dictionary(file.tensors.map { ($0.name, $0.tensor) }, uniquingKeysWith: { first, _ in first })
    let names = file.tensors.map(\.name)
    for place in layout {
      guard let tensor = tensors[place.name] else {
        throw CheckpointError.missing(path: path, name: place.name, found: names)
      }
      guard tensor.shape == place.shape else {
        throw CheckpointError.wrongShape(path: path, name: place.name, expected: place.shape, found: tensor.shape)
      }
    }
    // PyTorch counts batches in a tensor that nothing else needs.
    let known = Set(layout.map(\.name))
    let unknownNames = names.filter { !known.contains($0) && !$0.hasSuffix("num_batches_tracked") }
    if !unknownNames.isEmpty { throw CheckpointError.unexpected(path: path, names: unknownNames) }
    let all = layout.flatMap { tensors[$0.name]?.values ?? [] }
    try checkFinite(all, layout, path: path)
    return all
  }

  /// Refuses weights that mean nothing.
  static func checkFinite(_ all: [Float], _ layout: [ParameterLayout], path: String) throws {
    if let first = all.firstIndex(where: { !$0.isFinite }) {
      let name = layout.first { $0.range.contains(first) }?.name ?? ""
      throw CheckpointError.notFinite(path: path, name: name, count: all.count { !$0.isFinite }, of: all.count)
    }
  }
}

import Foundation
import Lang
import NN
import Store

/// A trained model: `normal`, `cse`.
struct ModelValue: Object {
  static let type = ObjectType(
    "model", "A network with its weights, and how it came to be. Its layers are members too: cse.conv1.",
    members: [
      member("name", "the name it was first bound to") { .string($0.identity.name) },
      member("architecture", "the kind of network") { .string($0.model.architecture.name) },
      member("network", "a table with one row for each layer: shape, parameters, multiplications") {
        .table($0.model.network.table)
      },
      member("parameters", "how many numbers are trained") { .integer($0.model.parameterCount) },
      member("clean", "accuracy on the test images, from 0 to 1") { $0.origin.clean.map { .number($0) } ?? Value.none },
      member("parent", "the model it started from; none if it was trained from scratch") {
        $0.origin.parent.map { .object($0) } ?? Value.none
      },
      member("defense", "how it was trained") { .string($0.origin.defense.isEmpty ? "standard" : $0.origin.defense) },
      member("costs", "the cost matrix it was trained with; none without one") {
        $0.origin.costs.map { .object($0) } ?? Value.none
      },
      member("seed", "the seed of its training") { .integer($0.origin.seed) },
      member("epoch", "the epoch whose weights it has; none of a model that was not trained here") {
        $0.origin.epochs.isEmpty
          ? Value.none : .integer(($0.origin.epochs.first { $0.picked == true } ?? $0.origin.epochs.last)?.epoch ?? 0)
      },
      member("epochs", "a table with one row for each epoch of its training") { .table($0.epochTable) },
    ])

  /// Shared by all copies: its name, and where the store keeps it.
  final class Identity {
    var name: String
    /// Whether the name was given by a `let`.
    var isNamed = false
    var storeID: Int64?
    /// Told of the name, once the store has the model.
    var wasNamed: (String) -> Void = { _ in }
    init(name: String = "") { self.name = name }
  }

  /// How a model came to be.
  struct Origin {
    /// The data it was trained on.
    var data: DatasetValue?
    var parent: ModelValue? { parents.first }
    /// At most one; in a list since a struct cannot hold one of its own kind.
    var parents: [ModelValue] = []
    /// The defense as it would be typed; empty for plain training.
    var defense = ""
    /// What decided the training, or the file it was opened from; nil where it is not known.
    var spec: ModelSpec?
    var costs: CostsValue?
    var seed = 0
    var clean: Double?
    var seconds = 0.0
    var epochs: [StoredEpoch] = []
  }

  let identity: Identity
  let model: Model
  let origin: Origin

  init(_ model: Model, origin: Origin, name: String = "") {
    self.model = model
    self.origin = origin
    identity = Identity(name: name)
  }

  func named(_ name: String) -> any Object {
    if !identity.isNamed {
      identity.name = name
      identity.isNamed = true
      identity.wasNamed(name)
    }
    return self
  }

  /// The layers that have weights, by name.
  var ownMembers: [ObjectType.Member] {
    layerNames.map { name in
      Self.member(name, "the weights of the layer \(name)") { .object(LayerValue(model: $0, name: name)) }
    }
  }

  /// The layers that have weights, from the first to the last.
  var layers: [LayerValue] { layerNames.map { LayerValue(model: self, name: $0) } }

  private var layerNames: [String] {
    var names: [String] = []
    for place in model.layout where place.name.hasSuffix(".weight") { names.append(String(place.name.dropLast(7))) }
    return names.filter { !$0.contains(".") }
  }

  /// What was measured in no epoch has no column.
  var epochTable: Table {
    let epochs = origin.epochs
    typealias Figure = (column: Table.Column, value: (StoredEpoch) -> Value)
    func figure(_ name: String, _ shown: Table.Presentation, _ value: @escaping (StoredEpoch) -> Double?) -> Figure {
      (.init(name, shown), { value($0).map { .number($0) } ?? .none })
    }
    let measured: [Figure] = [
      figure("validation_accuracy", .share, \.validationAccuracy),
      figure("validation_balanced", .share, \.validationBalanced),
      figure("validation_robust", .share, \.validationRobust),
      figure("validation_protected", .share, \.validationProtected),
      figure("validation_cost", .plain, \.validationCost),
      figure("one_step", .share, \.oneStep), figure("two_steps", .share, \.twoSteps),
      (.init("picked"), { $0.picked.map { .bool($0) } ?? .none }),
    ].filter { figure in epochs.contains { figure.value($0) != .none } }
    let figures: [Figure] =
      [
        (.init("epoch"), { .integer($0.epoch) }), figure("loss", .plain) { $0.loss },
        figure("train_accuracy", .share, \.trainAccuracy), figure("test_accuracy", .share, \.testAccuracy),
      ] + measured + [
        figure("seconds", .seconds) { $0.seconds }, figure("images_per_second", .count) { $0.imagesPerSecond },
      ]
    return Table(columns: figures.map(\.column), rows: epochs.map { epoch in figures.map { $0.value(epoch) } })
  }

  /// How many epochs it was trained, and which of them is kept if not the last: `epoch 7 of 20, best robust`.
  private var epochText: String {
    let count = origin.epochs.count
    guard case .trained(let spec) = origin.spec, let pick = spec.pick,
      let kept = origin.epochs.first(where: { $0.picked == true })
    else { return count.of("epoch") }
    let all = count < spec.epochs ? "\(count), stopped before \(spec.epochs)" : "\(count)"
    return "epoch \(kept.epoch) of \(all), best \(pick.rawValue)"
  }

  var summary: String {
    var parts: [String] = []
    if let parent = origin.parent {
      parts.append("from \(parent.identity.name)")
    } else {
      parts += [model.architecture.name, model.parameterCount.of("parameter")]
    }
    if !origin.defense.isEmpty { parts.append(origin.defense) }
    // Costs that the defense does not speak of, or that nobody named in the call.
    if let costs = origin.costs, origin.defense.isEmpty || origin.parent?.origin.costs?.isEqual(to: costs) == true {
      parts.append("costs" + (costs.name.isEmpty ? "" : " \(costs.name)"))
    }
    if !origin.epochs.isEmpty { parts.append(epochText) }
    if let clean = origin.clean { parts.append("test accuracy \(NumberText.share(clean))") }
    return parts.joined(separator: ", ")
  }

  func isEqual(to other: any Object) -> Bool { (other as? ModelValue)?.identity === identity }

  /// What commands use when no images are named.
  func testImages() throws -> ImagesValue {
    guard let data = origin.data else {
      throw Problem(
        code: ShellCode.wrongModel, message: "\(identity.name) was not trained here, so its test images are not known",
        help: ["say which images with on:"])
    }
    return ImagesValue(images: data.dataset.test, from: data)
  }
}

/// The weights of one layer: `cse.conv1`.
struct LayerValue: Object {
  static let type = ObjectType(
    "layer", "The weights of one layer of a model.",
    members: [
      member("name", "the layer's name") { .string($0.name) },
      member("shape", "the extents of its weights") { .list(($0.tensor?.shape ?? []).map { .integer($0) }) },
      member("weights", "its weights as a list") {
        .list(($0.tensor?.values ?? []).map { .number(Double("\($0)") ?? .nan) })
      },
      member("model", "the model it belongs to") { .object($0.model) },
    ])

  let model: ModelValue
  let name: String

  private var tensor: Tensor? { model.model["\(name).weight"] }

  /// The extents of its weights: four for a convolution.
  var extents: [Int] { tensor?.shape ?? [] }

  /// Whether it is the first layer that learns, and so reads the image itself.
  var isFirst: Bool { model.model.network.layers.first { $0.parameters > 0 }?.name == name }

  /// All its weights.
  var tensorValues: [Float] { tensor?.values ?? [] }

  var summary: String {
    let shape = (tensor?.shape ?? []).map(String.init).joined(separator: "×")
    return "\(name) of \(model.identity.name), \(shape), \(NumberText.count(tensor?.values.count ?? 0)) weights"
  }

  func isEqual(to other: any Object) -> Bool {
    guard let other = other as? LayerValue else { return false }
    return other.model.identity === model.identity && other.name == name
  }
}

extension Model {
  /// Network and tensors as a safetensors file: what the store keeps. The same for models that are equal to the bit.
  var weightsFile: Data {
    var plain = self
    plain.metadata = [:]
    return Data(plain.checkpoint.bytes)
  }
}

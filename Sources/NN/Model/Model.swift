import Contract

/// A network with its weights: a value, so training a copy leaves the original alone.
public struct Model: Sendable {
  /// Its layers and how they are connected.
  public let network: Network
  /// What the network was made by, with its settings: a label.
  public let architecture: Spec
  /// The first layer.
  public private(set) var normalisation: Normalisation
  /// All parameters and running averages, one after the other as `layout` says.
  public private(set) var values: [Float]
  /// Names of the classes, and whatever else should travel with a saved model.
  public var metadata: [String: String] = [:]
  let plan: Plan

  /// A fresh network, initialised as PyTorch does by default: uniform in ±1/√(fan-in), normalisation layers at 1 and 0.
  ///
  /// - Parameter seed: the same seed gives the same weights.
  /// - Throws: `NetworkError` where the images do not fit the architecture, `MemoryShortage` where the network does not
  ///   fit the machine; nothing was allocated then.
  public init(
    _ architecture: any Architecture, input: ImageShape, classes: Int, normalisation: Normalisation? = nil,
    seed: Int = 0
  ) throws {
    require(classes > 0, "a model of \(classes) classes")
    try self.init(
      architecture.network(for: input, classes: classes), label: architecture.spec, normalisation: normalisation,
      seed: seed)
  }

  /// A fresh model of a network.
  ///
  /// - Parameter label: what the network is to be called.
  /// - Throws: as above.
  public init(_ network: Network, label architecture: Spec, normalisation: Normalisation? = nil, seed: Int = 0) throws {
    try self.init(network, label: architecture, normalisation: normalisation) { plan in
      var values: [Float] = []
      values.reserveCapacity(plan.parameterCount)
      var random = Random(seed: seed, stream: 0x1417)
      for spec in network.nodes.flatMap(\.parameters) {
        switch spec.start {
        case .uniform(let bound): for _ in 0..<spec.count { values.append(random.uniform(-bound, bound)) }
        case .constant(let value): values += Array(repeating: value, count: spec.count)
        }
      }
      return values
    }
  }

  /// A model with weights from elsewhere.
  ///
  /// - Parameter values: gives as many as the plan says, or throws; called once it is known that they fit the machine.
  init(
    _ network: Network, label architecture: Spec, normalisation: Normalisation?, values: (Plan) throws -> [Float]
  ) throws {
    let input = network.input
    try network.checkExtents(of: architecture.name)
    self.network = network
    self.architecture = architecture
    self.normalisation = normalisation ?? .none(channels: input.channels)
    require(self.normalisation.mean.count == input.channels, "one mean a channel")
    plan = Plan(network, training: false)
    try MemoryShortage.check(
      "\(architecture.name) for \(input) images",
      [.init("weights", 4 * Double(plan.parameterCount)), .init("activations", 4 * Double(plan.arena.count))],
      hint: "a smaller network, or smaller images")
    self.values = try values(plan)
    require(self.values.count == plan.parameterCount, "\(self.values.count) values for \(plan.parameterCount)")
  }

  /// The shape of the images it takes.
  public var input: ImageShape { network.input }

  /// How many answers it chooses from.
  public var classes: Int { network.classes }

  /// Names, extents and places of all tensors, in the order of the layers.
  public var layout: [ParameterLayout] { plan.parameters }

  /// Number of trained parameters.
  public var parameterCount: Int { layout.filter(\.isTrained).reduce(0) { $0 + $1.count } }

  /// The same weights behind another first layer, of as many channels.
  public func normalised(by other: Normalisation) -> Model {
    require(other.mean.count == input.channels, "one mean a channel")
    var copy = self
    copy.normalisation = other
    return copy
  }

  /// Replaces all values; there must be as many as before.
  public mutating func setValues(_ new: [Float]) {
    require(new.count == values.count, "\(new.count) values for a model of \(values.count)")
    values = new
  }

  /// The tensor of that PyTorch name (`conv1.weight`), nil if there is none. A new value must have the same shape.
  public subscript(name: String) -> Tensor? {
    get { layout.first { $0.name == name }.map { Tensor(shape: $0.shape, values: Array(values[$0.range])) } }
    set {
      guard let place = layout.first(where: { $0.name == name }), let newValue else {
        unreachable("no parameter \(name)")
      }
      require(newValue.shape == place.shape, "\(newValue.shape) for \(name) of \(place.shape)")
      values.replaceSubrange(place.range, with: newValue.values)
    }
  }
}

import CKernels

/// A network compiled for groups of 16 images: operations in order, and where everything lies.
///
/// There are two for each network: one that learns, and one that only answers (and gives gradients by the pixels), where
/// fewer operations are needed.
struct Plan: Sendable {
  let operations: [any Operation]
  let arena: ArenaLayout
  /// What the operations prepare from the weights.
  let prepared: ArenaLayout
  /// What a group of a batch leaves for gradients that are summed at its end.
  let left: ArenaLayout
  let input: Slot
  let inputGradient: Slot
  let output: Slot
  let outputGradient: Slot
  let parameters: [ParameterLayout]
  /// Floats of all parameters together.
  let parameterCount: Int
  /// Whether training needs the whole batch at once, as batch normalisation does.
  let hasPhases: Bool
  /// Whether training draws random numbers.
  let hasDropout: Bool
  /// Whether a frame that `transforms` goes forward in another way than one that does not.
  let canTransform: Bool
  /// What a group does forward without waiting for the others; each stretch ends where all are needed, or at the end.
  let forwardSegments: [[PhaseStep]]
  /// The same backward.
  let backwardSegments: [[PhaseStep]]

  /// Where the value of each node lies, and what computes it: of a plan in which every layer stands apart; else empty.
  let places: [NodePlace]
  /// All memory that gradients flow through, of the same.
  let gradientSlots: [Slot]
  /// The operation that sums the gradients of several readers of the image.
  let imageFork: Int?

  /// What one layer became in a plan in which every layer stands apart.
  struct NodePlace: Sendable {
    let operation: Int
    let value: Slot
    let gradient: Slot
    /// The operation that sums what its readers send back, if there are several.
    let fork: Int?
  }

  /// One phase of one operation.
  struct PhaseStep: Sendable {
    let operation: Int
    let phase: Int
  }

  private static func segments(_ order: some Sequence<Int>, phases: (Int) -> Int) -> [[PhaseStep]] {
    var all: [[PhaseStep]] = [[]]
    for operation in order {
      for phase in 0..<phases(operation) {
        all[all.count - 1].append(PhaseStep(operation: operation, phase: phase))
        if phase < phases(operation) - 1 { all.append([]) }
      }
    }
    return all
  }

  /// - Parameters:
  ///   - training: whether parameters are learnt; otherwise running averages hold and nothing is dropped.
  ///   - apart: where it is given, no layers share an operation, and each has the stage that it says.
  init(_ network: Network, training: Bool, apart: ((any Layer) -> any Stage)? = nil) {
    var builder = PlanBuilder(network, training: training, apart: apart)
    builder.place()
    operations = builder.operations
    arena = builder.layout
    prepared = builder.prepared
    left = builder.left
    input = builder.values[Network.image]!
    inputGradient = builder.gradients[Network.image]!
    output = builder.values[network.last]!
    outputGradient = builder.gradients[network.last]!
    parameters = builder.parameters
    parameterCount = parameters.last?.range.upperBound ?? 0
    places =
      apart == nil
      ? []
      : network.nodes.indices.map { node in
        NodePlace(
          operation: builder.numbers[node]!, value: builder.values[node]!, gradient: builder.gradients[node]!,
          fork: builder.forks[node])
      }
    imageFork = builder.forks[Network.image]
    gradientSlots = apart == nil ? [] : builder.gradients.values + builder.forked
    let all = builder.operations
    hasPhases = all.contains { $0.forwardPhases > 1 || $0.backwardPhases > 1 }
    hasDropout = all.contains(where: \.drawsRandomNumbers)
    canTransform = builder.canTransform
    forwardSegments = Self.segments(all.indices) { all[$0].forwardPhases }
    backwardSegments = Self.segments(all.indices.reversed()) { all[$0].backwardPhases }
  }
}

/// Fuses the network's nodes into stages, then lays out memory stage by stage.
private struct PlanBuilder {
  /// One operation to be, what it reads and which node's value it writes.
  struct Place {
    let stage: any Stage
    let isView: Bool
    let inputs: [Int]
    let output: Int
    /// The nodes whose parameters it has.
    let nodes: [Int]
  }

  let network: Network
  let isTraining: Bool
  var places: [Place] = []
  var parameters: [ParameterLayout] = []
  var offsets: [Int: [Int]] = [:]
  var layout = ArenaLayout()
  var prepared = ArenaLayout()
  var left = ArenaLayout()
  var values: [Int: Slot] = [:]
  /// The gradient of each node's value, after the sum over its readers.
  var gradients: [Int: Slot] = [:]
  /// What each reader of a node writes; consumed in order.
  var branches: [Int: [Slot]] = [:]
  var operations: [any Operation] = []
  var canTransform = false
  /// Which operation computes a node, and which sums the gradients of its readers.
  var numbers: [Int: Int] = [:]
  var forks: [Int: Int] = [:]
  /// What those readers write.
  var forked: [Slot] = []
  let apart: ((any Layer) -> any Stage)?

  init(_ network: Network, training: Bool, apart: ((any Layer) -> any Stage)?) {
    self.network = network
    self.apart = apart
    isTraining = training
    layOutParameters()
    fuse()
  }

  private mutating func layOutParameters() {
    var offset = 0
    for (number, node) in network.nodes.enumerated() {
      for spec in node.parameters {
        let name = node.name.isEmpty ? spec.suffix : node.name + "." + spec.suffix
        parameters.append(ParameterLayout(name: name, shape: spec.shape, offset: offset, isTrained: spec.isTrained))
        offsets[number, default: []].append(offset)
        offset += spec.count
      }
    }
  }

  private mutating func fuse() {
    let nodes = network.nodes
    if let apart {
      places = nodes.enumerated().map { number, node in
        Place(stage: apart(node.layer), isView: false, inputs: node.inputs, output: number, nodes: [number])
      }
      return
    }
    var readers: [Int: [Int]] = [:]
    for (number, node) in nodes.enumerated() {
      for input in node.inputs { readers[input, default: []].append(number) }
    }
    /// The nodes of which each reads the one before and nothing else, and is its only reader.
    func chain(after node: Int) -> [Int] {
      var (all, last) = ([Int](), node)
      while all.count < 4, let next = readers[last], next.count == 1, nodes[next[0]].inputs.count == 1 {
        last = next[0]
        all.append(last)
      }
      return all
    }
    var done: Set<Int> = []
    for (number, node) in nodes.enumerated() where !done.contains(number) {
      let followers = chain(after: number)
      if let fusion = node.layer.fused(with: followers.map { nodes[$0].layer }, training: isTraining) {
        let taken = followers.prefix(fusion.count)
        places.append(
          Place(
            stage: fusion.stage, isView: false, inputs: node.inputs, output: taken.last ?? number,
            nodes: [number] + taken))
        done.formUnion(taken)
      } else {
        places.append(
          Place(stage: node.layer, isView: node.layer.isView, inputs: node.inputs, output: number, nodes: [number]))
      }
    }
  }

  mutating func place() {
    let readers = Dictionary(
      grouping: places.flatMap { place in place.inputs.map { ($0, place) } }, by: \.0
    ).mapValues { $0.map(\.1) }
    placeNode(Network.image, readers: readers[Network.image] ?? [], gradientHalo: .none)
    addFork(Network.image)
    for (index, place) in places.enumerated() {
      if !alias(place, readers: readers) {
        placeNode(place.output, readers: readers[place.output] ?? [], gradientHalo: place.stage.gradientHalo)
        addOperation(place, index: index)
      }
      addFork(place.output)
    }
  }

  /// A view of memory without halo needs no operation.
  private mutating func alias(_ place: Place, readers: [Int: [Place]]) -> Bool {
    let input = place.inputs[0]
    guard place.isView, let value = values[input], let gradient = branches[input]?.first,
      !value.hasHalo, !gradient.hasHalo, (readers[place.output]?.count ?? 1) <= 1
    else { return false }
    branches[input]!.removeFirst()
    values[place.output] = value.flattened
    gradients[place.output] = gradient.flattened
    branches[place.output] = [gradient.flattened]
    return true
  }

  private mutating func placeNode(_ node: Int, readers: [Place], gradientHalo: Halo) {
    let shape = network.shape(of: node)
    let halo = readers.reduce(Halo.none) { $0.union($1.stage.inputHalo) }
    values[node] = layout.slot(shape, halo: halo)
    let gradient = layout.slot(shape, halo: gradientHalo)
    gradients[node] = gradient
    branches[node] = readers.count > 1 ? readers.map { _ in layout.slot(shape) } : [gradient]
  }

  private mutating func addOperation(_ place: Place, index: Int) {
    let inputGradients = place.inputs.map { branches[$0]!.removeFirst() }
    var wiring = Wiring(
      inputs: place.inputs.map { values[$0]! }, inputGradients: inputGradients, output: values[place.output]!,
      outputGradient: gradients[place.output]!, parameters: place.nodes.flatMap { offsets[$0] ?? [] },
      isFirst: place.inputs == [Network.image], isTraining: isTraining, index: index, layout: layout,
      prepared: prepared, left: left, canTransform: canTransform)
    numbers[place.output] = operations.count
    operations.append(place.stage.operation(&wiring))
    (layout, prepared, left) = (wiring.layout, wiring.prepared, wiring.left)
    canTransform = wiring.canTransform
  }

  private mutating func addFork(_ node: Int) {
    guard let all = branches[node], all.count > 1 else { return }
    forks[node] = operations.count
    forked += all
    operations.append(ForkOperation(branches: all, gradient: gradients[node]!))
  }
}

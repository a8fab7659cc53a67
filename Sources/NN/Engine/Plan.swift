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
  /// All memory that gradients flow through.
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
  ///   - sharesGradients: whether gradients take turns in memory where nobody looks at them later.
  init(
    _ network: Network, training: Bool, apart: ((any Layer) -> any Stage)? = nil, sharesGradients: Bool = true
  ) {
    var builder = PlanBuilder(network, training: training, apart: apart, sharesGradients: sharesGradients)
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
    gradientSlots = builder.pool.slots
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
  /// What each reader of a node writes, by the node that the reader computes; consumed in order.
  var branches: [Int: [(reader: Int, slot: Slot)]] = [:]
  var pool: GradientPool
  /// The last step at which what a place sends back is in use, by the node that it computes. A place has two steps: its own, and
  /// after it that of the sum over the readers of what it computes.
  var lastSteps: [Int: Int] = [:]
  var operations: [any Operation] = []
  var canTransform = false
  /// Which operation computes a node, and which sums the gradients of its readers.
  var numbers: [Int: Int] = [:]
  var forks: [Int: Int] = [:]
  let apart: ((any Layer) -> any Stage)?

  init(_ network: Network, training: Bool, apart: ((any Layer) -> any Stage)?, sharesGradients: Bool) {
    self.network = network
    self.apart = apart
    pool = GradientPool(isShared: sharesGradients && apart == nil)
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
      while all.count < 4, last != network.last, let next = readers[last], next.count == 1,
        nodes[next[0]].inputs.count == 1
      {
        last = next[0]
        all.append(last)
      }
      return all
    }
    /// What a node becomes with some of those after it: they, and the inputs.
    func fused(_ number: Int) -> (stage: any Stage, taken: [Int], inputs: [Int])? {
      let node = nodes[number]
      if number != network.last, let next = readers[number], next.count == 1, let sum = nodes[next[0]].layer as? Add,
        // The other branch has to be there by then.
        let branch = nodes[next[0]].inputs.first(where: { $0 < number })
      {
        let followers = chain(after: next[0])
        if let fusion = node.layer.fused(into: sum, with: followers.map { nodes[$0].layer }) {
          return (fusion.stage, next + followers.prefix(fusion.count), node.inputs + [branch])
        }
      }
      let followers = chain(after: number)
      return node.layer.fused(with: followers.map { nodes[$0].layer }, training: isTraining).map {
        ($0.stage, Array(followers.prefix($0.count)), node.inputs)
      }
    }
    var done: Set<Int> = []
    for (number, node) in nodes.enumerated() where !done.contains(number) {
      if let (stage, taken, inputs) = fused(number) {
        places.append(
          Place(stage: stage, isView: false, inputs: inputs, output: taken.last ?? number, nodes: [number] + taken))
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
    noteLastSteps(readers)
    placeNode(Network.image, at: -1, readers: readers[Network.image] ?? [], gradientHalo: .none)
    addFork(Network.image)
    for (index, place) in places.enumerated() {
      if !alias(place, readers: readers) {
        placeNode(
          place.output, at: index, readers: readers[place.output] ?? [], gradientHalo: place.stage.gradientHalo)
        addOperation(place, index: index)
      }
      addFork(place.output)
    }
  }

  private mutating func noteLastSteps(_ readers: [Int: [Place]]) {
    for (index, place) in places.enumerated().reversed() {
      // A view may be the memory that it looks at.
      lastSteps[place.output] = place.isView ? lastStep(of: readers[place.output] ?? []) : 2 * index
    }
  }

  /// The last step at which one of the readers needs the gradient that it sends back. What nobody reads gets its gradient from
  /// the caller.
  private func lastStep(of readers: [Place]) -> Int { readers.map { lastSteps[$0.output]! }.max() ?? .max }

  /// A view of memory without halo needs no operation.
  private mutating func alias(_ place: Place, readers: [Int: [Place]]) -> Bool {
    let input = place.inputs[0]
    guard place.isView, let value = values[input], let gradient = branches[input]?.first?.slot,
      !value.hasHalo, !gradient.hasHalo, readers[place.output]?.count == 1 || place.output == network.last
    else { return false }
    branches[input]!.removeFirst()
    values[place.output] = value.flattened
    gradients[place.output] = gradient.flattened
    branches[place.output] = (readers[place.output] ?? []).map { (reader: $0.output, slot: gradient.flattened) }
    return true
  }

  private mutating func placeNode(_ node: Int, at index: Int, readers: [Place], gradientHalo: Halo) {
    let shape = network.shape(of: node)
    let halo = readers.reduce(Halo.none) { $0.union($1.stage.inputHalo) }
    values[node] = layout.slot(shape, halo: halo)
    let step = 2 * index
    if node == Network.image {
      // Who asks for it reads it when the pass is over.
      gradients[node] = pool.slot(shape, from: step, to: .max, in: &layout)
    } else if readers.isEmpty, node != network.last {
      // Nobody writes it: it stays zero.
      gradients[node] = layout.slot(shape, halo: gradientHalo)
    } else if readers.count > 1 {
      gradients[node] = pool.slot(shape, halo: gradientHalo, from: step, to: step + 1, in: &layout)
    } else if let same = gradientOfOtherInput(of: readers.first), gradientHalo == .none {
      gradients[node] = same
    } else {
      gradients[node] = pool.slot(shape, halo: gradientHalo, from: step, to: lastStep(of: readers), in: &layout)
    }
    branches[node] = readers.map { reader in
      if readers.count == 1 { return (reader: reader.output, slot: gradients[node]!) }
      return (
        reader: reader.output,
        slot: pool.slot(shape, from: step + 1, to: lastStep(of: [reader]), in: &layout)
      )
    }
  }

  /// Where a reader that sends all its inputs the same gradient will already write it for an input before this one.
  private func gradientOfOtherInput(of reader: Place?) -> Slot? {
    guard pool.isShared, let reader, reader.stage.sendsOneGradient else { return nil }
    let placed = reader.inputs.lazy.compactMap { branches[$0]?.first { $0.reader == reader.output }?.slot }
    return placed.first { !$0.hasHalo }
  }

  private mutating func addOperation(_ place: Place, index: Int) {
    let inputGradients = place.inputs.map { branches[$0]!.removeFirst().slot }
    var wiring = Wiring(
      inputs: place.inputs.map { values[$0]! }, inputGradients: inputGradients, output: values[place.output]!,
      outputGradient: gradients[place.output]!, parameters: place.nodes.flatMap { offsets[$0] ?? [] },
      isFirst: place.inputs == [Network.image], isTraining: isTraining, index: index, layout: layout,
      gradients: pool, prepared: prepared, left: left, canTransform: canTransform)
    numbers[place.output] = operations.count
    operations.append(place.stage.operation(&wiring))
    (layout, pool, prepared, left) = (wiring.layout, wiring.gradients, wiring.prepared, wiring.left)
    canTransform = wiring.canTransform
  }

  private mutating func addFork(_ node: Int) {
    guard let all = branches[node]?.map(\.slot), all.count > 1 else { return }
    forks[node] = operations.count
    operations.append(ForkOperation(branches: all, gradient: gradients[node]!))
  }
}

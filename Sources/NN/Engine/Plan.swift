import CKernels

/// A network compiled for groups of 16 images: operations in order, and where everything lies.
///
/// Where a convolution is followed by a ReLU and a 2×2 maximum, or a layer by a ReLU, one operation does it all.
struct Plan: Sendable {
  let operations: [any Operation]
  let arena: ArenaLayout
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
  /// What a group does forward without waiting for the others; each stretch ends where all are needed, or at the end.
  let forwardStretches: [[Turn]]
  /// The same backward.
  let backwardStretches: [[Turn]]

  /// One phase of one operation.
  struct Turn: Sendable {
    let operation: Int
    let phase: Int
  }

  private static func stretches(_ order: some Sequence<Int>, phases: (Int) -> Int) -> [[Turn]] {
    var all: [[Turn]] = [[]]
    for operation in order {
      for phase in 0..<phases(operation) {
        all[all.count - 1].append(Turn(operation: operation, phase: phase))
        if phase < phases(operation) - 1 { all.append([]) }
      }
    }
    return all
  }

  init(_ network: Network) {
    var builder = PlanBuilder(network)
    builder.place()
    operations = builder.operations
    arena = builder.layout
    input = builder.values[Network.image]!
    inputGradient = builder.gradients[Network.image]!
    output = builder.values[network.last]!
    outputGradient = builder.gradients[network.last]!
    parameters = builder.parameters
    parameterCount = parameters.last?.range.upperBound ?? 0
    let all = builder.operations
    hasPhases = all.contains { $0.forwardPhases > 1 || $0.backwardPhases > 1 }
    hasDropout = all.contains { $0 is DropoutOperation }
    forwardStretches = Self.stretches(all.indices) { all[$0].forwardPhases }
    backwardStretches = Self.stretches(all.indices.reversed()) { all[$0].backwardPhases }
  }
}

/// Fuses the network's nodes into stages, then lays out memory stage by stage.
private struct PlanBuilder {
  /// One operation to be: a layer, what it reads and which node's value it writes.
  struct Stage {
    var layer: any Layer
    let inputs: [Int]
    let output: Int
    /// The node that owns the parameters.
    let owner: Int
  }

  let network: Network
  var stages: [Stage] = []
  var parameters: [ParameterLayout] = []
  var offsets: [Int: [Int]] = [:]
  var layout = ArenaLayout()
  var values: [Int: Slot] = [:]
  /// The gradient of each node's value, after the sum over its readers.
  var gradients: [Int: Slot] = [:]
  /// What each reader of a node writes; consumed in order.
  var branches: [Int: [Slot]] = [:]
  var operations: [any Operation] = []

  init(_ network: Network) {
    self.network = network
    layOutParameters()
    fuse()
  }

  private mutating func layOutParameters() {
    var offset = 0
    for (number, node) in network.nodes.enumerated() {
      for spec in node.layer.parameters(for: node.inputShape) {
        let name = node.name.isEmpty ? spec.suffix : node.name + "." + spec.suffix
        parameters.append(ParameterLayout(name: name, shape: spec.shape, offset: offset, isTrained: spec.isTrained))
        offsets[number, default: []].append(offset)
        offset += spec.count
      }
    }
  }

  private mutating func fuse() {
    let nodes = network.nodes
    var readers: [Int: [Int]] = [:]
    for (number, node) in nodes.enumerated() {
      for input in node.inputs { readers[input, default: []].append(number) }
    }
    func onlyReader(of node: Int) -> Int? { readers[node]?.count == 1 ? readers[node]![0] : nil }
    func isReLU(_ node: Int) -> Bool { (nodes[node].layer as? Activation)?.function == .relu }
    var done: Set<Int> = []
    for (number, node) in nodes.enumerated() where !done.contains(number) {
      var stage = Stage(layer: node.layer, inputs: node.inputs, output: number, owner: number)
      if let next = onlyReader(of: number) {
        if let convolution = node.layer as? Convolution, let after = onlyReader(of: next),
          let pool = (nodes[next].layer as? MaxPool) ?? (nodes[after].layer as? MaxPool),
          isReLU(next) || isReLU(after), PooledConvolution.covers(convolution, pool)
        {
          stage = Stage(
            layer: PooledConvolution(convolution: convolution), inputs: node.inputs, output: after, owner: number)
          done.formUnion([next, after])
        } else if isReLU(next), let both = Self.withReLU(node.layer) {
          stage = Stage(layer: both, inputs: node.inputs, output: next, owner: number)
          done.insert(next)
        }
      }
      stages.append(stage)
    }
  }

  /// The layer that computes the ReLU after it on the way out, if its kernel can.
  private static func withReLU(_ layer: any Layer) -> (any Layer)? {
    switch layer {
    case var convolution as Convolution:
      convolution.followedByReLU = true
      return convolution
    case var dense as Dense:
      dense.followedByReLU = true
      return dense
    case var norm as BatchNorm:
      norm.followedByReLU = true
      return norm
    case var sum as Add:
      sum.followedByReLU = true
      return sum
    default: return nil
    }
  }

  mutating func place() {
    let readers = Dictionary(
      grouping: stages.flatMap { stage in stage.inputs.map { ($0, stage) } }, by: \.0
    ).mapValues { $0.map(\.1) }
    placeNode(Network.image, readers: readers[Network.image] ?? [], gradientHalo: .none)
    addFork(Network.image)
    for (index, stage) in stages.enumerated() {
      if !alias(stage, readers: readers) {
        placeNode(stage.output, readers: readers[stage.output] ?? [], gradientHalo: stage.layer.gradientHalo)
        addOperation(stage, index: index)
      }
      addFork(stage.output)
    }
  }

  /// A flattening of memory without halo is the same memory.
  private mutating func alias(_ stage: Stage, readers: [Int: [Stage]]) -> Bool {
    let input = stage.inputs[0]
    guard stage.layer is Flatten, let value = values[input], let slope = branches[input]?.first,
      !value.hasHalo, !slope.hasHalo, (readers[stage.output]?.count ?? 1) <= 1
    else { return false }
    branches[input]!.removeFirst()
    values[stage.output] = value.flattened
    gradients[stage.output] = slope.flattened
    branches[stage.output] = [slope.flattened]
    return true
  }

  private mutating func placeNode(_ node: Int, readers: [Stage], gradientHalo: Halo) {
    let shape = network.shape(of: node)
    let halo = readers.reduce(Halo.none) { $0.union($1.layer.inputHalo) }
    values[node] = layout.slot(shape, halo: halo)
    let gradient = layout.slot(shape, halo: gradientHalo)
    gradients[node] = gradient
    branches[node] = readers.count > 1 ? readers.map { _ in layout.slot(shape) } : [gradient]
  }

  private mutating func addOperation(_ stage: Stage, index: Int) {
    let slopes = stage.inputs.map { branches[$0]!.removeFirst() }
    var wiring = Wiring(
      inputs: stage.inputs.map { values[$0]! }, inputGradients: slopes, output: values[stage.output]!,
      outputGradient: gradients[stage.output]!, parameters: offsets[stage.owner] ?? [],
      isFirst: stage.inputs == [Network.image], index: index, layout: layout)
    operations.append(stage.layer.operation(&wiring))
    layout = wiring.layout
  }

  private mutating func addFork(_ node: Int) {
    guard let all = branches[node], all.count > 1 else { return }
    operations.append(ForkOperation(branches: all, gradient: gradients[node]!))
  }
}

import CKernels
import Contract

/// What is the same for all images: the operations of a network one by one, its weights and their absolute values, and which
/// way the rows of a node take back to the image. Read by all threads.
struct BoundPlan: Sendable {
  let model: Model
  let plan: Plan
  let kernels: Kernels
  /// The values as they are, and in absolute form.
  let weights: PreparedWeights
  let absolute: PreparedWeights
  /// What each affine node makes of zeros, one number a value; nil where that is zero everywhere.
  let constants: [[Float]?]
  /// The same in absolute form, where padding adds something: to be taken off.
  private(set) var absoluteConstants: [[Float]?]
  /// The nodes whose bounds are worth rows of their own: what bends reads them, and something bent lies before them.
  let refined: [Int]
  /// For each node, whether something that bends reads it.
  let isRead: [Bool]
  /// Back from each node to the image, the last first.
  let routes: [[Step]]

  /// One step of rows on their way back.
  enum Step: Sendable {
    case affine(node: Int)
    case bend(node: Int)
    case fork(operation: Int)
  }

  /// - Throws: `CertificateError.noBounds` for a network with a layer that has no rule.
  init(_ model: Model, kernels: Kernels = .chosen) throws {
    let network = model.network
    if let layer = network.withoutBounds { throw CertificateError.noBounds(layer: layer) }
    self.model = model
    self.kernels = kernels
    let plan = network.planForBounds(training: false)
    self.plan = plan
    weights = PreparedWeights(FloatStorage(model.values), for: plan, kernels: kernels)
    absolute = PreparedWeights(FloatStorage(network.absolute(model.values)), for: plan, kernels: kernels)
    let nodes = network.nodes
    let bends = nodes.map { $0.layer.bounding?.isAffine == false }
    var (isRead, isBent) = ([Bool](repeating: false, count: nodes.count), bends)
    /// How many layers before a node let values meet, if nothing bends before it: bounds of one such layer are exact.
    var mixing = [Int](repeating: 0, count: nodes.count)
    for (number, node) in nodes.enumerated() {
      for input in node.inputs where input >= 0 {
        if bends[number] { isRead[input] = true }
        isBent[number] = isBent[number] || isBent[input]
        mixing[number] = max(mixing[number], mixing[input])
      }
      if case .affine(true, _) = node.layer.bounding { mixing[number] += 1 }
    }
    self.isRead = isRead
    refined = nodes.indices.filter { isRead[$0] && !bends[$0] && (isBent[$0] || mixing[$0] > 1) }
    routes = nodes.indices.map { Self.route(from: $0, nodes, bends, plan) }
    constants = Self.constants(plan, weights, bends, kernels)
    absoluteConstants = Self.constants(plan, absolute, bends, kernels)
  }

  private static func route(from start: Int, _ nodes: [Network.Node], _ bends: [Bool], _ plan: Plan) -> [Step] {
    var wanted: Set<Int> = [start]
    var steps: [Step] = []
    for node in stride(from: start, through: 0, by: -1) where wanted.contains(node) {
      if node != start, let fork = plan.places[node].fork { steps.append(.fork(operation: fork)) }
      steps.append(bends[node] ? .bend(node: node) : .affine(node: node))
      wanted.formUnion(nodes[node].inputs)
    }
    if let fork = plan.imageFork { steps.append(.fork(operation: fork)) }
    return steps
  }

  /// One pass of zeros through each affine operation.
  private static func constants(
    _ plan: Plan, _ weights: PreparedWeights, _ bends: [Bool], _ kernels: Kernels
  ) -> [[Float]?] {
    let arena = Arena(plan.arena)
    let frame = Frame(arena: arena, weights: weights, wantsInputGradient: true, count: 1, kernels: kernels)
    return plan.places.indices.map { node in
      guard !bends[node] else { return nil }
      let (place, operation) = (plan.places[node], plan.operations[plan.places[node].operation])
      operation.forward(frame, phase: operation.forwardPhases - 1)
      var rows = [Float](repeating: 0, count: place.value.shape.count)
      rows.withUnsafeMutableBufferPointer {  // Safety: one row of the node's values
        kernels.table.pointee.store_rows(frame.at(place.value), place.value.planes, 1, nil, $0.baseAddress!)
      }
      frame.call.fill(place.value.planes, 0, frame.at(place.value))
      return rows.contains { $0 != 0 } ? rows : nil
    }
  }

  /// Bytes that one thread's workspace takes.
  var bytes: Int {
    let dense = model.network.nodes.enumerated().reduce(model.input.count * 2) { sum, each in
      sum + each.element.shape.count * (each.element.layer.bounding?.isAffine == false ? 9 : 2)
    }
    return 4 * (2 * plan.arena.count + WARD_LANES * dense)
  }
}

import CKernels
import Contract

/// The part of a step that goes through interval bounds: centres in one arena, radii in another, through the same
/// operations, these with the weights' absolute values.
///
/// Batch normalisation uses its running averages here, and dropout does nothing: what is bounded is the network that will be
/// certified. That training lets them move is the business of the other part of the loss.
final class BoundedStep {
  private let model: Model
  private let plan: Plan
  private let engine: Engine
  private let weights: PreparedWeights
  private let absolute: PreparedWeights
  /// Which tensors have absolute values, and where the last layer's lie.
  private let factors: [Range<Int>]
  private let kept: [Range<Int>]
  private let last: (weight: Int, bias: Int?, inputs: Int)
  /// Of each thread: centres, radii.
  private let arenas: [(Arena, Arena)]
  /// Gradients by absolute weights, one for each shard.
  private let gradients: FloatStorage
  private let stride: Int
  /// Of each thread: which pixels of their windows are the largest, and room for what kernels need.
  private let winners: [[FloatStorage?]]
  private let rooms: [FloatStorage]
  /// Pixels as they are: the box around them comes before the normalisation.
  private let pixels: Normalisation
  /// ReLUs next to a maximum of 2×2 pixels, which one kernel has together: by the operation of the second.
  private let pairs: [Int: Pair]
  /// Operations that do nothing by themselves: what a pair's kernel does as well.
  private let covered: Set<Int>
  private let regularizer: BoxRegularizer
  /// Of each thread: bounds by lines, if they are trained through as well.
  private let relaxed: [RelaxedStep]

  /// The two operations of such a pair, in the plan's order, and the node of the maximum.
  private struct Pair {
    let first: Int
    let second: Int
    let maximum: Int
    /// The convolution of the image before them, if one kernel has all three.
    let convolution: BoxedConvolution?
  }

  /// A convolution whose sums no one but the maximum sees, and whose gradient by the input nobody wants.
  private struct BoxedConvolution {
    let operation: Int
    let layer: ward_conv
    let input: Slot
    /// Among the model's values.
    let weight: Int
    let bias: Int?
    /// Floats of scratch.
    let room: Int
  }

  /// - Parameters:
  ///   - weights: the values that training changes; `prepare` is to be called after they did.
  ///   - stride: floats from one shard's gradients to the next.
  ///   - lines: whether bounds by lines are wanted, too.
  init(
    _ model: Model, weights values: FloatStorage, engine: Engine, shards: Int, stride: Int, lines: Bool
  ) {
    self.model = model
    self.engine = engine
    self.stride = stride
    let network = model.network
    plan = network.planForBounds(training: true)
    weights = PreparedWeights(values, for: plan, kernels: engine.kernels)
    absolute = PreparedWeights(
      FloatStorage(network.absolute(values.values)), for: plan, kernels: engine.kernels)
    factors = plan.parameters.filter { $0.name.hasSuffix("weight") }.map(\.range)
    kept = plan.parameters.filter { $0.name.hasSuffix("running_var") }.map(\.range)
    let end = network.nodes[network.nodes.count - 1]
    let inputs = network.shape(of: end.inputs[0]).count
    let own = plan.parameters.suffix(end.parameters.count)
    guard end.layer is Dense, let weight = own.first else { unreachable("`check` refuses other ends") }
    last = (weight.offset, own.count > 1 ? own[own.startIndex + 1].offset : nil, inputs)
    pixels = .none(channels: model.normalisation.mean.count)
    // Lines need the box between the two.
    regularizer = BoxRegularizer(plan)
    let pairs = lines ? [] : Self.pairs(network, plan)
    self.pairs = Dictionary(uniqueKeysWithValues: pairs.map { ($0.second, $0) })
    covered = Set(pairs.flatMap { [$0.first] + ($0.convolution.map { [$0.operation] } ?? []) })
    let scratch = pairs.compactMap(\.convolution?.room).max() ?? 0
    let (plan, weights) = (plan, weights)
    relaxed =
      lines
      ? (0..<engine.threads).map { _ in RelaxedStep(network, plan, weights: weights, kernels: engine.kernels) } : []
    arenas = (0..<engine.threads).map { [plan] _ in (Arena(plan.arena), Arena(plan.arena)) }
    gradients = FloatStorage(count: stride * shards)
    winners = (0..<engine.threads).map { _ in
      network.nodes.map {
        guard case .maximum = $0.layer.bounding else { return nil }
        return FloatStorage(count: 2 * $0.shape.count * WARD_LANES / 4)
      }
    }
    rooms = (0..<engine.threads).map { _ in
      FloatStorage(count: max((inputs + 2 * model.classes) * WARD_LANES, scratch))
    }
  }

  /// Why a network cannot be trained through bounds; nil if it can.
  static func refusal(_ network: Network) -> String? {
    if let layer = network.withoutBounds { return "no bounds are known for \(layer)" }
    guard network.nodes.last?.layer is Dense else { return "it needs a network that ends with `dense`" }
    for node in network.nodes {
      if case .activation(let function) = node.layer.bounding, !function.rises {
        return "`\(Layers.family.spec(of: node.layer)?.name ?? "activation")` does not only rise"
      }
      if let pad = node.layer as? Pad, pad.value != 0 { return "`pad` with another value than 0" }
    }
    return nil
  }

  private static func pairs(_ network: Network, _ plan: Plan) -> [Pair] {
    let nodes = network.nodes
    var (found, taken) = ([Pair](), Set<Int>())
    for (number, node) in nodes.enumerated() {
      let earlier = node.inputs[0]
      guard earlier >= 0, !taken.contains(earlier), nodes.count(where: { $0.inputs.contains(earlier) }) == 1
      else { continue }
      let pair = [earlier, number].map { nodes[$0].layer }
      guard pair.contains(where: \.isReLU), let pool = pair.lazy.compactMap({ $0 as? MaxPool }).first,
        pool.kernel == (2, 2), pool.stride == (2, 2), pool.padding == (0, 0)
      else { continue }
      taken.insert(number)
      found.append(
        Pair(
          first: plan.places[earlier].operation, second: plan.places[number].operation,
          maximum: pair[0] is MaxPool ? earlier : number,
          convolution: boxed(nodes[earlier].inputs[0], network, plan)))
    }
    return found
  }

  /// The node as a convolution that goes with what follows it, if it is one; what follows is its only reader.
  private static func boxed(_ node: Int, _ network: Network, _ plan: Plan) -> BoxedConvolution? {
    let nodes = network.nodes
    guard node >= 0, let layer = nodes[node].layer as? Convolution, nodes[node].inputs == [Network.image],
      nodes.count(where: { $0.inputs.contains(node) }) == 1,
      layer.form(from: network.shape(of: Network.image), isPooled: true) == .winners5,
      let operation = plan.operations[plan.places[node].operation] as? ConvolutionOperation
    else { return nil }
    let conv = layer.descriptor(inputs: network.shape(of: Network.image).channels)
    let width = nodes[node].shape.width / 2
    return BoxedConvolution(
      operation: plan.places[node].operation, layer: conv, input: operation.input, weight: operation.weights.weight,
      bias: operation.weights.bias, room: withUnsafePointer(to: conv) { Int(ward_box5_scratch($0, Int32(width))) })
  }

  /// To be called after the weights have changed.
  func prepare() {
    // Safety: nobody reads while weights are prepared.
    let (from, to) = (weights.values.floats, absolute.values.floats)
    for range in factors { for i in range { to[i] = abs(from[i]) } }
    for range in kept { for i in range { to[i] = from[i] } }
    weights.prepare(engine.kernels)
    absolute.prepare(engine.kernels)
  }

  /// One group's term: adds its gradients, times its share, to those of the shard.
  ///
  /// - Parameters:
  ///   - gradients: of the shard, by the weights.
  ///   - isFirst: whether it is the shard's first group.
  /// - Returns: the summed loss of the group's images, and for how many of them every bound is negative.
  func pass(
    _ images: Images, at positions: [Int], _ labels: [Int], _ objective: BoundObjective, _ now: BoundObjective.Now,
    thread: Int, shard: Int, gradients: UnsafeMutablePointer<Float>, isFirst: Bool, stop: Stop
  ) -> (loss: Double, certified: Int) {
    let centres = Frame(
      arena: arenas[thread].0, weights: weights, gradients: gradients, accumulate: true, wantsInputGradient: false,
      count: labels.count, kernels: engine.kernels, stop: stop)
    // Biases move no radius.
    let radii = Frame(
      arena: arenas[thread].1, weights: absolute, gradients: self.gradients.floats + shard * stride,
      accumulate: !isFirst, wantsInputGradient: false, wantsBiasGradient: false, count: labels.count,
      kernels: engine.kernels, stop: stop)
    load(images, positions, now.epsilon, centres, radii)
    let end = model.network.nodes.count - 1
    // They look at the boxes between the operations of a pair.
    let isRegular = now.regularizers > 0
    for node in 0..<end {
      if stop.isRequested { return (0, 0) }
      forward(node, centres, radii, thread, fuses: !isRegular)
    }
    let terms =
      isRegular ? regularizer.terms(centres, radii, weight: Double(now.regularizers) * Double(labels.count)) : nil
    let lines = now.lines > 0 ? relaxed[thread] : nil
    lines?.stand(on: centres, radii)
    var found = lastLayer(labels, objective, now, lines, centres, radii, thread, gradients, stop)
    for number in plan.operations.indices.reversed() where number != plan.places[end].operation {
      if stop.isRequested { return (0, 0) }
      if let lines, let node = plan.places.firstIndex(where: { $0.operation == number }) {
        lines.add(node, centres, radii)
      }
      backward(number, centres, radii, thread, fuses: !isRegular)
      if let gradient = terms?.gradients[number] { regularizer.add(gradient, of: number, centres, radii) }
    }
    found.loss += terms?.value ?? 0
    return found
  }

  /// After all shards: what the absolute values say about the weights themselves.
  ///
  /// - Parameters:
  ///   - shards: how many of them have gradients.
  ///   - gradients: what it is added to: those of one shard.
  func finish(shards: Int, gradients: UnsafeMutablePointer<Float>) {
    // Safety: all have a place for each parameter; each piece is one thread's.
    let (own, values) = (self.gradients.floats, weights.values.floats)
    let pieces = factors.filter { $0.lowerBound != last.weight }.flatMap { range in
      Swift.stride(from: range.lowerBound, to: range.upperBound, by: 8192).map { $0..<min($0 + 8192, range.upperBound) }
    }
    engine.run(pieces.count) { piece, _ in
      engine.kernels.table.pointee.add_signed(
        Int64(pieces[piece].lowerBound), Int64(pieces[piece].upperBound), values, own, Int32(shards), Int64(stride),
        gradients)
    }
  }

  private func load(_ images: Images, _ positions: [Int], _ epsilon: Float, _ centres: Frame, _ radii: Frame) {
    let (norm, input) = (model.normalisation, plan.input)
    plan.load(images, at: positions, into: centres, pixels)
    centres.call.box_around(
      input.planes, epsilon, norm.mean, norm.inverseStd, centres.at(input), radii.at(input))
  }

  private func forward(_ node: Int, _ centres: Frame, _ radii: Frame, _ thread: Int, fuses: Bool) {
    let number = plan.places[node].operation
    if fuses, covered.contains(number) { return }
    let operation = plan.operations[number]
    guard let bending = operation as? BendingOperation else {
      operation.forward(centres, phase: operation.forwardPhases - 1)
      operation.forward(radii, phase: operation.forwardPhases - 1)
      return
    }
    let (from, to) = (bending.input, bending.output)
    if fuses, let pair = pairs[number] {
      guard let first = plan.operations[pair.first] as? BendingOperation else { unreachable("a ReLU bends") }
      let (low, high) = places(pair.maximum, thread)
      if let conv = pair.convolution {
        withUnsafePointer(to: conv.layer) {
          centres.call.box5_forward(
            $0, conv.input.planes, centres.at(conv.input), radii.at(conv.input), centres.weights + conv.weight,
            radii.weights + conv.weight, conv.bias.map { UnsafePointer(centres.weights + $0) }, to.planes,
            centres.at(to), radii.at(to), low, high, rooms[thread].floats)
        }
        return
      }
      centres.call.interval_relu_pool_forward(
        first.input.planes, centres.at(first.input), radii.at(first.input), to.planes, centres.at(to), radii.at(to),
        low, high)
      return
    }
    switch bending.bounding {
    case .activation(let function):
      let code = function.code
      centres.call.interval_forward(
        code.kind, code.first, code.second, from.planes, centres.at(from), radii.at(from), to.planes, centres.at(to),
        radii.at(to))
    case .maximum(let pool):
      let (low, high) = places(node, thread)
      withUnsafePointer(to: pool) {
        centres.call.interval_pool_forward(
          $0, from.planes, centres.at(from), radii.at(from), to.planes, centres.at(to), radii.at(to), low, high)
      }
    case .affine: unreachable("an affine layer bends nothing")
    }
  }

  private func backward(_ number: Int, _ centres: Frame, _ radii: Frame, _ thread: Int, fuses: Bool) {
    if fuses, covered.contains(number) { return }
    let operation = plan.operations[number]
    guard let bending = operation as? BendingOperation else {
      operation.backward(centres, phase: operation.backwardPhases - 1)
      operation.backward(radii, phase: operation.backwardPhases - 1)
      return
    }
    let (from, to) = (bending.outputGradient, bending.inputGradient)
    if fuses, let pair = pairs[number] {
      guard let first = plan.operations[pair.first] as? BendingOperation else { unreachable("a ReLU bends") }
      if let conv = pair.convolution, let own = centres.gradients, let absolute = radii.gradients {
        let (low, high) = places(pair.maximum, thread)
        withUnsafePointer(to: conv.layer) {
          centres.call.box5_weight_gradients(
            $0, conv.input.planes, centres.at(conv.input), radii.at(conv.input), from.planes, centres.at(from),
            radii.at(from), low, high, own + conv.weight, centres.adds, absolute + conv.weight, radii.adds,
            conv.bias.map { own + $0 }, rooms[thread].floats)
        }
        return
      }
      let (slot, (low, high)) = (first.inputGradient, places(pair.maximum, thread))
      centres.call.interval_relu_pool_backward(
        from.planes, centres.at(from), radii.at(from), low, high, slot.planes, centres.at(slot), radii.at(slot))
      return
    }
    switch bending.bounding {
    case .activation(let function):
      let code = function.code
      centres.call.interval_backward(
        code.kind, code.first, code.second, bending.input.planes, centres.at(bending.input), radii.at(bending.input),
        from.planes, centres.at(from), radii.at(from), to.planes, centres.at(to), radii.at(to))
    case .maximum(let pool):
      guard let node = plan.places.firstIndex(where: { $0.operation == number }) else { return }
      let (low, high) = places(node, thread)
      withUnsafePointer(to: pool) {
        centres.call.interval_pool_backward(
          $0, from.planes, centres.at(from), radii.at(from), low, high, to.planes, centres.at(to), radii.at(to))
      }
    case .affine: unreachable("an affine layer bends nothing")
    }
  }

  /// Safety: a byte a lane of each of the node's values, twice; the thread's own.
  private func places(_ node: Int, _ thread: Int) -> (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt8>) {
    guard let room = winners[thread][node] else { unreachable("node \(node) is no maximum") }
    let bytes = UnsafeMutableRawPointer(room.floats).assumingMemoryBound(to: UInt8.self)
    return (bytes, bytes + model.network.nodes[node].shape.count * WARD_LANES)
  }

  /// The bounds of the margins, the loss, and their gradients by the last layer's weights and its input.
  private func lastLayer(
    _ labels: [Int], _ objective: BoundObjective, _ now: BoundObjective.Now, _ lines: RelaxedStep?, _ centres: Frame,
    _ radii: Frame, _ thread: Int, _ gradients: UnsafeMutablePointer<Float>, _ stop: Stop
  ) -> (loss: Double, certified: Int) {
    guard let operation = plan.operations[plan.places[plan.places.count - 1].operation] as? DenseOperation else {
      unreachable("`check` refuses other ends")
    }
    let classes = model.classes
    // Safety: the room has `inputs` vectors and two for each class.
    let own = rooms[thread].floats
    let bounds = own + last.inputs * WARD_LANES
    let slopes = bounds + classes * WARD_LANES
    let all = (0..<WARD_LANES).map { Int32($0 < labels.count ? labels[$0] : 0) }
    let values = weights.values.floats
    centres.call.merged_forward(
      Int32(last.inputs), Int32(classes), values + last.weight, last.bias.map { UnsafePointer(values + $0) }, all,
      centres.at(operation.input), radii.at(operation.input), own, bounds)
    let tighter = lines?.bounds(labels, stop: stop)
    var factors = [Float](repeating: 0, count: classes * WARD_LANES)
    slopes.update(repeating: 0, count: classes * WARD_LANES)
    let costs = objective.logCosts
    var (sum, certified) = (0.0, 0)
    for (lane, label) in labels.enumerated() {
      let row = (0..<classes).map { j in
        let box = bounds[j * WARD_LANES + lane]
        return tighter.map { now.lines * $0[j * WARD_LANES + lane] + (1 - now.lines) * box } ?? box
      }
      let found = BoundObjective.loss(row, label: label, logCosts: costs?[label])
      sum += Double(found.value * now.share)
      if row.indices.allSatisfy({ $0 == label || row[$0] < 0 }) { certified += 1 }
      for j in 0..<classes {
        slopes[j * WARD_LANES + lane] = found.gradient[j] * now.share * (tighter == nil ? 1 : 1 - now.lines)
        factors[j * WARD_LANES + lane] = found.gradient[j] * now.share * now.lines
      }
    }
    lines?.gradients(labels, factors: factors, to: gradients, stop: stop)
    centres.call.merged_backward(
      Int32(last.inputs), Int32(classes), values + last.weight, all, centres.at(operation.input),
      radii.at(operation.input), own, slopes, centres.at(operation.inputGradient), radii.at(operation.inputGradient),
      gradients + last.weight, last.bias.map { gradients + $0 })
    return (sum, certified)
  }
}

extension ShardedStep {
  /// Adds the term of bounds to gradients that are there already.
  func bounded(_ job: Job, _ objective: BoundObjective, _ now: BoundObjective.Now) throws -> Sums {
    let step = bounding ?? makeBoundedStep(lines: objective.lines != nil)
    bounding = step
    step.prepare()
    var sums = [Sums](repeating: Sums(), count: shardCount)
    sums.withUnsafeMutableBufferPointer { sums in
      // Safety: each shard writes its own sums; `run` waits for all of them.
      nonisolated(unsafe) let sums = sums
      engine.run(shardCount) { shard, thread in
        for (place, group) in groups(of: shard, job).enumerated() {
          if job.stop.isRequested { return }
          let rows = groupRows(group, job)
          let found = step.pass(
            job.images, at: Array(job.rows[rows]), Array(job.labels[rows]), objective, now, thread: thread,
            shard: shard, gradients: gradients(of: shard), isFirst: place == 0,
            stop: job.stop)
          sums[shard].loss += found.loss
        }
      }
    }
    try job.stop.check()
    step.finish(shards: shardCount, gradients: gradients(of: 0))
    return Sums(loss: sums.reduce(0) { $0 + $1.loss })
  }
}

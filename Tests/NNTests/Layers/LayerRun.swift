import CKernels

@testable import NN

/// One layer on its own: forward, then back with a given gradient, in evaluation or in training mode.
struct LayerRun {
  var y: Tensor
  var gx: Tensor
  var parameterGradients: [Tensor]
  /// All state after the run: batch normalisation moves its averages.
  var state: [Tensor]

  /// - Parameters:
  ///   - parameters: in the layer's order; missing ones keep their start.
  ///   - training: the whole batch at once, statistics from it.
  ///   - answersOnly: with the plan that learns nothing.
  init(
    _ layers: [any Layer], at kernels: Kernels = .chosen, x: Tensor, parameters: [Tensor] = [], gy: Tensor,
    training: Bool = false, keys: [UInt64] = [], answersOnly: Bool = false
  ) throws {
    var network = Network(input: ImageShape(channels: x.shape[1], height: x.shape[2], width: x.shape[3]), classes: 1)
    for layer in layers { try network.add("", layer, after: network.nodes.isEmpty ? [Network.image] : nil) }
    self.init(
      network, at: kernels, x: x, parameters: parameters, gy: gy, training: training, keys: keys,
      answersOnly: answersOnly)
  }

  /// - Parameters:
  ///   - apart: whether no layers share an operation.
  ///   - sharesGradients: whether gradients take turns in memory.
  ///   - stale: what is in that memory when the way back begins.
  init(
    _ network: Network, at kernels: Kernels = .chosen, x: Tensor, parameters: [Tensor] = [], gy: Tensor,
    training: Bool = false, keys: [UInt64] = [], answersOnly: Bool = false, apart: Bool = false,
    sharesGradients: Bool = true, stale: Float? = nil
  ) {
    let plan = Plan(
      network, training: !answersOnly, apart: apart ? { $0 } : nil, sharesGradients: sharesGradients)
    let weights = FloatStorage(count: plan.parameterCount)
    for (place, tensor) in zip(plan.parameters, parameters) {
      precondition(place.count == tensor.count, "\(tensor.shape) for \(place)")
      for (i, value) in tensor.values.enumerated() { weights.floats[place.offset + i] = value }
    }
    let sums = FloatStorage(count: plan.parameterCount)
    let prepared = PreparedWeights(weights, for: plan, kernels: kernels)
    let groups = (x.rows + WARD_LANES - 1) / WARD_LANES
    let arenas = (0..<groups).map { _ in Arena(plan.arena) }
    let frames = (0..<groups).map { group in
      Frame(
        arena: arenas[group], weights: prepared, gradients: answersOnly ? nil : sums.floats, accumulate: group > 0,
        wantsInputGradient: true, count: min(WARD_LANES, x.rows - group * WARD_LANES), isTraining: training,
        transforms: !answersOnly,
        keys: keys.isEmpty ? [] : Array(keys.dropFirst(group * WARD_LANES).prefix(WARD_LANES)), kernels: kernels)
    }
    let normalisation = Normalisation.none(channels: network.input.channels)
    var y = Tensor(shape: [x.rows] + gy.shape.dropFirst())
    var gx = Tensor(shape: x.shape)
    for (group, frame) in frames.enumerated() {
      x.values.withUnsafeBufferPointer {
        plan.load($0.baseAddress! + group * 16 * x.rowCount, into: frame, normalisation)
      }
    }
    for stretch in plan.forwardSegments {
      for frame in frames { for turn in stretch { plan.operations[turn.operation].forward(frame, phase: turn.phase) } }
      if training, let end = stretch.last { plan.operations[end.operation].combineForward(frames, phase: end.phase) }
    }
    for (group, frame) in frames.enumerated() {
      y.values.withUnsafeMutableBufferPointer {
        plan.logits(of: frame, into: $0.baseAddress! + group * 16 * gy.rowCount)
      }
      if let stale { for slot in plan.gradientSlots { frame.call.fill(slot.planes, stale, frame.at(slot)) } }
      gy.values.withUnsafeBufferPointer {
        plan.setOutputGradient($0.baseAddress! + group * 16 * gy.rowCount, of: frame)
      }
    }
    if training {
      for stretch in plan.backwardSegments {
        for frame in frames {
          for turn in stretch { plan.operations[turn.operation].backward(frame, phase: turn.phase) }
        }
        if let end = stretch.last { plan.operations[end.operation].combineBackward(frames, phase: end.phase) }
      }
    } else {
      for frame in frames { plan.backward(frame) }
    }
    for (group, frame) in frames.enumerated() {
      gx.values.withUnsafeMutableBufferPointer {
        plan.pixelGradient(of: frame, into: $0.baseAddress! + group * 16 * x.rowCount, normalisation)
      }
    }
    self.y = y
    self.gx = gx
    let gradients = sums.values
    let state = weights.values
    parameterGradients = plan.parameters.map { Tensor(shape: $0.shape, values: Array(gradients[$0.range])) }
    self.state = plan.parameters.map { Tensor(shape: $0.shape, values: Array(state[$0.range])) }
  }
}

import CKernels
import Contract

/// Upper bounds of the margins by lines over boxes that are known already, and their gradients: the CROWN-IBP of Zhang et al.,
/// arXiv:1906.06316, for one thread.
///
/// Rows go back from the differences of the logits and choose a line wherever the network bends, and a corner of the image's
/// box. With these lines the network is affine, and at that corner it gives the bound. So the bound's gradient by the weights
/// is that of this affine network by an ordinary pass back; that by the lines' slopes is the row times the value there; and as
/// the lines stand on the boxes, it goes on into the pass back through these.
///
/// Below a ReLU the line parallel to the upper one is taken: of those that `crown` tries it is the one that does not jump as a
/// box comes to touch zero, so that the gradient leaves nothing out. The lower line of a maximum still does where another
/// pixel takes over.
final class RelaxedStep {
  /// A node that bends.
  private struct Bend {
    let operation: BendingOperation
    let input: Int
    let shape: ImageShape
    let inputShape: ImageShape
    /// Its input's box: lower ends, then upper ends.
    let box: FloatStorage
    /// Gradients by both.
    let slopes: FloatStorage
    let lines: FloatStorage
    /// What arrived from behind, in full.
    let rows: FloatStorage
    /// Of a maximum: which pixels the lower and the upper lines are of.
    let places: FloatStorage?

    /// Safety: a byte a lane of each value, twice.
    var pixels: (under: UnsafeMutablePointer<UInt8>, over: UnsafeMutablePointer<UInt8>) {
      let bytes = UnsafeMutableRawPointer(places!.floats).assumingMemoryBound(to: UInt8.self)
      return (bytes, bytes + shape.count * WARD_LANES)
    }
  }

  private let plan: Plan
  private let weights: PreparedWeights
  private let kernels: Kernels
  private let classes: Int
  private let arena: Arena
  private let image: FloatStorage
  /// By their operations.
  private var bends: [Int: Bend] = [:]
  private let rest = FloatStorage(count: 2 * WARD_LANES)

  /// - Parameters:
  ///   - plan: for bounds, training.
  ///   - weights: those that training changes, prepared for it.
  init(_ network: Network, _ plan: Plan, weights: PreparedWeights, kernels: Kernels) {
    (self.plan, self.weights, self.kernels, classes) = (plan, weights, kernels, network.classes)
    arena = Arena(plan.arena)
    image = FloatStorage(count: 2 * network.input.count * WARD_LANES)
    for (number, node) in network.nodes.enumerated() {
      guard let operation = plan.operations[plan.places[number].operation] as? BendingOperation else { continue }
      let (input, count) = (network.shape(of: node.inputs[0]), node.shape.count * WARD_LANES)
      var places: FloatStorage?
      if case .maximum = operation.bounding { places = FloatStorage(count: 2 * count / 4) }
      bends[plan.places[number].operation] = Bend(
        operation: operation, input: node.inputs[0], shape: node.shape, inputShape: input,
        box: FloatStorage(count: 2 * input.count * WARD_LANES),
        slopes: FloatStorage(count: 2 * input.count * WARD_LANES), lines: FloatStorage(count: 4 * count),
        rows: FloatStorage(count: count), places: places)
    }
  }

  /// Why a network has no such bounds that can be trained through; nil if it has.
  static func refusal(_ network: Network) -> String? {
    for node in network.nodes {
      if case .activation(let function) = node.layer.bounding, function.slopeBelowZero == nil {
        return "lines of `\(Layers.family.spec(of: node.layer)?.name ?? "activation")` have no gradient here"
      }
    }
    return nil
  }

  /// Lines over the boxes that a pass forward left behind; gradients by the boxes begin at 0.
  func stand(on centres: Frame, _ radii: Frame) {
    let call = kernels.table.pointee
    let half = plan.input.shape.count * WARD_LANES
    // Safety: every storage has room for both ends of what it is of.
    call.box_gather(
      plan.input.planes, centres.at(plan.input), radii.at(plan.input), image.floats, image.floats + half)
    for bend in bends.values {
      let (slot, low) = (bend.operation.input, bend.box.floats)
      let high = low + bend.inputShape.count * WARD_LANES
      call.box_gather(slot.planes, centres.at(slot), radii.at(slot), low, high)
      bend.slopes.floats.update(repeating: 0, count: bend.slopes.count)
      let count = Int64(bend.shape.count)
      switch bend.operation.bounding {
      case .activation(let function):
        guard let slope = function.slopeBelowZero else { unreachable("`refusal` names \(function)") }
        call.relu_lines(count, low, high, slope, SlopeRule.parallel.rawValue, bend.lines.floats)
      case .maximum(let pool):
        let (from, to, (under, over)) = (bend.inputShape, bend.shape.densePlanes, bend.pixels)
        withUnsafePointer(to: pool) {
          call.pool_lines(
            $0, Int32(from.channels), Int32(from.height), Int32(from.width), low, high, to, 0, bend.lines.floats,
            under, over)
        }
      case .affine: unreachable("an affine layer bends nothing")
      }
      call.lines_swap(count, bend.lines.floats)
    }
  }

  /// Upper bounds of `z[j] - z[label]`, a vector a class; those of the labels themselves are 0.
  func bounds(_ labels: [Int], stop: Stop) -> [Float] {
    let frame = frame(nil, count: labels.count, stop)
    var all = [Float](repeating: 0, count: classes * WARD_LANES)
    for shift in 1..<classes {
      if stop.isRequested { return all }
      relax(frame, labels, shift)
      let at = frame.at(plan.output)
      let plane = Int(plan.output.planes.plane) * WARD_LANES
      for (lane, label) in labels.enumerated() {
        let other = (label + shift) % classes
        all[other * WARD_LANES + lane] = at[other * plane + lane] - at[label * plane + lane]
      }
    }
    return all
  }

  /// Adds gradients of the bounds, times `factors` (a vector a class, none negative), to those by the weights; those by the
  /// boxes are kept for `add`.
  func gradients(
    _ labels: [Int], factors: [Float], to gradients: UnsafeMutablePointer<Float>, stop: Stop
  ) {
    let (rows, learning) = (frame(nil, count: labels.count, stop), frame(gradients, count: labels.count, stop))
    for shift in 1..<classes {
      if stop.isRequested { return }
      relax(rows, labels, shift)
      seed(learning, labels, shift) { factors[$0 * WARD_LANES + $1] }
      back(learning, isLearning: true)
    }
  }

  /// Adds the gradients by the box of what `node` computes to those by its centre and radius.
  func add(_ node: Int, _ centres: Frame, _ radii: Frame) {
    let slot = plan.places[node].gradient
    for bend in bends.values where bend.input == node {
      let low = bend.slopes.floats
      kernels.table.pointee.box_slopes(
        slot.planes, low, low + bend.inputShape.count * WARD_LANES, centres.at(slot), radii.at(slot))
    }
  }

  private func frame(_ gradients: UnsafeMutablePointer<Float>?, count: Int, _ stop: Stop) -> Frame {
    Frame(
      arena: arena, weights: weights, gradients: gradients, accumulate: true, wantsInputGradient: true, count: count,
      kernels: kernels, stop: stop)
  }

  /// Rows of the differences to the class (label + `shift`) mod K back, and the corner that they choose forward.
  private func relax(_ frame: Frame, _ labels: [Int], _ shift: Int) {
    seed(frame, labels, shift) { _, _ in 1 }
    back(frame, isLearning: false)
    let (rows, low) = (plan.inputGradient, image.floats)
    frame.call.box_corner(
      rows.planes, frame.at(rows), low, low + plan.input.shape.count * WARD_LANES, plan.input.planes,
      frame.at(plan.input))
    for (number, operation) in plan.operations.enumerated() {
      guard let bend = bends[number] else {
        operation.forward(frame, phase: operation.forwardPhases - 1)
        continue
      }
      let (from, to) = (bend.operation.input, bend.operation.output)
      guard case .maximum(let pool) = bend.operation.bounding else {
        frame.call.lines_forward(
          from.planes, frame.at(from), bend.lines.floats, bend.rows.floats, to.planes, frame.at(to))
        continue
      }
      let (under, over) = bend.pixels
      withUnsafePointer(to: pool) {
        frame.call.pool_lines_forward(
          $0, from.planes, frame.at(from), bend.lines.floats, over, under, bend.rows.floats, to.planes, frame.at(to))
      }
    }
  }

  private func seed(_ frame: Frame, _ labels: [Int], _ shift: Int, _ factor: (_ other: Int, _ lane: Int) -> Float) {
    let slot = plan.outputGradient
    frame.call.fill(slot.planes, 0, frame.at(slot))
    for (lane, label) in labels.enumerated() {
      let other = (label + shift) % classes
      // Safety: one vector a class, without a halo.
      let at = frame.at(slot) + lane
      at[other * Int(slot.planes.plane) * WARD_LANES] = factor(other, lane)
      at[label * Int(slot.planes.plane) * WARD_LANES] = -factor(other, lane)
    }
  }

  private func back(_ frame: Frame, isLearning: Bool) {
    // Safety: 16 doubles, which nobody reads.
    let unread = UnsafeMutableRawPointer(rest.floats).assumingMemoryBound(to: Double.self)
    unread.update(repeating: 0, count: WARD_LANES)
    for number in plan.operations.indices.reversed() {
      guard let bend = bends[number] else {
        let operation = plan.operations[number]
        operation.backward(frame, phase: operation.backwardPhases - 1)
        continue
      }
      let (from, to) = (bend.operation.outputGradient, bend.operation.inputGradient)
      if isLearning {
        learn(bend, frame)
      } else {
        frame.call.planes_gather(from.planes, frame.at(from), bend.rows.floats)
      }
      guard case .maximum(let pool) = bend.operation.bounding else {
        frame.call.lines_backward(
          from.planes, frame.at(from), bend.lines.floats, to.planes, frame.at(to), unread)
        continue
      }
      let (under, over) = bend.pixels
      withUnsafePointer(to: pool) {
        frame.call.pool_lines_backward(
          $0, from.planes, frame.at(from), bend.lines.floats, over, under, to.planes, frame.at(to), unread)
      }
    }
  }

  /// What the rows that arrive at a node say about its box, through the lines.
  private func learn(_ bend: Bend, _ frame: Frame) {
    let (from, slot, shape) = (bend.operation.outputGradient, bend.operation.input, bend.inputShape)
    let (low, byLow, half) = (bend.box.floats, bend.slopes.floats, shape.count * WARD_LANES)
    switch bend.operation.bounding {
    case .activation(let function):
      frame.call.relu_lines_slopes(
        from.planes, frame.at(from), slot.planes, frame.at(slot), low, low + half, function.slopeBelowZero ?? 0, byLow,
        byLow + half)
    case .maximum(let pool):
      withUnsafePointer(to: pool) {
        frame.call.pool_lines_slopes(
          $0, Int32(shape.channels), Int32(shape.height), Int32(shape.width), low, low + half, from.planes,
          frame.at(from), slot.planes, frame.at(slot), bend.pixels.over, byLow, byLow + half)
      }
    case .affine: unreachable("an affine layer bends nothing")
    }
  }
}

extension ImageShape {
  /// Values without a halo, one vector each.
  fileprivate var densePlanes: ward_planes {
    ward_planes(
      channels: Int32(channels), height: Int32(height), width: Int32(width), row: Int32(width),
      plane: Int32(height * width))
  }
}

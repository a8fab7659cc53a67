import CKernels
import Contract
import Foundation

/// Better lower lines below ReLUs, by ascent: α-CROWN (Xu et al., arXiv:2011.13824) without automatic differentiation.
///
/// Every slope from that below zero to 1 is sound. The derivative of a margin by the slope of a unit is the row that arrives
/// there, where it is positive, times what the unit gets in the relaxed network from the corner of the box at which the
/// margin's bound is attained.
extension BoundWorkspace {
  /// Raises lower bounds of the margins to class (y + `shift`) mod K by steps on the slopes, from the lines that are set.
  ///
  /// - Parameters:
  ///   - open: the lanes that it is worth it for; it ends when all of these are proved.
  ///   - found: is given the bounds of every step: the last need not be the best.
  /// - Throws: `Interrupted`.
  func ascend(
    labels: [Int], shift: Int, steps: Int, open: [Int], found: (Bound) -> Void
  ) throws {
    var slopes = AscendingSlopes(self)
    var left = Set(open)
    clearRows()
    for step in 0...steps {
      try checkStop()
      let bound = margin(labels: labels, shift: shift) { slopes.keep($0, self) }
      found(bound)
      left = left.filter { bound.low($0) <= bound.slack($0) }
      if left.isEmpty || step == steps { return }
      forwardRelaxed(slopes)
      slopes.step(self, number: step + 1)
    }
  }

  /// The corner of the box where the last margin is smallest, forward through the lines that its rows chose. Returns the
  /// margins there, which must equal the bounds: what is left of a bound is attained.
  @discardableResult
  func forwardRelaxed(_ slopes: AscendingSlopes) -> [[Float]] {
    let input = plan.plan.input, gradient = plan.plan.inputGradient
    let count = plan.model.input.count * WARD_LANES
    var rows = [Float](repeating: 0, count: count), corner = rows
    // Safety: dense copies of one value a lane and pixel; the box has as many at either end.
    rows.withUnsafeMutableBufferPointer { call.planes_gather(gradient.planes, frame.at(gradient), $0.baseAddress!) }
    for i in 0..<count { corner[i] = rows[i] >= 0 ? low(Network.image)[i] : high(Network.image)[i] }
    corner.withUnsafeBufferPointer { call.planes_scatter(input.planes, $0.baseAddress!, frame.at(input)) }
    for number in nodes.indices {
      let operation = plan.plan.operations[plan.plan.places[number].operation]
      guard let bending = operation as? BendingOperation else {
        operation.forward(frame, phase: operation.forwardPhases - 1)
        continue
      }
      guard let lines = lines[number]?.floats, let rows = slopes.rows[number]?.floats else { continue }
      let (from, to) = (bending.input, bending.output)
      if case .maximum(let pool) = bending.bounding {
        let count = nodes[number].shape.count * WARD_LANES
        withUnsafePointer(to: pool) {
          call.pool_lines_forward(
            $0, from.planes, frame.at(from), lines, bytes(number), bytes(number) + count, rows, to.planes, frame.at(to))
        }
      } else {
        call.lines_forward(from.planes, frame.at(from), lines, rows, to.planes, frame.at(to))
      }
    }
    let output = plan.plan.places[nodes.count - 1].value
    var logits = [Float](repeating: 0, count: WARD_LANES * classes)
    logits.withUnsafeMutableBufferPointer {  // Safety: a row a lane
      call.store_rows(frame.at(output), output.planes, Int32(WARD_LANES), nil, $0.baseAddress!)
    }
    return (0..<WARD_LANES).map { Array(logits[$0 * classes..<($0 + 1) * classes]) }
  }
}

/// The slopes of one margin on their way up: Adam's moments, and the rows that arrived last.
struct AscendingSlopes {
  private static let rate: Float = 0.1
  private static let decay: Float = 0.98

  /// What arrived at each node that bends, dense.
  fileprivate(set) var rows: [Int: FloatStorage] = [:]
  private var first: [Int: [Float]] = [:]
  private var second: [Int: [Float]] = [:]
  /// The slope below zero of each ReLU.
  private var floors: [Int: Float] = [:]

  init(_ workspace: BoundWorkspace) {
    for (number, node) in workspace.nodes.enumerated() where node.layer.bounding?.isAffine == false {
      let count = node.shape.count * WARD_LANES
      rows[number] = FloatStorage(count: count)
      guard case .activation(let function) = node.layer.bounding, let floor = function.slopeBelowZero else { continue }
      floors[number] = floor
      first[number] = [Float](repeating: 0, count: count)
      second[number] = [Float](repeating: 0, count: count)
    }
  }

  mutating func keep(_ node: Int, _ workspace: BoundWorkspace) {
    guard let room = rows[node] else { return }
    let slot = workspace.plan.plan.places[node].gradient
    workspace.call.planes_gather(slot.planes, workspace.frame.at(slot), room.floats)
  }

  /// One step of Adam on every unit whose box has zero inside.
  mutating func step(_ workspace: BoundWorkspace, number: Int) {
    let rate = Self.rate * Foundation.pow(Self.decay, Float(number - 1))
    let correction1 = 1 - Foundation.pow(Float(0.9), Float(number))
    let correction2 = 1 - Foundation.pow(Float(0.999), Float(number))
    for (node, floor) in floors {
      guard let lines = workspace.lines[node]?.floats, let rows = rows[node]?.floats else { continue }
      let input = workspace.nodes[node].inputs[0]
      let (low, high) = (workspace.low(input), workspace.high(input))
      let slot =
        input < 0 ? workspace.plan.plan.input : workspace.plan.plan.places[input].value
      let count = workspace.nodes[node].shape.count * WARD_LANES
      var values = [Float](repeating: 0, count: count)
      values.withUnsafeMutableBufferPointer {  // Safety: as many values as the node has
        workspace.call.planes_gather(slot.planes, workspace.frame.at(slot), $0.baseAddress!)
      }
      for i in 0..<count where low[i] < 0 && high[i] > 0 {
        let slope = max(rows[i], 0) * values[i]
        first[node]![i] += 0.1 * (slope - first[node]![i])
        second[node]![i] += 0.001 * (slope * slope - second[node]![i])
        let move = rate * first[node]![i] / correction1 / ((second[node]![i] / correction2).squareRoot() + 1e-8)
        lines[i] = min(max(lines[i] + move, floor), 1)
      }
    }
  }
}

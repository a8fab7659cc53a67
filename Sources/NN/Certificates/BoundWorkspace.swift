import CKernels
import Contract

/// Bounds of 16 images at a time, one a lane, on one thread: boxes forward, and rows back through lines.
///
/// Gowal et al., arXiv:1810.12715 (boxes); Zhang et al., CROWN, arXiv:1811.00866 (lines). A row of a node gives a lower bound
/// of `row · values` over the box of the image: it is multiplied back through the layers, and where one bends, through the
/// lower or the upper line, as its sign says. What differs from the papers: the lines of a maximum (`pool_lines`), and that
/// margins take the best of several rules.
final class BoundWorkspace {
  let plan: BoundPlan
  let frame: Frame
  private let reaching: Frame
  private let arenas: (Arena, Arena)
  /// Of the image at 0, of node n at n + 1: lower ends, then upper ends.
  private let boxes: [FloatStorage]
  /// Of nodes that bend: see `relu_lines`.
  let lines: [FloatStorage?]
  /// Of maxima: which pixel each line is of, two bytes a lane.
  private let places: [FloatStorage?]
  private let stop: Stop
  private let sums = FloatStorage(count: 8 * WARD_LANES)

  init(_ plan: BoundPlan, stop: Stop = .never) {
    self.plan = plan
    self.stop = stop
    arenas = (Arena(plan.plan.arena), Arena(plan.plan.arena))
    frame = Frame(
      arena: arenas.0, weights: plan.weights, wantsInputGradient: true, count: WARD_LANES, kernels: plan.kernels)
    reaching = Frame(
      arena: arenas.1, weights: plan.absolute, wantsInputGradient: true, count: WARD_LANES, kernels: plan.kernels)
    let nodes = plan.model.network.nodes
    boxes = ([plan.model.input] + nodes.map(\.shape)).map { FloatStorage(count: 2 * $0.count * WARD_LANES) }
    lines = nodes.map {
      $0.layer.bounding?.isAffine == false ? FloatStorage(count: 4 * $0.shape.count * WARD_LANES) : nil
    }
    places = nodes.map {
      guard case .maximum = $0.layer.bounding else { return nil }
      return FloatStorage(count: 2 * $0.shape.count * WARD_LANES / 4)
    }
  }

  var call: ward_kernels { plan.kernels.table.pointee }
  var nodes: [Network.Node] { plan.model.network.nodes }
  var classes: Int { plan.model.classes }

  // Safety: each storage was made with room for both ends of the node's box, and lives as long as the workspace.
  func low(_ node: Int) -> UnsafeMutablePointer<Float> { boxes[node + 1].floats }
  func high(_ node: Int) -> UnsafeMutablePointer<Float> {
    boxes[node + 1].floats + plan.model.network.shape(of: node).count * WARD_LANES
  }

  // MARK: Boxes

  /// The images with every pixel moved by up to `epsilon`, within [0, 1], through the first layer: one row an image.
  func setBox(_ images: Tensor, epsilon: Float) {
    require((1...WARD_LANES).contains(images.rows) && images.rowCount == plan.model.input.count, "\(images.shape)")
    var (lower, upper) = (images.values, images.values)
    // Pixels beyond [0, 1], which some tables have, stay where they are.
    for i in lower.indices {
      lower[i] = min(lower[i], max(lower[i] - epsilon, 0))
      upper[i] = max(upper[i], min(upper[i] + epsilon, 1))
    }
    load(lower, images.rows, to: low(Network.image))
    load(upper, images.rows, to: high(Network.image))
  }

  private func load(_ rows: [Float], _ count: Int, to dense: UnsafeMutablePointer<Float>) {
    let (norm, input) = (plan.model.normalisation, plan.plan.input)
    rows.withUnsafeBufferPointer {  // Safety: `count` rows of the model's input
      call.load_floats($0.baseAddress!, Int32(count), input.planes, norm.mean, norm.inverseStd, frame.at(input))
    }
    call.planes_gather(input.planes, frame.at(input), dense)
  }

  /// Boxes of all nodes, forward. With `refining`, nodes that something bent reads get bounds by rows first, as far as those
  /// are needed; what comes after gets tighter boxes, too.
  ///
  /// - Parameters:
  ///   - rules: of the lines that those rows pass; of several the best bound counts.
  ///   - intersecting: whether such bounds are kept within the box. They are, but where a test compares.
  func spread(
    refining rules: [SlopeRule] = [], intersecting: Bool = true, progress: (Double) -> Void = { _ in }
  ) throws {
    let input = plan.plan.input
    call.box_scatter(input.planes, low(-1), high(-1), frame.at(input), reaching.at(input))
    let work = Double(max(1, plan.refined.reduce(0) { $0 + nodes[$1].shape.count * $1 }))
    var done = 0.0
    for (number, node) in nodes.enumerated() {
      try stop.check()
      let place = plan.plan.places[number]
      guard node.layer.bounding?.isAffine == true else {
        bend(number)
        call.box_scatter(
          place.value.planes, low(number), high(number), frame.at(place.value), reaching.at(place.value))
        continue
      }
      let operation = plan.plan.operations[place.operation]
      operation.forward(frame, phase: operation.forwardPhases - 1)
      operation.forward(reaching, phase: operation.forwardPhases - 1)
      if let extra = plan.absoluteConstants[number] { takeOff(extra, place.value) }
      guard plan.isRead[number] || number == nodes.count - 1 else { continue }
      call.box_gather(place.value.planes, frame.at(place.value), reaching.at(place.value), low(number), high(number))
      if !rules.isEmpty, plan.refined.contains(number) {
        for rule in rules {
          for earlier in 0..<number { setLines(earlier, rule) }
          try refine(number, intersecting: intersecting) {
            progress((done + $0 * Double(node.shape.count * number)) / work / Double(rules.count))
          }
          done += Double(node.shape.count * number)
        }
        call.box_scatter(
          place.value.planes, low(number), high(number), frame.at(place.value), reaching.at(place.value))
      }
    }
  }

  /// What padding with another value than zero added to the radii.
  private func takeOff(_ extra: [Float], _ slot: Slot) {
    let (planes, at) = (slot.planes, reaching.at(slot))
    var i = 0
    for c in 0..<Int(planes.channels) {
      for y in 0..<Int(planes.height) {
        for x in 0..<Int(planes.width) {
          let vector = at + (c * Int(planes.plane) + y * Int(planes.row) + x) * WARD_LANES
          for lane in 0..<WARD_LANES { vector[lane] -= extra[i] }
          i += 1
        }
      }
    }
  }

  /// The box of what a bending node makes of its input's box.
  private func bend(_ node: Int) {
    let (input, shape) = (nodes[node].inputs[0], nodes[node].shape)
    switch nodes[node].layer.bounding {
    case .activation(let function):
      let count = shape.count
      let (l, u, code) = (low(input), high(input), function.code)
      let planes = flat(count)
      let (from, to) = function.falls ? (u, l) : (l, u)
      call.activation_forward(code.kind, code.first, code.second, planes, from, planes, low(node))
      call.activation_forward(code.kind, code.first, code.second, planes, to, planes, high(node))
      guard let valley = function.valley else { return }
      for i in 0..<count * WARD_LANES {
        let (a, b) = (low(node)[i], high(node)[i])
        low(node)[i] = l[i] <= valley.at && valley.at <= u[i] && l[i] < u[i] ? valley.value : min(a, b)
        high(node)[i] = max(a, b)
      }
    case .maximum(let pool):
      let from = dense(plan.model.network.shape(of: input))
      withUnsafePointer(to: pool) {
        call.max_pool_forward($0, from, low(input), dense(shape), low(node), bytes(node), 0)
        call.max_pool_forward($0, from, high(input), dense(shape), high(node), bytes(node), 0)
      }
    case .affine, nil: unreachable("node \(node) does not bend")
    }
  }

  /// Safety: two bytes a lane of each of the node's values.
  func bytes(_ node: Int) -> UnsafeMutablePointer<UInt8> {
    UnsafeMutableRawPointer(places[node]!.floats).assumingMemoryBound(to: UInt8.self)
  }

  private func flat(_ count: Int) -> ward_planes {
    ward_planes(channels: Int32(count), height: 1, width: 1, row: 1, plane: 1)
  }

  private func dense(_ shape: ImageShape) -> ward_planes {
    ward_planes(
      channels: Int32(shape.channels), height: Int32(shape.height), width: Int32(shape.width), row: Int32(shape.width),
      plane: Int32(shape.height * shape.width))
  }

  // MARK: Lines

  /// The lines of all nodes that bend; nil for the constants of their boxes, which makes bounds those of boxes.
  func setLines(_ rule: SlopeRule?) {
    for node in nodes.indices where nodes[node].layer.bounding?.isAffine == false { setLines(node, rule) }
  }

  private func setLines(_ node: Int, _ rule: SlopeRule?) {
    guard let storage = lines[node] else { return }
    let (input, shape) = (nodes[node].inputs[0], nodes[node].shape)
    let count = shape.count * WARD_LANES
    let to = storage.floats
    if case .maximum(let pool) = nodes[node].layer.bounding {
      let from = plan.model.network.shape(of: input)
      withUnsafePointer(to: pool) {
        call.pool_lines(
          $0, Int32(from.channels), Int32(from.height), Int32(from.width), low(input), high(input), dense(shape),
          rule == nil ? 1 : 0, to, bytes(node), bytes(node) + count)
      }
      return
    }
    guard case .activation(let function) = nodes[node].layer.bounding else { return }
    guard let rule else {
      (to).update(repeating: 0, count: 4 * count)
      (to + count).update(from: low(node), count: count)
      (to + 3 * count).update(from: high(node), count: count)
      return
    }
    if let slope = function.slopeBelowZero {
      call.relu_lines(Int64(shape.count), low(input), high(input), slope, rule.rawValue, to)
      return
    }
    for i in 0..<count {
      let found = function.lines(
        Double(low(input)[i]), Double(high(input)[i]), image: (Double(low(node)[i]), Double(high(node)[i])))
      to[i] = Float(found.lower)
      to[count + i] = Float(found.lowerShift)
      to[2 * count + i] = Float(found.upper)
      to[3 * count + i] = Float(found.upperShift)
    }
  }

  // MARK: Rows

  /// A lower bound in each lane: at most `centre - reach`.
  struct Bound {
    var centre: [Double]
    var reach: [Double]
    /// What the centre's terms add up to without their signs: sums that cancel are rounded by as much as they were large.
    var size: [Double]

    func low(_ lane: Int) -> Double { centre[lane] - reach[lane] }
    /// What rounding in single precision may have added: below this a bound is not taken for positive.
    func slack(_ lane: Int) -> Double { 1e-4 * (1 + abs(centre[lane]) + reach[lane]) + 1e-6 * size[lane] }
  }

  /// Takes the rows that lie in the gradient of `node` back to the image, where they meet the box.
  ///
  /// - Parameter arriving: told of each node that bends, before its rows pass it.
  func pull(from node: Int, arriving: (Int) -> Void = { _ in }) -> Bound {
    // Safety: four times 16 doubles in the storage of 128 floats.
    let doubles = UnsafeMutableRawPointer(sums.floats).assumingMemoryBound(to: Double.self)
    doubles.update(repeating: 0, count: 4 * WARD_LANES)
    let (rest, centre, reach) = (doubles, doubles + WARD_LANES, doubles + 2 * WARD_LANES)
    let size = doubles + 3 * WARD_LANES
    for step in plan.routes[node] {
      switch step {
      case .fork(let number): plan.plan.operations[number].backward(frame, phase: 0)
      case .affine(let node):
        let place = plan.plan.places[node]
        if let constants = plan.constants[node] {
          call.rows_times(place.gradient.planes, frame.at(place.gradient), constants, rest, size)
        }
        let operation = plan.plan.operations[place.operation]
        operation.backward(frame, phase: operation.backwardPhases - 1)
      case .bend(let node):
        arriving(node)
        guard let operation = plan.plan.operations[plan.plan.places[node].operation] as? BendingOperation,
          let lines = lines[node]?.floats
        else { unreachable("node \(node) does not bend") }
        let (from, to) = (operation.outputGradient, operation.inputGradient)
        if case .maximum(let pool) = operation.bounding {
          let count = nodes[node].shape.count * WARD_LANES
          withUnsafePointer(to: pool) {
            call.pool_lines_backward(
              $0, from.planes, frame.at(from), lines, bytes(node), bytes(node) + count, to.planes, frame.at(to), rest)
          }
        } else {
          call.lines_backward(from.planes, frame.at(from), lines, to.planes, frame.at(to), rest)
        }
      }
    }
    let image = plan.plan.inputGradient
    call.rows_over_box(image.planes, frame.at(image), low(-1), high(-1), centre, reach, size)
    return Bound(
      centre: (0..<WARD_LANES).map { centre[$0] + rest[$0] }, reach: (0..<WARD_LANES).map { reach[$0] },
      size: (0..<WARD_LANES).map { size[$0] })
  }

  /// Zeroes all rows: of readers that lie on no route nothing may be left.
  func clearRows() {
    for slot in plan.plan.gradientSlots { call.fill(slot.planes, 0, frame.at(slot)) }
  }

  /// Bounds of one node by a row for each value whose box says too little, both ways.
  private func refine(_ node: Int, intersecting: Bool, progress: (Double) -> Void) throws {
    clearRows()
    let slot = plan.plan.places[node].gradient
    let (l, u, planes) = (low(node), high(node), slot.planes)
    let mustKnowAll = needsAll(node)
    let count = nodes[node].shape.count
    var i = 0
    for c in 0..<Int(planes.channels) {
      for y in 0..<Int(planes.height) {
        for x in 0..<Int(planes.width) {
          defer { i += 1 }
          let own = i * WARD_LANES..<(i + 1) * WARD_LANES
          guard own.contains(where: { l[$0] < u[$0] && (mustKnowAll || l[$0] < 0 && u[$0] > 0) }) else { continue }
          try stop.check()
          if i % 16 == 0 { progress(Double(i) / Double(count)) }
          // Safety: inside the node's gradient.
          let seed = frame.at(slot) + (c * Int(planes.plane) + y * Int(planes.row) + x) * WARD_LANES
          seed.update(repeating: 1, count: WARD_LANES)
          let below = pull(from: node)
          seed.update(repeating: -1, count: WARD_LANES)
          let above = pull(from: node)
          seed.update(repeating: 0, count: WARD_LANES)
          for lane in 0..<WARD_LANES { tighten(own.lowerBound + lane, below, above, lane, l, u, intersecting) }
        }
      }
    }
  }

  private func tighten(
    _ place: Int, _ below: Bound, _ above: Bound, _ lane: Int, _ l: UnsafeMutablePointer<Float>,
    _ u: UnsafeMutablePointer<Float>, _ intersecting: Bool
  ) {
    guard l[place] < u[place] else { return }
    // A little outward: these bounds are computed, too.
    let lower = Float(below.low(lane) - 1e-6 * (abs(below.centre[lane]) + below.reach[lane]))
    let upper = Float(-above.low(lane) + 1e-6 * (abs(above.centre[lane]) + above.reach[lane]))
    guard lower.isFinite, upper.isFinite else { return }
    let (a, b) = intersecting ? (max(lower, l[place]), min(upper, u[place])) : (lower, upper)
    (l[place], u[place]) = (min(a, b), max(a, b))
  }

  /// Whether also bounds of values that lie on one side of zero matter to what reads the node.
  private func needsAll(_ node: Int) -> Bool {
    nodes.enumerated().contains { number, reader in
      guard reader.inputs.contains(node) else { return false }
      guard case .activation(let function) = reader.layer.bounding, function.slopeBelowZero != nil else {
        return !(reader.layer.bounding?.isAffine ?? true)
      }
      // A maximum compares what the ReLU lets through.
      return nodes.contains { $0.inputs.contains(number) && $0.layer.bounding?.isAffine == false }
    }
  }

  // MARK: Margins

  /// For each other class in turn lower bounds of `z[label] - z[other]`; `shift` s compares label y with class (y + s) mod K.
  func margins(labels: [Int], arriving: (_ shift: Int, _ node: Int) -> Void = { _, _ in }) throws -> [Bound] {
    clearRows()
    return try (1..<classes).map { shift in
      try stop.check()
      return margin(labels: labels, shift: shift) { arriving(shift, $0) }
    }
  }

  /// One of them; rows must have been cleared.
  func margin(labels: [Int], shift: Int, arriving: (Int) -> Void = { _ in }) -> Bound {
    let last = nodes.count - 1
    let slot = plan.plan.places[last].gradient
    call.fill(slot.planes, 0, frame.at(slot))
    for (lane, label) in labels.enumerated() {
      // Safety: one vector a class, without a halo.
      let at = frame.at(slot) + lane
      at[label * Int(slot.planes.plane) * WARD_LANES] = 1
      at[(label + shift) % classes * Int(slot.planes.plane) * WARD_LANES] = -1
    }
    return pull(from: last, arriving: arriving)
  }

  /// - Throws: `Interrupted` if work should end.
  func checkStop() throws { try stop.check() }
}

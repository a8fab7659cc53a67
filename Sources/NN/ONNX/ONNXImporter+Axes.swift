// Operators that treat some axes of a value in one way and the others in another: means, normalisation, repetition, and
// products along the last axis. Neighbouring axes that are treated alike count as one, so that three are enough.

extension ONNXImporter {
  /// Axes behind that of the images, neighbours that are alike as one.
  private struct Axes {
    /// As channels, rows and columns.
    var extents = [1, 1, 1]
    var areWanted = [false, false, false]

    var shape: ImageShape { ImageShape(channels: extents[0], height: extents[1], width: extents[2]) }

    init(_ all: [Int], isWanted: (Int) -> Bool) throws(Refusal) {
      guard all.first == 1 else { throw Refusal("it is applied to \(all), of which the first axis is not the images'") }
      var parts: [(extent: Int, isWanted: Bool)] = []
      for axis in all.indices.dropFirst() where all[axis] != 1 {
        if parts.last?.isWanted == isWanted(axis) {
          parts[parts.count - 1].extent *= all[axis]
        } else {
          parts.append((all[axis], isWanted(axis)))
        }
      }
      guard parts.count <= 3 else { throw Refusal("it goes back and forth between the axes of \(all) too often") }
      if parts.count == 2 { parts.insert((1, false), at: 1) }
      for (place, part) in parts.enumerated() { (extents[place], areWanted[place]) = (part.extent, part.isWanted) }
    }
  }

  private func wanted(_ axes: [Int], rank: Int) throws(Refusal) -> Set<Int> {
    var wanted: Set<Int> = []
    for axis in axes { wanted.insert(try ONNXFolding.axis(axis, rank)) }
    return wanted
  }

  // MARK: Means

  mutating func readReduceMean(_ node: ONNXNode) throws {
    let x = try value(node)
    let rank = x.extents.count
    let given = node.axes([nil, try optionalConstant(node, 1, "axes")]) ?? []
    if given.isEmpty, node.integer("noop_with_empty_axes") == 1 { return set(node, x) }
    let wanted = try wanted(given.isEmpty ? Array(0..<rank) : given, rank: rank)
    let keeps = node.integer("keepdims") != 0
    let left = x.extents.indices.filter { keeps || !wanted.contains($0) }
    let extents = left.map { wanted.contains($0) ? 1 : x.extents[$0] }
    if wanted.allSatisfy({ x.extents[$0] == 1 }) { return set(node, viewed(x, extents)) }
    guard let own = axes(of: x) else {
      let axes = try Axes(x.extents) { wanted.contains($0) }
      let layer = ReduceMean(channels: axes.areWanted[0], rows: axes.areWanted[1], columns: axes.areWanted[2])
      let input = try arranged(x, as: axes.shape)
      return set(node, Value(node: try add(layer, after: [input]), extents: extents))
    }
    // Channels, rows and columns stay what they are, in whatever order the graph has them.
    let shape = network.shape(of: x.node)
    let are = Set(wanted.filter { $0 > 0 }.map { own[$0 - 1] })
    let isWhole = (are.contains(1) || shape.height == 1) && (are.contains(2) || shape.width == 1)
    let layer: any Layer =
      isWhole && !are.contains(0)
      ? GlobalAveragePool() : ReduceMean(channels: are.contains(0), rows: are.contains(1), columns: are.contains(2))
    var result = Value(node: try add(layer, after: [x.node]), extents: extents)
    let made = network.shape(of: result.node)
    if x.order != nil {
      result.order = try order(ONNXFolding.transposed([made.channels, made.height, made.width], own).places)
    }
    set(node, result)
  }

  // MARK: Repetition

  /// A value with its elements repeated along the axes in which it has one.
  mutating func expanded(_ value: Value, to extents: [Int]) throws -> Value {
    let own = Array(repeating: 1, count: max(0, extents.count - value.extents.count)) + value.extents
    guard let count = ONNXTensor.product(extents), count <= Self.mostValues else {
      throw Refusal("it would make \(extents), more values for an image than Ward keeps in books")
    }
    if count == ONNXTensor.product(own) { return viewed(value, extents) }
    let axes = try Axes(extents) { own[$0] == 1 }
    let few = (0..<3).map { axes.areWanted[$0] ? 1 : axes.extents[$0] }
    let times = (0..<3).map { axes.areWanted[$0] ? axes.extents[$0] : 1 }
    let input = try arranged(value, as: ImageShape(channels: few[0], height: few[1], width: few[2]))
    let made = try add(Expand(channels: times[0], rows: times[1], columns: times[2]), after: [input])
    return Value(node: made, extents: extents)
  }

  // MARK: Normalisation

  mutating func readLayerNorm(_ node: ONNXNode) throws {
    let x = try value(node)
    let weight = try constant(node, 1, "weight")
    let bias = try optionalConstant(node, 2, "bias")
    let axis = try ONNXFolding.axis(node.integer("axis") ?? -1, x.extents.count)
    let epsilon = node.float("epsilon") ?? 1e-5
    guard (0...1).contains(epsilon) else { throw Refusal("its epsilon is not from 0 to 1") }
    if axis == 1, weight.extents == Array(x.extents.dropFirst()) {
      let input = try image(x)
      let shift = bias?.floats ?? Array(repeating: 0, count: weight.count)
      let made = try add(
        LayerNorm(epsilon: epsilon), after: [input], named: name("norm", after: node.inputs[1]),
        [("weight", weight.floats), ("bias", shift)])
      return set(node, imageValue(made, rank: x.extents.count))
    }
    guard axis > 0 else { throw Refusal("it normalises all images together") }
    var result = try normalised(x, over: Array(axis..<x.extents.count), epsilon: epsilon)
    result = try combined(result, "Mul", weight, isLeft: false)
    if let bias { result = try combined(result, "Add", bias, isLeft: false) }
    set(node, result)
  }

  /// A value less its mean and divided by its deviation, both over some of the axes: a group normalisation in which every
  /// place along the other axes is a group of its own.
  mutating func normalised(_ x: Value, over given: [Int], epsilon: Float) throws -> Value {
    let wanted = try wanted(given, rank: x.extents.count)
    let axes = try Axes(x.extents) { wanted.contains($0) }
    let back = (0..<3).filter { !axes.areWanted[$0] } + (0..<3).filter { axes.areWanted[$0] }
    let groups = (0..<3).filter { !axes.areWanted[$0] }.map { axes.extents[$0] }.reduce(1, *)
    let turned = try turned(x, axes, back)
    let each = axes.shape.count / groups
    let input = try arranged(turned, as: ImageShape(channels: groups, height: 1, width: each))
    let layer = GroupNorm(groups: groups, epsilon: epsilon, isTrained: false)
    let numbers = [Float](repeating: 1, count: groups)
    let made = try add(
      layer, after: [input], named: name("norm", after: ""), [("weight", numbers), ("bias", numbers.map { _ in 0 })])
    return try turnedBack(made, turned, back, to: x.extents)
  }

  /// A value as channels, rows and columns of which those that are not wanted come first.
  private mutating func turned(_ x: Value, _ axes: Axes, _ order: [Int]) throws -> Value {
    let plain = Value(node: try arranged(x, as: axes.shape), extents: [1] + axes.extents)
    return try rearranged(plain, ONNXFolding.transposed(plain.extents, [0] + order.map { $0 + 1 }))
  }

  /// The opposite, of what was made out of such a value without moving its elements.
  private mutating func turnedBack(_ node: Int, _ turned: Value, _ order: [Int], to extents: [Int]) throws -> Value {
    var inverse = [0, 0, 0, 0]
    for (place, axis) in order.enumerated() { inverse[axis + 1] = place + 1 }
    let plain = Value(node: node, extents: turned.extents)
    return viewed(try rearranged(plain, ONNXFolding.transposed(turned.extents, inverse)), extents)
  }

  // MARK: Products along the last axis

  /// The same dense layer at every place along the other axes: a convolution with windows of one pixel.
  mutating func denseAlongLast(
    _ x: Value, _ weight: [Float], _ bias: [Float]?, outputs: Int, named weights: String
  ) throws -> Value {
    let inputs = x.extents.last ?? 1
    let places = ONNXTensor.product(Array(x.extents.dropLast())) ?? 0
    guard x.extents.first == 1, places > 0, (1...65_536).contains(outputs) else {
      throw Refusal("it is applied to \(x.extents), which is not one image")
    }
    let plain = Value(
      node: try arranged(x, as: ImageShape(channels: places, height: 1, width: inputs)), extents: [1, places, inputs])
    let turned = try rearranged(plain, ONNXFolding.transposed(plain.extents, [0, 2, 1]))
    var layer = Convolution(outputs, kernel: 1)
    layer.hasBias = bias != nil
    let made = try add(
      layer, after: [try image(turned)], named: name("conv", after: weights),
      [("weight", weight)] + (bias.map { [("bias", $0)] } ?? []))
    let back = try rearranged(
      Value(node: made, extents: [1, outputs, places]), ONNXFolding.transposed([1, outputs, places], [0, 2, 1]))
    return viewed(back, x.extents.dropLast() + [outputs])
  }
}

// Sums and products, of two parts of the network or with constants.

extension ONNXImporter {
  mutating func readArithmetic(_ node: ONNXNode) throws {
    guard node.inputs.count == 2 else { throw Refusal("it has \(node.inputs.count) inputs") }
    if let right = try constant(node.inputs[1]) {
      return set(node, try combined(try value(node, 0), node.op, right, isLeft: false))
    }
    if let left = try constant(node.inputs[0]) {
      return set(node, try combined(try value(node, 1), node.op, left, isLeft: true))
    }
    let (left, right) = (try value(node, 0), try value(node, 1))
    switch node.op {
    case "Add": set(node, try summed(left, right))
    case "Sub": set(node, try summed(left, try scaled(right, by: -1)))
    case "Mul": set(node, try multiplied(left, right))
    default: throw Refusal("Ward reads divisions by constants, not by another part of the network")
    }
  }

  mutating func readSum(_ node: ONNXNode) throws {
    var sum = try value(node)
    for index in node.inputs.indices.dropFirst() { sum = try summed(sum, try value(node, index)) }
    set(node, sum)
  }

  mutating func readPower(_ node: ONNXNode) throws {
    let x = try value(node)
    let exponents = try constant(node, 1, "exponent").floats
    guard let exponent = exponents.first, exponents.count == 1, [1, 2, 3].contains(exponent) else {
      throw Refusal("Ward reads the powers 1, 2 and 3")
    }
    var result = x
    result.isOnlyImage = false
    for _ in 1..<max(1, Int(exponent)) { result.node = try add(Multiply(), after: [result.node, x.node]) }
    set(node, result)
  }

  // MARK: With constants

  mutating func scaled(_ x: Value, by factor: Float) throws -> Value {
    try combined(x, "Mul", ONNXConstant(extents: [], .floats([factor])), isLeft: false)
  }

  /// A value plus, minus, times or by a constant.
  mutating func combined(_ x: Value, _ op: String, _ other: ONNXConstant, isLeft: Bool) throws -> Value {
    let extents = try ONNXFolding.broadcast(x.extents, other.extents)
    let x = try expanded(x, to: extents)
    let shape = network.shape(of: x.node)
    // By the node's own places.
    let numbers: [Float]
    if other.count == 1 {
      numbers = other.floats
    } else {
      let spread = try ONNXFolding.spread(other, to: extents).floats
      var own = spread
      if let places = x.order { for (i, place) in places.enumerated() { own[Int(place)] = spread[i] } }
      numbers = own
    }
    var (weight, bias) = ([Float]?.none, [Float]?.none)
    switch (op, isLeft) {
    case ("Add", _): bias = numbers
    case ("Sub", false): bias = numbers.map { -$0 }
    case ("Sub", true): (weight, bias) = ([-1], numbers)
    case ("Mul", _): weight = numbers
    case ("Div", false): weight = numbers.map { 1 / $0 }
    default: throw Refusal("Ward does not read a constant divided by a part of the network")
    }
    guard (weight ?? []).allSatisfy(\.isFinite), (bias ?? []).allSatisfy(\.isFinite) else {
      throw Refusal("its constants hold what is no number, or it divides by 0")
    }
    var result = viewed(x, extents)
    if (weight ?? []).allSatisfy({ $0 == 1 }), (bias ?? []).allSatisfy({ $0 == 0 }) { return result }
    if x.isOnlyImage, absorb(weight, bias, shape) { return result }
    let all = [weight, bias].compactMap { $0 }.map { Self.each($0, shape) }
    let each: Scale.Each = all.contains(.value) ? .value : all.contains(.channel) ? .channel : .image
    // Numbers that normalise stay; those that a network may have learnt are learnt on.
    let isTrained = other.count > 1 && (op == "Add" || op == "Mul")
    let layer = Scale(each: each, multiplies: weight != nil, adds: bias != nil, isTrained: isTrained)
    result.isOnlyImage = false
    result.node = try add(
      layer, after: [x.node], named: name("scale", after: ""),
      [
        ("weight", weight.map { Self.numbers($0, each, shape) } ?? []),
        ("bias", bias.map { Self.numbers($0, each, shape) } ?? []),
      ])
    return result
  }

  /// What the fewest numbers are for that say the same.
  private static func each(_ numbers: [Float], _ shape: ImageShape) -> Scale.Each {
    guard let first = numbers.first, numbers.count > 1 else { return .image }
    if numbers.allSatisfy({ $0 == first }) { return .image }
    let plane = shape.height * shape.width
    let isByChannel = numbers.indices.allSatisfy { numbers[$0] == numbers[$0 / plane * plane] }
    return isByChannel ? .channel : .value
  }

  private static func numbers(_ all: [Float], _ each: Scale.Each, _ shape: ImageShape) -> [Float] {
    let plane = shape.height * shape.width
    func number(_ place: Int) -> Float { all.count == 1 ? all[0] : all[place] }
    return switch each {
    case .image: [number(0)]
    case .channel: (0..<shape.channels).map { number($0 * plane) }
    case .value: (0..<shape.count).map(number)
    }
  }

  /// Makes a step that comes before everything else part of the model's normalisation, if it is one: a positive factor
  /// and a shift for each channel.
  private mutating func absorb(_ weight: [Float]?, _ bias: [Float]?, _ shape: ImageShape) -> Bool {
    for numbers in [weight, bias] { if let numbers, Self.each(numbers, shape) == .value { return false } }
    let factors = weight.map { Self.numbers($0, .channel, shape) } ?? []
    guard factors.allSatisfy({ $0 > 0 }) else { return false }
    let shifts = bias.map { Self.numbers($0, .channel, shape) } ?? []
    for channel in 0..<shape.channels {
      let factor = factors.isEmpty ? 1 : Double(factors[channel])
      inputScale[channel] *= factor
      inputShift[channel] = inputShift[channel] * factor + (shifts.isEmpty ? 0 : Double(shifts[channel]))
    }
    return true
  }

  // MARK: Two parts of the network

  /// Both values with their elements in the same places.
  private mutating func aligned(_ a: Value, _ b: Value) throws -> (Value, Value) {
    let (left, right) = (network.shape(of: a.node), network.shape(of: b.node))
    if left == right, a.order == b.order { return (a, b) }
    if a.order == nil, b.order == nil {
      var y = b
      y.node = try arranged(b, as: left)
      return (a, y)
    }
    var (x, y) = (a, b)
    (x.node, x.order) = (try image(a), nil)
    (y.node, y.order) = (try image(b), nil)
    return (x, y)
  }

  private mutating func summed(_ a: Value, _ b: Value) throws -> Value {
    let extents = try ONNXFolding.broadcast(a.extents, b.extents)
    return try joined(try expanded(a, to: extents), try expanded(b, to: extents), Add())
  }

  private mutating func multiplied(_ a: Value, _ b: Value) throws -> Value {
    let extents = try ONNXFolding.broadcast(a.extents, b.extents)
    // A gate: one number for each channel.
    let (whole, gate) = network.shape(of: a.node).count >= network.shape(of: b.node).count ? (a, b) : (b, a)
    if whole.extents == extents, extents.count == 4, extents != gate.extents, gate.extents == [1, extents[1], 1, 1] {
      let (x, y) = (try image(whole), try image(gate))
      let made = try add(Multiply(), after: [x, y])
      return imageValue(made, rank: 4)
    }
    return try joined(try expanded(a, to: extents), try expanded(b, to: extents), Multiply())
  }

  /// A layer of two inputs whose values are of the same extents.
  private mutating func joined(_ a: Value, _ b: Value, _ layer: any Layer) throws -> Value {
    let (x, y) = try aligned(a, b)
    var result = x
    result.isOnlyImage = false
    result.node = try add(layer, after: [x.node, y.node])
    return result
  }

  // MARK: Functions that were written out

  /// Finds x · (1 + erf(x / √2)) / 2 in the orders in which exporters write it, the softplus of PyTorch's newer exporter,
  /// and layer normalisation as it is written for versions that have no operator for it.
  mutating func findFunctions() throws {
    for (number, node) in file.nodes.enumerated() {
      if node.op == "Erf", let (x, end) = gelu(node) { functions[end] = (x, .each(.gelu)) }
      if node.op == "Where", let x = softplus(node) { functions[number] = (x, .each(.softplus)) }
      if node.op == "Div", let (x, normal) = try layerNorm(node) { functions[number] = (x, normal) }
    }
  }

  /// The x of (x - mean(x)) / √(mean((x - mean(x))²) + ε).
  private mutating func layerNorm(_ division: ONNXNode) throws -> (String, WrittenOut)? {
    func maker(_ name: String?, _ ops: String...) -> ONNXNode? {
      name.flatMap { makers[$0] }.map { file.nodes[$0] }.flatMap { ops.contains($0.op) ? $0 : nil }
    }
    guard division.inputs.count == 2, let centred = maker(division.inputs[0], "Sub"), centred.inputs.count == 2,
      let mean = maker(centred.inputs[1], "ReduceMean"), let x = mean.inputs.first, centred.inputs[0] == x,
      let sum = maker(maker(division.inputs[1], "Sqrt")?.inputs.first, "Add"), sum.inputs.count == 2,
      let place = sum.inputs.firstIndex(where: { single($0) != nil }), let epsilon = single(sum.inputs[place]),
      let variance = maker(sum.inputs[1 - place], "ReduceMean"), (0...1).contains(epsilon),
      let square = maker(variance.inputs.first, "Pow", "Mul"), square.inputs.count == 2,
      maker(square.inputs[0], "Sub")?.inputs == centred.inputs
    else { return nil }
    let isSquare = square.op == "Pow" ? single(square.inputs[1]) == 2 : square.inputs[0] == square.inputs[1]
    let axes = mean.axes([nil, try optionalConstant(mean, 1, "axes")])
    guard isSquare, let axes, axes == variance.axes([nil, try optionalConstant(variance, 1, "axes")]),
      mean.integer("keepdims") != 0, variance.integer("keepdims") != 0
    else { return nil }
    return (x, .normal(axes: axes, epsilon: epsilon))
  }

  /// The x of `Where(x > 20, x, Softplus(x))`: from 15 on the two differ by less than single precision tells apart.
  private func softplus(_ choice: ONNXNode) -> String? {
    func maker(_ place: Int) -> ONNXNode? { makers[choice.inputs[place]].map { file.nodes[$0] } }
    guard choice.inputs.count == 3, let test = maker(0), let smooth = maker(2), smooth.op == "Softplus",
      ["Greater", "GreaterOrEqual"].contains(test.op), test.inputs.count == 2,
      let x = smooth.inputs.first, test.inputs[0] == x, choice.inputs[1] == x,
      let bound = single(test.inputs[1]), bound >= 15
    else { return nil }
    return x
  }

  private func gelu(_ erf: ONNXNode) -> (input: String, end: Int)? {
    guard let inner = erf.inputs.first.flatMap({ makers[$0] }).map({ file.nodes[$0] }),
      let x = other(inner, than: inner.op == "Div" ? 1.4142135 : 0.70710677), ["Div", "Mul"].contains(inner.op),
      let plus = only(after: erf), file.nodes[plus].op == "Add",
      let sum = other(file.nodes[plus], than: 1), sum == erf.outputs.first,
      let first = only(after: file.nodes[plus]), file.nodes[first].op == "Mul",
      let name = file.nodes[plus].outputs.first
    else { return nil }
    let product = file.nodes[first]
    guard product.inputs.count == 2 else { return nil }
    let partner = product.inputs[product.inputs[0] == name ? 1 : 0]
    if partner == x {
      // x · (1 + erf) and then a half.
      guard let last = only(after: product), file.nodes[last].op == "Mul",
        other(file.nodes[last], than: 0.5) == product.outputs.first
      else { return nil }
      return (x, last)
    }
    // x / 2 is the other factor.
    if let half = makers[partner].map({ file.nodes[$0] }), half.op == "Mul", other(half, than: 0.5) == x {
      return (x, first)
    }
    // A half first, and then x.
    if other(product, than: 0.5) == name, let last = only(after: product), file.nodes[last].op == "Mul",
      file.nodes[last].inputs.contains(x)
    {
      return (x, last)
    }
    return nil
  }

  /// The one operator that reads what this one makes.
  private func only(after node: ONNXNode) -> Int? {
    guard let name = node.outputs.first, name != output, let all = readers[name], all.count == 1 else { return nil }
    return all[0]
  }

  /// The input of an operator of two, of which the other is about that number.
  private func other(_ node: ONNXNode, than number: Float) -> String? {
    guard node.inputs.count == 2 else { return nil }
    for (place, name) in node.inputs.enumerated() {
      guard let found = single(name), abs(found - number) < 1e-4 else { continue }
      return node.inputs[1 - place]
    }
    return nil
  }

  /// A constant that is one number.
  private func single(_ name: String) -> Float? {
    guard let list = constants[name] ?? (try? file.initializers[name]?.constant(file.source)), list.count == 1 else {
      return nil
    }
    return list.floats.first
  }
}

// What each operator becomes.

extension ONNXImporter {
  /// The operators that are read, for messages.
  static let supported = [
    "Conv", "Gemm", "MatMul", "BatchNormalization", "LayerNormalization",
    "InstanceNormalization", "Relu", "LeakyRelu", "PRelu", "Elu", "Clip",
    "Sigmoid", "HardSigmoid",
    "HardSwish", "Tanh", "Gelu", "Erf (as a GELU)", "Softplus", "MaxPool", "AveragePool", "GlobalAveragePool",
    "GlobalMaxPool", "ReduceMean", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "Concat", "Slice",
    "Split",
    "Gather", "Pad", "Add", "Sub", "Mul", "Div", "Sum", "Neg", "Pow", "Min", "Max", "Constant", "ConstantOfShape",
    "Identity", "Dropout", "Cast", "Shape", "Expand", "Softmax (at the end)", "LogSoftmax (at the end)",
  ]

  mutating func read(_ node: ONNXNode, _ number: Int) throws {
    guard ["", "ai.onnx"].contains(node.domain) else { throw Refusal("Ward does not know this operator") }
    if let known = functions[number] {
      guard let value = values[known.input] else { throw Refusal("it reads what nothing before it makes") }
      switch known.function {
      case .each(let function): return try activate(node, value, function)
      case .normal(let axes, let epsilon): return set(node, try normalised(value, over: axes, epsilon: epsilon))
      }
    }
    if number == softmax {
      notes.append("its last \(node.op) was left out: attacks see its logits")
      return set(node, try value(node))
    }
    switch node.op {
    case "Conv": try readConvolution(node)
    case "Gemm": try readGemm(node)
    case "MatMul": try readMatMul(node)
    case "BatchNormalization": try readBatchNorm(node)
    case "InstanceNormalization": try readInstanceNorm(node)
    case "LayerNormalization": try readLayerNorm(node)
    case "MaxPool": try readMaxPool(node)
    case "AveragePool": try readAveragePool(node)
    case "GlobalAveragePool": try readGlobalPool(node, largest: false)
    case "GlobalMaxPool": try readGlobalPool(node, largest: true)
    case "ReduceMean": try readReduceMean(node)
    case "Relu": try activate(node, value(node), .relu)
    case "LeakyRelu": try activate(node, value(node), .leakyReLU(slope: node.float("alpha") ?? 0.01))
    case "PRelu": try readPReLU(node)
    case "Elu": try activate(node, value(node), .elu(alpha: node.float("alpha") ?? 1))
    case "Sigmoid": try activate(node, value(node), .sigmoid)
    case "HardSigmoid":
      let (slope, shift) = (node.float("alpha") ?? 0.2, node.float("beta") ?? 0.5)
      try activate(node, value(node), .hardSigmoid(slope: slope, shift: shift))
    case "HardSwish": try activate(node, value(node), .hardSwish)
    case "Tanh": try activate(node, value(node), .tanh)
    case "Softplus": try activate(node, value(node), .softplus)
    case "Gelu": try activate(node, value(node), node.text("approximate") == "tanh" ? .geluTanh : .gelu)
    case "Clip": try readClip(node)
    case "Min", "Max": try readBound(node)
    case "Dropout": try readDropout(node)
    case "Identity": set(node, try value(node))
    case "Cast":
      guard ONNXTensor.isReal(node.integer("to") ?? 1) else { throw Refusal("it makes whole numbers of the image") }
      set(node, try value(node))
    case "Flatten":
      let value = try value(node)
      set(node, viewed(value, try ONNXFolding.flattened(value.extents, node.integer("axis") ?? 1)))
    case "Reshape": try readReshape(node)
    case "Squeeze": try readSqueeze(node, adds: false)
    case "Unsqueeze": try readSqueeze(node, adds: true)
    case "Transpose": try readTranspose(node)
    case "Shape": try readShape(node)
    case "Slice": try readSlice(node)
    case "Gather": try readGather(node)
    case "Split": try readSplit(node)
    case "Concat": try readConcat(node)
    case "Expand":
      let value = try value(node)
      let extents = try ONNXFolding.broadcast(value.extents, try constant(node, 1, "extents").integers)
      set(node, try expanded(value, to: extents))
    case "Pad": try readPad(node)
    case "Add", "Sub", "Mul", "Div": try readArithmetic(node)
    case "Sum": try readSum(node)
    case "Neg": set(node, try scaled(try value(node), by: -1))
    case "Pow": try readPower(node)
    case "Softmax", "LogSoftmax": throw Refusal("Ward reads a softmax at the end of a network only")
    case "Erf": throw Refusal("Ward reads it as part of a GELU only, x · (1 + erf(x / √2)) / 2")
    case "Loop", "Scan", "If":
      throw Refusal("Ward reads networks without loops and conditions; export it with the number of steps fixed")
    case "LSTM", "GRU", "RNN":
      throw Refusal("Ward reads classifiers of images and features, and no recurrent networks")
    case "ArgMax", "TopK", "ZipMap", "ArrayFeatureExtractor":
      throw Refusal("Ward needs the scores for all classes; export the model without its last steps")
    default:
      throw Refusal("Ward does not read this operator; it reads " + Self.supported.joined(separator: ", "))
    }
  }

  /// A function of each value by itself: where the elements are does not matter.
  mutating func activate(_ node: ONNXNode, _ value: Value, _ function: Activation.Function) throws {
    var result = value
    result.node = try add(Activation(function), after: [value.node])
    result.isOnlyImage = false
    set(node, result)
  }

  // MARK: Dense layers

  private mutating func readGemm(_ node: ONNXNode) throws {
    let (alpha, beta) = (node.float("alpha") ?? 1, node.float("beta") ?? 1)
    guard let x = values[node.inputs.first ?? ""] else { throw Refusal("Ward reads it with the image as first input") }
    let matrix = try constant(node, 1, "weights")
    guard matrix.extents.count == 2 else { throw Refusal("its weights have \(MessageText.shape(matrix.extents))") }
    let inputs = x.extents.count == 2 ? x.extents[node.integer("transA") == 1 ? 0 : 1] : 0
    guard x.extents.count == 2, inputs == network.shape(of: x.node).count else {
      throw Refusal("it is applied to \(x.extents), which is not one list of values")
    }
    var weight = matrix.floats
    let isTurned = node.integer("transB") == 1
    let outputs = matrix.extents[isTurned ? 0 : 1]
    guard matrix.extents[isTurned ? 1 : 0] == inputs else {
      throw Refusal("its weights are \(matrix.extents), and it is given \(inputs) values")
    }
    if !isTurned { weight = Self.turned(weight, rows: inputs, columns: outputs) }
    if alpha != 1 { weight = weight.map { $0 * alpha } }
    var bias: [Float]?
    if let given = try optionalConstant(node, 2, "bias") {
      let spread = try ONNXFolding.spread(given, to: [1, outputs])
      bias = beta == 1 ? spread.floats : spread.floats.map { $0 * beta }
    }
    set(node, try dense(x, weight, bias, outputs: outputs, named: node.inputs[1], extents: [1, outputs]))
  }

  private mutating func readMatMul(_ node: ONNXNode) throws {
    guard node.inputs.count == 2 else { throw Refusal("it has \(node.inputs.count) inputs") }
    let isLeft = values[node.inputs[0]] != nil
    guard let x = values[node.inputs[isLeft ? 0 : 1]] else { throw Refusal("it reads what nothing before it makes") }
    guard let matrix = try constant(node.inputs[isLeft ? 1 : 0]) else {
      throw Refusal("Ward reads products of the image with weights, not of two parts of the network")
    }
    let count = network.shape(of: x.node).count
    guard matrix.extents.count >= 2, matrix.extents.dropLast(2).allSatisfy({ $0 == 1 }) else {
      throw Refusal("its weights have \(MessageText.shape(matrix.extents)), and Ward reads those with rows and columns")
    }
    let (rows, columns) = (matrix.extents[matrix.extents.count - 2], matrix.extents[matrix.extents.count - 1])
    // Numbers behind the image, or in front of a column of values.
    let (inputs, outputs) = isLeft ? (rows, columns) : (columns, rows)
    let fits = isLeft ? x.extents.last == inputs : x.extents.count >= 2 && x.extents.suffix(2) == [inputs, 1]
    let weight = isLeft ? Self.turned(matrix.floats, rows: rows, columns: columns) : matrix.floats
    let extents = isLeft ? x.extents.dropLast() + [outputs] : x.extents.dropLast(2) + [outputs, 1]
    let name = node.inputs[isLeft ? 1 : 0]
    let isList = count == inputs && fits
    guard isList || isLeft && x.extents.last == inputs else {
      throw Refusal("its weights are \(matrix.extents) and it is given \(x.extents), which does not fit")
    }
    let after = try biasAfter(node, outputs: outputs, isLast: isLeft)
    if let after { done.insert(after.number) }
    let made =
      isList
      ? try dense(x, weight, after?.bias, outputs: outputs, named: name, extents: Array(extents))
      : try denseAlongLast(x, weight, after?.bias, outputs: outputs, named: name)
    set(after?.next ?? node, made)
  }

  /// The sum that alone follows a product and adds a number to each value.
  ///
  /// - Parameter isLast: whether the outputs are the last axis, or the one before it.
  private mutating func biasAfter(
    _ node: ONNXNode, outputs: Int, isLast: Bool
  ) throws -> (next: ONNXNode, number: Int, bias: [Float])? {
    guard let name = node.outputs.first, name != output, let all = readers[name], all.count == 1 else { return nil }
    let next = file.nodes[all[0]]
    guard next.op == "Add", next.inputs.count == 2,
      let other = try constant(next.inputs[next.inputs[0] == name ? 1 : 0]), other.count == outputs,
      isLast ? other.extents.last == outputs : other.extents.suffix(2) == [outputs, 1]
    else { return nil }
    return (next, all[0], other.floats)
  }

  /// A dense layer: `weight` is `[outputs, inputs]`, with the inputs in the value's own order.
  private mutating func dense(
    _ x: Value, _ weight: [Float], _ bias: [Float]?, outputs: Int, named weights: String, extents: [Int]
  ) throws -> Value {
    var weight = weight
    if let places = x.order {
      var moved = weight
      for row in 0..<outputs {
        let start = row * places.count
        for (i, place) in places.enumerated() { moved[start + Int(place)] = weight[start + i] }
      }
      weight = moved
    }
    guard (1...1_048_576).contains(outputs) else { throw Refusal("\(outputs) values are too many") }
    let name = name("fc", after: weights)
    let node = try add(
      Dense(outputs, bias: bias != nil), after: [flat(x.node)], named: name,
      [("weight", weight)] + (bias.map { [("bias", $0)] } ?? []))
    return Value(node: node, extents: extents)
  }

  private static func turned(_ matrix: [Float], rows: Int, columns: Int) -> [Float] {
    var turned = matrix
    for row in 0..<rows { for column in 0..<columns { turned[column * rows + row] = matrix[row * columns + column] } }
    return turned
  }

  // MARK: Convolutions and normalisation

  private mutating func readConvolution(_ node: ONNXNode) throws {
    let x = try value(node)
    let weight = try constant(node, 1, "weights")
    let rank = x.extents.count
    guard [3, 4].contains(rank), weight.extents.count == rank else {
      throw Refusal("it is applied to \(x.extents) with weights of \(weight.extents): Ward reads two-dimensional ones")
    }
    let kernel = Self.pair(Array(weight.extents.dropFirst(2)), 1)
    let input = try image(x)
    let shape = network.shape(of: input)
    var layer = Convolution(weight.extents[0], kernel: 1)
    layer.kernel = kernel
    layer.stride = try extents(node, "strides")
    layer.dilation = try extents(node, "dilations")
    layer.groups = node.integer("group") ?? 1
    guard (1...65_536).contains(layer.groups), (1...65_536).contains(layer.outputs) else {
      throw Refusal("\(layer.groups) groups and \(layer.outputs) channels are not possible")
    }
    guard weight.extents[1] == shape.channels / layer.groups else {
      throw Refusal("its weights are for \(weight.extents[1]) channels a group, and it is given \(shape.channels)")
    }
    let reach = (
      layer.dilation.height * (kernel.height - 1) + 1, layer.dilation.width * (kernel.width - 1) + 1
    )
    let pads = try padding(node, shape, reach, layer.stride)
    let (from, even) = try padded(input, pads, value: 0, mostEven: 65_536)
    layer.padding = even
    let bias = try optionalConstant(node, 2, "bias")?.floats
    layer.hasBias = bias != nil
    let name = name("conv", after: node.inputs[1])
    let made = try add(
      layer, after: [from], named: name, [("weight", weight.floats)] + (bias.map { [("bias", $0)] } ?? []))
    set(node, imageValue(made, rank: rank))
  }

  private mutating func readBatchNorm(_ node: ONNXNode) throws {
    guard node.integer("training_mode") != 1 else {
      throw Refusal("it normalises by the batch, as in training: export the model after `model.eval()`")
    }
    guard node.integer("spatial") != 0 else { throw Refusal("it has numbers for each value, not for each channel") }
    let x = try value(node)
    let input = try image(x)
    let layer = BatchNorm(epsilon: node.float("epsilon") ?? 1e-5, momentum: 1 - (node.float("momentum") ?? 0.9))
    guard (0...1).contains(layer.epsilon), (0...1).contains(layer.momentum) else {
      throw Refusal("its epsilon or momentum is not from 0 to 1")
    }
    var numbers: [(String, [Float])] = []
    for (index, suffix) in ["weight", "bias", "running_mean", "running_var"].enumerated() {
      numbers.append((suffix, try constant(node, index + 1, suffix).floats))
    }
    guard numbers[3].1.allSatisfy({ $0 + layer.epsilon > 0 }) else { throw Refusal("one of its variances is negative") }
    let name = name("norm", after: node.inputs[1])
    let made = try add(layer, after: [input], named: name, numbers)
    set(node, imageValue(made, rank: x.extents.count))
  }

  /// Over each channel by itself. Exporters write a group normalisation so, with the values of each group as one channel.
  private mutating func readInstanceNorm(_ node: ONNXNode) throws {
    let x = try value(node)
    let shape = network.shape(of: x.node)
    guard x.order == nil, x.extents.count >= 2, x.extents[0] == 1, shape.channels % max(x.extents[1], 1) == 0 else {
      throw Refusal("it is applied to \(x.extents), and Ward reads it over whole channels of an image")
    }
    let groups = x.extents[1]
    let numbers = [try constant(node, 1, "weight").floats, try constant(node, 2, "bias").floats]
    guard numbers.allSatisfy({ $0.count == groups }) else { throw Refusal("it needs \(groups) weights and biases") }
    let each = shape.channels / groups
    let layer = GroupNorm(groups: groups, epsilon: node.float("epsilon") ?? 1e-5)
    guard (0...1).contains(layer.epsilon) else { throw Refusal("its epsilon is not from 0 to 1") }
    let spread = numbers.map { list in (0..<shape.channels).map { list[$0 / each] } }
    let name = name("norm", after: node.inputs[1])
    var result = x
    result.isOnlyImage = false
    result.node = try add(layer, after: [x.node], named: name, [("weight", spread[0]), ("bias", spread[1])])
    set(node, result)
  }

  private mutating func readPReLU(_ node: ONNXNode) throws {
    let slopes = try constant(node, 1, "slopes").floats
    guard let slope = slopes.first, slopes.allSatisfy({ $0 == slope }), (-1...1).contains(slope) else {
      throw Refusal("Ward reads it with one slope for all channels, from -1 to 1")
    }
    try activate(node, value(node), .leakyReLU(slope: slope))
  }

  private mutating func readDropout(_ node: ONNXNode) throws {
    let rate = try optionalConstant(node, 1, "rate")?.floats.first ?? node.float("ratio") ?? 0.5
    var value = try value(node)
    if rate > 0, rate <= 0.999 {
      value.node = try add(Dropout(rate), after: [value.node])
      value.isOnlyImage = false
    }
    set(node, value)
  }

  // MARK: Bounds

  private mutating func readClip(_ node: ONNXNode) throws {
    let low = try optionalConstant(node, 1, "bounds")?.floats.first ?? node.float("min") ?? -.infinity
    let high = try optionalConstant(node, 2, "bounds")?.floats.first ?? node.float("max") ?? .infinity
    try clip(node, try value(node), low, high)
  }

  private mutating func readBound(_ node: ONNXNode) throws {
    guard node.inputs.count == 2, let place = node.inputs.firstIndex(where: { values[$0] != nil }) else {
      throw Refusal("Ward reads it with one number")
    }
    let bounds = try constant(node, 1 - place, "bounds").floats
    guard let bound = bounds.first, bounds.allSatisfy({ $0 == bound }) else {
      throw Refusal("Ward reads it with one number")
    }
    let x = try value(node, place)
    try node.op == "Max" ? clip(node, x, bound, .infinity) : clip(node, x, -.infinity, bound)
  }

  private mutating func clip(_ node: ONNXNode, _ x: Value, _ low: Float, _ high: Float) throws {
    func bound(_ value: Float) -> Float { abs(value) > 1e30 ? (value < 0 ? -.infinity : .infinity) : value }
    let (low, high) = (bound(low), bound(high))
    guard !low.isNaN, !high.isNaN, low <= high else { throw Refusal("it clips to \(low)…\(high)") }
    try activate(node, x, low == 0 && high == .infinity ? .relu : .clip(low: low, high: high))
  }
}

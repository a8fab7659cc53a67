// How each layer is written in ONNX.

extension Layer {
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    let name = Layers.family.spec(of: self)?.name ?? "\(Self.self)"
    throw ModelFileError("", "the layer `\(name)` has no form in ONNX that Ward writes: keep the model as .safetensors")
  }
}

extension Convolution {
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    let names = ["weight", "bias"].compactMap { place.parameters[$0] }
    return writer.add(
      "Conv", [writer.image(place.input, place.shape)] + names,
      [
        ("kernel_shape", .integers([kernel.height, kernel.width])),
        ("strides", .integers([stride.height, stride.width])),
        ("pads", .integers([padding.height, padding.width, padding.height, padding.width])),
        ("dilations", .integers([dilation.height, dilation.width])), ("group", .integer(groups)),
      ])
  }
}

extension Dense {
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    let names = ["weight", "bias"].compactMap { place.parameters[$0] }
    return writer.list("Gemm", [writer.flat(place.input)] + names, [("transB", .integer(1))])
  }
}

extension BatchNorm {
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    let names = ["weight", "bias", "running_mean", "running_var"].compactMap { place.parameters[$0] }
    return writer.each(
      "BatchNormalization", [place.input] + names, [("epsilon", .float(epsilon)), ("momentum", .float(1 - momentum))])
  }
}

extension GroupNorm {
  /// By way of one number line a group, as PyTorch writes it for versions that have no such operator.
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    let shape = place.shape
    let lines = writer.add(
      "Reshape", [writer.image(place.input, shape), writer.integers([-1, groups, shape.count / groups])])
    let (ones, zeros) = (
      writer.numbers(Array(repeating: 1, count: groups), [groups]),
      writer.numbers(Array(repeating: 0, count: groups), [groups])
    )
    let normal = writer.add("InstanceNormalization", [lines, ones, zeros], [("epsilon", .float(epsilon))])
    let back = writer.add(
      "Reshape", [normal, writer.integers([-1, shape.channels, shape.height, shape.width])])
    let extents = writer.integers([1, shape.channels, 1, 1])
    let weight = writer.add("Reshape", [place.parameters["weight"] ?? "", extents])
    let bias = writer.add("Reshape", [place.parameters["bias"] ?? "", extents])
    return writer.add("Add", [writer.add("Mul", [back, weight]), bias])
  }
}

extension LayerNorm {
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    let isFlat = place.shape.height == 1 && place.shape.width == 1
    let input = isFlat ? writer.flat(place.input) : writer.image(place.input, place.shape)
    return writer.each(
      "LayerNormalization", [input, place.parameters["weight"] ?? "", place.parameters["bias"] ?? ""],
      [("axis", .integer(1)), ("epsilon", .float(epsilon))])
  }
}

extension MaxPool {
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    writer.add("MaxPool", [writer.image(place.input, place.shape)], windowAttributes(kernel, stride, padding))
  }
}

extension AveragePool {
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    writer.add(
      "AveragePool", [writer.image(place.input, place.shape)],
      windowAttributes(kernel, stride, padding) + [("count_include_pad", .integer(countsPadding ? 1 : 0))])
  }
}

private func windowAttributes(
  _ kernel: (height: Int, width: Int), _ stride: (height: Int, width: Int), _ padding: (height: Int, width: Int)
) -> [(String, ONNXWriter.Attribute)] {
  [
    ("kernel_shape", .integers([kernel.height, kernel.width])), ("strides", .integers([stride.height, stride.width])),
    ("pads", .integers([padding.height, padding.width, padding.height, padding.width])),
  ]
}

extension GlobalAveragePool {
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    writer.add("GlobalAveragePool", [writer.image(place.input, place.shape)])
  }
}

extension AdaptiveAveragePool {
  /// Windows of one size where they divide the image evenly; otherwise as products with the shares of rows and columns.
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    let (shape, input) = (place.shape, writer.image(place.input, place.shape))
    if shape.height % size.height == 0, shape.width % size.width == 0 {
      let kernel = (height: shape.height / size.height, width: shape.width / size.width)
      return writer.add("AveragePool", [input], windowAttributes(kernel, kernel, (0, 0)))
    }
    func shares(_ outputs: Int, _ inputs: Int) -> [[Float]] {
      (0..<outputs).map { i in
        let window = i * inputs / outputs..<((i + 1) * inputs + outputs - 1) / outputs
        return (0..<inputs).map { window.contains($0) ? 1 / Float(window.count) : 0 }
      }
    }
    let rows = shares(size.height, shape.height)
    let columns = shares(size.width, shape.width)
    let left = writer.numbers(rows.flatMap { $0 }, [size.height, shape.height])
    let right = writer.numbers(
      (0..<shape.width).flatMap { column in columns.map { $0[column] } }, [shape.width, size.width])
    return writer.add("MatMul", [left, writer.add("MatMul", [input, right])])
  }
}

extension Flatten {
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String { writer.flat(place.input) }
}

extension Dropout {
  /// Nothing: a model that is used drops nothing.
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String { place.input }
}

extension Add {
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    let terms = writer.alike(place.inputs)
    return writer.each("Add", terms)
  }
}

extension Multiply {
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    if place.shapes[0] == place.shapes[1] {
      let factors = writer.alike(place.inputs)
      return writer.each("Mul", factors)
    }
    return writer.add(
      "Mul", [writer.image(place.inputs[0], place.shapes[0]), writer.image(place.inputs[1], place.shapes[1])])
  }
}

extension Concatenation {
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    let parts = writer.alike(place.inputs)
    return writer.each("Concat", parts, [("axis", .integer(1))])
  }
}

extension Activation {
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    let x = place.input
    switch function {
    case .relu: return writer.each("Relu", [x])
    case .leakyReLU(let slope): return writer.each("LeakyRelu", [x], [("alpha", .float(slope))])
    case .tanh: return writer.each("Tanh", [x])
    case .sigmoid: return writer.each("Sigmoid", [x])
    case .softplus: return writer.each("Softplus", [x])
    case .silu: return writer.each("Mul", [x, writer.each("Sigmoid", [x])])
    case .hardSigmoid(let slope, let shift):
      return writer.each("HardSigmoid", [x], [("alpha", .float(slope)), ("beta", .float(shift))])
    case .hardSwish: return writer.each("HardSwish", [x])
    case .elu(let alpha): return writer.each("Elu", [x], [("alpha", .float(alpha))])
    case .clip(let low, let high):
      let least = low.isFinite ? writer.numbers([low]) : ""
      return writer.each("Clip", high.isFinite ? [x, least, writer.numbers([high])] : [x, least])
    case .gelu:
      let inner = writer.each("Erf", [writer.each("Div", [x, writer.numbers([Float(2).squareRoot()])])])
      let sum = writer.each("Add", [inner, writer.numbers([1])])
      return writer.each("Mul", [writer.each("Mul", [x, sum]), writer.numbers([0.5])])
    case .geluTanh:
      let square = writer.each("Mul", [x, x])
      let cube = writer.each("Mul", [writer.each("Mul", [square, x]), writer.numbers([0.044715])])
      let inner = writer.each("Mul", [writer.each("Add", [x, cube]), writer.numbers([0.797_884_56])])
      let sum = writer.each("Add", [writer.each("Tanh", [inner]), writer.numbers([1])])
      return writer.each("Mul", [writer.each("Mul", [x, sum]), writer.numbers([0.5])])
    }
  }
}

extension Pad {
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    let sides = [0, channels[0], rows[0], columns[0], 0, channels[1], rows[1], columns[1]]
    return writer.add(
      "Pad", [writer.image(place.input, place.shape), writer.integers(sides), writer.numbers([value])])
  }
}

extension Slice {
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    let all = [
      (channels, place.shape.channels), (rows, place.shape.height), (columns, place.shape.width),
    ].map { list, extent in list.isEmpty ? [0, extent, 1] : [list[0], list[1], list.count == 3 ? list[2] : 1] }
    return writer.add(
      "Slice",
      [
        writer.image(place.input, place.shape), writer.integers(all.map { $0[0] }), writer.integers(all.map { $0[1] }),
        writer.integers([1, 2, 3]), writer.integers(all.map { $0[2] }),
      ])
  }
}

extension Scale {
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    let extents =
      switch each {
      case .image: [1, 1, 1, 1]
      case .channel: [1, place.shape.channels, 1, 1]
      case .value: [1, place.shape.channels, place.shape.height, place.shape.width]
      }
    var result = writer.image(place.input, place.shape)
    for (op, suffix) in [("Mul", "weight"), ("Add", "bias")] {
      guard let name = place.parameters[suffix] else { continue }
      result = writer.add(op, [result, writer.add("Reshape", [name, writer.integers(extents)])])
    }
    return result
  }
}

extension Reshape {
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    writer.add("Reshape", [writer.flat(place.input), writer.integers([-1] + shape)])
  }
}

extension ReduceMean {
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    let axes = [channels, rows, columns].enumerated().filter(\.element).map { $0.offset + 1 }
    return writer.add("ReduceMean", [writer.image(place.input, place.shape)], [("axes", .integers(axes))])
  }
}

extension Expand {
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    writer.add(
      "Expand", [writer.image(place.input, place.shape), writer.integers([1, channels, rows, columns])])
  }
}

extension Permute {
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String {
    writer.add(
      "Transpose", [writer.image(place.input, place.shape)], [("perm", .integers([0] + order.map { $0 + 1 }))])
  }
}

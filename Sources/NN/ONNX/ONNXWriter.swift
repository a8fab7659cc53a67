/// Writes a network as an ONNX graph of operators of version 17, in single precision, for any number of images.
struct ONNXWriter {
  /// What an operator is told beside its inputs.
  enum Attribute {
    case integer(Int)
    case float(Float)
    case integers([Int])
    case text(String)
  }

  /// What a layer sees: the values that it reads, their shapes, the shape that it makes, and what it has learnt.
  struct Place {
    let inputs: [String]
    let shapes: [ImageShape]
    let output: ImageShape
    /// By the last part of the name: `weight`.
    let parameters: [String: String]

    var input: String { inputs[0] }
    var shape: ImageShape { shapes[0] }
  }

  static let opset = 17

  private var nodes: [[UInt8]] = []
  private var initializers: [[UInt8]] = []
  private var count = 0
  /// Values that have two axes, images and numbers, rather than four.
  private var flatValues: Set<String> = []

  /// Adds an operator; what it makes is named by its kind and number.
  mutating func add(_ op: String, _ inputs: [String], _ attributes: [(String, Attribute)] = []) -> String {
    let name = "\(op.lowercased())_\(count)"
    count += 1
    var writer = WireWriter()
    for input in inputs { writer.text(1, input) }
    writer.text(2, name)
    writer.text(3, name)
    writer.text(4, op)
    for (key, value) in attributes {
      writer.message(5) { part in
        part.text(1, key)
        switch value {
        case .integer(let number):
          part.integer(3, number)
          part.integer(20, 2)
        case .float(let number):
          part.float(2, number)
          part.integer(20, 1)
        case .integers(let list):
          for number in list { part.integer(8, number) }
          part.integer(20, 7)
        case .text(let text):
          part.text(4, text)
          part.integer(20, 3)
        }
      }
    }
    nodes.append(writer.bytes)
    return name
  }

  /// The same where the result has the axes of the first input.
  mutating func each(_ op: String, _ inputs: [String], _ attributes: [(String, Attribute)] = []) -> String {
    let name = add(op, inputs, attributes)
    if flatValues.contains(inputs[0]) { flatValues.insert(name) }
    return name
  }

  /// The same where the result has two axes.
  mutating func list(_ op: String, _ inputs: [String], _ attributes: [(String, Attribute)] = []) -> String {
    let name = add(op, inputs, attributes)
    flatValues.insert(name)
    return name
  }

  /// Real numbers under a name.
  mutating func tensor(_ name: String, _ shape: [Int], _ values: [Float]) {
    var writer = WireWriter()
    for extent in shape { writer.integer(1, extent) }
    writer.integer(2, 1)
    writer.text(8, name)
    writer.bytes(9, values.withUnsafeBytes { Array($0) })  // little-endian, as the processor
    initializers.append(writer.bytes)
  }

  /// A few real numbers that need no name of their own.
  mutating func numbers(_ values: [Float], _ shape: [Int] = []) -> String {
    let name = "numbers_\(initializers.count)"
    tensor(name, shape, values)
    return name
  }

  /// A list of whole numbers.
  mutating func integers(_ values: [Int]) -> String {
    var writer = WireWriter()
    let name = "integers_\(initializers.count)"
    writer.integer(1, values.count)
    writer.integer(2, 7)
    writer.text(8, name)
    writer.bytes(9, values.map { Int64($0) }.withUnsafeBytes { Array($0) })
    initializers.append(writer.bytes)
    return name
  }

  /// A value as images and numbers.
  mutating func flat(_ name: String) -> String {
    flatValues.contains(name) ? name : list("Flatten", [name], [("axis", .integer(1))])
  }

  /// A value as images, channels, rows and columns.
  mutating func image(_ name: String, _ shape: ImageShape) -> String {
    guard flatValues.contains(name) else { return name }
    let extents = integers([-1, shape.channels, shape.height, shape.width])
    return add("Reshape", [name, extents])
  }

  /// Values with the same axes.
  mutating func alike(_ names: [String]) -> [String] {
    guard names.contains(where: { flatValues.contains($0) }) else { return names }
    return names.map { flat($0) }
  }

  /// The whole file.
  func file(
    named name: String, version: String, input: ImageShape, classes: Int, output: String, metadata: [String: String]
  ) -> [UInt8] {
    func value(_ writer: inout WireWriter, _ field: Int, _ name: String, _ extents: [Int]) {
      writer.message(field) { value in
        value.text(1, name)
        value.message(2) { type in
          type.message(1) { tensor in
            tensor.integer(1, 1)
            tensor.message(2) { shape in
              shape.message(1) { $0.text(2, "n") }
              for extent in extents { shape.message(1) { $0.integer(1, extent) } }
            }
          }
        }
      }
    }
    var file = WireWriter()
    file.integer(1, 8)  // the version of the format that came with operators of version 17
    file.text(2, "ward")
    file.text(3, version)
    file.message(8) { $0.integer(2, Self.opset) }
    file.message(7) { graph in
      for node in nodes { graph.bytes(1, node) }
      graph.text(2, name.isEmpty ? "model" : name)
      for tensor in initializers { graph.bytes(5, tensor) }
      value(&graph, 11, "image", [input.channels, input.height, input.width])
      value(&graph, 12, output, [classes])
    }
    for key in metadata.keys.sorted() {
      file.message(14) { entry in
        entry.text(1, key)
        entry.text(2, metadata[key] ?? "")
      }
    }
    return file.bytes
  }

  /// Names the last value, which has two axes.
  mutating func finish(_ last: String, as output: String) {
    var writer = WireWriter()
    writer.text(1, flat(last))
    writer.text(2, output)
    writer.text(3, output)
    writer.text(4, "Identity")
    nodes.append(writer.bytes)
  }
}

extension Model {
  /// The model as an ONNX file: pixels from 0 to 1 go in, channels first, and logits come out.
  ///
  /// - Parameter name: the graph's.
  /// - Throws: `ModelFileError` for a layer that has no form in ONNX.
  public func onnx(named name: String = "model") throws -> [UInt8] {
    var writer = ONNXWriter()
    var values: [Int: String] = [Network.image: "image"]
    if normalisation != .none(channels: input.channels) {
      let shape = [1, input.channels, 1, 1]
      writer.tensor("normalisation.mean", shape, normalisation.mean)
      writer.tensor("normalisation.std", shape, normalisation.std)
      let centred = writer.add("Sub", ["image", "normalisation.mean"])
      values[Network.image] = writer.add("Div", [centred, "normalisation.std"])
    }
    var places = layout[...]
    for (number, node) in network.nodes.enumerated() {
      var parameters: [String: String] = [:]
      for spec in node.parameters {
        guard let place = places.popFirst() else { break }
        parameters[spec.suffix] = place.name
        writer.tensor(place.name, place.shape, Array(self.values[place.range]))
      }
      let place = ONNXWriter.Place(
        inputs: node.inputs.map { values[$0] ?? "" }, shapes: node.inputs.map { network.shape(of: $0) },
        output: node.shape, parameters: parameters)
      values[number] = try node.layer.write(&writer, place)
    }
    writer.finish(values[network.last] ?? "", as: "logits")
    return writer.file(
      named: name, version: metadata["ward.version"] ?? "", input: input, classes: classes, output: "logits",
      metadata: metadata)
  }
}

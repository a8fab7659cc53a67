/// Turns the graph of an ONNX file into a network of Ward's own layers, with its weights.
///
/// All that only rearranges (reshape, transpose, slice, concatenation) is kept in books: a value of the graph is a node of
/// the network and, for each of its elements, the place among that node's channels, rows and columns. A dense layer then
/// takes its weights in that order; only where a convolution needs the elements in another order does a layer move them.
struct ONNXImporter {
  /// Most values of one image between two operators.
  static let mostValues = 1 << 23

  /// A value of the graph, for one image.
  struct Value {
    var node: Int
    /// As the graph sees it, the batch included.
    var extents: [Int]
    /// For each element its place in the node; nil where they are the same.
    var order: [Int32]?
    /// Whether this is the image itself, and nothing else reads it.
    var isOnlyImage = false
  }

  /// A function for which a graph has several operators.
  enum WrittenOut {
    case each(Activation.Function)
    /// Less the mean and by the deviation over some axes.
    case normal(axes: [Int], epsilon: Float)
  }

  let file: ONNXFile
  let path: String
  var network: Network
  /// The numbers of each parameter.
  var weights: [String: [Float]] = [:]
  /// What should be said about how the file was read.
  var notes: [String] = []
  /// What the graph does to each channel of the image before anything else: `scale · x + shift`.
  var inputScale: [Double]
  var inputShift: [Double]

  var values: [String: Value] = [:]
  var constants: [String: ONNXConstant] = [:]
  /// The operators that read a value.
  var readers: [String: [Int]] = [:]
  /// The operator that makes a value.
  var makers: [String: Int] = [:]
  /// Operators that are part of another's layer.
  var done: Set<Int> = []
  /// Functions that were written out in several operators, by the operator that ends them, with what they read.
  var functions: [Int: (input: String, function: WrittenOut)] = [:]
  /// A softmax at the end, which is left out.
  var softmax: Int?
  let output: String
  /// How many images the file was written for.
  var batch = 1
  private var flattened: [Int: Int] = [:]
  private var names: [String: Int] = [:]
  /// How many places were written down.
  private var placesKept = 0

  /// - Parameters:
  ///   - shape: of the images, where the file leaves it open or has them as a list.
  init(_ file: ONNXFile, path: String, shape: ImageShape?) throws {
    (self.file, self.path) = (file, path)
    let quoted = "'\(path)'"
    guard (7...24).contains(file.opset) else {
      throw ModelFileError(
        path, "\(quoted) is written for version \(file.opset) of ONNX's operators; Ward reads 7 to 24",
        help: ["export it for opset 17"])
    }
    guard file.outputs.count == 1 else {
      let list = MessageText.names(file.outputs.map(\.name))
      throw ModelFileError(
        path, "\(quoted) has \(MessageText.count(file.outputs.count, "output")) (\(list)), and a classifier has one",
        help: ["export the model with its scores for the classes alone"])
    }
    let inputs = file.inputs.filter { file.initializers[$0.name] == nil }
    guard let input = inputs.first, inputs.count == 1 else {
      let list = MessageText.names(inputs.map(\.name))
      throw ModelFileError(
        path, "\(quoted) has \(MessageText.count(inputs.count, "input")) (\(list)), and an image is one",
        help: ["export the model with what is not an image as a constant"])
    }
    output = file.outputs[0].name
    (inputScale, inputShift) = ([], [])
    network = Network(input: ImageShape(channels: 1, height: 1, width: 1), classes: 1)
    for (number, node) in file.nodes.enumerated() {
      for name in node.inputs where !name.isEmpty { readers[name, default: []].append(number) }
      for name in node.outputs where !name.isEmpty { makers[name] = number }
    }
    let image = try ONNXInput(input, file: self, shape: shape)
    network = Network(input: image.shape, classes: 1)
    (batch, notes) = (image.batch, image.notes)
    inputScale = Array(repeating: 1, count: image.shape.channels)
    inputShift = Array(repeating: 0, count: image.shape.channels)
    values[input.name] = Value(node: Network.image, extents: image.extents, order: image.order, isOnlyImage: true)
    try run()
  }

  private mutating func run() throws {
    softmax = lastSoftmax()
    for number in reachable() where file.nodes[number].op != "Shape" { try fold(number) }
    try findFunctions()
    for number in reachable() where !done.contains(number) {
      let node = file.nodes[number]
      do {
        if try fold(number) { continue }
        try read(node, number)
      } catch let refusal as Refusal {
        throw ModelFileError(path, "'\(path)', \(node.shown): \(refusal.reason)")
      } catch let error as NetworkError {
        throw ModelFileError(path, "'\(path)', \(node.shown): \(error)")
      }
    }
  }

  /// The operators on which the output depends, in the file's order.
  private func reachable() -> [Int] {
    var (wanted, found) = ([output], Set<Int>())
    while let name = wanted.popLast() {
      guard let number = makers[name], found.insert(number).inserted else { continue }
      if let known = functions[number] { wanted.append(known.input) } else { wanted += file.nodes[number].inputs }
    }
    return found.sorted()
  }

  /// A softmax at the end, behind which nothing but names and shapes follow.
  private func lastSoftmax() -> Int? {
    var (name, steps) = (output, 0)
    while let number = makers[name], steps < 32 {
      let node = file.nodes[number]
      if ["Softmax", "LogSoftmax"].contains(node.op) { return number }
      guard ["Identity", "Cast", "Reshape", "Flatten", "Squeeze"].contains(node.op), let before = node.inputs.first
      else { return nil }
      name = before
      steps += 1
    }
    return nil
  }

  // MARK: Constants

  /// Numbers that are known beforehand; nil for what depends on the image.
  mutating func constant(_ name: String) throws -> ONNXConstant? {
    if let known = constants[name] { return known }
    guard let tensor = file.initializers[name] else { return nil }
    let constant = try tensor.constant(file.source)
    constants[name] = constant
    return constant
  }

  private func isConstant(_ name: String) -> Bool { constants[name] != nil || file.initializers[name] != nil }

  /// Computes an operator that does not depend on the image. Whether it was one.
  @discardableResult
  private mutating func fold(_ number: Int) throws -> Bool {
    let node = file.nodes[number]
    guard let name = node.outputs.first, ["", "ai.onnx"].contains(node.domain) else { return false }
    if constants[name] != nil { return true }
    if node.op == "Constant" {
      constants[name] = try constantValue(node)
      return true
    }
    guard !node.inputs.isEmpty, node.inputs.allSatisfy({ $0.isEmpty || isConstant($0) }) else { return false }
    var inputs: [ONNXConstant?] = []
    for input in node.inputs { inputs.append(try constant(input)) }
    if node.op == "ConstantOfShape", case .tensor(let tensor) = node.attributes["value"] {
      inputs.append(try tensor.constant(file.source))
    }
    guard let result = try refusing(node, { try ONNXFolding.result(node, inputs) }) else { return false }
    constants[name] = result
    let count = result.count
    placesKept += count
    return try refusing(node) { try checkKept() }
  }

  /// Says which operator it was that is refused.
  private func refusing<Result>(_ node: ONNXNode, _ work: () throws -> Result) throws -> Result {
    do { return try work() } catch {
      guard let refusal = error as? Refusal else { throw error }
      throw ModelFileError(path, "'\(path)', \(node.shown): \(refusal.reason)")
    }
  }

  private func constantValue(_ node: ONNXNode) throws -> ONNXConstant {
    switch (node.attributes["value"], node.attributes.first) {
    case (.tensor(let tensor), _): return try tensor.constant(file.source)
    case (_, ("value_float", .float(let value))?): return ONNXConstant(extents: [], .floats([value]))
    case (_, ("value_int", .integer(let value))?): return ONNXConstant(extents: [], .integers([value]))
    case (_, ("value_floats", .floats(let list))?): return ONNXConstant(extents: [list.count], .floats(list))
    case (_, ("value_ints", .integers(let list))?): return ONNXConstant(extents: [list.count], .integers(list))
    default: throw ModelFileError(path, "'\(path)', \(node.shown): Ward reads constants that are numbers")
    }
  }

  /// Counts numbers and places that are kept in memory beside the file: a small file is not to take much.
  mutating func keep(places: Int) throws {
    placesKept += places
    _ = try checkKept()
  }

  private func checkKept() throws -> Bool {
    guard placesKept <= ONNXFolding.mostMade + file.source.size / 2 else {
      throw Refusal("the file rearranges too many numbers")
    }
    return true
  }

  // MARK: Values and layers

  /// A value that depends on the image.
  func value(_ node: ONNXNode, _ index: Int = 0) throws(Refusal) -> Value {
    guard node.inputs.indices.contains(index), !node.inputs[index].isEmpty else {
      throw Refusal("it has no input \(index + 1)")
    }
    let name = node.inputs[index]
    guard var value = values[name] else {
      if isConstant(name) { throw Refusal("it is applied to a constant, which Ward does not compute") }
      throw Refusal("it reads '\(MessageText.text(name))', which nothing before it makes")
    }
    guard network.shape(of: value.node).count <= Self.mostValues else {
      throw Refusal("it reads \(value.extents), more values for an image than Ward keeps in books")
    }
    if readers[name]?.count != 1 { value.isOnlyImage = false }
    return value
  }

  /// Numbers that an operator needs to be known beforehand.
  mutating func constant(_ node: ONNXNode, _ index: Int, _ what: String) throws -> ONNXConstant {
    guard node.inputs.indices.contains(index), !node.inputs[index].isEmpty else {
      throw Refusal("it has no \(what)")
    }
    guard let constant = try constant(node.inputs[index]) else {
      throw Refusal("its \(what) depend on the image, which Ward does not read")
    }
    return constant
  }

  /// The same, nil where the operator is not given them.
  mutating func optionalConstant(_ node: ONNXNode, _ index: Int, _ what: String) throws -> ONNXConstant? {
    guard node.inputs.indices.contains(index), !node.inputs[index].isEmpty else { return nil }
    return try constant(node, index, what)
  }

  mutating func set(_ node: ONNXNode, _ value: Value) {
    if let name = node.outputs.first { values[name] = value }
  }

  /// Adds a layer, with what its parameters hold.
  mutating func add(
    _ layer: any Layer, after inputs: [Int], named name: String = "",
    _ numbers: [(suffix: String, values: [Float])] = []
  ) throws -> Int {
    let node = try network.add(name, layer, after: inputs)
    for spec in network.nodes[node].parameters {
      guard let given = numbers.first(where: { $0.suffix == spec.suffix })?.values, given.count == spec.count else {
        throw Refusal("its \(spec.suffix) should be \(spec.count) numbers")
      }
      if let bad = given.first(where: { !$0.isFinite }) { throw Refusal("its \(spec.suffix) hold \(bad)") }
      weights[name + "." + spec.suffix] = given
    }
    return node
  }

  /// A node's values as one list.
  mutating func flat(_ node: Int) throws -> Int {
    let shape = network.shape(of: node)
    if shape.height == 1, shape.width == 1 { return node }
    if let known = flattened[node] { return known }
    let flat = try add(Flatten(), after: [node])
    flattened[node] = flat
    return flat
  }

  /// A name for a layer, PyTorch's where its weights have one, and never twice.
  mutating func name(_ kind: String, after weights: String) -> String {
    let suffix = [".weight", ".kernel", ".gamma", "_MatMul_W", "_W"].first { weights.hasSuffix($0) }
    let stem = suffix.map { String(weights.dropLast($0.count)) } ?? ""
    let isPlain = stem.unicodeScalars.allSatisfy {
      ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || $0 == "_" || $0 == "."
    }
    let base = isPlain && !stem.isEmpty && stem.utf8.count <= 64 ? stem : ""
    if !base.isEmpty, names[base] == nil {
      names[base] = 1
      return base
    }
    var number = names["*" + kind] ?? 0
    repeat { number += 1 } while names[kind + "\(number)"] != nil
    names["*" + kind] = number
    names[kind + "\(number)"] = 1
    return kind + "\(number)"
  }
}

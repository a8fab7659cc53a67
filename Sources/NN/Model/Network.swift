/// Layers and how they are connected: what an architecture becomes for one image shape and class count.
public struct Network: Sendable {
  struct Node: Sendable {
    /// What its parameters' names begin with; empty for layers without.
    let name: String
    let layer: any Layer
    /// Earlier nodes, or `Network.image`.
    let inputs: [Int]
    /// What it learns.
    let parameters: [ParameterSpec]
    let shape: ImageShape
  }

  /// The network's input as a node.
  static let image = -1

  /// The shape of the images that go in.
  public let input: ImageShape
  /// How many answers it chooses from.
  public let classes: Int
  private(set) var nodes: [Node] = []

  /// A network without layers.
  init(input: ImageShape, classes: Int) {
    self.input = input
    self.classes = classes
  }

  /// The node that the next layer reads, unless it is told others: usually the one added last.
  var last = Network.image

  /// The shape that comes out of a node.
  func shape(of node: Int) -> ImageShape { node == Self.image ? input : nodes[node].shape }

  /// Adds a layer that reads the given nodes (the last one if none are given), in their order. Returns its number.
  ///
  /// - Throws: `NetworkError` where it does not fit.
  @discardableResult
  mutating func add(_ name: String = "", _ layer: any Layer, after inputs: [Int]? = nil) throws -> Int {
    let from = inputs ?? [last]
    guard layer.arity.contains(from.count) else {
      let wanted = layer.arity
      let number = wanted.count == 1 ? "\(wanted.lowerBound)" : "\(wanted.lowerBound) to \(wanted.upperBound)"
      throw NetworkError.mismatch(
        layer: "`\(type(of: layer).entry.name)`", detail: "it reads \(number) values, not \(from.count)")
    }
    let layer = layer.completed(classes: classes)
    let given = from.map { shape(of: $0) }
    let out = try layer.outputShape(of: given)
    // Far beyond what `checkExtents` lets pass, but small enough to be counted.
    let pixels = Double(out.channels) * Double(out.height) * Double(out.width)
    guard pixels < 0x1p40 else {
      throw NetworkError.tooLarge(
        network: "the network", layer: name.isEmpty ? "layer \(nodes.count + 1)" : name, count: pixels,
        what: "values for each image")
    }
    let parameters = layer.parameters(for: given[0])
    nodes.append(Node(name: name, layer: layer, inputs: from, parameters: parameters, shape: out))
    last = nodes.count - 1
    return last
  }
}

extension Network {
  /// Refuses what cannot even be laid out: kernels count the pixels and the weights of a layer in 32 bits.
  ///
  /// Counted in floating point, as the products themselves may be too large for an integer.
  ///
  /// - Throws: `NetworkError.tooLarge`, or `MemoryShortage` for weights alone.
  func checkExtents(of name: String) throws {
    func product(_ extents: [Int]) -> Double { extents.reduce(1) { $0 * Double($1) } }
    let counts = nodes.map { $0.parameters.map { product($0.shape) } }
    try MemoryShortage.check(
      "\(name) for \(input) images", [.init("weights", 4 * counts.joined().reduce(0, +))],
      hint: "a smaller network, or smaller images")
    for (number, shape) in ([input] + nodes.map(\.shape)).enumerated() {
      let pixels = product([shape.channels, shape.height, shape.width])
      let layer = number == 0 ? "input" : nodes[number - 1].name.isEmpty ? "layer \(number)" : nodes[number - 1].name
      guard pixels <= Double(Int32.max / 16) else {
        throw NetworkError.tooLarge(network: name, layer: layer, count: pixels, what: "values for each image")
      }
      let weights = number == 0 ? 0 : counts[number - 1].max() ?? 0
      guard weights <= Double(Int32.max) else {
        throw NetworkError.tooLarge(network: name, layer: layer, count: weights, what: "weights")
      }
    }
    for (number, node) in nodes.enumerated() {
      let padded = node.inputs.map { (shape(of: $0), node.layer.inputHalo) } + [(node.shape, node.layer.gradientHalo)]
      for (shape, halo) in padded {
        let pixels = product([shape.channels, shape.height + 2 * halo.height, shape.width + halo.width])
        guard pixels <= Double(Int32.max / 16) else {
          let layer = node.name.isEmpty ? "layer \(number + 1)" : node.name
          throw NetworkError.tooLarge(network: name, layer: layer, count: pixels, what: "values with its padding")
        }
      }
    }
  }
}

/// Where one named tensor lies among a model's values.
public struct ParameterLayout: Sendable, Equatable {
  /// PyTorch's name, `conv1.weight`.
  public let name: String
  /// PyTorch's extents, `[6, 1, 5, 5]`.
  public let shape: [Int]
  /// Index of the first value.
  public let offset: Int
  /// Whether training changes it by its gradient; running averages of batch normalisation are not.
  public let isTrained: Bool

  /// Number of values.
  public var count: Int { shape.reduce(1, *) }
  /// Indices of the values.
  public var range: Range<Int> { offset..<offset + count }
}

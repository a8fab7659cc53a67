/// Layers and how they are connected: what an architecture becomes for one image shape and class count.
public struct Network: Sendable {
  struct Node: Sendable {
    /// What its parameters' names begin with; empty for layers without.
    let name: String
    let layer: any Layer
    /// Earlier nodes, or `Network.image`.
    let inputs: [Int]
    let inputShape: ImageShape
    let shape: ImageShape
  }

  /// The network's input as a node.
  static let image = -1

  /// The shape of the images that go in.
  public let input: ImageShape
  private(set) var nodes: [Node] = []

  init(input: ImageShape) { self.input = input }

  /// The node added last.
  var last: Int { nodes.count - 1 }

  /// The shape that comes out of a node.
  func shape(of node: Int) -> ImageShape { node == Self.image ? input : nodes[node].shape }

  /// Adds a layer after the given nodes (after the last one if none are given) and returns its number.
  @discardableResult
  mutating func add(_ name: String = "", _ layer: any Layer, after inputs: [Int]? = nil) throws -> Int {
    let from = inputs ?? [last]
    let given = shape(of: from[0])
    for other in from.dropFirst() where shape(of: other) != given {
      throw NetworkError.mismatch(layer: "a sum", detail: "\(given) and \(shape(of: other))")
    }
    let out = try layer.outputShape(of: given)
    nodes.append(Node(name: name, layer: layer, inputs: from, inputShape: given, shape: out))
    return last
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

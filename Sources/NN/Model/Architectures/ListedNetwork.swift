/// A network of a person's own: `network([conv(16, kernel: 3), relu, flatten, dense])`.
public struct ListedNetwork: Architecture {
  /// From the first layer to the last.
  public var layers: [any Part] = []

  /// A network without layers, which fits no data.
  public init() {}

  /// `network`.
  public static let entry: Entry<any Architecture> = Entry(
    ListedNetwork(), "network", "a network of your own, from a list of layers",
    details: """
      The last `dense` takes as many units as the data has classes. Shapes are checked when the data is known: \
      `describe net on: fashion` shows them. Layers with weights are numbered by kind: conv1, conv2, dense1.
      """,
    example: "network([conv(16, kernel: 3, padding: 1), relu, maxpool(2), flatten, dense(64), relu, dense])",
    [Setting("layers", \.layers, "the layers, from the first to the last; `?layer` lists what there is").unlabelled]
  ) { $0 }

  /// See `Architecture`.
  ///
  /// - Throws: `NetworkError.at` with the layer that does not fit and the shapes before it.
  public func network(for input: ImageShape, classes: Int) throws -> Network {
    var net = Network(input: input, classes: classes)
    var names = LayerNames()
    for (index, part) in layers.enumerated() {
      do { try part.add(to: &net, naming: &names) } catch let error as NetworkError {
        let spec = Parts.family.spec(of: part)?.name ?? "layer"
        throw NetworkError.at(layer: "layer \(index + 1), \(spec)", problem: error.reason, shapes: net.trail)
      }
    }
    guard !layers.isEmpty else { throw NetworkError.mismatch(layer: "`network`", detail: "its list is empty") }
    let out = net.shape(of: net.last)
    guard out == ImageShape(channels: classes, height: 1, width: 1) else {
      throw NetworkError.ending(gives: out, classes: classes, shapes: net.trail)
    }
    return net
  }
}

extension Network {
  /// The shapes on the way: `1×28×28 → conv 16×28×28 → maxpool 16×14×14`. Layers that keep the shape are left out.
  var trail: String {
    var (parts, last) = (["\(input)"], input)
    for node in nodes where node.shape != last {
      parts.append("\(Layers.family.spec(of: node.layer)?.name ?? "") \(node.shape)")
      last = node.shape
    }
    let shown = parts.count > 12 ? [parts[0], "…"] + parts.suffix(10) : parts
    return shown.joined(separator: " → ")
  }
}

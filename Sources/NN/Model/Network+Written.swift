import Contract

/// The form in which checkpoints keep a network:
/// `{"classes":10,"input":[1,28,28],"layers":[{"layer":{"conv":{"channels":6,…}},"name":"conv1"},…]}`.
///
/// A layer reads the one before it, unless `after` lists others by their numbers; the image is -1.
private struct WrittenNetwork: WrittenForm {
  struct Node: Codable {
    let name: String?
    let layer: Spec
    let after: [Int]?
  }

  let input: [Int]
  let classes: Int
  let layers: [Node]
}

extension Network {
  /// The network as a line of JSON, every setting spelled out.
  public var json: String {
    let layers = nodes.enumerated().map { number, node in
      guard let spec = Layers.family.spec(of: node.layer) else { unreachable("\(node.layer) has no declaration") }
      return WrittenNetwork.Node(
        name: node.name.isEmpty ? nil : node.name, layer: spec, after: node.inputs == [number - 1] ? nil : node.inputs)
    }
    return WrittenNetwork(input: [input.channels, input.height, input.width], classes: classes, layers: layers).json
  }

  /// Reads what `json` wrote.
  ///
  /// - Throws: `SettingError` for what is no such form or has layers and settings that this version does not know,
  ///   `NetworkError` for layers that do not fit together.
  public init(json: String) throws {
    let written = try WrittenNetwork(json: json)
    guard written.input.count == 3, written.input.allSatisfy({ (1...65_536).contains($0) }) else {
      throw NetworkError.unreadable(detail: "its images are \(written.input)")
    }
    guard (1...65_536).contains(written.classes) else {
      throw NetworkError.unreadable(detail: "it has \(written.classes) classes")
    }
    let extents = written.input
    self.init(
      input: ImageShape(channels: extents[0], height: extents[1], width: extents[2]), classes: written.classes)
    for (number, node) in written.layers.enumerated() {
      let inputs = node.after ?? [number - 1]
      guard inputs.allSatisfy({ (Self.image..<number).contains($0) }) else {
        throw NetworkError.unreadable(detail: "its layer \(number) reads \(inputs)")
      }
      try add(node.name ?? "", Layers.family.make(node.layer), after: inputs)
    }
    let out = shape(of: last)
    guard !nodes.isEmpty, out == ImageShape(channels: classes, height: 1, width: 1) else {
      throw NetworkError.unreadable(detail: "\(out) values come out for \(classes) classes")
    }
    let names = parameterNames
    guard Set(names).count == names.count else {
      throw NetworkError.unreadable(detail: "two of its parameters have one name")
    }
  }

  private var parameterNames: [String] {
    nodes.flatMap { node in node.parameters.map { node.name + "." + $0.suffix } }
  }
}

/// What `network([…])` lists: a layer, or several layers with connections of their own.
public protocol Part: Sendable {
  /// Adds it to the end of a network.
  ///
  /// - Throws: `NetworkError` where it does not fit.
  func add(to network: inout Network, naming names: inout LayerNames) throws
}

/// All parts of networks by name.
public enum Parts {
  /// In the order that help shows them: layers of one input, then what connects several.
  public static let all: [Entry<any Part>] =
    Layers.all.filter { (try? $0.make())?.arity == 1...1 }.map {
      $0.wrapped {
        LayerPart(layer: $0)
      } unwrap: {
        ($0 as? LayerPart)?.layer
      }
    } + [Residual.entry, Branches.entry, PartSequence.entry]

  /// What makes them again out of what is written.
  public static let family = Family(name, all)

  /// What one of them is called.
  static let name = "layer"
}

/// Names for the layers of a network that have weights: `conv1`, `conv2`, `dense1`.
public struct LayerNames: Sendable {
  private var counts: [String: Int] = [:]

  mutating func next(_ kind: String) -> String {
    counts[kind, default: 0] += 1
    return "\(kind)\(counts[kind]!)"
  }
}

/// A layer that reads the one before it.
struct LayerPart: Part {
  let layer: any Layer

  func add(to network: inout Network, naming names: inout LayerNames) throws {
    let kind = Layers.family.spec(of: layer)?.name ?? "layer"
    let hasWeights = !layer.completed(classes: network.classes).parameters(for: network.shape(of: network.last)).isEmpty
    try network.add(hasWeights ? names.next(kind) : "", layer)
  }
}

/// Parts one after the other: what a list within a list means.
public struct PartSequence: Part {
  var layers: [any Part] = []

  /// `sequence`.
  public static let name = "sequence"

  static let entry: Entry<any Part> = Entry(
    PartSequence(), name, "layers one after the other", example: "sequence([conv(16, kernel: 3), relu])",
    [Setting("layers", \.layers, "the layers, from the first to the last").unlabelled]
  ) { $0 }

  /// See `Part`.
  public func add(to network: inout Network, naming names: inout LayerNames) throws {
    guard !layers.isEmpty else { throw NetworkError.mismatch(layer: "a sequence", detail: "its list is empty") }
    for part in layers { try part.add(to: &network, naming: &names) }
  }
}

/// The sum of what goes through a list of parts and what goes around it.
struct Residual: Part {
  var layers: [any Part] = []
  var shortcut: [any Part] = []

  static let entry: Entry<any Part> = Entry(
    Residual(), "residual", "layers, and the sum of what they give and what goes around them",
    paper: "arXiv:1512.03385",
    example:
      "residual([conv(32, kernel: 3, stride: 2, padding: 1), batchnorm], shortcut: [conv(32, kernel: 1, stride: 2)])",
    [
      Setting("layers", \.layers, "the layers inside").unlabelled,
      Setting(
        "shortcut", \.shortcut, "layers on the way around, where the shape changes inside; none for none",
        isRequired: false),
    ]
  ) { $0 }

  func add(to network: inout Network, naming names: inout LayerNames) throws {
    guard !layers.isEmpty else { throw NetworkError.mismatch(layer: "a residual part", detail: "its list is empty") }
    let start = network.last
    try PartSequence(layers: layers).add(to: &network, naming: &names)
    let inside = network.last
    let around = try network.branch(shortcut, from: start, naming: &names)
    let (one, other) = (network.shape(of: inside), network.shape(of: around))
    guard one == other else {
      throw NetworkError.mismatch(
        layer: "a residual part",
        detail:
          "\(one) come out of its layers, but \(other) \(shortcut.isEmpty ? "go around them" : "out of its shortcut")")
    }
    try network.add("", Add(), after: [inside, around])
  }
}

/// The channels of several lists of parts, side by side.
struct Branches: Part {
  var branches: [any Part] = []

  static let entry: Entry<any Part> = Entry(
    Branches(), "concat", "several lists of layers side by side: their channels, one after the other",
    paper: "arXiv:1409.4842",
    example: "concat([[conv(8, kernel: 1), relu], [conv(8, kernel: 3, padding: 1), relu]])",
    [Setting("branches", \.branches, "a list for each branch").unlabelled]
  ) { $0 }

  func add(to network: inout Network, naming names: inout LayerNames) throws {
    guard (2...64).contains(branches.count) else {
      throw NetworkError.mismatch(
        layer: "a concatenation", detail: "it joins 2 to 64 lists of layers, not \(branches.count)")
    }
    let start = network.last
    let ends = try branches.map { try network.branch([$0], from: start, naming: &names) }
    try network.add("", Concatenation(), after: ends)
  }
}

extension Network {
  /// Adds parts that read `start` first. Returns the last node of theirs, `start` if there are none.
  fileprivate mutating func branch(
    _ parts: [any Part], from start: Int, naming names: inout LayerNames
  ) throws -> Int {
    guard !parts.isEmpty else { return start }
    last = start
    for part in parts { try part.add(to: &self, naming: &names) }
    return last
  }
}

/// Finds the tensors of a network in a file whose keys are not quite its own.
struct KeyMatching {
  typealias Tensors = [(name: String, tensor: Tensor)]

  /// The tensors by the network's names.
  private(set) var tensors: [String: Tensor] = [:]
  /// What should be said about how they were found.
  private(set) var notes: [String] = []

  /// - Parameters:
  ///   - keys: what some of the file's keys are called in the network; a part before a dot stands for all behind it.
  ///   - path: named in errors.
  /// - Throws: `CheckpointError`.
  init(_ file: Tensors, to layout: [ParameterLayout], keys: [(from: String, to: String)] = [], path: String) throws {
    var file = try Self.renamed(file, keys, layout, path)
    let names = Set(layout.map(\.name))
    // PyTorch counts batches in a tensor that nothing else needs.
    file.removeAll { $0.name.hasSuffix("num_batches_tracked") && !names.contains($0.name) }
    if !Self.holds(file, names) {
      if let prefix = Self.prefix(file, layout) {
        file = Self.stripped(file, prefix)
        notes.append("its keys begin with `\(MessageText.text(prefix))`, which was left out")
      } else if let (ordered, pairs) = Self.byOrder(file, layout) {
        file = ordered
        notes.append("its numbered layers were matched by their order: " + pairs.prefix(12).joined(separator: ", "))
      }
    }
    tensors = Dictionary(file.map { ($0.name, $0.tensor) }, uniquingKeysWith: { first, _ in first })
    try check(layout, file, path)
    let extra = file.map(\.name).filter { !names.contains($0) }
    // What has weights is a layer: this is then not the network that the file is of.
    let layers = extra.filter { $0.hasSuffix("weight") || $0.hasSuffix("bias") }
    if !layers.isEmpty { throw CheckpointError.unexpected(path: path, names: layers) }
    if !extra.isEmpty {
      notes.append("it also holds \(MessageText.names(extra)), which the network does not have: ignored")
    }
  }

  private static func holds(_ file: Tensors, _ names: Set<String>) -> Bool {
    names.isSubset(of: Set(file.map(\.name)))
  }

  /// Missing tensors, and those of another shape, all at once.
  private func check(_ layout: [ParameterLayout], _ file: Tensors, _ path: String) throws {
    let missing = layout.filter { tensors[$0.name] == nil }
    let wrong = layout.filter { place in tensors[place.name].map { $0.shape != place.shape } ?? false }
    if let first = missing.first, missing.count + wrong.count == 1 {
      throw CheckpointError.missing(path: path, name: first.name, found: file.map(\.name))
    }
    if let first = wrong.first, missing.count + wrong.count == 1 {
      throw CheckpointError.wrongShape(
        path: path, name: first.name, expected: first.shape, found: tensors[first.name]?.shape ?? [])
    }
    guard missing.isEmpty, wrong.isEmpty else {
      let used = Set(layout.map(\.name))
      throw CheckpointError.misfits(
        path: path, missing: missing.map { .init(name: $0.name, expected: $0.shape, found: nil) },
        wrong: wrong.map { .init(name: $0.name, expected: $0.shape, found: tensors[$0.name]?.shape) },
        left: file.filter { !used.contains($0.name) }.map {
          .init(name: $0.name, expected: nil, found: $0.tensor.shape)
        })
    }
  }

  private static func renamed(
    _ file: Tensors, _ keys: [(from: String, to: String)], _ layout: [ParameterLayout], _ path: String
  ) throws -> Tensors {
    var file = file
    for (from, to) in keys {
      let known = file.contains { $0.name == from || $0.name.hasPrefix(from + ".") }
      let wanted = layout.contains { $0.name == to || $0.name.hasPrefix(to + ".") }
      guard known else {
        throw CheckpointError.noSuchKey(path: path, key: from, isInFile: true, known: file.map(\.name))
      }
      guard wanted else {
        throw CheckpointError.noSuchKey(path: path, key: to, isInFile: false, known: layout.map(\.name))
      }
    }
    for i in file.indices {
      let name = file[i].name
      for (from, to) in keys {
        if name == from {
          file[i].name = to
        } else if name.hasPrefix(from + ".") {
          file[i].name = to + name.dropFirst(from.count)
        }
      }
    }
    return file
  }

  /// What stands before every one of the network's names: `module.`, `model.`, `_orig_mod.module.`, `1.`.
  private static func prefix(_ file: Tensors, _ layout: [ParameterLayout]) -> String? {
    guard let first = layout.first else { return nil }
    let names = Set(file.map(\.name))
    let prefixes = file.compactMap { entry in
      entry.name.hasSuffix("." + first.name) ? String(entry.name.dropLast(first.name.count)) : nil
    }
    return prefixes.first { prefix in layout.allSatisfy { names.contains(prefix + $0.name) } }
  }

  private static func stripped(_ file: Tensors, _ prefix: String) -> Tensors {
    file.map { entry in
      let name = entry.name.hasPrefix(prefix) ? String(entry.name.dropFirst(prefix.count)) : entry.name
      return (name: name, tensor: entry.tensor)
    }
  }

  /// The layers of a file by their order, where they are numbered and each has the shapes that the network's layer has.
  private static func byOrder(_ file: Tensors, _ layout: [ParameterLayout]) -> (Tensors, [String])? {
    func layer(_ name: String) -> Substring { name.lastIndex(of: ".").map { name[..<$0] } ?? "" }
    func modules(_ all: [(name: String, shape: [Int])]) -> [(name: String, shapes: [String: [Int]])] {
      var (order, found) = ([String](), [String: [String: [Int]]]())
      for (name, shape) in all {
        let module = String(layer(name))
        if found[module] == nil { order.append(module) }
        found[module, default: [:]][String(name.dropFirst(module.isEmpty ? 0 : module.count + 1))] = shape
      }
      return order.map { ($0, found[$0] ?? [:]) }
    }
    let wanted = modules(layout.map { ($0.name, $0.shape) })
    var given = modules(file.map { ($0.name, $0.tensor.shape) })
    guard given.allSatisfy({ $0.name.split(separator: ".").contains { Int($0) != nil } }) else { return nil }
    func fits(_ given: [(name: String, shapes: [String: [Int]])]) -> Bool {
      given.count == wanted.count && zip(given, wanted).allSatisfy { $0.shapes == $1.shapes }
    }
    if !fits(given) {
      // A file of safetensors has its tensors in the order of the alphabet.
      given.sort { Self.isBefore($0.name, $1.name) }
      guard fits(given) else { return nil }
    }
    let names = Dictionary(zip(given.map(\.name), wanted.map(\.name)), uniquingKeysWith: { first, _ in first })
    let renamed = file.map { entry -> (name: String, tensor: Tensor) in
      let module = String(layer(entry.name))
      return ((names[module] ?? module) + entry.name.dropFirst(module.count), entry.tensor)
    }
    return (renamed, zip(given, wanted).map { "\($0.name) → \($1.name)" })
  }

  /// Whether a name comes before another where numbers count as numbers.
  private static func isBefore(_ a: String, _ b: String) -> Bool {
    for (x, y) in zip(a.split(separator: "."), b.split(separator: ".")) where x != y {
      if let x = Int(x), let y = Int(y) { return x < y }
      return x < y
    }
    return a.count < b.count
  }
}

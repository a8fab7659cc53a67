// Operators that only rearrange: they cost nothing but a note of where each element is.

extension ONNXImporter {
  /// The value in new extents, its elements where they were.
  func viewed(_ value: Value, _ extents: [Int]) -> Value {
    var view = value
    view.extents = extents
    return view
  }

  /// The elements of a value at some places, where these are all of them.
  mutating func rearranged(_ value: Value, _ picks: ONNXFolding.Picks) throws -> Value {
    var view = viewed(value, picks.extents)
    view.order = try order(picks.places.map { value.order?[Int($0)] ?? $0 })
    return view
  }

  /// An order as it is kept: nil where every element is in its own place.
  mutating func order(_ places: [Int32]) throws -> [Int32]? {
    if places.indices.allSatisfy({ places[$0] == Int32($0) }) { return nil }
    try keep(places: places.count)
    return places
  }

  mutating func readReshape(_ node: ONNXNode) throws {
    let value = try value(node)
    var wanted = try constant(node, 1, "new extents").integers
    if batch > 1, wanted.first == batch { wanted[0] = 1 }
    let keepsZero = node.integer("allowzero") == 1
    set(node, viewed(value, try ONNXFolding.reshaped(value.extents, to: wanted, keepsZero: keepsZero)))
  }

  mutating func readSqueeze(_ node: ONNXNode, adds: Bool) throws {
    let value = try value(node)
    let given = try optionalConstant(node, 1, "axes")
    let axes = node.axes([nil, given])
    let extents =
      adds
      ? try ONNXFolding.unsqueezed(value.extents, axes ?? []) : try ONNXFolding.squeezed(value.extents, axes)
    set(node, viewed(value, extents))
  }

  mutating func readTranspose(_ node: ONNXNode) throws {
    let value = try value(node)
    let order = try ONNXFolding.permutation(node.integers("perm"), value.extents.count)
    if order == order.sorted() { return set(node, value) }
    set(node, try rearranged(value, ONNXFolding.transposed(value.extents, order)))
  }

  mutating func readShape(_ node: ONNXNode) throws {
    let extents = try value(node).extents
    let count = extents.count
    func place(_ given: Int) -> Int { min(max(given < 0 ? given &+ count : given, 0), count) }
    let (from, to) = (place(node.integer("start") ?? 0), place(node.integer("end") ?? count))
    if let name = node.outputs.first { constants[name] = ONNXConstant(Array(extents[from..<max(from, to)])) }
  }

  mutating func readSlice(_ node: ONNXNode) throws {
    let value = try value(node)
    var inputs: [ONNXConstant?] = [nil]
    for index in 1..<5 { inputs.append(try optionalConstant(node, index, "bounds")) }
    let cuts = try node.slices(inputs, value.extents.count)
    set(node, try taken(value, ONNXFolding.sliced(value.extents, cuts)))
  }

  mutating func readGather(_ node: ONNXNode) throws {
    let value = try value(node)
    let indices = try constant(node, 1, "indices")
    set(node, try taken(value, ONNXFolding.gathered(value.extents, indices, axis: node.integer("axis") ?? 0)))
  }

  mutating func readSplit(_ node: ONNXNode) throws {
    let value = try value(node)
    let axis = try ONNXFolding.axis(node.integer("axis") ?? 0, value.extents.count)
    let extent = value.extents[axis]
    let parts = node.outputs.count
    let each = (extent + parts - 1) / max(parts, 1)
    let lengths =
      try node.integers("split") ?? optionalConstant(node, 1, "lengths")?.integers
      ?? (0..<parts).map { max(0, min(each, extent - $0 * each)) }
    guard lengths.count == parts, lengths.allSatisfy({ (1...extent).contains($0) }), lengths.reduce(0, +) == extent
    else { throw Refusal("its lengths \(lengths) are not \(extent) in all") }
    var from = 0
    for (name, length) in zip(node.outputs, lengths) {
      let cut = ONNXFolding.Cut(axis: axis, start: from, end: from + length, step: 1)
      values[name] = try taken(value, ONNXFolding.sliced(value.extents, [cut]))
      from += length
    }
  }

  /// Some elements of a value: they must be some channels, rows and columns of the node's.
  private mutating func taken(_ value: Value, _ picks: ONNXFolding.Picks) throws -> Value {
    let places = picks.places.map { value.order?[Int($0)] ?? $0 }
    let shape = network.shape(of: value.node)
    if places.count == shape.count { return try rearranged(value, picks) }
    let (plane, width) = (shape.height * shape.width, shape.width)
    func range(_ of: (Int) -> Int) throws(Refusal) -> [Int] {
      let all = Set(places.map { of(Int($0)) }).sorted()
      guard let first = all.first, let last = all.last else { throw Refusal("it takes nothing") }
      let step = all.count > 1 ? all[1] - first : 1
      guard all == Array(stride(from: first, through: last, by: step)) else {
        throw Refusal("what it takes is not every so many channels, rows or columns")
      }
      return step == 1 ? [first, last + 1] : [first, last + 1, step]
    }
    let layer = Slice(
      channels: try range { $0 / plane }, rows: try range { $0 % plane / width }, columns: try range { $0 % width })
    let node = try add(layer, after: [value.node])
    let cut = network.shape(of: node)
    guard cut.count == places.count else {
      throw Refusal("what it takes is not whole channels, rows or columns")
    }
    func place(_ index: Int, _ list: [Int]) -> Int { (index - list[0]) / (list.count == 3 ? list[2] : 1) }
    let new = places.map { old -> Int32 in
      let old = Int(old)
      let channel = place(old / plane, layer.channels)
      let row = place(old % plane / width, layer.rows)
      return Int32((channel * cut.height + row) * cut.width + place(old % width, layer.columns))
    }
    return Value(node: node, extents: picks.extents, order: try order(new))
  }

  mutating func readConcat(_ node: ONNXNode) throws {
    var parts: [Value] = []
    for index in node.inputs.indices { parts.append(try value(node, index)) }
    guard let first = parts.first else { throw Refusal("it has no inputs") }
    let axis = try ONNXFolding.axis(node.integer("axis") ?? 0, first.extents.count)
    let extents = try ONNXFolding.joinedExtents(parts.map(\.extents), axis: axis)
    let shapes = parts.map { network.shape(of: $0.node) }
    let isEven = shapes.allSatisfy { ($0.height, $0.width) == (shapes[0].height, shapes[0].width) }
    var nodes: [Int] = []
    for part in parts { nodes.append(isEven ? part.node : try flat(part.node)) }
    let joined = nodes.count == 1 ? nodes[0] : try add(Concatenation(), after: nodes)
    var (starts, start) = ([Int](), 0)
    for shape in shapes {
      starts.append(start)
      start += shape.count
    }
    // Channels after channels: nothing moves.
    if parts.allSatisfy({ $0.order == nil }), first.extents[..<axis].allSatisfy({ $0 == 1 }) {
      return set(node, Value(node: joined, extents: extents))
    }
    let places = ONNXFolding.joinedPlaces(parts.map(\.extents), axis: axis).map { part, place in
      Int32(starts[part]) + (parts[part].order?[place] ?? Int32(place))
    }
    set(node, Value(node: joined, extents: extents, order: try order(places)))
  }

  /// Which of channels, rows and columns each axis after the first is; nil where the elements are in another order.
  func axes(of value: Value) -> [Int]? {
    guard value.extents.count == 4, value.extents[0] == 1 else { return nil }
    let shape = network.shape(of: value.node)
    let own = [shape.channels, shape.height, shape.width]
    guard let places = value.order else { return Array(value.extents.dropFirst()) == own ? [0, 1, 2] : nil }
    return Self.orders.first { axes in
      axes.map { own[$0] } == Array(value.extents.dropFirst()) && ONNXFolding.transposed(own, axes).places == places
    }
  }

  private static let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]

  /// A node that holds a value's elements in their own order, as channels, rows and columns of the given extents.
  mutating func arranged(_ value: Value, as wanted: ImageShape) throws -> Int {
    var node = value.node
    var shape = network.shape(of: node)
    guard shape.count == wanted.count else {
      throw Refusal("it needs \(wanted.count) values and is given \(shape.count)")
    }
    if let places = value.order {
      let own = [shape.channels, shape.height, shape.width]
      if let axes = Self.orders.first(where: { ONNXFolding.transposed(own, $0).places == places }) {
        node = try add(Permute(order: axes), after: [node])
      } else if let (extents, axes) = Self.transposition(places) {
        node = try add(Reshape(shape: extents), after: [try flat(node)])
        node = try add(Permute(order: axes), after: [node])
      } else {
        throw Refusal("it reads values in an order that Ward has no layer for")
      }
      shape = network.shape(of: node)
    }
    if shape == wanted { return node }
    node = try flat(node)
    if wanted.height == 1, wanted.width == 1 { return node }
    return try add(Reshape(shape: [wanted.channels, wanted.height, wanted.width]), after: [node])
  }

  /// Three extents and an order of these axes that gives the places; nil where no three axes do.
  private static func transposition(_ places: [Int32]) -> (extents: [Int], axes: [Int])? {
    // From the last axis on: as many places as are the same step apart, then the first of each such run, and so on.
    var parts: [(extent: Int, step: Int)] = []
    var stride = 1
    while stride < places.count, parts.count < 3 {
      let step = Int(places[stride])
      var extent = 2
      while extent * stride < places.count, Int(places[extent * stride]) == extent * step { extent += 1 }
      parts.append((extent, step))
      stride *= extent
    }
    let all = parts.reversed() + Array(repeating: (extent: 1, step: 0), count: 3 - parts.count)
    guard stride == places.count else { return nil }
    let before = all.indices.sorted { (all[$1].step, $0) < (all[$0].step, $1) }
    let (own, axes) = (before.map { all[$0].extent }, all.indices.map { before.firstIndex(of: $0) ?? 0 })
    return ONNXFolding.transposed(own, axes).places == places ? (own, axes) : nil
  }

  /// A node that holds a value as channels, rows and columns: what convolutions and pooling read.
  mutating func image(_ value: Value) throws -> Int {
    let extents = value.extents
    guard extents.first == 1, (2...4).contains(extents.count) else {
      throw Refusal("it is applied to \(extents), which is not one image of channels, rows and columns")
    }
    return try arranged(
      value,
      as: ImageShape(
        channels: extents[1], height: extents.count == 4 ? extents[2] : 1,
        width: extents.count > 2 ? extents.last ?? 1 : 1))
  }

  /// The value of a node whose channels, rows and columns are an image of the given rank.
  func imageValue(_ node: Int, rank: Int) -> Value {
    let shape = network.shape(of: node)
    let extents =
      switch rank {
      case 2: [1, shape.channels]
      case 3: [1, shape.channels, shape.width]
      default: [1, shape.channels, shape.height, shape.width]
      }
    return Value(node: node, extents: extents)
  }
}

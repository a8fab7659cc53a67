// Windows that move over the image, and what is put around it.

extension ONNXImporter {
  /// How many rows and columns are put before and after.
  struct Padding {
    var top = 0
    var left = 0
    var bottom = 0
    var right = 0
  }

  /// Rows and columns; a list of one number is about columns.
  static func pair(_ list: [Int], _ missing: Int) -> (height: Int, width: Int) {
    list.count == 1 ? (missing, list[0]) : list.count == 2 ? (list[0], list[1]) : (missing, missing)
  }

  /// An attribute of one number for each direction, each at least 1; 1 where it is not given.
  func extents(_ node: ONNXNode, _ name: String) throws(Refusal) -> (height: Int, width: Int) {
    let list = node.integers(name) ?? []
    guard list.count <= 2, list.allSatisfy({ (1...65_536).contains($0) }) else {
      throw Refusal("its \(name) are \(list)")
    }
    return Self.pair(list, 1)
  }

  /// The padding that `pads` or `auto_pad` asks for.
  func padding(
    _ node: ONNXNode, _ shape: ImageShape, _ reach: (height: Int, width: Int), _ stride: (height: Int, width: Int)
  ) throws(Refusal) -> Padding {
    let list = node.integers("pads") ?? []
    guard list.allSatisfy({ (0...65_536).contains($0) }) else { throw Refusal("its pads are \(list)") }
    let automatic = node.text("auto_pad") ?? "NOTSET"
    switch automatic {
    case "NOTSET", "":
      switch list.count {
      case 0: return Padding()
      case 2: return Padding(left: list[0], right: list[1])
      case 4: return Padding(top: list[0], left: list[1], bottom: list[2], right: list[3])
      default: throw Refusal("its pads are \(list)")
      }
    case "VALID": return Padding()
    case "SAME_UPPER", "SAME_LOWER":
      func both(_ extent: Int, _ reach: Int, _ stride: Int) -> (Int, Int) {
        let all = max(0, ((extent + stride - 1) / stride - 1) * stride + reach - extent)
        return automatic == "SAME_UPPER" ? (all / 2, all - all / 2) : (all - all / 2, all / 2)
      }
      let (top, bottom) = both(shape.height, reach.height, stride.height)
      let (left, right) = both(shape.width, reach.width, stride.width)
      return Padding(top: top, left: left, bottom: bottom, right: right)
    default: throw Refusal("its auto_pad is '\(MessageText.text(automatic))'")
    }
  }

  /// A node with what a window cannot put around it itself, and the padding that it can: the same on opposite sides.
  mutating func padded(
    _ node: Int, _ pads: Padding, value: Float, mostEven: Int
  ) throws -> (node: Int, even: (height: Int, width: Int)) {
    if pads.top == pads.bottom, pads.left == pads.right, pads.top <= mostEven, pads.left <= mostEven {
      return (node, (pads.top, pads.left))
    }
    let layer = Pad(rows: [pads.top, pads.bottom], columns: [pads.left, pads.right], value: value)
    return (try add(layer, after: [node]), (0, 0))
  }

  private struct Window {
    let input: Int
    let rank: Int
    let kernel: (height: Int, width: Int)
    let stride: (height: Int, width: Int)
    var pads: Padding
    /// What `ceil_mode` adds below and to the right beside the padding.
    let beyond: (height: Int, width: Int)
  }

  private mutating func window(_ node: ONNXNode) throws -> Window {
    let x = try value(node)
    let input = try image(x)
    let shape = network.shape(of: input)
    guard let list = node.integers("kernel_shape"), list.count == max(1, x.extents.count - 2),
      list.allSatisfy({ (1...255).contains($0) })
    else { throw Refusal("its window is \(node.integers("kernel_shape") ?? []), and Ward reads up to 255 by 255") }
    guard (node.integers("dilations") ?? []).allSatisfy({ $0 == 1 }) else {
      throw Refusal("its window has gaps (dilations), which Ward does not read in pooling")
    }
    let (kernel, stride) = (Self.pair(list, 1), try extents(node, "strides"))
    let pads = try padding(node, shape, kernel, stride)
    func left(_ extent: Int, _ kernel: Int, _ stride: Int, _ before: Int) -> Int {
      // A last window that begins inside; how far it reaches out.
      let rest = (extent - kernel) % stride
      guard node.integer("ceil_mode") == 1, extent >= kernel, rest > 0 else { return 0 }
      return extent - rest + stride - kernel + before < extent + before ? stride - rest : 0
    }
    let beyond = (
      height: left(shape.height + pads.top + pads.bottom, kernel.height, stride.height, pads.top),
      width: left(shape.width + pads.left + pads.right, kernel.width, stride.width, pads.left)
    )
    return Window(input: input, rank: x.extents.count, kernel: kernel, stride: stride, pads: pads, beyond: beyond)
  }

  mutating func readMaxPool(_ node: ONNXNode) throws {
    guard node.outputs.count == 1 || node.outputs[1].isEmpty || readers[node.outputs[1]] == nil else {
      throw Refusal("its second output, the places of the largest, is not read")
    }
    var window = try window(node)
    window.pads.bottom += window.beyond.height
    window.pads.right += window.beyond.width
    var layer = MaxPool(1)
    (layer.kernel, layer.givenStride) = (window.kernel, window.stride)
    // The least number loses against every other.
    let (from, even) = try padded(
      window.input, window.pads, value: -.greatestFiniteMagnitude,
      mostEven: min(window.kernel.height, window.kernel.width) / 2)
    layer.padding = even
    let made = try add(layer, after: [from])
    set(node, imageValue(made, rank: window.rank))
  }

  mutating func readAveragePool(_ node: ONNXNode) throws {
    let window = try window(node)
    let (kernel, pads, beyond) = (window.kernel, window.pads, window.beyond)
    var layer = AveragePool(1)
    (layer.kernel, layer.givenStride) = (kernel, window.stride)
    layer.countsPadding = node.integer("count_include_pad") == 1
    let isEven = pads.top == pads.bottom && pads.left == pads.right && beyond == (0, 0)
    if isEven, 2 * pads.top <= kernel.height, 2 * pads.left <= kernel.width {
      layer.padding = (pads.top, pads.left)
      let made = try add(layer, after: [window.input])
      return set(node, imageValue(made, rank: window.rank))
    }
    // Zeros around the image, the mean of whole windows, and then for each place what the mean should have been divided by.
    let shape = network.shape(of: window.input)
    let pad = Pad(
      rows: [pads.top, pads.bottom + beyond.height], columns: [pads.left, pads.right + beyond.width])
    let whole = try add(pad, after: [window.input])
    let counts = layer.countsPadding
    let pooled = try add(layer, after: [whole])
    let out = network.shape(of: pooled)
    guard out.count <= Self.mostValues else {
      throw Refusal("it makes more values for an image than Ward keeps in books")
    }
    func counted(_ place: Int, _ stride: Int, _ kernel: Int, _ before: Int, _ extent: Int, _ after: Int) -> Int {
      let (from, to) = (place * stride, place * stride + kernel)
      let (first, end) = counts ? (0, before + extent + after) : (before, before + extent)
      return max(1, min(to, end) - max(from, first))
    }
    var factors: [Float] = []
    for row in 0..<out.height {
      let rows = counted(row, window.stride.height, kernel.height, pads.top, shape.height, pads.bottom)
      for column in 0..<out.width {
        let columns = counted(column, window.stride.width, kernel.width, pads.left, shape.width, pads.right)
        factors.append(Float(kernel.height * kernel.width) / Float(rows * columns))
      }
    }
    try keep(places: out.count)
    let all = (0..<out.channels).flatMap { _ in factors }
    let layerOfFactors = Scale(each: .value, adds: false, isTrained: false)
    let name = name("scale", after: "")
    let made = try add(layerOfFactors, after: [pooled], named: name, [("weight", all)])
    set(node, imageValue(made, rank: window.rank))
  }

  mutating func readGlobalPool(_ node: ONNXNode, largest: Bool) throws {
    let x = try value(node)
    let input = try image(x)
    let shape = network.shape(of: input)
    var layer: any Layer = GlobalAveragePool()
    if largest {
      var pool = MaxPool(1)
      pool.kernel = (shape.height, shape.width)
      layer = pool
    }
    let made = try add(layer, after: [input])
    set(node, imageValue(made, rank: x.extents.count))
  }

  mutating func readPad(_ node: ONNXNode) throws {
    let x = try value(node)
    let mode = node.text("mode") ?? "constant"
    guard mode == "constant" else {
      throw Refusal("Ward reads padding by a constant, not by '\(MessageText.text(mode))'")
    }
    let list = try node.integers("pads") ?? constant(node, 1, "pads").integers
    let rank = x.extents.count
    let filler = try optionalConstant(node, 2, "value")?.floats.first ?? node.float("value") ?? 0
    var axes = try optionalConstant(node, 3, "axes")?.integers ?? Array(0..<rank)
    for i in axes.indices { axes[i] = try ONNXFolding.axis(axes[i], rank) }
    guard list.count == 2 * axes.count, list.allSatisfy({ (0...65_536).contains($0) }) else {
      throw Refusal("its pads are \(list): Ward reads two for each axis, and none that cut off")
    }
    guard filler.isFinite else { throw Refusal("it puts \(filler) around the image") }
    if list.allSatisfy({ $0 == 0 }) { return set(node, x) }
    guard let own = rank == 4 ? self.axes(of: x) : x.order == nil && x.extents.first == 1 ? [0, 1, 2] : nil else {
      throw Refusal("it is applied to values in an order that Ward has no layer for")
    }
    let input = rank == 4 ? x.node : try image(x)
    var sides = [[0, 0], [0, 0], [0, 0]]
    for (i, axis) in axes.enumerated() where list[i] > 0 || list[i + axes.count] > 0 {
      guard axis > 0 else { throw Refusal("it adds images to the batch") }
      sides[own[rank == 3 && axis == 2 ? 2 : axis - 1]] = [list[i], list[i + axes.count]]
    }
    let layer = Pad(rows: sides[1], columns: sides[2], channels: sides[0], value: filler)
    let made = try add(layer, after: [input])
    guard rank == 4 else { return set(node, imageValue(made, rank: rank)) }
    let shape = network.shape(of: made)
    let turned = ONNXFolding.transposed([shape.channels, shape.height, shape.width], own)
    set(node, Value(node: made, extents: [1] + turned.extents, order: try order(turned.places)))
  }
}

/// Operators whose inputs are all known beforehand: what exporters write out of `x.view(x.size(0), -1)` and of constants.
enum ONNXFolding {
  /// Most numbers of a constant that is cast or turned: places are counted in 32 bits.
  static let mostNumbers = 1 << 28
  /// Most numbers that are made out of fewer, by repeating and joining.
  static let mostMade = 1 << 24

  /// What an operator makes of constants; nil for an operator that is not folded.
  ///
  /// - Throws: `Refusal` with the reason where the constants do not fit the operator.
  static func result(_ node: ONNXNode, _ inputs: [ONNXConstant?]) throws(Refusal) -> ONNXConstant? {
    func input(_ index: Int) throws(Refusal) -> ONNXConstant {
      guard inputs.indices.contains(index), let constant = inputs[index] else {
        throw Refusal("it has no input \(index + 1)")
      }
      return constant
    }
    guard inputs.allSatisfy({ $0.map { $0.count <= mostNumbers } ?? true }) else {
      throw Refusal("its constants are too large")
    }
    switch node.op {
    case "Identity": return try input(0)
    case "Cast": return cast(try input(0), to: node.integer("to") ?? 1)
    case "Reshape":
      var data = try input(0)
      let wanted = try input(1).integers
      data.extents = try reshaped(data.extents, to: wanted, keepsZero: node.integer("allowzero") == 1)
      return data
    case "Flatten":
      var data = try input(0)
      data.extents = try flattened(data.extents, node.integer("axis") ?? 1)
      return data
    case "Squeeze":
      var data = try input(0)
      data.extents = try squeezed(data.extents, node.axes(inputs))
      return data
    case "Unsqueeze":
      var data = try input(0)
      data.extents = try unsqueezed(data.extents, node.axes(inputs) ?? [])
      return data
    case "Transpose":
      let data = try input(0)
      let order = try permutation(node.integers("perm"), data.extents.count)
      return picked(data, transposed(data.extents, order))
    case "Gather": return try gathered(try input(0), try input(1), axis: node.integer("axis") ?? 0)
    case "Slice":
      let data = try input(0)
      return picked(data, try sliced(data.extents, try node.slices(inputs, data.extents.count)))
    case "Concat": return try joined(try inputs.indices.map(input), axis: node.integer("axis") ?? 0)
    case "ConstantOfShape":
      let extents = try input(0).integers
      let value = try inputs.count > 1 ? input(1) : ONNXConstant(extents: [1], .floats([0]))
      guard let count = ONNXTensor.product(extents), count <= 1 << 20 else {
        throw Refusal("it would make a constant of \(MessageText.shape(extents))")
      }
      switch value.numbers {
      case .floats(let list):
        return ONNXConstant(extents: extents, .floats(Array(repeating: list.first ?? 0, count: count)))
      case .integers(let list):
        return ONNXConstant(extents: extents, .integers(Array(repeating: list.first ?? 0, count: count)))
      }
    case "Expand":
      let data = try input(0)
      let extents = try broadcast(data.extents, try input(1).integers)
      return try spread(data, to: extents)
    case "Add", "Sub", "Mul", "Div": return try arithmetic(node.op, try input(0), try input(1))
    case "Neg": return try arithmetic("Mul", try input(0), ONNXConstant(extents: [], .integers([-1])))
    case "Sqrt":
      let data = try input(0)
      return ONNXConstant(extents: data.extents, .floats(data.floats.map { $0.squareRoot() }))
    default: return nil
    }
  }

  private static func cast(_ data: ONNXConstant, to type: Int) -> ONNXConstant {
    if ONNXTensor.isReal(type) { return ONNXConstant(extents: data.extents, .floats(data.floats)) }
    return ONNXConstant(extents: data.extents, .integers(data.integers.map { Int64($0) }))
  }

  /// The elements at some places, in a new shape.
  private static func picked(_ data: ONNXConstant, _ picks: Picks) -> ONNXConstant {
    switch data.numbers {
    case .floats(let list): ONNXConstant(extents: picks.extents, .floats(picks.places.map { list[Int($0)] }))
    case .integers(let list): ONNXConstant(extents: picks.extents, .integers(picks.places.map { list[Int($0)] }))
    }
  }

  private static func gathered(
    _ data: ONNXConstant, _ indices: ONNXConstant, axis: Int
  ) throws(Refusal) -> ONNXConstant {
    picked(data, try ONNXFolding.gathered(data.extents, indices, axis: axis))
  }

  private static func joined(_ parts: [ONNXConstant], axis: Int) throws(Refusal) -> ONNXConstant {
    guard let first = parts.first else { throw Refusal("it has no inputs") }
    let axis = try self.axis(axis, first.extents.count)
    let extents = try joinedExtents(parts.map(\.extents), axis: axis)
    let places = joinedPlaces(parts.map(\.extents), axis: axis)
    let isReal = parts.contains { if case .floats = $0.numbers { true } else { false } }
    if isReal {
      let all = parts.map(\.floats)
      return ONNXConstant(extents: extents, .floats(places.map { all[$0.part][$0.place] }))
    }
    let all = parts.map { $0.integers.map { Int64($0) } }
    return ONNXConstant(extents: extents, .integers(places.map { all[$0.part][$0.place] }))
  }

  /// A constant repeated along the axes in which it has one element.
  static func spread(_ data: ONNXConstant, to extents: [Int]) throws(Refusal) -> ONNXConstant {
    guard let count = ONNXTensor.product(extents), count <= max(mostMade, data.count) else {
      throw Refusal("it would make a constant of \(MessageText.shape(extents))")
    }
    if data.extents == extents { return data }
    return picked(data, Picks(extents: extents, places: spreadPlaces(data.extents, to: extents, count: count)))
  }

  private static func arithmetic(_ op: String, _ a: ONNXConstant, _ b: ONNXConstant) throws(Refusal) -> ONNXConstant {
    let extents = try broadcast(a.extents, b.extents)
    let (left, right) = (try spread(a, to: extents), try spread(b, to: extents))
    if case .integers(let x) = left.numbers, case .integers(let y) = right.numbers {
      var all: [Int64] = []
      for (x, y) in zip(x, y) {
        let (value, overflow): (Int64, Bool)
        switch op {
        case "Add": (value, overflow) = x.addingReportingOverflow(y)
        case "Sub": (value, overflow) = x.subtractingReportingOverflow(y)
        case "Mul": (value, overflow) = x.multipliedReportingOverflow(by: y)
        default: (value, overflow) = x.dividedReportingOverflow(by: y)
        }
        if overflow { throw Refusal("its constants are too large, or it divides by 0") }
        all.append(value)
      }
      return ONNXConstant(extents: extents, .integers(all))
    }
    let pairs = zip(left.floats, right.floats)
    switch op {
    case "Add": return ONNXConstant(extents: extents, .floats(pairs.map { $0 + $1 }))
    case "Sub": return ONNXConstant(extents: extents, .floats(pairs.map { $0 - $1 }))
    case "Mul": return ONNXConstant(extents: extents, .floats(pairs.map { $0 * $1 }))
    default: return ONNXConstant(extents: extents, .floats(pairs.map { $0 / $1 }))
    }
  }
}

/// Why an operator is not read, without its name.
struct Refusal: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}

extension ONNXNode {
  func integer(_ name: String) -> Int? {
    if case .integer(let value) = attributes[name] { Int(clamping: value) } else { nil }
  }

  func float(_ name: String) -> Float? {
    switch attributes[name] {
    case .float(let value): value
    case .integer(let value): Float(value)
    default: nil
    }
  }

  func text(_ name: String) -> String? { if case .text(let value) = attributes[name] { value } else { nil } }

  func integers(_ name: String) -> [Int]? {
    switch attributes[name] {
    case .integers(let list): list.map { Int(clamping: $0) }
    case .integer(let value): [Int(clamping: value)]
    default: nil
    }
  }

  /// `axes`: an attribute in older versions, the second input in newer ones; nil where neither is there.
  func axes(_ inputs: [ONNXConstant?]) -> [Int]? {
    integers("axes") ?? (inputs.count > 1 ? inputs[1]?.integers : nil)
  }

  /// What `Slice` takes: attributes in older versions, inputs in newer ones.
  func slices(_ inputs: [ONNXConstant?], _ rank: Int) throws(Refusal) -> [ONNXFolding.Cut] {
    func list(_ index: Int) -> [Int]? { inputs.count > index ? inputs[index]?.integers : nil }
    guard let starts = integers("starts") ?? list(1), let ends = integers("ends") ?? list(2) else {
      throw Refusal("where it begins and ends is not known beforehand")
    }
    let axes = integers("axes") ?? list(3) ?? Array(0..<starts.count)
    let steps = list(4) ?? Array(repeating: 1, count: starts.count)
    guard starts.count == ends.count, starts.count == axes.count, starts.count == steps.count else {
      throw Refusal("its starts, ends, axes and steps are not as many")
    }
    var cuts: [ONNXFolding.Cut] = []
    for i in starts.indices {
      cuts.append(.init(axis: try ONNXFolding.axis(axes[i], rank), start: starts[i], end: ends[i], step: steps[i]))
    }
    return cuts
  }
}

/// Arithmetic with the extents and places of tensors, by ONNX's rules.
extension ONNXFolding {
  /// Elements of a tensor by their places in another, in the order of a new shape.
  struct Picks {
    let extents: [Int]
    let places: [Int32]
  }

  /// What is taken along one axis.
  struct Cut {
    let axis: Int
    let start: Int
    let end: Int
    let step: Int
  }

  /// An axis counted from the front; negative ones count from the back.
  static func axis(_ given: Int, _ rank: Int) throws(Refusal) -> Int {
    let axis = given < 0 ? given &+ rank : given
    guard (0..<max(rank, 1)).contains(axis) else { throw Refusal("there is no axis \(given) of \(rank)") }
    return axis
  }

  /// `Reshape`: 0 keeps an extent, -1 is what is left over.
  static func reshaped(_ extents: [Int], to wanted: [Int], keepsZero: Bool) throws(Refusal) -> [Int] {
    func wrong() -> Refusal { Refusal("\(extents) cannot become \(wanted)") }
    guard wanted.count <= 16, let count = ONNXTensor.product(extents) else { throw wrong() }
    var result = wanted
    for i in result.indices where result[i] == 0 && !keepsZero {
      guard i < extents.count else { throw wrong() }
      result[i] = extents[i]
    }
    let open = result.indices.filter { result[$0] == -1 }
    guard open.count <= 1, let known = ONNXTensor.product(result.filter { $0 != -1 }) else { throw wrong() }
    if let open = open.first {
      guard known > 0, count % known == 0 else { throw wrong() }
      result[open] = count / known
    }
    guard ONNXTensor.product(result) == count else { throw wrong() }
    return result
  }

  static func flattened(_ extents: [Int], _ given: Int) throws(Refusal) -> [Int] {
    let axis = given < 0 ? given &+ extents.count : given
    guard (0...extents.count).contains(axis) else { throw Refusal("there is no axis \(given) of \(extents.count)") }
    return [extents[..<axis].reduce(1, *), extents[axis...].reduce(1, *)]
  }

  static func squeezed(_ extents: [Int], _ axes: [Int]?) throws(Refusal) -> [Int] {
    guard let axes else { return extents.filter { $0 != 1 } }
    var gone: Set<Int> = []
    for axis in axes { gone.insert(try self.axis(axis, extents.count)) }
    guard gone.allSatisfy({ extents.indices.contains($0) && extents[$0] == 1 }) else {
      throw Refusal("an axis that is to go has more than one element: \(extents)")
    }
    return extents.indices.filter { !gone.contains($0) }.map { extents[$0] }
  }

  static func unsqueezed(_ extents: [Int], _ axes: [Int]) throws(Refusal) -> [Int] {
    let rank = extents.count + axes.count
    guard rank <= 16 else { throw Refusal("\(rank) axes are too many") }
    var new: Set<Int> = []
    for axis in axes { new.insert(try self.axis(axis, rank)) }
    guard new.count == axes.count else { throw Refusal("an axis is named twice") }
    var rest = extents[...]
    return (0..<rank).map { new.contains($0) ? 1 : rest.popFirst() ?? 1 }
  }

  static func permutation(_ given: [Int]?, _ rank: Int) throws(Refusal) -> [Int] {
    let order = given ?? (0..<rank).reversed()
    guard order.sorted() == Array(0..<rank) else { throw Refusal("\(order) is no order of \(rank) axes") }
    return order
  }

  static func strides(_ extents: [Int]) -> [Int] {
    var strides = Array(repeating: 1, count: extents.count)
    for i in extents.indices.dropLast().reversed() { strides[i] = strides[i + 1] * extents[i + 1] }
    return strides
  }

  /// The places of a tensor along some axes: where to begin, and how far it is from one element to the next.
  private static func places(_ extents: [Int], _ steps: [Int], from start: Int = 0) -> [Int32] {
    var places = [Int32(clamping: start)]
    for (extent, step) in zip(extents, steps) {
      var next: [Int32] = []
      next.reserveCapacity(places.count * extent)
      for place in places { for i in 0..<extent { next.append(place + Int32(clamping: i * step)) } }
      places = next
    }
    return places
  }

  static func transposed(_ extents: [Int], _ order: [Int]) -> Picks {
    let strides = strides(extents)
    let new = order.map { extents[$0] }
    return Picks(extents: new, places: places(new, order.map { strides[$0] }))
  }

  static func sliced(_ extents: [Int], _ cuts: [Cut]) throws(Refusal) -> Picks {
    var (new, steps) = (extents, strides(extents))
    var start = 0
    for cut in cuts {
      guard extents.indices.contains(cut.axis) else { throw Refusal("there is no axis \(cut.axis)") }
      guard cut.step > 0 else { throw Refusal("it goes backwards, by steps of \(cut.step)") }
      let extent = extents[cut.axis]
      func place(_ given: Int) -> Int { min(max(given < 0 ? given &+ extent : given, 0), extent) }
      let (from, to) = (place(cut.start), place(cut.end))
      guard from < to else { throw Refusal("it takes nothing") }
      start += from * steps[cut.axis]
      new[cut.axis] = (to - from - 1) / cut.step + 1
      steps[cut.axis] = steps[cut.axis].multipliedReportingOverflow(by: cut.step).partialValue
    }
    return Picks(extents: new, places: places(new, steps, from: start))
  }

  static func gathered(_ extents: [Int], _ indices: ONNXConstant, axis given: Int) throws(Refusal) -> Picks {
    let axis = try axis(given, extents.count)
    guard extents.indices.contains(axis) else { throw Refusal("there is nothing to take from") }
    let extent = extents[axis]
    let new = extents[..<axis] + indices.extents + extents[(axis + 1)...]
    guard let count = ONNXTensor.product(Array(new)), count <= mostMade else {
      throw Refusal("it takes too many elements")
    }
    var chosen: [Int] = []
    for index in indices.integers {
      let place = index < 0 ? index &+ extent : index
      guard (0..<extent).contains(place) else { throw Refusal("there is no element \(index) of \(extent)") }
      chosen.append(place)
    }
    let outer = extents[..<axis].reduce(1, *), inner = extents[(axis + 1)...].reduce(1, *)
    var places: [Int32] = []
    places.reserveCapacity(count)
    for o in 0..<outer {
      for place in chosen {
        let first = (o * extent + place) * inner
        for i in 0..<inner { places.append(Int32(clamping: first + i)) }
      }
    }
    return Picks(extents: Array(new), places: places)
  }

  static func joinedExtents(_ all: [[Int]], axis: Int) throws(Refusal) -> [Int] {
    guard let first = all.first, first.indices.contains(axis) else { throw Refusal("there is no axis \(axis)") }
    for other in all {
      guard other.count == first.count, first.indices.allSatisfy({ $0 == axis || first[$0] == other[$0] }) else {
        throw Refusal("\(first) and \(other) do not fit together")
      }
    }
    var extents = first
    extents[axis] = all.reduce(0) { $0 + $1[axis] }
    guard let count = ONNXTensor.product(extents), count <= mostMade else {
      throw Refusal("it would have too many elements")
    }
    return extents
  }

  /// Of each element of a concatenation, which part it comes from and its place there.
  static func joinedPlaces(_ all: [[Int]], axis: Int) -> [(part: Int, place: Int)] {
    let outer = all.first?[..<axis].reduce(1, *) ?? 0
    let lengths = all.map { $0[axis...].reduce(1, *) }
    var places: [(part: Int, place: Int)] = []
    for o in 0..<outer {
      for (part, length) in lengths.enumerated() {
        for i in 0..<length { places.append((part, o * length + i)) }
      }
    }
    return places
  }

  /// The shape that two tensors of these shapes take together: missing axes in front, and single elements, are repeated.
  static func broadcast(_ a: [Int], _ b: [Int]) throws(Refusal) -> [Int] {
    let rank = max(a.count, b.count)
    let (left, right) = (
      Array(repeating: 1, count: rank - a.count) + a, Array(repeating: 1, count: rank - b.count) + b
    )
    var extents: [Int] = []
    for (x, y) in zip(left, right) {
      guard x == y || x == 1 || y == 1 else { throw Refusal("\(a) and \(b) do not fit together") }
      extents.append(x == 1 ? y : x)
    }
    guard let count = ONNXTensor.product(extents), count <= mostNumbers else {
      throw Refusal("it would have too many elements")
    }
    return extents
  }

  /// For each element of the larger shape, the place of the element of the smaller one that is repeated there.
  static func spreadPlaces(_ small: [Int], to extents: [Int], count: Int) -> [Int32] {
    let padded = Array(repeating: 1, count: extents.count - small.count) + small
    let strides = strides(padded)
    return places(extents, padded.indices.map { padded[$0] == 1 ? 0 : strides[$0] })
  }
}

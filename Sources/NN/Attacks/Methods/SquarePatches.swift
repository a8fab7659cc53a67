/// The patches of Square, for one shape of image and one threat model.
struct SquarePatches {
  private let threat: ThreatModel
  private let shape: ImageShape
  /// Under a mask with fixed pixels among the others, where each value of `shape` is in an image, −1 for a fixed one.
  private let places: [Int]?
  /// L2 and L1: the pattern of each side, made when first needed.
  private var patterns: [Int: Pixels] = [:]

  init(_ threat: ThreatModel, _ shape: ImageShape, _ places: [Int]? = nil) {
    (self.threat, self.shape, self.places) = (threat, shape, places)
  }

  /// The side of a patch that covers a share of the image.
  func side(_ share: Float) -> Int {
    let side = Int((share * Float(shape.height * shape.width)).squareRoot().rounded())
    let most = min(shape.height, shape.width)
    guard threat.norm != .linf else { return min(max(side, 1), most) }
    // Odd and at least 3, so that a pattern has a middle.
    let odd = max(side, 3) | 1
    return min(odd, most)
  }

  /// L∞: stripes of ±ε down the image. L2 and L1: a grid of patterns, brought to the radius.
  mutating func start(_ image: Pixels, _ random: inout Random) -> Pixels {
    threat.norm == .linf ? stripes(image, &random) : tiles(image, &random)
  }

  /// A point with one patch changed.
  mutating func candidate(
    _ point: Pixels, around center: Pixels, side: Int, _ random: inout Random
  ) -> Pixels {
    threat.norm == .linf
      ? recolored(point, around: center, side, &random) : moved(point, around: center, side, &random)
  }

  /// A top left corner of a window. As in the authors' code the last place is never drawn.
  private func corner(_ side: Int, _ random: inout Random) -> (row: Int, column: Int) {
    (
      random.index(below: max(shape.height - side, 1)), random.index(below: max(shape.width - side, 1))
    )
  }

  private func stripes(_ image: Pixels, _ random: inout Random) -> Pixels {
    var point = image
    for channel in 0..<shape.channels {
      let signs = random.signs(shape.width)
      for row in 0..<shape.height {
        let start = (channel * shape.height + row) * shape.width
        for column in 0..<shape.width {
          let place = places?[start + column] ?? start + column
          if place >= 0 { point[place] = Vector.clampToBox(point[place] + threat.epsilon * signs[column]) }
        }
      }
    }
    return point
  }

  /// Adds ±2ε to a window, one sign a channel, and goes back into ball and box.
  private func recolored(
    _ point: Pixels, around center: Pixels, _ side: Int, _ random: inout Random
  ) -> Pixels {
    let (top, left) = corner(side, &random)
    let (height, width, epsilon) = (shape.height, shape.width, threat.epsilon)
    var next = point
    for channel in 0..<shape.channels {
      let change = 2 * epsilon * random.sign()
      for row in top..<top + side {
        let start = (channel * height + row) * width + left
        for at in start..<start + side {
          let i = places?[at] ?? at
          if i < 0 { continue }
          let (low, high) = (max(center[i] - epsilon, 0), min(center[i] + epsilon, 1))
          next[i] = min(max(point[i] + change, low), high)
        }
      }
    }
    return next
  }

  // MARK: L2 and L1

  private mutating func tiles(_ image: Pixels, _ random: inout Random) -> Pixels {
    let side = max(min(shape.height / 5, shape.width), 1)
    let pattern = pattern(side)
    var change = Pixels(repeating: 0, count: image.count)
    let rows = (shape.height - side * (shape.height / side)) / 2
    let columns = (shape.width - side * (shape.width / side)) / 2
    for top in stride(from: rows, through: shape.height - side, by: side) {
      for left in stride(from: columns, through: shape.width - side, by: side) {
        let isTurned = random.sign() > 0
        for channel in 0..<shape.channels {
          let sign = random.sign()
          forEach(top, left, side, channel) { i, row, column in
            change[i] = sign * (isTurned ? pattern[column * side + row] : pattern[row * side + column])
          }
        }
      }
    }
    return constrained(change, around: image)
  }

  /// L2: scaled to the radius, then cut to the box. L1: the nearest point of ball and box.
  private func constrained(_ change: Pixels, around image: Pixels) -> Pixels {
    if threat.norm == .l1 { return threat.projected(Vector.sum(image, change), around: image) }
    return Vector.clipped(Vector.along(image, threat.epsilon / max(Vector.l2(change), 1e-12), change))
  }

  /// What a pixel's change takes of the budget: its square for L2, its size for L1.
  private func cost(_ change: Float) -> Double {
    threat.norm == .l1 ? Double(abs(change)) : Double(change) * Double(change)
  }

  /// The length of a change that costs so much.
  private func length(_ cost: Double) -> Double { threat.norm == .l1 ? cost : cost.squareRoot() }

  /// Takes what one window has of the budget, and what is left over, and gives it to another as a pattern.
  private mutating func moved(
    _ point: Pixels, around center: Pixels, _ side: Int, _ random: inout Random
  ) -> Pixels {
    let (first, second) = (corner(side, &random), corner(side, &random))
    let (rows, columns) = (first.row..<first.row + side, first.column..<first.column + side)
    let pattern = pattern(side)
    let isTurned = random.sign() > 0
    var change = Vector.difference(point, center)
    let spent = threat.norm == .l1 ? Double(Vector.l1(change)) : Vector.sumOfSquares(change)
    let slack = max(cost(threat.epsilon) - spent, 0)
    var patches = Pixels(repeating: 0, count: shape.channels * side * side)
    var budgets: [Double] = []
    for channel in 0..<shape.channels {
      let start = channel * side * side
      var (own, both) = (0.0, 0.0)
      forEach(first.row, first.column, side, channel) { i, _, _ in own += cost(change[i]) }
      forEach(second.row, second.column, side, channel) { i, row, column in
        let isShared = rows.contains(second.row + row) && columns.contains(second.column + column)
        if !isShared { both += cost(change[i]) }
      }
      both += own
      let (sign, share) = (random.sign(), Float(1 / (length(own) + 1e-12)))
      forEach(first.row, first.column, side, channel) { i, row, column in
        let value = isTurned ? pattern[column * side + row] : pattern[row * side + column]
        patches[start + row * side + column] = sign * value + change[i] * share
      }
      budgets.append(both)
    }
    for channel in 0..<shape.channels {
      let range = channel * side * side..<(channel + 1) * side * side
      let size = Vector.size(Pixels(patches[range]), threat.norm)
      // As in the authors' code a channel of L1 asks for as many shares as there are; the projection takes back what is too much.
      let shares: Float = threat.norm == .l1 ? Float(shape.channels) : 1
      let budget = shares * Float(length(slack / Double(shape.channels) + budgets[channel]))
      let scale = budget / max(size, 1e-12)
      forEach(second.row, second.column, side, channel) { i, _, _ in change[i] = 0 }
      forEach(first.row, first.column, side, channel) { i, row, column in
        change[i] = patches[range.lowerBound + row * side + column] * scale
      }
    }
    return constrained(change, around: center)
  }

  /// Every pixel of a window of one channel that may change: its index, and its row and column in the window.
  private func forEach(_ top: Int, _ left: Int, _ side: Int, _ channel: Int, _ body: (Int, Int, Int) -> Void) {
    for row in 0..<side {
      let start = (channel * shape.height + top + row) * shape.width + left
      for column in 0..<side {
        let place = places?[start + column] ?? start + column
        if place >= 0 { body(place, row, column) }
      }
    }
  }

  /// η: two bumps of opposite sign, one above the other, of length 1.
  private mutating func pattern(_ side: Int) -> Pixels {
    if let known = patterns[side] { return known }
    let upper = side / 2
    let pattern =
      Self.bump(upper, side, threat.norm) + Self.bump(side - upper, side, threat.norm).map { -$0 }
    let unit = Vector.scaled(pattern, by: 1 / max(Vector.size(pattern, threat.norm), 1e-12))
    patterns[side] = unit
    return unit
  }

  /// A bump in a rectangle: rings around its middle, weighted 1, 1/4, 1/9, … (L1: 1, 1/16, 1/81, …) and summed inwards; of
  /// length 1.
  static func bump(_ rows: Int, _ columns: Int, _ norm: Norm) -> Pixels {
    var bump = Pixels(repeating: 0, count: rows * columns)
    let (middleRow, middleColumn) = (rows / 2, columns / 2)
    for ring in 0...max(middleRow, middleColumn) {
      let square = Float((ring + 1) * (ring + 1))
      let weight = 1 / (norm == .l1 ? square * square : square)
      for row in max(middleRow - ring, 0)..<max(min(middleRow + ring + 1, rows), max(middleRow - ring, 0)) {
        for column in max(middleColumn - ring, 0)..<min(middleColumn + ring + 1, columns) {
          bump[row * columns + column] += weight
        }
      }
    }
    return Vector.scaled(bump, by: 1 / max(Vector.size(bump, norm), 1e-12))
  }
}

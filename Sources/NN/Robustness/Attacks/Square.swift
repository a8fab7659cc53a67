import Foundation

/// Random search with square patches: no gradient, only logits, so nothing that hides gradients stops it.
///
/// Andriushchenko, Croce, Flammarion and Hein, "Square Attack: a query-efficient black-box adversarial attack via random
/// search", ECCV 2020, Algorithms 1–3. The authors' code draws one patch position for a whole batch; here every image
/// has its own stream.
struct Square: Attack {
  /// Questions to the model for each image.
  var queries = 5000
  /// The share of the pixels that the first patches cover.
  var fraction: Float = 0.8
  /// Whether the patches shrink as if 10,000 queries were asked, whatever `queries` is.
  var rescale = false
  /// Runs from new starts.
  var restarts = 1

  static let traits = AttackTraits(.scores, .fixed, norms: [.linf, .l2])

  static let entry = Entry<any Attack>(
    Square(), "square", "random search with square patches; needs no gradient", paper: "arXiv:1912.00049",
    example: "attack normal with: square on: take(fashion.test, 500) eps: 0.1 queries: 1000",
    [
      Setting("queries", \.queries, in: 1...10_000_000, "questions to the model for each image"),
      Setting("fraction", \.fraction, in: 0.001...1, "share of the pixels that the first patches cover"),
      Setting("rescale", \.rescale, "shrink the patches over the queries given, not over 10,000"),
      Setting("restarts", \.restarts, in: 1...1000, "runs from new starts"),
    ]
  ) { $0 }

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    var hunt = Hunt(batch)
    for restart in 0..<restarts where !hunt.open.isEmpty {
      try search(&hunt, batch, threat, victim, restart)
    }
    return hunt.found
  }

  /// How far one image is.
  private struct Climb {
    let row: Int
    let aim: Aim
    var point: Pixels
    var lead = -Float.infinity
    var random: Random
    /// Questions asked so far.
    var asked = 0
  }

  /// A patch that is tried, and the random stream after it was drawn.
  private struct Guess {
    let point: Pixels
    let random: Random
  }

  /// The engine takes sixteen images at once: fewer cost as much.
  private static let lanes = 16

  /// One patch after the other, for all open images at once.
  ///
  /// When few images are left, several patches of each are tried in one question, on the guess that those before are
  /// refused; what comes after an accepted one is thrown away and not counted, so the outcome is that of one at a time.
  private func search(
    _ hunt: inout Hunt, _ batch: Batch, _ threat: ThreatModel, _ victim: Victim, _ restart: Int
  ) throws {
    var patches = SquarePatches(threat, victim.shape)
    var climbs = zip(hunt.open, hunt.aims).map { row, aim in
      var random = batch.random(row, restart: restart)
      return Climb(row: row, aim: aim, point: patches.start(batch.images[row], &random), random: random)
    }
    while !climbs.isEmpty {
      let ahead = max(1, Self.lanes / climbs.count)
      let guesses = climbs.map { guess($0, ahead: ahead, batch.images[$0.row], &patches) }
      let rows = zip(climbs, guesses).flatMap { climb, guesses in guesses.map { _ in climb.row } }
      let logits = try victim.logits(guesses.joined().map(\.point), of: rows, news: [])
      var first = 0
      for i in climbs.indices {
        climb(&climbs[i], guesses[i], logits[first..<first + guesses[i].count], &hunt, victim)
        first += guesses[i].count
      }
      climbs.removeAll { hunt.isSettled($0.row) || $0.asked >= queries }
    }
    hunt.settle()
  }

  /// The next patches of one image, all from where it is now.
  private func guess(
    _ climb: Climb, ahead: Int, _ center: Pixels, _ patches: inout SquarePatches
  ) -> [Guess] {
    guard climb.asked > 0 else { return [Guess(point: climb.point, random: climb.random)] }
    var random = climb.random
    return (0..<min(ahead, queries - climb.asked)).map { i in
      let side = patches.side(share(climb.asked + i))
      let point = patches.candidate(climb.point, around: center, side: side, &random)
      return Guess(point: point, random: random)
    }
  }

  /// Takes the answers in turn, up to the first patch that is accepted.
  private func climb(
    _ climb: inout Climb, _ guesses: [Guess], _ logits: ArraySlice<[Float]>, _ hunt: inout Hunt, _ victim: Victim
  ) {
    for (guess, logits) in zip(guesses, logits) {
      let lead = merit(logits, climb.aim)
      victim.ask(climb.row)
      (climb.asked, climb.random) = (climb.asked + 1, guess.random)
      guard lead > climb.lead || climb.aim.isReached(by: logits) else { continue }
      (climb.point, climb.lead) = (guess.point, lead)
      hunt.offer(climb.row, guess.point, logits, loss: lead)
      return
    }
  }

  /// What a patch must make larger: the margin; towards a target, the target's log-probability.
  private func merit(_ logits: [Float], _ aim: Aim) -> Float {
    aim.target == nil ? aim.lead(of: logits) : AttackLoss.ce.value(logits, aim)
  }

  /// The share of the pixels that a patch covers at a query: halved on a fixed schedule.
  func share(_ query: Int) -> Float {
    let at = rescale ? query * 10_000 / queries : query
    let halvings = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000].count { at > $0 }
    return fraction / Float(1 << halvings)
  }
}

/// The patches of Square, for one shape of image and one threat model.
struct SquarePatches {
  private let threat: ThreatModel
  private let shape: ImageShape
  /// L2: the pattern of each side, made when first needed.
  private var patterns: [Int: Pixels] = [:]

  init(_ threat: ThreatModel, _ shape: ImageShape) { (self.threat, self.shape) = (threat, shape) }

  /// The side of a patch that covers a share of the image.
  func side(_ share: Float) -> Int {
    let side = Int((share * Float(shape.height * shape.width)).squareRoot().rounded())
    let most = min(shape.height, shape.width)
    guard threat.norm == .l2 else { return min(max(side, 1), most) }
    // Odd and at least 3, so that a pattern has a middle.
    let odd = max(side, 3) | 1
    return min(odd, most)
  }

  /// L∞: stripes of ±ε down the image. L2: a grid of patterns, scaled to the radius.
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
          point[start + column] = Vector.clampToBox(point[start + column] + threat.epsilon * signs[column])
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
        for i in start..<start + side {
          let (low, high) = (max(center[i] - epsilon, 0), min(center[i] + epsilon, 1))
          next[i] = min(max(point[i] + change, low), high)
        }
      }
    }
    return next
  }

  // MARK: L2

  private mutating func tiles(_ image: Pixels, _ random: inout Random) -> Pixels {
    let side = max(shape.height / 5, 1)
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
    return scaled(change, around: image)
  }

  private func scaled(_ change: Pixels, around image: Pixels) -> Pixels {
    Vector.clipped(Vector.along(image, threat.epsilon / max(Vector.l2(change), 1e-12), change))
  }

  /// Takes what one window has of the budget, and what is left over, and gives it to another as a pattern.
  private mutating func moved(
    _ point: Pixels, around center: Pixels, _ side: Int, _ random: inout Random
  ) -> Pixels {
    let (first, second) = (corner(side, &random), corner(side, &random))
    let (rows, columns) = (first.row..<first.row + side, first.column..<first.column + side)
    let pattern = pattern(side)
    let isTurned = random.sign() > 0
    var change = Vector.difference(point, center)
    let slack = max(Double(threat.epsilon) * Double(threat.epsilon) - Vector.sumOfSquares(change), 0)
    var patches = Pixels(repeating: 0, count: shape.channels * side * side)
    var budgets: [Double] = []
    for channel in 0..<shape.channels {
      let start = channel * side * side
      var (own, both) = (0.0, 0.0)
      forEach(first.row, first.column, side, channel) { i, _, _ in own += Double(change[i]) * Double(change[i]) }
      forEach(second.row, second.column, side, channel) { i, row, column in
        let isShared = rows.contains(second.row + row) && columns.contains(second.column + column)
        if !isShared { both += Double(change[i]) * Double(change[i]) }
      }
      both += own
      let (sign, share) = (random.sign(), Float(1 / (own.squareRoot() + 1e-12)))
      forEach(first.row, first.column, side, channel) { i, row, column in
        let value = isTurned ? pattern[column * side + row] : pattern[row * side + column]
        patches[start + row * side + column] = sign * value + change[i] * share
      }
      budgets.append(both)
    }
    for channel in 0..<shape.channels {
      let range = channel * side * side..<(channel + 1) * side * side
      let length = Vector.l2(Pixels(patches[range]))
      let budget = Float((slack / Double(shape.channels) + budgets[channel]).squareRoot())
      let scale = budget / max(length, 1e-12)
      forEach(second.row, second.column, side, channel) { i, _, _ in change[i] = 0 }
      forEach(first.row, first.column, side, channel) { i, row, column in
        change[i] = patches[range.lowerBound + row * side + column] * scale
      }
    }
    return scaled(change, around: center)
  }

  /// Every pixel of a window of one channel: its index, and its row and column in the window.
  private func forEach(_ top: Int, _ left: Int, _ side: Int, _ channel: Int, _ body: (Int, Int, Int) -> Void) {
    for row in 0..<side {
      let start = (channel * shape.height + top + row) * shape.width + left
      for column in 0..<side { body(start + column, row, column) }
    }
  }

  /// η: two bumps of opposite sign, one above the other, of length 1.
  private mutating func pattern(_ side: Int) -> Pixels {
    if let known = patterns[side] { return known }
    let upper = side / 2
    let pattern =
      Self.bump(upper, side) + Self.bump(side - upper, side).map { -$0 }
    let length = max(Vector.l2(pattern), 1e-12)
    let unit = Vector.scaled(pattern, by: 1 / length)
    patterns[side] = unit
    return unit
  }

  /// A bump in a rectangle: rings around its middle, weighted 1, 1/4, 1/9, … and summed inwards; of length 1.
  static func bump(_ rows: Int, _ columns: Int) -> Pixels {
    var bump = Pixels(repeating: 0, count: rows * columns)
    let (middleRow, middleColumn) = (rows / 2, columns / 2)
    for ring in 0...max(middleRow, middleColumn) {
      let weight = 1 / Float((ring + 1) * (ring + 1))
      for row in max(middleRow - ring, 0)..<max(min(middleRow + ring + 1, rows), max(middleRow - ring, 0)) {
        for column in max(middleColumn - ring, 0)..<min(middleColumn + ring + 1, columns) {
          bump[row * columns + column] += weight
        }
      }
    }
    return Vector.scaled(bump, by: 1 / max(Vector.l2(bump), 1e-12))
  }
}

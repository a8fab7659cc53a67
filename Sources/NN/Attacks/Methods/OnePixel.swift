/// Changes a single pixel (or a few), found by differential evolution on the probability alone.
///
/// Su, Vargas and Sakurai, "One pixel attack for fooling deep neural networks", IEEE TEVC 2019, §III: rand/1 mutation
/// with F = 0.5, no crossover, a child replaces its own parent only. L0 counts values, so a pixel of a colour image
/// counts three times. In a table of features each feature is a pixel.
struct OnePixel: Attack {
  /// Pixels that change.
  var pixels = 1
  /// Candidates in a generation.
  var population = 200
  /// Generations at most.
  var generations = 50

  static let traits = AttackTraits(.scores, .minimum, norms: [.l0])

  static let entry: Entry<any Attack> = Entry(
    OnePixel(), "onepixel", "changes single pixels, found by evolution", paper: "arXiv:1710.08864",
    details:
      "Returns the first image that reaches the goal, else the one with the lowest probability of the true class.",
    example: "attack normal with: onepixel on: take(fashion.test, 20) norm: l0 eps: 1",
    settings
  ) { $0 }

  private static let settings: [Setting<OnePixel>] = [
    Setting("pixels", \.pixels, in: 1...1000, "pixels that change"),
    Setting("population", \.population, in: 4...100_000, "candidates in a generation"),
    Setting("generations", \.generations, in: 1...100_000, "generations at most"),
  ]

  func check(_ threat: ThreatModel, goal: Goal, classes: Int, shape: ImageShape) throws {
    let values = pixels * Self.canvas(shape).channels
    guard !(0.1..<Float(values)).contains(threat.epsilon) else {
      throw AttackError.setting(
        attack: "onepixel", "it changes \(values) values at once: eps must be at least \(values)")
    }
  }

  /// Where pixels are looked for.
  private static func canvas(_ shape: ImageShape) -> ImageShape {
    shape.height * shape.width == 1 ? ImageShape(channels: 1, height: 1, width: shape.channels) : shape
  }

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    try (0..<batch.count).map { try evolve($0, batch, victim) }
  }

  /// One image; its population fills the batches.
  private func evolve(_ row: Int, _ batch: Batch, _ victim: Victim) throws -> Pixels {
    let clean = batch.images[row]
    var random = batch.random(row)
    let canvas = Canvas(victim)
    victim.step(row, by: 1)
    let shape = Self.canvas(victim.shape)
    var parents = (0..<population).map { _ in genome(shape, &random) }
    var (scores, best) = (try rate(parents, row, batch, victim, canvas), (clean, Float.infinity))
    for generation in 0...generations {
      for (parent, score) in zip(parents, scores) where score.value < best.1 {
        best = (canvas.painted(parent, clean), score.value)
        if score.isReached, !batch.wantsStrongest { return best.0 }
      }
      if generation == generations { break }
      victim.step(row, by: 1)
      let children = parents.indices.map { child($0, of: parents, shape, &random) }
      for (i, score) in try rate(children, row, batch, victim, canvas).enumerated() where score.value < scores[i].value
      {
        (parents[i], scores[i]) = (children[i], score)
      }
    }
    return best.0
  }

  /// Row, column and one value a channel, for each pixel, all from 0 to 1.
  private func genome(_ shape: ImageShape, _ random: inout Random) -> Pixels {
    (0..<pixels).flatMap { _ in
      [random.uniform(), random.uniform()]
        + (0..<shape.channels).map { _ in Vector.clampToBox(0.5 + 0.5 * random.normal()) }
    }
  }

  private func child(_ own: Int, of parents: [Pixels], _ shape: ImageShape, _ random: inout Random) -> Pixels {
    var picks: [Int] = []
    while picks.count < 3 {
      let pick = random.index(below: parents.count)
      if pick != own, !picks.contains(pick) { picks.append(pick) }
    }
    let difference = Vector.difference(parents[picks[1]], parents[picks[2]])
    return Vector.along(parents[picks[0]], 0.5, difference).map { (0...1).contains($0) ? $0 : random.uniform() }
  }

  /// The probability of what is fled from; towards a target, what the target's lacks to 1.
  private func rate(
    _ genomes: [Pixels], _ row: Int, _ batch: Batch, _ victim: Victim, _ canvas: Canvas
  ) throws -> [(value: Float, isReached: Bool)] {
    let (clean, aim) = (batch.images[row], batch.aims[row])
    return try victim.logits(genomes.map { canvas.painted($0, clean) }, ofRow: row).map { logits in
      let odds = logits.softmax
      return (aim.target.map { 1 - odds[$0] } ?? odds[aim.label], aim.isReached(by: logits))
    }
  }

  /// Where the pixels of genomes go.
  private struct Canvas {
    private let shape: ImageShape
    private let places: [Int]?
    /// Where a mask has fixed pixels among the others, those that may change.
    private let spots: [(row: Int, column: Int)]

    init(_ victim: Victim) {
      (shape, places) = (OnePixel.canvas(victim.shape), victim.places)
      guard let places = victim.places else {
        spots = []
        return
      }
      let (width, area, channels) = (shape.width, shape.height * shape.width, shape.channels)
      let free = (0..<area).filter { spot in (0..<channels).contains { places[$0 * area + spot] >= 0 } }
      spots = free.map { (row: $0 / width, column: $0 % width) }
    }

    func painted(_ genome: Pixels, _ clean: Pixels) -> Pixels {
      var image = clean
      let length = 2 + shape.channels
      for start in stride(from: 0, to: genome.count, by: length) {
        let (row, column) = spot(genome[start], genome[start + 1])
        for channel in 0..<shape.channels {
          let at = (channel * shape.height + row) * shape.width + column
          let place = places?[at] ?? at
          if place >= 0 { image[place] = genome[start + 2 + channel] }
        }
      }
      return image
    }

    /// The pixel that two numbers from 0 to 1 stand for.
    private func spot(_ first: Float, _ second: Float) -> (row: Int, column: Int) {
      guard spots.isEmpty else { return spots[min(Int(second * Float(spots.count)), spots.count - 1)] }
      return (
        row: min(Int(first * Float(shape.height)), shape.height - 1),
        column: min(Int(second * Float(shape.width)), shape.width - 1)
      )
    }
  }
}

/// Walks along the boundary towards the clean image, asking for nothing but answers.
///
/// Brendel, Rauber and Bethge, "Decision-Based Adversarial Attacks", ICLR 2018, Algorithm 1. The walk starts at noise
/// blended with the image; where no noise is answered wrongly, at an image of another class.
struct Boundary: Attack {
  /// Steps of the walk.
  var steps = 5000
  /// First step along the sphere around the clean image, as a share of the distance.
  var spherical: Float = 0.01
  /// First step towards the clean image, as a share of the distance.
  var source: Float = 0.01
  /// How much both change when steps succeed too often or too seldom.
  var adaptation: Float = 1.5

  static let traits = AttackTraits(.answers, .minimum, norms: [.l2])

  static let entry: Entry<any Attack> = Entry(
    Boundary(), "boundary", "a walk along the boundary that needs answers only", paper: "arXiv:1712.04248",
    details: ReturnRule.smallest,
    example: "attack normal with: boundary on: take(fashion.test, 20) norm: l2 eps: 2 steps: 500",
    settings
  ) { $0 }

  private static let settings: [Setting<Boundary>] = [
    Setting("steps", \.steps, in: 1...1_000_000, "steps of the walk"),
    Setting("spherical", \.spherical, in: 1e-6...1, "first step around the clean image, as a share of the distance"),
    Setting("source", \.source, in: 1e-6...1, "first step towards it, as a share of the distance"),
    Setting("adaptation", \.adaptation, in: 1.01...10, "how much the steps change"),
  ]

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    var states: [ImageState] = []
    for row in 0..<batch.count {
      var random = batch.random(row)
      guard let start = try StartingPoint.find(row, batch, victim, &random) else { continue }
      states.append(
        ImageState(
          row: row, clean: batch.images[row], point: start, random: random, spherical: spherical, source: source))
    }
    for step in 0..<steps where states.contains(where: { !$0.hasConverged }) {
      let open = states.indices.filter { !states[$0].hasConverged }
      let candidates = open.map { states[$0].candidates() }
      let (rows, isChecking) = (open.map { states[$0].row }, step % 10 == 0)
      victim.step(rows)
      let spheres = isChecking ? try reached(candidates.map(\.sphere), rows, batch, victim) : []
      let nearer = try reached(candidates.map(\.nearer), rows, batch, victim)
      for (i, state) in open.enumerated() {
        states[state].take(candidates[i].nearer, isReached: nearer[i])
        if isChecking { states[state].adapt(sphere: spheres[i], nearer: nearer[i], by: adaptation) }
      }
    }
    var found = batch.images
    for state in states { found[state.row] = state.point }
    return found
  }

  private func reached(_ points: [Pixels], _ rows: [Int], _ batch: Batch, _ victim: Victim) throws -> [Bool] {
    try zip(victim.logits(points, of: rows), rows).map { batch.aims[$1].isReached(by: $0) }
  }

  /// The walk of one image.
  private struct ImageState {
    let row: Int
    let clean: Pixels
    var point: Pixels
    var random: Random
    var spherical: Float
    var source: Float
    private var spheres: [Bool] = []
    private var successes: [Bool] = []

    init(row: Int, clean: Pixels, point: Pixels, random: Random, spherical: Float, source: Float) {
      (self.row, self.clean, self.point, self.random) = (row, clean, point, random)
      (self.spherical, self.source) = (spherical, source)
    }

    var hasConverged: Bool { source < 1e-7 }

    /// A point at the same distance in a random direction, and the same point drawn towards the clean image.
    mutating func candidates() -> (sphere: Pixels, nearer: Pixels) {
      let towards = Vector.difference(clean, point)
      let distance = max(Vector.l2(towards), 1e-12)
      let unit = Vector.scaled(towards, by: 1 / distance)
      let draw = random.normals(clean.count)
      let flat = Vector.along(draw, -Float(Vector.dot(draw, unit)), unit)
      let side = Vector.scaled(flat, by: spherical * distance / max(Vector.l2(flat), 1e-12))
      let length = 1 / (1 + spherical * spherical).squareRoot()
      let sphere = Vector.clipped(Vector.along(clean, length, Vector.difference(side, towards)))
      let back = Vector.difference(clean, sphere)
      let apart = Vector.l2(back)
      let step = max(source * distance + apart - distance, 0)
      return (sphere, Vector.clipped(Vector.along(sphere, step / max(apart, 1e-12), back)))
    }

    mutating func take(_ candidate: Pixels, isReached: Bool) {
      if isReached, Vector.l2(candidate, clean) < Vector.l2(point, clean) { point = candidate }
    }

    /// Keeps about half of the spherical steps and a quarter of the others on the wrong side.
    mutating func adapt(sphere: Bool, nearer: Bool, by factor: Float) {
      spheres.append(sphere)
      successes.append(nearer)
      if spheres.count >= 100 {
        let share = Float(spheres.count { $0 }) / Float(spheres.count)
        if share > 0.5 { (spherical, source) = (spherical * factor, source * factor) }
        if share < 0.2 { (spherical, source) = (spherical / factor, source / factor) }
        if share > 0.5 || share < 0.2 { spheres = [] } else { spheres.removeFirst() }
      }
      if successes.count >= 30 {
        let share = Float(successes.count { $0 }) / Float(successes.count)
        if share > 0.25 { source *= factor }
        if share < 0.1 { source /= factor }
        if share > 0.25 || share < 0.1 { successes = [] } else { successes.removeFirst() }
      }
    }
  }
}

/// Where attacks that see only answers start: somewhere on the wrong side of the boundary.
enum StartingPoint {
  /// Noise, drawn near to the image along a line; else an image of another class, or of the target's; nil if neither is
  /// answered as wanted.
  static func find(_ row: Int, _ batch: Batch, _ victim: Victim, _ random: inout Random) throws -> Pixels? {
    let (clean, aim) = (batch.images[row], batch.aims[row])
    let draws = (0..<64).map { _ in Pixels(clean.map { _ in random.uniform() }) }
    let donors = batch.donors.keys.sorted().filter { aim.isReached(by: $0) }.compactMap { batch.donors[$0] }
    let starts = draws + donors
    let answers = try victim.logits(starts, ofRow: row)
    guard let first = starts.indices.first(where: { aim.isReached(by: answers[$0]) }) else { return nil }
    let blends = (1...50).map { Vector.blend(clean, starts[first], Float($0) / 50) }
    let seen = try victim.logits(blends, ofRow: row)
    return zip(blends, seen).first { aim.isReached(by: $0.1) }?.0 ?? starts[first]
  }
}

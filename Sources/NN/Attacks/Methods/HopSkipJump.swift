/// Goes to the boundary by bisection, guesses its direction there from answers alone, and jumps.
///
/// Chen, Jordan and Wainwright, "HopSkipJumpAttack: A Query-Efficient Decision-Based Attack", IEEE S&P 2020, Algorithm 2.
struct HopSkipJump: Attack {
  /// Jumps.
  var steps = 40
  /// Questions for the first guess of a direction; the j-th takes √j times as many.
  var samples = 100
  /// The most questions for one guess.
  var most = 10_000

  static let traits = AttackTraits(.answers, .minimum, norms: [.l2, .linf])

  static let entry: Entry<any Attack> = Entry(
    HopSkipJump(), "hopskipjump", "jumps along the boundary that need answers only", paper: "arXiv:1904.02144",
    details: ReturnRule.smallest,
    example: "attack normal with: hopskipjump on: take(fashion.test, 10) norm: l2 eps: 2 steps: 10",
    settings
  ) { $0 }

  private static let settings: [Setting<HopSkipJump>] = [
    Setting("steps", \.steps, in: 1...10_000, "jumps"),
    Setting("samples", \.samples, in: 2...1_000_000, "questions for the first guess of a direction"),
    Setting("most", \.most, in: 2...1_000_000, "most questions for one guess"),
  ]

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    try (0..<batch.count).map { row in
      var random = batch.random(row)
      guard let start = try StartingPoint.find(row, batch, victim, &random) else { return batch.images[row] }
      let state = ImageState(row: row, batch: batch, threat: threat, victim: victim)
      return try walk(state, from: start, &random)
    }
  }

  private func walk(_ state: ImageState, from start: Pixels, _ random: inout Random) throws -> Pixels {
    let d = Float(state.clean.count)
    let theta = state.threat.norm == .l2 ? 1 / (d * d.squareRoot()) : 1 / (d * d)
    var apart = state.threat.distance(start, state.clean)
    var point = try state.toBoundary(start, theta)
    var best = point
    for step in 1...steps {
      state.victim.step(state.row, by: 1)
      let spread = state.threat.norm == .l2 ? d.squareRoot() : d
      let delta = step == 1 ? 0.1 : max(spread * theta * apart, 1e-6)
      let count = min(Int(Float(samples) * Float(step).squareRoot()), most)
      let direction = try state.direction(at: point, delta, count, &random)
      let distance = state.threat.distance(point, state.clean)
      guard let ahead = try state.geometricStep(from: point, direction, distance / Float(step).squareRoot()) else {
        continue
      }
      apart = state.threat.distance(ahead, state.clean)
      point = try state.toBoundary(ahead, theta)
      if state.threat.distance(point, state.clean) < state.threat.distance(best, state.clean) { best = point }
    }
    return best
  }

  /// One image's questions.
  private struct ImageState {
    let row: Int
    let batch: Batch
    let threat: ThreatModel
    let victim: Victim
    var clean: Pixels { batch.images[row] }

    private func reached(_ points: [Pixels]) throws -> [Bool] {
      try victim.logits(points, ofRow: row).map { batch.aims[row].isReached(by: $0) }
    }

    /// The point nearest to the clean image on the way from `point`, that is still on the wrong side: along the line
    /// for L2, by clipping to a smaller and smaller ball for L∞.
    func toBoundary(_ point: Pixels, _ theta: Float) throws -> Pixels {
      let distance = threat.distance(point, clean)
      var (low, high) = (Float(0), threat.norm == .l2 ? 1 : distance)
      let tolerance = max(threat.norm == .l2 ? theta : min(theta * distance, theta), high * 1e-6)
      var best = point
      while high - low > tolerance {
        let middle = (low + high) / 2
        let candidate =
          threat.norm == .l2
          ? Vector.blend(clean, point, middle) : threat.with(epsilon: middle).projected(point, around: clean)
        if try reached([candidate])[0] { (high, best) = (middle, candidate) } else { low = middle }
      }
      return best
    }

    /// The way in which answers turn wrong, from the answers around a point.
    func direction(at point: Pixels, _ delta: Float, _ count: Int, _ random: inout Random) throws -> Pixels {
      var points: [Pixels] = []
      for _ in 0..<count {
        let draw = threat.norm == .l2 ? random.normals(point.count) : random.uniforms(point.count)
        points.append(Vector.clipped(Vector.along(point, delta / max(Vector.l2(draw), 1e-12), draw)))
      }
      let hits = try reached(points)
      let mean = 2 * Float(hits.count { $0 }) / Float(count) - 1
      var sum = Pixels(repeating: 0, count: point.count)
      for (other, isReached) in zip(points, hits) {
        let sign: Float = isReached ? 1 : -1
        let weight = abs(mean) == 1 ? mean : sign - mean
        Vector.update(&sum, other, point) { $0 + weight * ($1 - $2) }
      }
      return threat.steepest(sum)
    }

    /// As far as `length`, halved until the answer is wrong; nil if it never is.
    func geometricStep(from point: Pixels, _ direction: Pixels, _ length: Float) throws -> Pixels? {
      var length = length
      for _ in 0..<30 {
        let ahead = Vector.clipped(Vector.along(point, length, direction))
        if try reached([ahead])[0] { return ahead }
        length /= 2
      }
      return nil
    }
  }
}

import Foundation

/// A small change in any norm: the radius follows an estimate of where the boundary is.
///
/// Pintor, Roli, Brendel and Biggio, "Fast Minimum-norm Adversarial Attacks through Adaptive Norm Constraints", NeurIPS
/// 2021, Algorithm 1; but a step leaves out what points out of the box. With it, clipping shortens the change below the radius,
/// the radius follows, and shrinks faster than it can grow again: on a LeNet the median L2 distance was 11 to 13 % longer.
struct FMN: Attack {
  /// Gradient steps.
  var steps = 100
  /// The first step; it falls to a hundredth of it along a cosine.
  var rate: Float = 1
  /// By which share the radius changes at first; it falls to 0.001 along a cosine.
  var gamma: Float = 0.05

  static let traits = AttackTraits(.gradients, .minimum, norms: [.l2, .linf, .l1, .l0])

  static let entry: Entry<any Attack> = Entry(
    FMN(), "fmn", "a small change in any norm, with a radius that adapts", paper: "arXiv:2102.12827",
    details: ReturnRule.smallest,
    example: "attack normal with: fmn on: take(fashion.test, 500) norm: l1 eps: 10",
    settings
  ) { $0 }

  private static let settings: [Setting<FMN>] = [
    Setting("steps", \.steps, in: 1...100_000, "gradient steps"),
    Setting("rate", \.rate, in: 1e-6...100, "first step", unit: "pixels"),
    Setting("gamma", \.gamma, in: 0.001...0.9, "share by which the radius changes at first"),
  ]

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    let rows = Array(0..<batch.count)
    var searches = batch.images.map { Search(clean: $0, norm: threat.norm) }
    for step in 0..<steps {
      let wave = (1 + cos(Float.pi * Float(step) / Float(steps))) / 2
      let now = (rate: rate * (0.01 + 0.99 * wave), gamma: 0.001 + (gamma - 0.001) * wave)
      victim.step(rows)
      let ascents = try victim.evaluate(.margin, at: searches.map(\.point), towards: batch.aims, of: rows)
      for (row, ascent) in ascents.enumerated() {
        let isReached = batch.aims[row].isReached(by: ascent.logits)
        searches[row].advance(ascent, rate: now.rate, gamma: now.gamma, isReached: isReached)
      }
    }
    let logits = try victim.logits(searches.map(\.point), of: rows)
    for row in rows where batch.aims[row].isReached(by: logits[row]) { searches[row].keepIfSmaller() }
    return searches.map(\.best)
  }

  /// The search of one image.
  private struct Search {
    let clean: Pixels
    let norm: Norm
    private(set) var point: Pixels
    private(set) var best: Pixels
    private var smallest = Float.infinity
    private var radius = Float.infinity

    init(clean: Pixels, norm: Norm) { (self.clean, self.norm, point, best) = (clean, norm, clean, clean) }

    mutating func keepIfSmaller() {
      let size = Float(Distances.between(clean, point, in: norm))
      if size < smallest { (best, smallest) = (point, size) }
    }

    mutating func advance(_ ascent: LossGradient, rate: Float, gamma: Float, isReached: Bool) {
      if isReached { keepIfSmaller() }
      setRadius(ascent, gamma, isReached)
      // What points out of the box would be cut off, and the radius with it: it takes no part in the step.
      let free = Vector.map(ascent.gradient, point) { gradient, x in
        (x <= 0 && gradient < 0) || (x >= 1 && gradient > 0) ? 0 : gradient
      }
      point = Vector.along(point, rate / max(Vector.l2(free), 1e-12), free)
      // The box clips afterwards, as in the paper; the exact projections would do no harm either.
      ThreatModel(norm, epsilon: radius).project(&point, around: clean)
    }

    /// Shrinks while the aim is reached; grows while it was reached before; goes to where the boundary seems to be.
    private mutating func setRadius(_ ascent: LossGradient, _ gamma: Float, _ isReached: Bool) {
      if isReached {
        radius = min(changed(by: -gamma), smallest)
      } else if smallest.isFinite {
        radius = changed(by: gamma)
      } else {
        let dualNorm = max(ThreatModel(norm, epsilon: 0).dual(ascent.gradient), 1e-12)
        // A share further than the paper goes: where the picture is exact, rounding would leave the point on the boundary.
        radius = (Float(Distances.between(clean, point, in: norm)) + abs(ascent.loss) / dualNorm) * (1 + gamma)
        if norm == .l0 { radius = max(radius.rounded(.up), 1) }
      }
    }

    /// The radius a share larger or smaller; in L0 by at least one pixel.
    private func changed(by share: Float) -> Float {
      let from = radius.isFinite ? radius : smallest
      guard norm == .l0 else { return from * (1 + share) }
      let step = max(1, (abs(share) * from).rounded(.down))
      return max(from + (share < 0 ? -step : step), 0)
    }
  }
}

import Foundation

/// A small L2 change: the direction follows the gradient, the radius shrinks while the image fools and grows otherwise.
///
/// Rony et al., "Decoupling Direction and Norm for Efficient Gradient-Based L2 Adversarial Attacks and Defenses", CVPR
/// 2019, Algorithm 1.
struct DDN: Attack {
  /// Gradient steps.
  var steps = 100
  /// By which share the radius changes.
  var gamma: Float = 0.05

  static let traits = AttackTraits(.gradients, .minimum, norms: [.l2])

  static let entry: Entry<any Attack> = Entry(
    DDN(), "ddn", "a small L2 change with a radius of its own", paper: "arXiv:1811.09600",
    details: ReturnRule.smallest,
    example: "attack normal with: ddn on: take(fashion.test, 500) norm: l2 eps: 1",
    settings
  ) { $0 }

  private static let settings: [Setting<DDN>] = [
    Setting("steps", \.steps, in: 1...100_000, "gradient steps"),
    Setting("gamma", \.gamma, in: 0.0001...0.9, "share by which the radius changes"),
  ]

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    let rows = Array(0..<batch.count)
    var searches = batch.images.map { Radius($0) }
    for step in 0..<steps {
      let rate = 0.01 + 0.99 * (1 + cos(Float.pi * Float(step) / Float(steps))) / 2
      victim.step(rows)
      let ascents = try victim.evaluate(.ce, at: searches.map(\.point), towards: batch.aims, of: rows)
      for (row, ascent) in ascents.enumerated() {
        let isReached = batch.aims[row].isReached(by: ascent.logits)
        searches[row].advance(ascent.gradient, rate: rate, gamma: gamma, isReached: isReached)
      }
    }
    let logits = try victim.logits(searches.map(\.point), of: rows)
    for row in rows where batch.aims[row].isReached(by: logits[row]) { searches[row].keepIfSmaller() }
    return searches.map(\.best)
  }

  /// The search of one image.
  private struct Radius {
    let clean: Pixels
    private(set) var point: Pixels
    private(set) var best: Pixels
    private var smallest = Float.infinity
    private var radius: Float = 1
    /// The distance of the farthest corner of the box.
    private let farthest: Float

    init(_ image: Pixels) {
      (clean, point, best) = (image, image, image)
      farthest = Vector.l2(image.map { max($0, 1 - $0) })
    }

    mutating func keepIfSmaller() {
      let size = Vector.l2(point, clean)
      if size < smallest { (best, smallest) = (point, size) }
    }

    mutating func advance(_ gradient: Pixels, rate: Float, gamma: Float, isReached: Bool) {
      if isReached { keepIfSmaller() }
      let ahead = Vector.along(point, rate / max(Vector.l2(gradient), 1e-12), gradient)
      radius = min(radius * (isReached ? 1 - gamma : 1 + gamma), farthest)
      let change = Vector.difference(ahead, clean)
      point = Vector.clipped(Vector.along(clean, radius / max(Vector.l2(change), 1e-12), change))
    }
  }
}

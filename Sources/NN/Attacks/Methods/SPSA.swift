/// Gradient steps whose gradient is guessed from pairs of questions: it needs logits only.
///
/// Uesato et al., "Adversarial Risk and the Dangers of Evaluating Against Weak Attacks", ICML 2018, Algorithm 1:
/// differences of the margin along random signs, averaged, then Adam and the projection.
struct SPSA: Attack {
  /// Steps of Adam.
  var steps = 100
  /// Pairs of questions for each step.
  var samples = 64
  /// How far apart the two questions of a pair are from the point.
  var delta: Float = 0.01
  /// Adam's step.
  var rate: Float = 0.01

  static let traits = AttackTraits(.scores, .fixed, norms: [.linf, .l2])

  static let entry: Entry<any Attack> = Entry(
    SPSA(), "spsa", "steps along gradients that are guessed from logits", paper: "arXiv:1802.05666",
    details: ReturnRule.best,
    example: "attack normal with: spsa on: take(fashion.test, 50) eps: 0.1 steps: 20",
    settings
  ) { $0 }

  private static let settings: [Setting<SPSA>] = [
    Setting("steps", \.steps, in: 1...100_000, "steps of Adam"),
    Setting("samples", \.samples, in: 1...100_000, "pairs of questions for each step"),
    Setting("delta", \.delta, in: 1e-6...1, "distance of a question from the point", unit: "pixels"),
    Setting("rate", \.rate, in: 1e-6...1, "Adam's step", unit: "pixels"),
  ]

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    try (0..<batch.count).map { try descend($0, batch, threat, victim) }
  }

  /// One image from start to end; its many questions fill the batches.
  private func descend(_ row: Int, _ batch: Batch, _ threat: ThreatModel, _ victim: Victim) throws -> Pixels {
    let (center, aim) = (batch.images[row], batch.aims[row])
    var random = batch.random(row)
    var point = threat.start(at: center, using: &random)
    var adam = PixelAdam(center.count, rate: rate)
    var best = (point: center, lead: -Float.infinity)
    for step in 0...steps {
      let logits = try victim.logits([point], ofRow: row)[0]
      let lead = aim.lead(of: logits)
      if lead > best.lead { best = (point, lead) }
      if aim.isReached(by: logits), !batch.wantsStrongest { return point }
      if step == steps { break }
      victim.step(row, by: 1)
      let gradient = try guess(point, row, aim, victim, &random)
      adam.move(&point, against: gradient)
      threat.project(&point, around: center)
    }
    return best.point
  }

  /// The gradient of the *negative* lead, which Adam goes down.
  private func guess(
    _ point: Pixels, _ row: Int, _ aim: Aim, _ victim: Victim, _ random: inout Random
  ) throws -> Pixels {
    let signs = (0..<samples).map { _ in random.signs(point.count) }
    let questions = signs.flatMap { [Vector.along(point, delta, $0), Vector.along(point, -delta, $0)] }
    let leads = try victim.logits(questions, ofRow: row).map { aim.lead(of: $0) }
    var gradient = Pixels(repeating: 0, count: point.count)
    for (i, sign) in signs.enumerated() {
      let weight = -(leads[2 * i] - leads[2 * i + 1]) / (2 * delta * Float(samples))
      Vector.update(&gradient, sign) { $0 + weight * $1 }
    }
    return gradient
  }
}

/// Gradient steps with momentum, which transfer better to other models.
///
/// Dong et al., "Boosting Adversarial Attacks with Momentum", CVPR 2018, Algorithm 1: gradients of length 1 (L1) are
/// summed with decay, and the step follows the sum. The steps of L2 spend their length inside the box: their way is only
/// eps long, and what a cut step loses no later one makes good. The paper returns the last image; we return the first
/// that reaches the aim, else the one of highest loss.
struct MIFGSM: Attack {
  /// Gradient steps.
  var steps = 10
  /// How much of the last direction is kept.
  var momentum: Float = 1
  /// Length of a step in units of the norm; nil for eps/steps.
  var step: Float?

  static let traits = AttackTraits(.gradients, .fixed, norms: [.linf, .l2])

  static let entry: Entry<any Attack> = Entry(
    MIFGSM(), "mifgsm", "signed gradient steps with momentum", paper: "arXiv:1710.06081",
    details: ReturnRule.best,
    example: "attack normal with: mifgsm on: fashion.test eps: 0.1",
    settings
  ) { $0 }

  private static let settings: [Setting<MIFGSM>] = [
    Setting("steps", \.steps, in: 1...100_000, "gradient steps"),
    Setting("momentum", \.momentum, in: 0...1, "how much of the last direction is kept"),
    Setting("step", \.step, in: 1e-6...1000, "length of a step; none for eps/steps", unit: "pixels"),
  ]

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    var search = SearchState(batch)
    var drifts = batch.images.map { Pixels(repeating: 0, count: $0.count) }
    let length = step ?? threat.epsilon / Float(steps)
    try GradientSteps(loss: .ce, steps: steps).run(&search, from: batch.images, in: batch, against: victim) {
      points, gradient, open in
      for (i, row) in open.rows.enumerated() {
        let gradient = Pixels(gradient[row: i])
        let (size, momentum) = (1 / max(Vector.l1(gradient), 1e-12), momentum)
        Vector.update(&drifts[row], gradient) { momentum * $0 + size * $1 }
        var moved = BoxStep.steepest(from: Pixels(points[row: i]), along: drifts[row], length: length, threat.norm)
        threat.project(&moved, around: batch.images[row])
        points[row: i] = moved[...]
      }
    }
    return search.found
  }
}

/// Projected gradient ascent from a random start: many small steps, each pulled back into the ball.
///
/// Madry, Makelov, Schmidt, Tsipras and Vladu, "Towards Deep Learning Models Resistant to Adversarial Attacks", ICLR
/// 2018, eq. 2. L1 takes the sparse steps of Tramèr and Boneh, arXiv:1904.13000, and projects exactly onto ball and
/// box. The paper returns the last image; we return the first that reaches the aim, else the one of highest loss.
struct PGD: Attack {
  /// Gradient steps.
  var steps = 40
  /// Length of a step in units of the norm; nil for `stepLength`.
  var step: Float?
  /// How often to start anew the images that withstood.
  var restarts = 1
  /// Whether to start at a random point of the ball; the clean image otherwise.
  var randomStart = true
  /// What is climbed.
  var loss = AttackLoss.ce
  /// L1 only: the share of pixels, those with the smallest gradients, that a step leaves alone.
  var sparsity: Float = 0.99

  /// The attack with its usual settings.
  init() {}

  static let traits = AttackTraits(.gradients, .fixed, norms: [.linf, .l2, .l1])

  /// The declaration.
  static let entry: Entry<any Attack> = Entry(
    PGD(), "pgd", "many projected gradient steps from a random start", paper: "arXiv:1706.06083",
    details: ReturnRule.best,
    example: "attack normal with: pgd on: fashion.test eps: 0.1 steps: 40",
    settings
  ) { $0 }

  private static let settings: [Setting<PGD>] = [
    Setting("steps", \.steps, in: 1...100_000, "gradient steps"),
    Setting("step", \.step, in: 1e-6...1000, "length of a step; none for 2.5·eps/steps", unit: "pixels"),
    Setting("restarts", \.restarts, in: 1...1000, "how often to start anew"),
    Setting("random_start", \.randomStart, "start at a random point of the ball"),
    Setting("loss", \.loss, "what the steps make larger"),
    Setting("sparsity", \.sparsity, in: 0...0.9999, "L1 only: share of pixels that a step leaves alone"),
  ]

  func check(_ threat: ThreatModel, goal: Goal, classes: Int, shape: ImageShape) throws {
    try loss.check("pgd", goal: goal, classes: classes)
  }

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    var search = SearchState(batch)
    let length = step.stepLength(epsilon: threat.epsilon, steps: steps)
    for restart in 0..<restarts where !search.open.isEmpty {
      let starts = search.open.map { row in
        var random = batch.random(row, restart: restart)
        return randomStart ? threat.start(at: batch.images[row], using: &random) : batch.images[row]
      }
      try GradientSteps(loss: loss, steps: steps).run(&search, from: starts, in: batch, against: victim) {
        move(&$0, along: $1, by: length, around: $2.centers, threat)
      }
    }
    return search.found
  }

  /// One step and the way back into ball and box.
  private func move(
    _ points: inout Tensor, along gradient: Tensor, by length: Float, around centers: Tensor, _ threat: ThreatModel
  ) {
    if threat.norm == .linf {
      return SignStep(length: length, epsilon: threat.epsilon).move(&points, along: gradient, around: centers)
    }
    for row in 0..<points.rows {
      let (point, gradient) = (Pixels(points[row: row]), Pixels(gradient[row: row]))
      let direction =
        threat.norm == .l1 ? SparseStep.direction(gradient, at: point, sparsity: sparsity) : threat.steepest(gradient)
      var moved = Vector.along(point, length, direction)
      threat.project(&moved, around: Pixels(centers[row: row]))
      points[row: row] = moved[...]
    }
  }
}

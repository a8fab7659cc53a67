/// A small change in L1 and L2 at once: most pixels stay exactly as they were.
///
/// Chen, Sharma, Zhang, Yi and Hsieh, "EAD: Elastic-Net Attacks to Deep Neural Networks via Adversarial Examples", AAAI
/// 2018, Algorithm 1 (FISTA). The weight of the margin is searched as in Carlini and Wagner's attack. As in the
/// authors' code the shrinkage threshold is beta itself, whatever the step.
struct EAD: Attack {
  /// Which of the fooling images is the best.
  enum Rule: String, CaseIterable {
    /// The smallest `beta·L1 + L2²`.
    case elastic = "en"
    case l1
    case l2
  }

  /// Steps for each weight.
  var steps = 200
  /// Weights that are tried for each image.
  var searches = 6
  /// The first step; it falls to nothing as a square root.
  var rate: Float = 0.01
  /// How much an L1 change counts beside the square of the L2 change; also the shrinkage of a step.
  var beta: Float = 0.01
  /// The first weight of the margin.
  var weight: Float = 0.01
  /// How far beyond the boundary to go, in logits.
  var confidence: Float = 0
  /// Which fooling image is the best; nil for the smallest in the norm that is asked for.
  var rule: Rule?

  static let traits = AttackTraits(.gradients, .minimum, norms: [.l1, .l2])

  private static let settings: [Setting<EAD>] = [
    Setting("steps", \.steps, in: 1...100_000, "steps for each weight"),
    Setting("searches", \.searches, in: 1...50, "weights tried for each image"),
    Setting("rate", \.rate, in: 1e-6...1, "first step"),
    Setting("beta", \.beta, in: 0...1, "how much an L1 change counts"),
    Setting("weight", \.weight, in: 1e-9...1e9, "first weight of the margin"),
    Setting("confidence", \.confidence, in: 0...1000, "how far beyond the boundary to go", unit: "logits"),
    Setting(
      "rule", kind: .choice(Rule.allCases.map(\.rawValue)),
      "which fooling image is the best: the smallest in L1, in L2 or in both; none for the norm asked for",
      isOptional: true
    ) {
      $0.rule.map { .choice($0.rawValue) } ?? .none
    } set: { ead, value in
      if case .choice(let word) = value { ead.rule = Rule(rawValue: word) } else { ead.rule = nil }
    },
  ]

  static let entry: Entry<any Attack> = Entry(
    EAD(), "ead", "a small change of few pixels: elastic net", paper: "arXiv:1709.04114",
    details:
      "Returns the smallest change that reaches the goal, in the norm that is asked for unless rule says otherwise.",
    example: "attack normal with: ead on: take(fashion.test, 100) norm: l1 eps: 10", settings
  ) { $0 }

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    let (rule, beta) = (rule ?? (threat.norm == .l2 ? .l2 : .l1), beta)
    var searches = batch.images.map { clean in
      WeightSearch(weight, clean: clean) { point, clean in
        let change = Vector.difference(point, clean)
        return switch rule {
        case .l1: Vector.l1(change)
        case .l2: Vector.l2(change)
        case .elastic: beta * Vector.l1(change) + Float(Vector.sumOfSquares(change))
        }
      }
    }
    for search in 0..<self.searches {
      // As in Carlini and Wagner's attack: a long search ends with the smallest weight that was enough.
      if search == self.searches - 1, self.searches >= 10 { for i in searches.indices { searches[i].useUpper() } }
      try minimise(&searches, batch, victim)
      for i in searches.indices { searches[i].narrow() }
    }
    return searches.map(\.best)
  }

  /// FISTA from the clean image, for every image with its own weight.
  private func minimise(_ searches: inout [WeightSearch], _ batch: Batch, _ victim: Victim) throws {
    let rows = Array(0..<batch.count)
    var points = batch.images
    var ahead = batch.images
    for step in 0..<steps {
      victim.step(rows)
      let found = try victim.ascend(ahead, of: rows) { row, logits in
        Hinge(logits, batch.aims[row], confidence).gradient
      }
      let rate = rate * (1 - Float(step) / Float(steps)).squareRoot()
      let inertia = Float(step) / Float(step + 3)
      for row in rows {
        let weight = searches[row].weight
        let pull = Vector.map(ahead[row], batch.images[row]) { 2 * ($0 - $1) }
        let down = Vector.along(pull, weight, found[row].gradient)
        let next = shrunk(Vector.along(ahead[row], -rate, down), towards: batch.images[row])
        ahead[row] = Vector.along(next, inertia, Vector.difference(next, points[row]))
        points[row] = next
      }
      let seen = try victim.logits(points, of: rows)
      for row in rows {
        searches[row].offer(points[row], isReached: Hinge(seen[row], batch.aims[row], confidence).isReached)
      }
    }
  }

  /// Pixels that differ by no more than beta return to the clean value, others come nearer by beta.
  private func shrunk(_ point: Pixels, towards clean: Pixels) -> Pixels {
    let beta = beta
    return Vector.map(point, clean) { value, clean in
      let change = value - clean
      if change > beta { return min(value - beta, 1) }
      return change < -beta ? max(value + beta, 0) : clean
    }
  }
}

/// One step along the slope of the loss: signed for L∞, along the direction for L2, on one pixel for L1.
///
/// Goodfellow, Shlens and Szegedy, "Explaining and Harnessing Adversarial Examples", ICLR 2015, §4. No random start.
struct FGSM: Attack, Equatable {
  /// The step, as a share of the radius.
  var stride: Float = 1
  /// What is climbed.
  var loss = AttackLoss.ce
  /// Whether pixels are kept in [0, 1]. The authors of arXiv:2101.12372 did not; their figures need `false`.
  var clip = true

  /// The attack of the paper.
  init() {}

  /// The same, which may leave [0, 1].
  init(clip: Bool) { self.clip = clip }

  static let traits = AttackTraits(.gradients, .fixed, norms: [.linf, .l2, .l1])

  /// The declaration.
  static let entry = Entry<any Attack>(
    FGSM(), "fgsm", "one step along the sign of the gradient", paper: "arXiv:1412.6572",
    example: "attack normal with: fgsm on: fashion.test eps: 0.1",
    [
      Setting("stride", \.stride, in: 0.001...2, "step length, as a share of eps"),
      Setting("loss", \.loss, "what the step makes larger"),
      Setting("clip", \.clip, "keep pixels in [0, 1]; false only to repeat figures that were measured so"),
    ]
  ) { $0 }

  var leavesBox: Bool { !clip }

  func check(_ threat: ThreatModel, goal: Goal, classes: Int) throws {
    try loss.check("fgsm", goal: goal, classes: classes)
  }

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    let rows = Array(0..<batch.count)
    victim.step(rows)
    let ascents = try victim.climb(loss, at: batch.images, towards: batch.aims, of: rows)
    return zip(batch.images, ascents).map { image, ascent in
      Vector.along(image, stride * threat.epsilon, threat.steepest(ascent.slope))
    }
  }
}

extension AttackLoss {
  /// Throws `AttackError` if a model has too few classes for this loss.
  func check(_ attack: String, goal: Goal, classes: Int) throws(AttackError) {
    let needs = classesNeeded(targeted: goal != .untargeted)
    guard classes >= needs else {
      throw .tooFewClasses(attack: "\(attack) with loss \(rawValue)", needs: needs, classes: classes)
    }
  }
}

/// One step that climbs the gradient of the loss as far as the radius lets it: signed for L∞, along the gradient for L2, on the
/// steepest pixels for L1.
///
/// Goodfellow, Shlens and Szegedy, "Explaining and Harnessing Adversarial Examples", ICLR 2015, §4. No random start. In
/// L2 and L1 what black and white pixels cannot use goes to the others (`BoxStep`): other libraries cut the step to the
/// box and lose it.
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
  static let entry: Entry<any Attack> = Entry(
    FGSM(), "fgsm", "one step along the sign of the gradient", paper: "arXiv:1412.6572",
    details: """
      Returns the one image that it makes. In L2 and L1 the step spends eps inside [0, 1]: what black and white pixels cannot \
      use goes to the others, in L1 to the steepest pixels, one after the other.
      """,
    example: "attack normal with: fgsm on: fashion.test eps: 0.1",
    settings
  ) { $0 }

  private static let settings: [Setting<FGSM>] = [
    Setting("stride", \.stride, in: 0.001...2, "step length, as a share of eps"),
    Setting("loss", \.loss, "what the step makes larger"),
    Setting("clip", \.clip, "keep pixels in [0, 1]; false only to repeat figures that were measured so"),
  ]

  var leavesBox: Bool { !clip }

  func check(_ threat: ThreatModel, goal: Goal, classes: Int, shape: ImageShape) throws {
    try loss.check("fgsm", goal: goal, classes: classes)
  }

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    let rows = Array(0..<batch.count)
    victim.step(rows)
    let ascents = try victim.evaluate(loss, at: batch.images, towards: batch.aims, of: rows)
    let length = stride * threat.epsilon
    return zip(batch.images, ascents).map { image, ascent in
      // Without a box the steepest step is a plain one, which in L1 is all on one pixel.
      clip
        ? BoxStep.steepest(from: image, along: ascent.gradient, length: length, threat.norm)
        : Vector.along(image, length, threat.steepest(ascent.gradient))
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

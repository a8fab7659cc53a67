/// FGSM in small steps from the clean image.
///
/// Kurakin, Goodfellow and Bengio, "Adversarial examples in the physical world", ICLR 2017 workshop, §2.2. The paper
/// returns the last image; we return the first that reaches the aim, else the one of highest loss.
struct BIM: Attack {
  /// Gradient steps.
  var steps = 10
  /// Length of a step in units of the norm; nil for `stepLength`.
  var step: Float?

  static let traits = PGD.traits

  static let entry: Entry<any Attack> = Entry(
    BIM(), "bim", "small signed gradient steps from the clean image", paper: "arXiv:1607.02533",
    details: ReturnRule.best,
    example: "attack normal with: bim on: fashion.test eps: 0.1 steps: 10",
    settings
  ) { $0 }

  private static let settings: [Setting<BIM>] = [
    Setting("steps", \.steps, in: 1...100_000, "gradient steps"),
    Setting("step", \.step, in: 1e-6...1000, "length of a step; none for 2.5·eps/steps", unit: "pixels"),
  ]

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    var pgd = PGD()
    (pgd.steps, pgd.step, pgd.randomStart) = (steps, step, false)
    return try pgd.perturb(batch, within: threat, against: victim)
  }
}

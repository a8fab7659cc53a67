/// Whether a training on images of one gradient step has learnt to stand that step only.
///
/// Catastrophic overfitting: the accuracy under the step rises, that under any stronger attack falls to nothing within an
/// epoch. Two steps of half the length show it at once. Wong, Rice & Kolter, ICLR 2020; Kim, Lee & Lee, AAAI 2021.
public struct OverfittingCheck: Sendable, Equatable, Codable {
  /// Accuracy on some training images after one signed step of the whole radius, 0 to 1.
  public let oneStep: Double
  /// The same after two steps of half of it.
  public let twoSteps: Double

  /// Far fewer stand the two half steps, which reach no further than the one: of a sound training nine in ten of those that
  /// stand one stand the other, too.
  public var isOverfit: Bool { twoSteps < 2 / 3 * oneStep && oneStep - twoSteps >= 0.1 }

  /// The check of one training: on the same images after each epoch.
  struct Runner {
    private let attacks: [AttackRun]
    private let images: Images

    /// Nil for a training on other images than those of one signed step.
    init?(_ objective: TrainingObjective, _ images: Images, seed: Int) throws {
      guard let radius = objective.adversary?.oneStepRadius, radius > 0 else { return nil }
      var random = Random(seed: seed, stream: 0x0F17)
      // A hundredth of an epoch's work on all of Fashion-MNIST.
      let count = min(images.count, min(256, max(64, images.count / 20)))
      self.images = images.at(random.permutation(images.count).prefix(count).sorted())
      var twice = PGD()
      (twice.steps, twice.step, twice.randomStart) = (2, radius / 2, false)
      let threat = ThreatModel(.linf, epsilon: radius)
      attacks = [AttackRun(FGSM(), within: threat), AttackRun(twice, within: threat)]
    }

    func run(on model: Model, engine: Engine, stop: Stop) throws -> OverfittingCheck {
      let robust = try attacks.map {
        try $0.run(against: model.target, on: images, engine: engine, stop: stop).evaluation.robust.value
      }
      return OverfittingCheck(oneStep: robust[0], twoSteps: robust[1])
    }
  }
}

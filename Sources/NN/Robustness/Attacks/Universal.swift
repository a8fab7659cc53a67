/// One change for all images, made from other images: training images of the data set, where it has any.
///
/// Moosavi-Dezfooli, Fawzi, Fawzi and Frossard, "Universal adversarial perturbations", CVPR 2017, Algorithm 1: while an
/// image keeps its answer, DeepFool's change is added and the sum projected.
struct Universal: Attack {
  /// Images that it is made from.
  var images = 200
  /// Passes over them at most.
  var passes = 5
  /// The share of these images that is enough to fool.
  var rate: Float = 0.8
  /// The change, once made.
  var change: Pixels?

  static let traits = AttackTraits(.nothing, .fixed, norms: [.linf, .l2], canTarget: false)

  static let entry = Entry<any Attack>(
    Universal(), "universal", "one change for all images, made from training images", paper: "arXiv:1610.08401",
    example: "attack normal with: universal on: take(fashion.test, 500) eps: 0.2 images: 50",
    [
      Setting("images", \.images, in: 1...100_000, "training images it is made from"),
      Setting("passes", \.passes, in: 1...1000, "passes over them at most"),
      Setting("rate", \.rate, in: 0...1, "share of them that is enough to fool"),
    ]
  ) { $0 }

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    guard let change else { preconditionFailure("a universal change is made by prepared(…)") }
    return batch.images.map { Vector.sum($0, change) }
  }

  func prepared(
    for target: Target, _ selection: Images, within threat: ThreatModel, seed: Int, stop: Stop
  ) throws -> any Attack {
    let pool = selection.dataset.train.isEmpty ? selection : selection.dataset.train
    var random = Random(seed: seed, image: -1)
    let chosen = random.permutation(pool.count).prefix(images).map { pool.pixels(at: $0) }
    var copy = self
    copy.change = try make(chosen, target, threat, stop, &random)
    return copy
  }

  private func make(
    _ images: [Pixels], _ target: Target, _ threat: ThreatModel, _ stop: Stop, _ random: inout Random
  ) throws -> Pixels {
    let responder = target.makeResponder()
    let answers = responder.forward(images, keeping: false).map(\.answer)
    var change = Pixels(repeating: 0, count: target.shape.count)
    var deepFool = DeepFool()
    deepFool.steps = 20
    for _ in 0..<passes {
      for i in random.permutation(images.count) {
        try stop.check()
        let moved = Vector.clipped(Vector.sum(images[i], change))
        guard responder.forward([moved], keeping: false)[0].answer == answers[i] else { continue }
        let batch = Batch(images: [moved], aims: [Aim(label: answers[i])], indices: [0], seed: 0)
        let victim = Victim(responder, count: 1, stop: stop)
        let fooled = try deepFool.perturb(batch, within: threat, against: victim)[0]
        change = projected(Vector.sum(change, Vector.difference(fooled, moved)), threat)
      }
      let now = responder.forward(images.map { Vector.clipped(Vector.sum($0, change)) }, keeping: false)
      let fooled = zip(now, answers).count { $0.answer != $1 }
      if Float(fooled) >= rate * Float(images.count) { break }
    }
    return change
  }

  /// On the ball alone: the box depends on the image.
  private func projected(_ change: Pixels, _ threat: ThreatModel) -> Pixels {
    let radius = threat.epsilon
    guard threat.norm == .l2 else { return change.map { min(max($0, -radius), radius) } }
    return Vector.scaled(change, by: min(1, radius / max(Vector.l2(change), 1e-12)))
  }
}

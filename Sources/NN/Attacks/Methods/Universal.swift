import Contract

/// One change for all images, made from other images: training images of the data set, where it has any.
///
/// With `deepfool` the algorithm of Moosavi-Dezfooli, Fawzi, Fawzi and Frossard, "Universal adversarial perturbations",
/// CVPR 2017: while an image keeps its answer, DeepFool's change is added and the sum projected. With `ascent` steps
/// up the mean of the cross-entropy, cut off at 9 so that no image counts for too much: Shafahi et al.,
/// "Universal Adversarial Training", AAAI 2020, Algorithm 2. Neither is the stronger on every model.
struct Universal: Attack {
  /// How the change is made.
  enum Rule: String, CaseIterable { case ascent, deepfool }

  /// How the change is made.
  var rule = Rule.ascent
  /// Images that it is made from.
  var images = 200
  /// Passes over them at most.
  var passes = 10
  /// The share of these images that is enough to fool.
  var rate: Float = 0.8
  /// The change, once made.
  var change: Pixels?

  static let traits = AttackTraits(.nothing, .fixed, norms: [.linf, .l2], canTarget: false)

  static let entry: Entry<any Attack> = Entry(
    Universal(), "universal", "one change for all images, made from training images", paper: "arXiv:1610.08401",
    details: """
      Returns each image with the change that fooled most of the images it was made from, after any pass.
      """,
    example: "attack normal with: universal on: take(fashion.test, 500) eps: 0.2 images: 50",
    settings
  ) { $0 }

  private static let settings: [Setting<Universal>] = [
    Setting("rule", \.rule, "how the change is made; neither is the stronger on every model"),
    Setting("images", \.images, in: 1...100_000, "training images it is made from"),
    Setting("passes", \.passes, in: 1...1000, "passes over them at most"),
    Setting("rate", \.rate, in: 0...1, "share of them that is enough to fool"),
  ]

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    guard let change else { unreachable("a universal change is made by prepared(…)") }
    return batch.images.map { Vector.sum($0, change) }
  }

  func prepared(
    for target: Target, _ selection: Images, within threat: ThreatModel, changing free: FreeValues?, seed: Int,
    stop: Stop
  ) throws -> any Attack {
    let pool = selection.dataset.train.isEmpty ? selection : selection.dataset.train
    var random = Random(seed: seed, image: -1)
    let chosen = random.permutation(pool.count).prefix(images).map { pool.pixels(at: $0) }
    let victim = Victim(
      target.makeResponder(), count: chosen.count, stop: stop, in: free.map { Surroundings(free: $0, images: chosen) })
    var copy = self
    copy.change = try make(free.map { chosen.map($0.taken(from:)) } ?? chosen, victim, threat, &random)
    return copy
  }

  /// The change that fools most of the images after any pass. `ascent` goes back to it when a pass was no gain, and takes
  /// steps of half the length from there on: fixed steps swing about, and where they happen to end is luck.
  private func make(
    _ images: [Pixels], _ victim: Victim, _ threat: ThreatModel, _ random: inout Random
  ) throws -> Pixels {
    let rows = Array(images.indices)
    let answers = try victim.logits(images, of: rows).map(\.answer)
    var change = Pixels(repeating: 0, count: victim.values)
    var (best, most, highest, step) = (change, 0, -Float.infinity, threat.epsilon / 8)
    for _ in 0..<passes {
      let order = random.permutation(images.count)
      switch rule {
      case .ascent: try runPass(&change, by: step, order.map { ($0, images[$0], answers[$0]) }, victim, threat)
      case .deepfool:
        for i in order where answers[i] >= 0 { try push(&change, i, images[i], answers[i], victim, threat) }
      }
      let now = try victim.logits(images.map { Vector.clipped(Vector.sum($0, change)) }, of: rows)
      let leads = zip(now, answers).map { Aim(label: max($1, 0)).lead(of: $0) }
      let (fooled, lead) = (zip(now, answers).count { $0.answer != $1 }, leads.reduce(0, +))
      if fooled > most || fooled == most && lead > highest {
        (best, most, highest) = (change, fooled, lead)
      } else if rule == .ascent {
        (change, step) = (best, step / 2)
      }
      if Float(most) >= rate * Float(images.count) { break }
    }
    return best
  }

  /// One pass of steps, each along the summed gradients of 32 images.
  private func runPass(
    _ change: inout Pixels, by step: Float, _ images: [(row: Int, image: Pixels, answer: Int)], _ victim: Victim,
    _ threat: ThreatModel
  ) throws {
    for first in stride(from: 0, to: images.count, by: 32) {
      let part = images[first..<min(first + 32, images.count)]
      let points = part.map { Vector.clipped(Vector.sum($0.image, change)) }
      let found = try victim.ascend(points, of: part.map(\.row)) { position, logits in
        let (loss, gradient) = AttackLoss.ce.evaluate(logits, Aim(label: max(part[first + position].answer, 0)))
        return loss < 9 ? gradient : gradient.map { _ in 0 }
      }
      let gradient = found.reduce(Pixels(repeating: 0, count: change.count)) { Vector.sum($0, $1.gradient) }
      change = projected(Vector.along(change, step, threat.steepest(gradient)), threat)
    }
  }

  /// Adds what DeepFool needs for one image that still gets its answer: in L2 whatever the norm, as in the paper. A step of
  /// L∞ moves every pixel alike, and their sum, cut off at the radius, is little but noise.
  private func push(
    _ change: inout Pixels, _ row: Int, _ image: Pixels, _ answer: Int, _ victim: Victim, _ threat: ThreatModel
  ) throws {
    let moved = Vector.clipped(Vector.sum(image, change))
    guard try victim.logits([moved], ofRow: row)[0].answer == answer else { return }
    var deepFool = DeepFool()
    deepFool.steps = 20
    let batch = Batch(images: [moved], aims: [Aim(label: answer)], indices: [0], seed: 0)
    let fooled = try victim.withRows([row]) {
      try deepFool.perturb(batch, within: ThreatModel(.l2, epsilon: .infinity), against: $0)[0]
    }
    change = projected(Vector.sum(change, Vector.difference(fooled, moved)), threat)
  }

  /// On the ball alone: the box depends on the image.
  private func projected(_ change: Pixels, _ threat: ThreatModel) -> Pixels {
    let radius = threat.epsilon
    guard threat.norm == .l2 else { return change.map { min(max($0, -radius), radius) } }
    return Vector.scaled(change, by: min(1, radius / max(Vector.l2(change), 1e-12)))
  }
}

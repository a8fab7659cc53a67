/// Walks to the nearest boundary of a linear picture of the model, again and again: a small change, not a budget.
///
/// Moosavi-Dezfooli, Fawzi and Frossard, "DeepFool: a simple and accurate method to fool deep neural networks", CVPR
/// 2016, Algorithm 2. The overshoot multiplies the whole change. The paper does not clip; we do,
/// which takes more iterations where pixels are black or white: the parts of a step that leave [0, 1] are lost.
struct DeepFool: Attack {
  /// Iterations at most.
  var steps = 50
  /// How far beyond the boundary to go, as a share of the change.
  var overshoot: Float = 0.02
  /// How many classes, the likeliest first, to look at; none for all.
  var candidates: Int? = 10
  /// Whether pixels are kept in [0, 1]. The paper's are not; figures of a few iterations that others measured need `false`.
  var clip = true

  static let traits = AttackTraits(.gradients, .minimum, norms: [.l2, .linf])

  static let entry: Entry<any Attack> = Entry(
    DeepFool(), "deepfool", "the nearest boundary of a linear approximation, step by step", paper: "arXiv:1511.04599",
    details:
      "Returns the first image on its way that is answered wrongly, whatever eps; one further away than eps has withstood.",
    example: "attack normal with: deepfool on: take(fashion.test, 500) norm: l2 eps: 1",
    settings
  ) { $0 }

  private static let settings: [Setting<DeepFool>] = [
    Setting("steps", \.steps, in: 1...10_000, "iterations at most"),
    Setting("overshoot", \.overshoot, in: 0...1, "how far beyond the boundary, as a share of the change"),
    Setting("candidates", \.candidates, in: 2...10_000, "classes to look at, likeliest first; none for all"),
    Setting("clip", \.clip, "keep pixels in [0, 1]; false only to repeat figures that were measured so"),
  ]

  var leavesBox: Bool { !clip }

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    var states: [ImageState] = []
    var points = batch.images
    var open = Array(0..<batch.count)
    for step in 0...steps where !open.isEmpty {
      let logits = try victim.logits(open.map { points[$0] }, of: open, keeping: step < steps)
      if step == 0 { states = zip(logits, batch.aims).map { ImageState($0, $1, candidates, batch.images[0].count) } }
      let staying = open.indices.filter { !batch.aims[open[$0]].isReached(by: logits[$0]) }
      if step == steps { break }
      for (i, row) in open.enumerated() { states[row].home = batch.aims[row].home(in: logits[i]) }
      let steepest = try gradients(open, states, victim)
      for i in staying {
        let row = open[i]
        states[row].extend(threat, logits[i], steepest.map { $0[i] })
        let point = Vector.along(batch.images[row], 1 + overshoot, states[row].change)
        points[row] = clip ? Vector.clipped(point) : point
      }
      if staying.count < open.count { open = staying.map { open[$0] } }
      victim.step(open)
    }
    return points
  }

  /// For each rank of candidate, the gradient of its logit less that of the class fled from, one for each open row.
  private func gradients(_ open: [Int], _ states: [ImageState], _ victim: Victim) throws -> [[Pixels]] {
    let most = open.map { states[$0].rivals.count }.max() ?? 0
    return try (0..<most).map { rank in
      let logitGradients = open.map { row in
        var gradient = [Float](repeating: 0, count: victim.classes)
        gradient[states[row].rivals[rank]] += 1
        gradient[states[row].home] -= 1
        return gradient
      }
      return try victim.gradients(logitGradients, of: open)
    }
  }

  /// The way of one image.
  private struct ImageState {
    var home: Int
    let rivals: [Int]
    var change: Pixels

    init(_ logits: [Float], _ aim: Aim, _ candidates: Int?, _ count: Int) {
      home = aim.label
      let order = AttackLoss.descending(logits).filter { $0 != aim.label }
      rivals = aim.target.map { [$0] } ?? Array(order.prefix(candidates.map { $0 - 1 } ?? order.count))
      change = Pixels(repeating: 0, count: count)
    }

    /// Goes to the nearest of the rivals' boundaries.
    mutating func extend(_ threat: ThreatModel, _ logits: [Float], _ gradients: [Pixels]) {
      var nearest = (distance: Float.infinity, gradient: change, length: Float(0))
      for (rival, gradient) in zip(rivals, gradients) {
        let length = threat.dual(gradient) + 1e-8
        let distance = abs(logits[rival] - logits[home]) / length
        if distance < nearest.distance { nearest = (distance, gradient, length) }
      }
      guard nearest.length > 0 else { return }
      let reach = nearest.distance + 1e-4
      change = Vector.along(change, reach, threat.steepest(nearest.gradient))
    }
  }
}

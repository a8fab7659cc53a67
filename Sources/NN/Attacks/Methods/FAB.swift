/// Fast adaptive boundary: projects onto a linear picture of the boundary, drawn back towards the clean image.
///
/// Croce and Hein, "Minimally distorted adversarial examples with a fast adaptive boundary attack", ICML 2020,
/// Algorithm 1. `targets` > 0 is the targeted form: one class after the other, two passes a step instead of one a class.
struct FAB: Attack {
  /// Iterations of each run.
  var steps = 100
  /// Runs from new starts.
  var restarts = 1
  /// How many classes to head for, the likeliest wrong ones first; 0 for all at once.
  var targets = 0
  /// The most that the clean image draws the next point towards itself.
  var alpha: Float = 0.1
  /// How far beyond the boundary a step goes.
  var eta: Float = 1.05
  /// How far a point that is wrongly answered is drawn back.
  var beta: Float = 0.9
  /// Whether an image is done as soon as it is fooled within the radius: for a cascade, where less is of no use.
  var endsWithinRadius = false

  static let traits = AttackTraits(.gradients, .minimum, norms: [.linf, .l2, .l1])

  private static let settings: [Setting<FAB>] = [
    Setting("steps", \.steps, in: 1...100_000, "iterations of each run"),
    Setting("restarts", \.restarts, in: 1...1000, "runs from new starts"),
    Setting("targets", \.targets, in: 0...1000, "classes to head for one by one; 0 for all at once"),
    Setting("alpha", \.alpha, in: 0...1, "most that the clean image draws a point to itself"),
    Setting("eta", \.eta, in: 1...10, "how far beyond the boundary a step goes"),
    Setting("beta", \.beta, in: 0.001...1, "how far a fooling point is drawn back"),
  ]

  static let entry: Entry<any Attack> = Entry(
    FAB(), "fab", "small changes by projecting onto the boundary", paper: "arXiv:1907.02044",
    details: ReturnRule.smallest,
    example: "attack normal with: fab on: take(fashion.test, 200) norm: l2 eps: 1 steps: 30",
    settings
  ) { $0 }

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    var bests = batch.images.map { Best(point: $0) }
    let isGiven = batch.aims.contains { $0.target != nil }
    let aimsPerRun =
      isGiven || targets == 0 ? [batch.aims] : try TargetClasses.likeliest(targets, batch, victim)
    for restart in 0..<restarts {
      for (rank, course) in aimsPerRun.enumerated() {
        let stream = restart * aimsPerRun.count + rank
        try descend(&bests, batch, course, threat, victim, restart: restart, stream: stream)
      }
    }
    return bests.map(\.point)
  }

  /// The smallest change so far.
  private struct Best {
    var point: Pixels
    var distance = Float.infinity
  }

  private func isDone(_ best: Best, _ threat: ThreatModel) -> Bool {
    endsWithinRadius && best.distance <= threat.epsilon
  }

  /// One run for all images, heading where `course` says.
  private func descend(
    _ bests: inout [Best], _ batch: Batch, _ course: [Aim], _ threat: ThreatModel, _ victim: Victim, restart: Int,
    stream: Int
  ) throws {
    var open = (0..<batch.count).filter { !isDone(bests[$0], threat) }
    var points = batch.images
    for row in open where restart > 0 {
      var random = batch.random(row, restart: stream)
      points[row] = start(batch.images[row], threat, &random, smallest: bests[row].distance)
    }
    var logits = try victim.logits(open.map { points[$0] }, of: open, keeping: true)
    for _ in 0..<steps where !open.isEmpty {
      victim.step(open)
      let planes = try planes(open, points, logits, batch, course, threat, victim)
      for (i, row) in open.enumerated() {
        points[row] = next(points[row], batch.images[row], planes[i], threat)
      }
      logits = try victim.logits(open.map { points[$0] }, of: open, keeping: true)
      // `planes` needs the logits of the points as they are, so those that are drawn back are asked about again.
      var drawnBack: [Int] = []
      for (i, row) in open.enumerated() where batch.aims[row].isReached(by: logits[i]) {
        let distance = threat.distance(points[row], batch.images[row])
        if distance < bests[row].distance { bests[row] = Best(point: points[row], distance: distance) }
        points[row] = Vector.blend(batch.images[row], points[row], beta)
        drawnBack.append(row)
      }
      open.removeAll { isDone(bests[$0], threat) }
      guard !drawnBack.isEmpty else { continue }
      let isOpen = Set(open)
      logits = try victim.logits(
        open.map { points[$0] }, of: open, keeping: true, news: drawnBack.filter(isOpen.contains))
    }
  }

  private func start(
    _ image: Pixels, _ threat: ThreatModel, _ random: inout Random, smallest: Float
  ) -> Pixels {
    let radius = min(threat.epsilon, smallest)
    guard radius.isFinite else { return image }
    let draws = threat.norm == .linf ? random.uniforms(image.count) : random.normals(image.count)
    let length = Vector.size(draws, threat.norm)
    return Vector.clipped(Vector.along(image, 0.5 * radius / max(length, 1e-12), draws))
  }

  /// For each open row the nearest boundary, as the plane {w·z = b}, from the last question's gradients.
  private func planes(
    _ open: [Int], _ points: [Pixels], _ logits: [[Float]], _ batch: Batch, _ course: [Aim], _ threat: ThreatModel,
    _ victim: Victim
  ) throws -> [Plane] {
    let homes = zip(open, logits).map { batch.aims[$0].home(in: $1) }
    let rivals = open.map { row in
      course[row].target.map { [$0] } ?? (0..<victim.classes).filter { $0 != course[row].label }
    }
    var planes: [(plane: Plane, distance: Float)?] = Array(repeating: nil, count: open.count)
    for rank in 0..<(rivals.first?.count ?? 0) {
      let logitGradients = zip(homes, rivals).map { home, rivals in
        var gradient = [Float](repeating: 0, count: victim.classes)
        gradient[rivals[rank]] += 1
        gradient[home] -= 1
        return gradient
      }
      for (i, gradient) in try victim.gradients(logitGradients, of: open).enumerated() {
        let gap = logits[i][rivals[i][rank]] - logits[i][homes[i]]
        let distance = abs(gap) / (threat.dual(gradient) + 1e-12)
        if let best = planes[i], best.distance <= distance { continue }
        planes[i] = (Plane(normal: gradient, offset: Vector.dot(gradient, points[open[i]]) - Double(gap)), distance)
      }
    }
    return planes.map { $0?.plane ?? Plane(normal: [], offset: 0) }
  }

  /// Between the projection of the point and that of the clean image, both a little beyond the boundary.
  private func next(_ point: Pixels, _ clean: Pixels, _ plane: Plane, _ threat: ThreatModel) -> Pixels {
    let fromPoint = Vector.difference(plane.projection(of: point, threat.norm), point)
    let fromClean = Vector.difference(plane.projection(of: clean, threat.norm), clean)
    let near = max(Vector.size(fromPoint, threat.norm), 1e-8)
    let far = max(Vector.size(fromClean, threat.norm), 1e-8)
    let pull = min(near / (near + far), alpha)
    let ahead = Vector.along(point, eta, fromPoint)
    let anchored = Vector.along(clean, eta, fromClean)
    return Vector.clipped(Vector.blend(ahead, anchored, pull))
  }
}

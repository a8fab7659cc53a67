/// One run of Auto-PGD for the open images of a hunt. All state is per image.
struct AutoAscent {
  let batch: Batch
  let threat: ThreatModel
  let loss: AttackLoss
  let steps: Int
  let rho: Float
  /// Questions that each loss and slope is the mean of.
  let passes: Int
  /// Which of the random streams of each image to use.
  let stream: Int

  /// Where the steps are checked, and what the image's ascent has come to.
  struct Climber {
    let row: Int
    let aim: Aim
    var point: Pixels
    var previous: Pixels
    var slope: Pixels
    var best: (point: Pixels, slope: Pixels, loss: Float)
    var lastLoss: Float
    var step: Float
    /// Steps since the last check whose loss was higher than the one before.
    var rises = 0
    var bestAtCheck: Float
    var wasReduced = true
    /// L1 only: the share of pixels that a step moves, and how many differed at the last check.
    var density: Float = 0.2
    var changed: Int

    init(row: Int, aim: Aim, at point: Pixels, _ first: Ascent, step: Float) {
      (self.row, self.aim, self.point, self.step) = (row, aim, point, step)
      previous = point
      slope = first.slope
      best = (point, first.slope, first.loss)
      lastLoss = first.loss
      bestAtCheck = first.loss
      changed = point.count
    }
  }

  /// The iterations, counted from 1, after which the steps are checked (ALGORITHMS §3.1).
  static func checkpoints(_ steps: Int) -> [Int] {
    var (interval, at, all) = (max(Int(0.22 * Double(steps)), 1), 0, [Int]())
    let (least, shrink) = (max(Int(0.06 * Double(steps)), 1), max(Int(0.03 * Double(steps)), 1))
    while at + interval <= steps {
      at += interval
      all.append(at)
      interval = max(interval - shrink, least)
    }
    return all
  }

  /// Runs all steps; `aims` are those to climb towards, in the order of `hunt.open`.
  func run(_ hunt: inout Hunt, towards aims: [Aim], against victim: Victim) throws {
    if threat.norm == .l1 { return try SparseAscent(self).run(&hunt, towards: aims, against: victim) }
    let starts = hunt.open.map { start($0) }
    var climbers = try begin(starts, &hunt, aims, victim, step: 2 * threat.epsilon)
    let checks = Self.checkpoints(steps)
    var last = 0
    for iteration in 1...steps where !climbers.isEmpty {
      for i in climbers.indices { advance(&climbers[i], isFirst: iteration == 1) }
      try look(&climbers, &hunt, victim)
      guard checks.contains(iteration) else { continue }
      for i in climbers.indices { check(&climbers[i], interval: iteration - last) }
      last = iteration
    }
    if batch.wantsStrongest { hunt.keepAll(climbers.map(\.best.point)) }
  }

  /// A random point on the surface of the ball (in the box).
  private func start(_ row: Int) -> Pixels {
    var random = batch.random(row, restart: stream)
    let center = batch.images[row]
    if threat.norm == .linf {
      let draws = random.uniforms(center.count)
      return Vector.clipped(Vector.along(center, threat.epsilon / max(Vector.linf(draws), 1e-12), draws))
    }
    let draws = random.normals(center.count)
    return Vector.clipped(Vector.along(center, threat.epsilon / max(Vector.l2(draws), 1e-12), draws))
  }

  /// Loss and slope at points, as the mean over the passes, and the logits of the last of them.
  private func ascend(_ points: [Pixels], _ aims: [Aim], _ rows: [Int], _ victim: Victim) throws -> [Ascent] {
    var mean = try victim.climb(loss, at: points, towards: aims, of: rows)
    for pass in 1..<max(passes, 1) {
      let share = 1 / Float(pass + 1)
      mean = zip(mean, try victim.climb(loss, at: points, towards: aims, of: rows)).map { mean, next in
        Ascent(
          slope: Vector.blend(mean.slope, next.slope, share), loss: mean.loss + share * (next.loss - mean.loss),
          logits: next.logits)
      }
    }
    return mean
  }

  /// Looks at the starts and makes a climber of each that does not reach the aim at once.
  func begin(
    _ starts: [Pixels], _ hunt: inout Hunt, _ aims: [Aim], _ victim: Victim, step: Float, judging: Bool = true
  ) throws -> [Climber] {
    victim.step(hunt.open)
    let ascents = try ascend(starts, aims, hunt.open, victim)
    let left =
      judging ? hunt.judge(starts, ascents.map { ($0.logits, $0.loss) }) : Array(hunt.open.indices)
    let climbers = left.map { i in
      Climber(row: hunt.row(of: i), aim: aims[i], at: starts[i], ascents[i], step: step)
    }
    if judging { hunt.settle() }
    return climbers
  }

  /// One step: along the slope, and then mostly there with some of the last movement.
  private func advance(_ climber: inout Climber, isFirst: Bool) {
    let (point, center) = (climber.point, batch.images[climber.row])
    var next = Vector.along(point, climber.step, threat.steepest(climber.slope))
    threat.project(&next, around: center)
    if !isFirst {
      let inertia = Vector.difference(point, climber.previous)
      Vector.update(&next, point, inertia) { next, point, inertia in
        point + 0.75 * (next - point) + 0.25 * inertia
      }
      threat.project(&next, around: center)
    }
    climber.previous = point
    climber.point = next
  }

  /// Asks for loss and slope at the points, and lets go of the images that are done.
  func look(_ climbers: inout [Climber], _ hunt: inout Hunt, _ victim: Victim, judging: Bool = true) throws {
    let rows = climbers.map(\.row)
    victim.step(rows)
    let ascents = try ascend(climbers.map(\.point), climbers.map(\.aim), rows, victim)
    for (i, ascent) in ascents.enumerated() {
      if ascent.loss > climbers[i].lastLoss { climbers[i].rises += 1 }
      climbers[i].lastLoss = ascent.loss
      climbers[i].slope = ascent.slope
      if ascent.loss > climbers[i].best.loss {
        climbers[i].best = (climbers[i].point, ascent.slope, ascent.loss)
      }
    }
    guard judging else { return }
    let left = hunt.judge(climbers.map(\.point), ascents.map { ($0.logits, $0.loss) })
    hunt.settle()
    if left.count < climbers.count { climbers = left.map { climbers[$0] } }
  }

  /// Halves the step and returns to the best point, if the steps since the last check were of little use.
  private func check(_ climber: inout Climber, interval: Int) {
    let fewRises = Float(climber.rises) <= rho * Float(interval)
    let noGain = !climber.wasReduced && climber.bestAtCheck >= climber.best.loss
    climber.wasReduced = fewRises || noGain
    if climber.wasReduced {
      climber.step /= 2
      climber.point = climber.best.point
      climber.slope = climber.best.slope
    }
    climber.bestAtCheck = climber.best.loss
    climber.rises = 0
  }
}

/// The L1 form (Croce and Hein, arXiv:2103.01208): sparse steps whose density follows the best point's, no momentum,
/// exact projections, and radii that shrink from 3·eps to eps.
struct SparseAscent {
  private let run: AutoAscent

  init(_ run: AutoAscent) { self.run = run }

  /// All stages.
  func run(_ hunt: inout Hunt, towards aims: [Aim], against victim: Victim) throws {
    let (first, second) = (share(0.3), share(0.3))
    let lengths = [first, second, max(run.steps - first - second, 1)]
    var points = hunt.open.map { row in
      var random = run.batch.random(row, restart: run.stream)
      return Vector.sum(run.batch.images[row], random.normals(run.batch.images[row].count))
    }
    for (stage, factor) in [3, 2, 1].enumerated() {
      let stageThreat = run.threat.with(epsilon: run.threat.epsilon * Float(factor))
      for (i, row) in hunt.open.enumerated() { stageThreat.project(&points[i], around: run.batch.images[row]) }
      points = try climb(
        points, &hunt, aims, victim, within: stageThreat, steps: lengths[stage], isLast: factor == 1,
        isFresh: stage == 0)
    }
  }

  private func share(_ part: Double) -> Int { Int((part * Double(run.steps)).rounded(.up)) }

  /// One stage; returns the best points. Only the last stage keeps within the radius, so only it can succeed.
  private func climb(
    _ starts: [Pixels], _ hunt: inout Hunt, _ aims: [Aim], _ victim: Victim, within threat: ThreatModel, steps: Int,
    isLast: Bool, isFresh: Bool
  ) throws -> [Pixels] {
    var climbers = try run.begin(starts, &hunt, aims, victim, step: threat.epsilon, judging: isLast)
    if !isFresh {
      for i in climbers.indices { climbers[i].density = density(of: climbers[i].point, climbers[i].row) }
    }
    let interval = max(Int(0.04 * Double(run.steps)), 1)
    for iteration in 1...steps where !climbers.isEmpty {
      for i in climbers.indices { advance(&climbers[i], threat) }
      try run.look(&climbers, &hunt, victim, judging: isLast)
      guard iteration % interval == 0 else { continue }
      for i in climbers.indices { check(&climbers[i], threat.epsilon) }
    }
    if isLast, run.batch.wantsStrongest { hunt.keepAll(climbers.map(\.best.point)) }
    return climbers.map(\.best.point)
  }

  private func density(of point: Pixels, _ row: Int) -> Float {
    Float(changed(point, row)) / Float(point.count) / 1.5
  }

  private func changed(_ point: Pixels, _ row: Int) -> Int {
    zip(point, run.batch.images[row]).count { $0 != $1 }
  }

  private func advance(_ climber: inout AutoAscent.Climber, _ threat: ThreatModel) {
    let sizes = climber.slope.map { abs($0) }.sorted()
    let threshold = sizes[min(max(Int((1 - climber.density) * Float(sizes.count)), 0), sizes.count - 1)]
    let signs = Vector.map(climber.slope, climber.slope) { value, _ in
      abs(value) >= threshold ? Vector.sign(value) : 0
    }
    climber.previous = climber.point
    climber.point = Vector.along(climber.point, climber.step / (Vector.l1(signs) + 1e-10), signs)
    threat.project(&climber.point, around: run.batch.images[climber.row])
  }

  private func check(_ climber: inout AutoAscent.Climber, _ radius: Float) {
    let now = changed(climber.best.point, climber.row)
    if Float(now) < 0.95 * Float(climber.changed) {
      climber.step = radius
      climber.point = climber.best.point
      climber.slope = climber.best.slope
    } else {
      climber.step = max(climber.step / 1.5, radius / 10)
    }
    climber.density = Float(now) / Float(climber.point.count) / 1.5
    climber.changed = now
  }
}

/// One run of Auto-PGD for the open images of a search. All state is per image.
struct AutoAscent {
  let batch: Batch
  let threat: ThreatModel
  let loss: AttackLoss
  let steps: Int
  let rho: Float
  /// Questions that each loss and gradient is the mean of.
  let passes: Int
  /// Which of the random streams of each image to use.
  let stream: Int

  /// Where the steps are checked, and what the image's ascent has come to.
  struct ImageState {
    let row: Int
    let aim: Aim
    var point: Pixels
    var previous: Pixels
    var gradient: Pixels
    var best: (point: Pixels, gradient: Pixels, loss: Float)
    var lastLoss: Float
    var step: Float
    /// Steps since the last check whose loss was higher than the one before.
    var rises = 0
    var bestAtCheck: Float
    var wasReduced = true
    /// L1 only: the share of pixels that a step moves, and how many differed at the last check.
    var density: Float = 0.2
    var changed: Int

    init(row: Int, aim: Aim, at point: Pixels, _ first: LossGradient, step: Float) {
      (self.row, self.aim, self.point, self.step) = (row, aim, point, step)
      previous = point
      gradient = first.gradient
      best = (point, first.gradient, first.loss)
      lastLoss = first.loss
      bestAtCheck = first.loss
      changed = point.count
    }
  }

  /// The iterations, counted from 1, after which the steps are checked (Croce and Hein, ICML 2020: at 0.22 of the
  /// steps, then at gaps that shrink by 0.03 down to 0.06).
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

  /// Runs all steps; `aims` are those to climb towards, in the order of `search.open`.
  func run(_ search: inout SearchState, towards aims: [Aim], against victim: Victim) throws {
    if threat.norm == .l1 { return try SparseAscent(self).run(&search, towards: aims, against: victim) }
    let starts = search.open.map { start($0) }
    var states = try begin(starts, &search, aims, victim, step: 2 * threat.epsilon)
    let checks = Self.checkpoints(steps)
    var last = 0
    for iteration in 1...steps where !states.isEmpty {
      for i in states.indices { advance(&states[i], isFirst: iteration == 1) }
      try look(&states, &search, victim)
      guard checks.contains(iteration) else { continue }
      for i in states.indices { check(&states[i], interval: iteration - last) }
      last = iteration
    }
    if batch.wantsStrongest { search.keepAll(states.map(\.best.point)) }
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

  /// Loss and gradient at points, as the mean over the passes, and the logits of the last of them.
  private func ascend(_ points: [Pixels], _ aims: [Aim], _ rows: [Int], _ victim: Victim) throws -> [LossGradient] {
    var mean = try victim.evaluate(loss, at: points, towards: aims, of: rows)
    for pass in 1..<max(passes, 1) {
      let share = 1 / Float(pass + 1)
      mean = zip(mean, try victim.evaluate(loss, at: points, towards: aims, of: rows)).map { mean, next in
        LossGradient(
          gradient: Vector.blend(mean.gradient, next.gradient, share),
          loss: mean.loss + share * (next.loss - mean.loss),
          logits: next.logits)
      }
    }
    return mean
  }

  /// Looks at the starts and makes a state of each that does not reach the aim at once.
  func begin(
    _ starts: [Pixels], _ search: inout SearchState, _ aims: [Aim], _ victim: Victim, step: Float, judging: Bool = true
  ) throws -> [ImageState] {
    victim.step(search.open)
    let ascents = try ascend(starts, aims, search.open, victim)
    let left =
      judging ? search.judge(starts, ascents.map { ($0.logits, $0.loss) }) : Array(search.open.indices)
    let states = left.map { i in
      ImageState(row: search.row(of: i), aim: aims[i], at: starts[i], ascents[i], step: step)
    }
    if judging { search.settle() }
    return states
  }

  /// One step: along the gradient, and then mostly there with some of the last movement.
  private func advance(_ state: inout ImageState, isFirst: Bool) {
    let (point, center) = (state.point, batch.images[state.row])
    var next = Vector.along(point, state.step, threat.steepest(state.gradient))
    threat.project(&next, around: center)
    if !isFirst {
      let inertia = Vector.difference(point, state.previous)
      Vector.update(&next, point, inertia) { next, point, inertia in
        point + 0.75 * (next - point) + 0.25 * inertia
      }
      threat.project(&next, around: center)
    }
    state.previous = point
    state.point = next
  }

  /// Asks for loss and gradient at the points, and lets go of the images that are done.
  func look(_ states: inout [ImageState], _ search: inout SearchState, _ victim: Victim, judging: Bool = true) throws {
    let rows = states.map(\.row)
    victim.step(rows)
    let ascents = try ascend(states.map(\.point), states.map(\.aim), rows, victim)
    for (i, ascent) in ascents.enumerated() {
      if ascent.loss > states[i].lastLoss { states[i].rises += 1 }
      states[i].lastLoss = ascent.loss
      states[i].gradient = ascent.gradient
      if ascent.loss > states[i].best.loss {
        states[i].best = (states[i].point, ascent.gradient, ascent.loss)
      }
    }
    guard judging else { return }
    let left = search.judge(states.map(\.point), ascents.map { ($0.logits, $0.loss) })
    search.settle()
    if left.count < states.count { states = left.map { states[$0] } }
  }

  /// Halves the step and returns to the best point, if the steps since the last check were of little use.
  private func check(_ state: inout ImageState, interval: Int) {
    let fewRises = Float(state.rises) <= rho * Float(interval)
    let noGain = !state.wasReduced && state.bestAtCheck >= state.best.loss
    state.wasReduced = fewRises || noGain
    if state.wasReduced {
      state.step /= 2
      state.point = state.best.point
      state.gradient = state.best.gradient
    }
    state.bestAtCheck = state.best.loss
    state.rises = 0
  }
}

/// The L1 form (Croce and Hein, arXiv:2103.01208): sparse steps whose density follows the best point's, no momentum,
/// exact projections, and radii that shrink from 3·eps to eps.
struct SparseAscent {
  private let run: AutoAscent

  init(_ run: AutoAscent) { self.run = run }

  /// All stages.
  func run(_ search: inout SearchState, towards aims: [Aim], against victim: Victim) throws {
    let (first, second) = (share(0.3), share(0.3))
    let lengths = [first, second, max(run.steps - first - second, 1)]
    var points = search.open.map { row in
      var random = run.batch.random(row, restart: run.stream)
      return Vector.sum(run.batch.images[row], random.normals(run.batch.images[row].count))
    }
    for (stage, factor) in [3, 2, 1].enumerated() {
      let stageThreat = run.threat.with(epsilon: run.threat.epsilon * Float(factor))
      for (i, row) in search.open.enumerated() { stageThreat.project(&points[i], around: run.batch.images[row]) }
      points = try runStage(
        points, &search, aims, victim, within: stageThreat, steps: lengths[stage], isLast: factor == 1,
        isFresh: stage == 0)
    }
  }

  private func share(_ part: Double) -> Int { Int((part * Double(run.steps)).rounded(.up)) }

  /// One stage; returns the best points. Only the last stage keeps within the radius, so only it can succeed.
  private func runStage(
    _ starts: [Pixels], _ search: inout SearchState, _ aims: [Aim], _ victim: Victim, within threat: ThreatModel,
    steps: Int,
    isLast: Bool, isFresh: Bool
  ) throws -> [Pixels] {
    var states = try run.begin(starts, &search, aims, victim, step: threat.epsilon, judging: isLast)
    if !isFresh {
      for i in states.indices { states[i].density = density(of: states[i].point, states[i].row) }
    }
    let interval = max(Int(0.04 * Double(run.steps)), 1)
    for iteration in 1...steps where !states.isEmpty {
      for i in states.indices { advance(&states[i], threat) }
      try run.look(&states, &search, victim, judging: isLast)
      guard iteration % interval == 0 else { continue }
      for i in states.indices { check(&states[i], threat.epsilon) }
    }
    if isLast, run.batch.wantsStrongest { search.keepAll(states.map(\.best.point)) }
    return states.map(\.best.point)
  }

  private func density(of point: Pixels, _ row: Int) -> Float {
    Float(changed(point, row)) / Float(point.count) / 1.5
  }

  private func changed(_ point: Pixels, _ row: Int) -> Int {
    zip(point, run.batch.images[row]).count { $0 != $1 }
  }

  private func advance(_ state: inout AutoAscent.ImageState, _ threat: ThreatModel) {
    let sizes = state.gradient.map { abs($0) }.sorted()
    let threshold = sizes[min(max(Int((1 - state.density) * Float(sizes.count)), 0), sizes.count - 1)]
    let signs = Vector.map(state.gradient, state.gradient) { value, _ in
      abs(value) >= threshold ? Vector.sign(value) : 0
    }
    state.previous = state.point
    state.point = Vector.along(state.point, state.step / (Vector.l1(signs) + 1e-10), signs)
    threat.project(&state.point, around: run.batch.images[state.row])
  }

  private func check(_ state: inout AutoAscent.ImageState, _ radius: Float) {
    let now = changed(state.best.point, state.row)
    if Float(now) < 0.95 * Float(state.changed) {
      state.step = radius
      state.point = state.best.point
      state.gradient = state.best.gradient
    } else {
      state.step = max(state.step / 1.5, radius / 10)
    }
    state.density = Float(now) / Float(state.point.count) / 1.5
    state.changed = now
  }
}

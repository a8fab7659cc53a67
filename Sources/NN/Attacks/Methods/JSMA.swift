/// Two pixels at a time, those that raise the target and lower all others most, set to the edge of the box.
///
/// Papernot et al., "The Limitations of Deep Learning in Adversarial Settings", EuroS&P 2016, Algorithms 2 and 3, on
/// logits. Untargeted: every class in turn, the image with the fewest changes wins.
struct JSMA: Attack {
  /// What a chosen pixel gets; negative darkens.
  var theta: Float = 1
  /// The share of the values that may change; one pair of them always may.
  var gamma: Float = 0.145

  static let traits = AttackTraits(.gradients, .minimum, norms: [.l0])

  static let entry: Entry<any Attack> = Entry(
    JSMA(), "jsma", "few pixels, set fully: the saliency map attack", paper: "arXiv:1511.07528",
    details: ReturnRule.smallest,
    example: "attack normal with: jsma on: take(fashion.test, 20) norm: l0 eps: 40",
    settings
  ) { $0 }

  private static let settings: [Setting<JSMA>] = [
    Setting("theta", \.theta, in: -1...1, "what a chosen pixel gets; negative darkens", unit: "pixels"),
    Setting("gamma", \.gamma, in: 0.001...1, "share of the values that may change, but at least two of them"),
  ]

  func check(_ threat: ThreatModel, goal: Goal, classes: Int, shape: ImageShape) throws {
    guard theta != 0 else { throw AttackError.setting(attack: "jsma", "theta must not be 0") }
    guard shape.count > 1 else {
      throw AttackError.setting(attack: "jsma", "it changes two values at a time, and there is one")
    }
    guard !(0.1..<2).contains(threat.epsilon) else {
      throw AttackError.setting(attack: "jsma", "it changes two values at a time: eps must be at least 2")
    }
  }

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    var best = batch.images
    var fewest = [Int](repeating: Int.max, count: batch.count)
    for course in aimsPerRun(batch, victim.classes) {
      let points = try mark(batch, course, victim)
      for (row, point) in points {
        let changed = Distances.between(batch.images[row], point).l0
        if changed < fewest[row] { (best[row], fewest[row]) = (point, changed) }
      }
    }
    return best
  }

  private func aimsPerRun(_ batch: Batch, _ classes: Int) -> [[Aim]] {
    if batch.aims.contains(where: { $0.target != nil }) { return [batch.aims] }
    return (1..<classes).map { shift in
      batch.aims.map { Aim(label: $0.label, target: ($0.label + shift) % classes) }
    }
  }

  /// The images for which the aim was reached, by row.
  private func mark(_ batch: Batch, _ course: [Aim], _ victim: Victim) throws -> [Int: Pixels] {
    var points = batch.images
    var free = batch.images.map { image in image.map { theta > 0 ? $0 < 1 : $0 > 0 } }
    var (open, reached) = (Array(0..<batch.count), [Int: Pixels]())
    let rounds = max(1, Int(Float(victim.values) * gamma / 2))
    for round in 0...rounds where !open.isEmpty {
      let logits = try victim.logits(open.map { points[$0] }, of: open, keeping: true)
      for (i, row) in open.enumerated() where batch.aims[row].isReached(by: logits[i]) { reached[row] = points[row] }
      if round == rounds { break }
      victim.step(open)
      let (rises, others) = try gradients(open, course, victim)
      for (i, row) in open.enumerated() where reached[row] == nil {
        guard let (p, q) = pair(rises[i], others[i], free[row]) else {
          free[row] = []
          continue
        }
        for pixel in [p, q] {
          points[row][pixel] = Vector.clampToBox(points[row][pixel] + theta)
          free[row][pixel] = false
        }
      }
      open.removeAll { reached[$0] != nil || free[$0].isEmpty }
    }
    return reached
  }

  /// For each open row the gradient of the target's logit, and of the sum of all others.
  private func gradients(_ open: [Int], _ course: [Aim], _ victim: Victim) throws -> (rises: [Pixels], others: [Pixels])
  {
    func gradient(_ row: Int, target: Float, others: Float) -> [Float] {
      var gradient = [Float](repeating: others, count: victim.classes)
      gradient[course[row].target ?? 0] = target
      return gradient
    }
    let rises = try victim.gradients(open.map { gradient($0, target: 1, others: 0) }, of: open)
    return (rises, try victim.gradients(open.map { gradient($0, target: 0, others: 1) }, of: open))
  }

  /// The free pair of pixels with the best saliency −A·B, with A > 0 and B < 0 after turning both by theta's sign.
  private func pair(_ rises: Pixels, _ others: Pixels, _ free: [Bool]) -> (Int, Int)? {
    let sign: Float = theta > 0 ? 1 : -1
    let places = free.indices.filter { free[$0] }
    let (up, down) = (places.map { sign * rises[$0] }, places.map { -sign * others[$0] })
    var best = (score: Float(0), p: -1, q: -1)
    // Row by row: a table of all pairs of a colour image would not fit into memory.
    for p in places.indices where bestScore(p, up, down) > best.score {
      for q in places.indices.dropFirst(p + 1) {
        let (rise, fall) = (up[p] + up[q], down[p] + down[q])
        if rise > 0, fall > 0, rise * fall > best.score { best = (rise * fall, places[p], places[q]) }
      }
    }
    return best.p < 0 ? nil : (best.p, best.q)
  }

  /// The best saliency of `p` with any later pixel, eight at a time: most rows need no closer look.
  private func bestScore(_ p: Int, _ up: Pixels, _ down: Pixels) -> Float {
    let (a, b, n) = (SIMD8(repeating: up[p]), SIMD8(repeating: down[p]), up.count)
    // Safety: every index is below `n`, the length of both.
    return up.withUnsafeBufferPointer { up in
      down.withUnsafeBufferPointer { down in
        guard let ups = up.baseAddress, let downs = down.baseAddress else { return 0 }
        var (best, q) = (SIMD8<Float>.zero, p + 1)
        while q + 8 <= n {
          let rise = a + UnsafeRawPointer(ups + q).loadUnaligned(as: SIMD8<Float>.self)
          let fall = b + UnsafeRawPointer(downs + q).loadUnaligned(as: SIMD8<Float>.self)
          let score = (rise * fall).replacing(with: 0, where: (rise .<= 0) .| (fall .<= 0))
          best = best.replacing(with: score, where: score .> best)
          q += 8
        }
        return (q..<max(q, n)).reduce(best.max()) { best, q in
          let (rise, fall) = (a[0] + ups[q], b[0] + downs[q])
          return rise > 0 && fall > 0 ? max(best, rise * fall) : best
        }
      }
    }
  }
}

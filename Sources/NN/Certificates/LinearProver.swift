import CKernels

/// Proves by boxes and lines: what `ibp`, `crown` and `alpha_crown` share.
struct LinearProver: Prover {
  let plan: BoundPlan
  let epsilon: Float
  /// The rules of the lines below ReLUs; none for boxes alone.
  let rules: [SlopeRule]
  /// Whether bounds inside of the network come from lines as well, rather than from boxes.
  let refines: Bool
  /// Steps on the slopes of margins that are not proved otherwise.
  let steps: Int

  init(
    _ model: Model, within threat: ThreatModel, rules: [SlopeRule], refines: Bool = true, steps: Int = 0
  ) throws {
    plan = try BoundPlan(model)
    epsilon = threat.epsilon
    (self.rules, self.refines, self.steps) = (rules, refines, steps)
  }

  var bytes: Int { plan.bytes }

  func prove(_ group: CertificateGroup) throws -> [Certificate] {
    let workspace = BoundWorkspace(plan, stop: group.stop)
    let best = try bounds(group, workspace)
    let classes = plan.model.classes
    return group.labels.indices.map { lane in
      let label = group.labels[lane]
      let isRight = group.answers[lane] == label
      // A clean mistake is one of the points of the box.
      var unproved = isRight ? [] : [group.answers[lane]].filter { $0 >= 0 }
      if group.answers[lane] < 0 { unproved = (0..<classes).filter { $0 != label } }
      for shift in 1..<classes where !(best[shift - 1].safe[lane] > 0) {
        let other = (label + shift) % classes
        if !unproved.contains(other) { unproved.append(other) }
      }
      let margin = best.map { $0.safe[lane] }.reduce(Double.infinity) { $0.isNaN || $1.isNaN ? .nan : min($0, $1) }
      let exact = best.allSatisfy { $0.low[lane] > 0 }
      return Certificate(
        index: group.indices[lane], label: label, cleanAnswer: group.answers[lane], margin: margin,
        unproved: unproved.sorted(), isInBand: isRight && exact && !unproved.isEmpty)
    }
  }

  /// The best bounds of one margin found so far, in each lane: as computed, and less what rounding may have added.
  struct Best {
    var low = [Double](repeating: -.infinity, count: WARD_LANES)
    var safe = [Double](repeating: -.infinity, count: WARD_LANES)

    mutating func take(_ bound: BoundWorkspace.Bound) {
      for lane in 0..<WARD_LANES {
        low[lane] = max(low[lane], bound.low(lane))
        safe[lane] = max(safe[lane], bound.low(lane) - bound.slack(lane))
      }
    }
  }

  /// For each other class, as `margins` counts them, the best over all rules: so what boxes prove, lines prove too.
  func bounds(_ group: CertificateGroup, _ workspace: BoundWorkspace) throws -> [Best] {
    var best = [Best](repeating: Best(), count: plan.model.classes - 1)
    func take(_ found: [BoundWorkspace.Bound]) { for (i, bound) in found.enumerated() { best[i].take(bound) } }
    workspace.setBox(group.images, epsilon: epsilon)
    try workspace.spread()
    workspace.setLines(nil)
    take(try workspace.margins(labels: group.labels))
    let right = group.labels.indices.filter { group.answers[$0] == group.labels[$0] }
    func open(_ shift: Int) -> [Int] { right.filter { !(best[shift - 1].safe[$0] > 0) } }
    let shifts = 1..<plan.model.classes
    // Margins of other images are as good as they need to be.
    guard !rules.isEmpty, shifts.contains(where: { !open($0).isEmpty }) else { return best }
    if refines { try workspace.spread(refining: rules, progress: group.progress) }
    for rule in rules {
      workspace.setLines(rule)
      take(try workspace.margins(labels: group.labels))
    }
    guard steps > 0 else { return best }
    for shift in shifts where !open(shift).isEmpty {
      workspace.setLines(.adaptive)
      try workspace.ascend(labels: group.labels, shift: shift, steps: steps, open: open(shift)) {
        best[shift - 1].take($0)
      }
    }
    return best
  }
}

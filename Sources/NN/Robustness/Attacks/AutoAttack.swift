/// Several attacks in a row, each on the images that withstood those before it: the standard way to ask for robustness.
///
/// Croce and Hein, "Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks",
/// ICML 2020. `standard` is Auto-PGD on cross-entropy, Auto-PGD towards nine classes, targeted FAB and Square; `plus`
/// adds restarts and the untargeted forms. Differences from the authors' code: per image streams, Auto-PGD's first
/// check (see `apgd`), no Square in L1, and no targeted ratio loss for models with fewer than four classes.
struct AutoAttack: Attack {
  /// The published collections.
  enum Version: String, CaseIterable { case standard, plus }

  /// Which images a part gets.
  enum Mode: String, CaseIterable { case cascade, individual }

  /// Which collection.
  var version = Version.standard
  /// Whether a part gets what withstood those before it, or all images, so that the parts can be held against each other.
  var mode = Mode.cascade
  /// Questions of Square to the model for each image.
  var queries = 5000
  /// Gradient steps of each run.
  var steps = 100

  static let traits = AttackTraits(.gradients, .fixed, norms: [.linf, .l2, .l1], canTarget: false)

  static let entry = Entry<any Attack>(
    AutoAttack(), "autoattack", "several attacks in a row on what is left; the standard test",
    paper: "arXiv:2003.01690",
    example: "attack normal with: autoattack on: take(fashion.test, 200) eps: 0.1",
    [
      Setting("version", \.version, "the published collection of attacks"),
      Setting("mode", \.mode, "each part on what is left, or each on all images: slower, the same robust accuracy"),
      Setting("queries", \.queries, in: 1...1_000_000, "Square's questions for each image"),
      Setting("steps", \.steps, in: 1...100_000, "gradient steps of each run"),
    ]
  ) { $0 }

  /// The attacks in their order, with the names that the literature gives them.
  func stages(_ norm: Norm, classes: Int) -> [(name: String, attack: any Attack)] {
    let (isPlus, isL1) = (version == .plus, norm == .l1)
    var stages: [(name: String, attack: any Attack)] = [("apgd-ce", apgd(.ce, isPlus || isL1 ? 5 : 1))]
    let targeted: [(name: String, attack: any Attack)] =
      classes < 4 ? [] : [("apgd-t", apgd(.dlrTargeted, 1, targets: isL1 ? 5 : 9))]
    let fabTargeted: (name: String, attack: any Attack) = ("fab-t", fab(1, targets: isL1 ? 5 : 9))
    let square: [(name: String, attack: any Attack)] = isL1 ? [] : [("square", square)]
    if isPlus {
      if classes >= 3 { stages.append(("apgd-dlr", apgd(.dlr, 5))) }
      return stages + [("fab", fab(5, targets: 0))] + square + targeted + [fabTargeted]
    }
    return stages + targeted + [fabTargeted] + square
  }

  private var square: Square {
    var square = Square()
    square.queries = queries
    return square
  }

  private func apgd(_ loss: APGD.Loss, _ restarts: Int, targets: Int = 9) -> APGD {
    var apgd = APGD()
    (apgd.loss, apgd.restarts, apgd.targets, apgd.steps) = (loss, restarts, targets, steps)
    return apgd
  }

  private func fab(_ restarts: Int, targets: Int) -> FAB {
    var fab = FAB()
    (fab.restarts, fab.targets, fab.steps, fab.endsWithinRadius) = (restarts, targets, steps, true)
    return fab
  }

  func parts(_ norm: Norm, classes: Int) -> [String] { stages(norm, classes: classes).map(\.name) }

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    var found: [Int: Pixels] = [:]
    var open = Array(0..<batch.count)
    for stage in stages(threat.norm, classes: victim.classes) where !open.isEmpty {
      let broken = try run(stage.attack, batch.rows(open), threat, victim, open)
      for row in broken.keys { victim.credit(row, to: stage.name) }
      found.merge(broken) { first, _ in first }
      if mode == .cascade { open.removeAll { broken[$0] != nil } }
    }
    return batch.images.indices.map { found[$0] ?? batch.images[$0] }
  }

  /// One attack on the rows that are left; the points that reach the aim within the radius, by row.
  private func run(
    _ attack: any Attack, _ batch: Batch, _ threat: ThreatModel, _ victim: Victim, _ rows: [Int]
  ) throws -> [Int: Pixels] {
    let points = try victim.lend(rows) { try attack.perturb(batch, within: threat, against: $0) }
    let lawful = zip(batch.images, points).map { attack.lawful($1, around: $0, within: threat) }
    let logits = try victim.logits(lawful, of: rows)
    var broken: [Int: Pixels] = [:]
    for (i, row) in rows.enumerated() where batch.aims[i].isReached(by: logits[i]) {
      if threat.allows(Distances.between(batch.images[i], lawful[i])) { broken[row] = lawful[i] }
    }
    return broken
  }
}

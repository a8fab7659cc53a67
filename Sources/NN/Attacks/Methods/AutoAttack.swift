/// Several attacks in a row, each on the images that withstood those before it: the standard way to ask for robustness.
///
/// Croce and Hein, "Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks",
/// ICML 2020. `standard` is Auto-PGD on cross-entropy, Auto-PGD towards nine classes, targeted FAB and Square (5,000
/// queries, patches that shrink as if there were 10,000); in L1 Auto-PGD has five starts and five classes (arXiv:2103.01208).
/// `plus` adds restarts and the untargeted forms. `rand`, for models that answer at random, is Auto-PGD on both losses with
/// gradients averaged over twenty passes. Differences from the authors' code: per image streams, Auto-PGD's first check (see
/// `apgd`), L1 Auto-PGD with shrinking radii in every version, and no ratio loss where there are too few classes for it.
/// What the authors' code warns of is in `AutoAttackFlags.swift`.
struct AutoAttack: Attack {
  /// The published collections.
  enum Version: String, CaseIterable { case standard, plus, rand }

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

  static let entry: Entry<any Attack> = Entry(
    AutoAttack(), "autoattack", "several attacks in a row on what is left; the standard test",
    paper: "arXiv:2003.01690",
    details: """
      Returns the image of the first part that broke it, for all others the clean one. standard is apgd-ce, apgd-t, fab-t and \
      square; plus adds restarts, apgd-dlr and fab; rand, for models that answer at random, is apgd-ce and apgd-dlr with gradients \
      averaged over twenty passes. Warns as the authors' code does: of models that answer at random, of answers that are \
      probabilities, of gradients that are zero, of too few classes, and of gradients that Square shows to be masked.
      """,
    example: "attack normal with: autoattack on: take(fashion.test, 200) eps: 0.1",
    settings
  ) { $0 }

  private static let settings: [Setting<AutoAttack>] = [
    Setting("version", \.version, "the published collection; rand is for models that answer at random"),
    Setting("mode", \.mode, "each part on what is left, or each on all images: slower, the same robust accuracy"),
    Setting("queries", \.queries, in: 1...1_000_000, "Square's questions for each image"),
    Setting("steps", \.steps, in: 1...100_000, "gradient steps of each run"),
  ]

  /// The attacks in their order, with the names that the literature gives them.
  func stages(_ norm: Norm, classes: Int) -> [(name: String, attack: any Attack)] {
    let ratio = classes >= 3 ? [("apgd-dlr", apgd(.dlr, version == .plus ? 5 : 1))] : []
    let fabTargeted = ("fab-t", fab(1, targets: Self.targets))
    switch version {
    case .standard:
      let isL1 = norm == .l1
      return [("apgd-ce", apgd(.ce, isL1 ? 5 : 1))] + targeted(isL1 ? 5 : Self.targets, classes)
        + [fabTargeted, ("square", square)]
    case .plus:
      return [("apgd-ce", apgd(.ce, 5))] + ratio + [("fab", fab(5, targets: 0)), ("square", square)]
        + targeted(Self.targets, classes) + [fabTargeted]
    case .rand: return [("apgd-ce", apgd(.ce, 1))] + ratio
    }
  }

  /// Classes that the targeted attacks head for.
  static let targets = 9

  private func targeted(_ targets: Int, _ classes: Int) -> [(name: String, attack: any Attack)] {
    classes < 4 ? [] : [("apgd-t", apgd(.dlrTargeted, 1, targets: targets))]
  }

  private var square: Square {
    var square = Square()
    (square.queries, square.rescale) = (queries, false)
    return square
  }

  private func apgd(_ loss: APGD.Loss, _ restarts: Int, targets: Int = Self.targets) -> APGD {
    var apgd = APGD()
    (apgd.loss, apgd.restarts, apgd.targets, apgd.steps) = (loss, restarts, targets, steps)
    apgd.eot = version == .rand ? 20 : 1
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
      for row in broken.keys { victim.recordSuccess(row, to: stage.name) }
      found.merge(broken) { first, _ in first }
      if mode == .cascade { open.removeAll { broken[$0] != nil } }
    }
    return batch.images.indices.map { found[$0] ?? batch.images[$0] }
  }

  /// One attack on the rows that are left; the points that reach the aim within the radius, by row.
  private func run(
    _ attack: any Attack, _ batch: Batch, _ threat: ThreatModel, _ victim: Victim, _ rows: [Int]
  ) throws -> [Int: Pixels] {
    let points = try victim.withRows(rows) { try attack.perturb(batch, within: threat, against: $0) }
    let constrained = zip(batch.images, points).map { attack.constrained($1, around: $0, within: threat) }
    let logits = try victim.logits(constrained, of: rows)
    var broken: [Int: Pixels] = [:]
    for (i, row) in rows.enumerated() where batch.aims[i].isReached(by: logits[i]) {
      if threat.allows(Distances.between(batch.images[i], constrained[i])) { broken[row] = constrained[i] }
    }
    return broken
  }
}

/// Gradient ascent with momentum that chooses its own step: it halves the step and goes back to the best point when
/// the loss has stopped rising.
///
/// Croce and Hein, "Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks",
/// ICML 2020, Algorithm 1; for L1 "Mind the box: l1-APGD", ICML 2021. With `dlr_t` the steps head for one class after
/// the other, and any wrong answer counts. Where the authors' code compares the first loss with a zero entry of its
/// buffer, we compare it with the loss of the start.
struct APGD: Attack {
  /// What APGD can climb.
  enum Loss: String, CaseIterable {
    case ce, dlr
    /// The difference of logits ratio towards one class after the other.
    case dlrTargeted = "dlr_t"
  }

  /// Gradient steps of each run.
  var steps = 100
  /// Runs from new starts for the images that withstood.
  var restarts = 1
  /// What is climbed.
  var loss = Loss.ce
  /// With `dlr_t`: how many classes to head for, the likeliest wrong ones first.
  var targets = 9
  /// The share of rising steps below which the step is halved.
  var rho: Float = 0.75
  /// Passes that loss and gradient are averaged over: more than one is of use only against a model that answers at random
  /// (expectation over transformation, Athalye et al., ICML 2018). The answer is that of the last pass.
  var eot = 1

  static let traits = AttackTraits(.gradients, .fixed, norms: [.linf, .l2, .l1])

  static let entry: Entry<any Attack> = Entry(
    APGD(), "apgd", "PGD with momentum that adapts its own step size", paper: "arXiv:2003.01690",
    details: ReturnRule.best,
    example: "attack normal with: apgd on: fashion.test eps: 0.1 loss: dlr_t",
    settings
  ) { $0 }

  private static let settings: [Setting<APGD>] = [
    Setting("steps", \.steps, in: 1...100_000, "gradient steps of each run; at least 50 to be of use"),
    Setting("restarts", \.restarts, in: 1...1000, "runs from new random starts"),
    Setting("loss", \.loss, "what the steps make larger"),
    Setting("targets", \.targets, in: 1...1000, "dlr_t only: how many classes to head for"),
    Setting("rho", \.rho, in: 0...1, "share of rising steps below which the step is halved"),
    Setting("eot", \.eot, in: 1...1000, "passes that gradients are averaged over, for models that answer at random"),
  ]

  func check(_ threat: ThreatModel, goal: Goal, classes: Int, shape: ImageShape) throws {
    let needs = loss == .ce ? 2 : (loss == .dlrTargeted || goal != .untargeted ? 4 : 3)
    guard classes >= needs else {
      throw AttackError.tooFewClasses(attack: "apgd with loss \(loss.rawValue)", needs: needs, classes: classes)
    }
  }

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    var search = SearchState(batch)
    let aimsPerRun = try aimsPerRun(batch, victim)
    for restart in 0..<restarts {
      for course in 0..<aimsPerRun.count where !search.open.isEmpty {
        let aims = search.open.map { aimsPerRun[course][$0] }
        let stream = restart * aimsPerRun.count + course
        let ascent = AutoAscent(
          batch: batch, threat: threat, loss: loss == .ce ? .ce : .dlr, steps: steps, rho: rho, passes: eot,
          stream: stream)
        try ascent.run(&search, towards: aims, against: victim)
      }
    }
    return search.found
  }

  /// Where to head, run after run: one aim for each row.
  private func aimsPerRun(_ batch: Batch, _ victim: Victim) throws -> [[Aim]] {
    guard loss == .dlrTargeted, batch.aims.allSatisfy({ $0.target == nil }) else { return [batch.aims] }
    return try TargetClasses.likeliest(targets, batch, victim)
  }
}

/// Classes to head for.
enum TargetClasses {
  /// The likeliest wrong classes of each clean image, at most `count`: first the likeliest of every row, and so on.
  static func likeliest(_ count: Int, _ batch: Batch, _ victim: Victim) throws -> [[Aim]] {
    let logits = try victim.logits(batch.images, of: Array(0..<batch.count))
    let orders = zip(logits, batch.aims).map { logits, aim in
      AttackLoss.descending(logits).filter { $0 != aim.label }
    }
    return (0..<min(count, victim.classes - 1)).map { rank in
      zip(batch.aims, orders).map { Aim(label: $0.label, target: $1[rank]) }
    }
  }
}

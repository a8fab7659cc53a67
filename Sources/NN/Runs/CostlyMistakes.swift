/// Which mistakes an attacker can bring about, and what they cost: cost-sensitive robust error.
///
/// Zhang and Evans, "Cost-Sensitive Robustness against Adversarial Examples", ICLR 2019, §3, in empirical form: they
/// count what cannot be certified, this counts what an attack achieves. So these are lower bounds.
public struct CostlyMistakes: Sendable {
  /// Images of classes that have a costly mistake.
  public let images: Int
  /// Images for which some answer with a cost was reached: the robust error for binary costs.
  public let harmed: Rate
  /// Mean over these images of the sum of the costs of all answers that were reached: the robust error for real costs.
  public let meanSum: Double
  /// Mean over these images of the highest cost that was reached.
  public let meanHighest: Double
  /// For each true class and answer, the images for which that answer was reached; `count` is 0 where it costs nothing.
  public let reached: [[Rate]]
  /// All images, each with the costliest answer that was reached.
  public let worst: Evaluation
}

extension AttackRun {
  /// Tries every costly mistake by a targeted attack: each answer `t` on all images whose class `y` makes `t` costly.
  ///
  /// An image that is misclassified without an attack counts under the class it is given.
  ///
  /// - Parameter progress: is told how many of the answers are done.
  /// - Throws: `AttackError` (`noCosts` among them) before anything runs, `Interrupted` when `stop` asks.
  public func costlyMistakes(
    against target: Target, on images: Images, engine: Engine? = nil, stop: Stop = .never,
    progress: @escaping @Sendable (_ done: Int) -> Void = { _ in }
  ) throws -> CostlyMistakes {
    guard let costs else { throw AttackError.noCosts }
    try check(target, images)
    guard attack.traits.canTarget else {
      throw AttackError.goal(attack: attack.name, goal: "target", supported: ["untargeted"])
    }
    let engine = engine ?? Engine(threads: threads)
    let clean = try target.evaluate(on: images, costs: costs, engine: engine, stop: stop)
    var tally = Tally(clean, costs)
    for answer in 0..<target.classes {
      let positions = images.labels.indices.filter { costs[true: images.label(at: $0), answered: answer] > 0 }
      if !positions.isEmpty {
        var run = self
        (run.goal, run.keepsImages) = (.target(answer), false)
        let found = try run.run(against: target, on: images.at(positions), engine: engine, stop: stop)
        for (position, outcome) in zip(positions, found.evaluation.outcomes) { tally.add(position, answer, outcome) }
      }
      progress(answer + 1)
    }
    return tally.total
  }

  /// What has been reached so far.
  private struct Tally {
    let clean: Evaluation
    let costs: CostMatrix
    /// By image, the costly answers that were reached, and what became of it with each answer as the target.
    var reached: [[Int]]
    var outcomes: [[Outcome]]

    init(_ clean: Evaluation, _ costs: CostMatrix) {
      (self.clean, self.costs) = (clean, costs)
      reached = clean.outcomes.map { _ in [] }
      outcomes = reached.map { _ in [] }
    }

    mutating func add(_ position: Int, _ answer: Int, _ outcome: Outcome) {
      outcomes[position].append(outcome)
      if outcome.fooled || outcome.cleanAnswer == answer { reached[position].append(answer) }
    }

    var total: CostlyMistakes {
      let labels = clean.outcomes.map(\.label)
      let seeds = labels.indices.filter { i in (0..<costs.classes).contains { costs[true: labels[i], answered: $0] > 0 }
      }
      let answerCosts = seeds.map { i in reached[i].map { costs[true: labels[i], answered: $0] } }
      let count = Double(seeds.count)
      let table = (0..<costs.classes).map { y in
        (0..<costs.classes).map { t in
          let own = seeds.filter { labels[$0] == y && costs[true: y, answered: t] > 0 }
          return Rate(own.count { reached[$0].contains(t) }, of: own.count)
        }
      }
      return CostlyMistakes(
        images: seeds.count, harmed: Rate(answerCosts.count { !$0.isEmpty }, of: seeds.count),
        meanSum: answerCosts.reduce(0) { $0 + $1.reduce(0, +) } / count,
        meanHighest: answerCosts.reduce(0) { $0 + ($1.max() ?? 0) } / count, reached: table, worst: worst)
    }

    private var worst: Evaluation {
      let worst = zip(clean.outcomes, outcomes).map { clean, tried in
        let costliest = tried.max { self.clean.answerCost(of: $0) < self.clean.answerCost(of: $1) } ?? clean
        return costliest.costing(tried.reduce(0) { $0 + $1.queries }, tried.reduce(0) { $0 + $1.gradients })
      }
      return Evaluation(classNames: clean.classNames, costs: costs, outcomes: worst)
    }
  }
}

import Lang
import NN

extension Command<Session> {
  static var compare: Command {
    Command(
      "compare", "Run several attacks on several models, and put the results in one table.", topic: Topic.attacking,
      examples: ["compare [normal, cse] with: [fgsm, pgd] on: fashion.test eps: 0.1"],
      details: """
        Several attacks on one model are followed by their worst case, image by image: an image is robust only if it \
        withstood all of them. Attacks of different norms or radii allow different changes: each kind has a worst case of \
        its own, if it has several attacks. With a goal, success is the share of the attacked images that reached it.
        """, check: AttackParameters.check
    ) { signature in
      let models = signature.subject("models", .oneOrMore(.object(ModelValue.self)), "the models")
      let with = signature.required("with", .oneOrMore(.choice(Attacks.family.name)), "the attacks")
      let shared = AttackParameters(signature)
      return { session, given in
        let plan = try shared.plan(given, for: given[models], session)
        session.remarkOnCosts(of: given[models], plan)
        var comparison = ComparedResults(goal: plan.goal, hasMask: plan.mask != nil)
        for model in given[models] {
          let results = try given[with].map { attack in
            let result = try session.run(attack, on: model, plan)
            session.made(.result(result))
            return result
          }
          comparison.add(results)
        }
        return .table(comparison.table)
      }
    }
  }
}

/// The table of `compare`.
private struct ComparedResults {
  let goal: Goal
  /// Whether only some values may change, which is the same for all results.
  let hasMask: Bool
  private var rows: [[Value]] = []
  /// What radii are measured in, of each kind that is there.
  private var units: [Table.Presentation] = []

  init(goal: Goal, hasMask: Bool) { (self.goal, self.hasMask) = (goal, hasMask) }

  /// What makes results comparable: attacks that may do the same.
  private struct Kind: Hashable {
    let threat: ThreatModel
    let leavesBox: Bool
  }

  /// The results of one model, and the worst case of each kind that has several.
  mutating func add(_ results: [ResultValue]) {
    for result in results { add(result, result.attackText, result.evaluation, result.seconds) }
    var kinds: [Kind] = []
    for kind in results.compactMap(kind) where !kinds.contains(kind) { kinds.append(kind) }
    for one in kinds {
      let own = results.filter { kind(of: $0) == one }
      if own.count > 1, let worst = Evaluation.worst(of: own.map(\.evaluation)) {
        add(own[0], "worst case", worst, own.reduce(0) { $0 + $1.seconds })
      }
    }
  }

  private func kind(of result: ResultValue) -> Kind? {
    result.run.map { Kind(threat: $0.threat, leavesBox: $0.attack.leavesBox) }
  }

  private mutating func add(_ result: ResultValue, _ attack: String, _ evaluation: Evaluation, _ seconds: Double) {
    guard let threat = result.run?.threat else { return }
    units.append(threat.norm == .l0 ? .plain : result.images.images.dataset.distance)
    var row: [Value] = [
      .string(result.model.identity.name), .string(attack), .string(threat.norm.rawValue), .number(threat.bound),
    ]
    if let mask = result.run?.mask { row.append(.string(mask.text)) }
    if goal != .untargeted { row += [.string(result.goalText), evaluation.success.known] }
    rows.append(
      row + [
        evaluation.clean.known, evaluation.robust.known, evaluation.protected?.known ?? Value.none,
        evaluation.costs == nil ? Value.none : .number(evaluation.meanCost), .number(seconds),
      ])
  }

  var table: Table {
    let aim: [Table.Column] = goal == .untargeted ? [] : [.init("goal"), .init("success", .share)]
    let unit = Set(units).count == 1 ? units[0] : .plain
    return Table(
      columns: [.init("model"), .init("attack"), .init("norm"), .init("eps", unit)] + (hasMask ? [.init("mask")] : [])
        + aim
        + [
          .init("clean", .share), .init("robust", .share), .init("protected", .share), .init("mean_cost"),
          .init("seconds", .seconds),
        ], rows: rows)
  }
}

extension Session {
  /// Costs that differ from model to model make `mean_cost` and `protected` figures of different things.
  fileprivate func remarkOnCosts(of models: [ModelValue], _ plan: AttackParameters.Plan) {
    let own = models.compactMap(\.origin.costs)
    guard plan.costs == nil, let first = own.first, own.contains(where: { !$0.isEqual(to: first) }) else { return }
    remark("protected and mean_cost are measured by each model's own costs; costs: NAME measures all by the same")
  }
}

extension Rate {
  /// A share that is known only where something was counted.
  var known: Value { count == 0 ? Value.none : .number(value) }
}

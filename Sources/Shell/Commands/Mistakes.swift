import Lang
import NN

extension Command<Session> {
  static var mistakes: Command {
    Command(
      "mistakes", "Try every costly mistake by a targeted attack: which can be brought about, and what do they cost?",
      topic: Topic.attacking,
      examples: ["mistakes cse with: pgd on: take(fashion.test, 200) eps: 0.1 costs: guard"],
      details: """
        Every answer that costs something is the target once, for every image of a class that makes it costly. An image is \
        harmed if one of them is reached (the cost-sensitive robust error for costs that are 0 or 1); cost_sum adds up all \
        that are reached, cost_highest takes the dearest, as means over the images that have a costly mistake (Zhang & \
        Evans, arXiv 1810.09225, who count what cannot be certified; what an attack reaches is a lower bound). For one \
        costly mistake: costs DATA kind: pair.
        """, check: AttackParameters.check
    ) { signature in
      let model = signature.model("the model to attack")
      let with = signature.required("with", .choice(Attacks.family.name), "the attack; one that can be given a target")
      let shared = AttackParameters(signature, hasGoal: false)
      return { session, given in
        let plan = try shared.plan(given, for: [given[model]], session)
        return .object(try session.mistakes(given[with], on: given[model], plan))
      }
    }
  }
}

extension Session {
  fileprivate func mistakes(
    _ choice: Choice, on model: ModelValue, _ plan: AttackParameters.Plan
  ) throws -> MistakesValue {
    let costs = plan.costs ?? model.origin.costs
    let progress = Progress(terminal: terminal, quiet: isQuiet)
    let started = ContinuousClock.now
    return try answeringInterrupts {
      defer { progress.finish() }
      let (label, classes) = ("\(choice.name) on \(model.identity.name)", model.model.classes)
      let run = try run(of: choice, plan, costs: costs)
      doubt(run, on: model)
      let found = try run.costlyMistakes(
        against: model.model.target, on: plan.images.images, engine: engine, stop: stop
      ) { done in
        progress.update(label, fraction: Double(done) / Double(classes))
      }
      let worst = ResultValue(
        model: model, images: plan.images, evaluation: found.worst, costs: costs, run: run, choice: choice,
        goal: ResultValue.everyCostlyAnswer, seconds: (ContinuousClock.now - started).inSeconds)
      made(.result(worst))
      return MistakesValue(found: found, worst: worst)
    }
  }
}

/// Which costly mistakes an attack can bring about.
struct MistakesValue: Object {
  static let type = ObjectType(
    "mistakes", "Which costly mistakes an attack brings about, and what they cost.",
    members: [
      member("harmed", "share of images for which some costly answer was reached, from 0 to 1") {
        $0.found.harmed.known
      },
      member("low", "lower end of its 95 % interval") { .number($0.found.harmed.interval.low) },
      member("high", "upper end of its 95 % interval") { .number($0.found.harmed.interval.high) },
      member("cost_sum", "mean over the images of the summed costs of all answers reached; none without images") {
        $0.found.images == 0 ? Value.none : .number($0.found.meanSum)
      },
      member("cost_highest", "mean over the images of the highest cost reached") {
        $0.found.images == 0 ? Value.none : .number($0.found.meanHighest)
      },
      member("images", "how many images have a costly mistake") { .integer($0.found.images) },
      member("table", "for each true class and answer, the share of images for which it was reached") {
        .table($0.table)
      },
      member("worst", "the result that has each image with the costliest answer reached") { .object($0.worst) },
    ])

  let found: CostlyMistakes
  let worst: ResultValue

  private var table: Table {
    let names = worst.evaluation.classNames
    return Table(
      columns: [.init("true class")] + names.map { .init($0, .share) },
      rows: zip(names, found.reached).map { name, row in
        [.string(name)] + row.map { $0.count == 0 ? Value.none : .number($0.value) }
      })
  }

  var summary: String {
    let noun = worst.images.images.dataset.noun
    let images = found.images.of(noun)
    guard found.images > 0 else { return "no \(noun) of the selection has a mistake that costs anything" }
    return "\(worst.heading): harmed \(NumberText.share(found.harmed.value)), mean cost reached "
      + "\(NumberText.fixed(found.meanHighest, 2)) (sum \(NumberText.fixed(found.meanSum, 2))), \(images)"
  }

  func isEqual(to other: any Object) -> Bool { (other as? MistakesValue)?.worst.identity === worst.identity }
}

import Lang
import NN
import Synchronization

extension Command<Session> {
  static var attack: Command {
    Command(
      "attack", "Change images so that a model gets them wrong, and see what it still gets right.",
      topic: Topic.attacking,
      examples: [
        "attack normal with: pgd on: fashion.test eps: 0.1 steps: 40",
        "attack normal with: fgsm on: take(fashion.test, 500)",
      ],
      details: """
        Robust accuracy counts the images that are right without attack and still right under it. eps is the largest change \
        allowed, in pixel units: pixels lie in [0, 1]. What it means depends on the norm, and so does its usual value. \
        With a goal, the share of attacked images that reached it is named first: an image that is answered wrongly in \
        another way has neither reached the goal nor stayed right. Settings of the attack stand beside the command's own.
        """, check: AttackParameters.check
    ) { signature in
      let model = signature.subject("model", .object(ModelValue.self), "the model to attack")
      let with = signature.required("with", .choice(Family.attack), "the attack")
      let shared = AttackParameters(signature)
      return { session, given in
        let plan = try shared.plan(given, for: [given[model]], session)
        let attack = UnfinishedAttack(choice: given[with], model: given[model], plan: plan)
        return .object(try session.finish(attack))
      }
    }
  }

  static var evaluate: Command {
    Command(
      "evaluate", "See how a model does on images without any attack.", topic: Topic.attacking,
      examples: ["evaluate normal on: fashion.test"]
    ) { signature in
      let model = signature.subject("model", .object(ModelValue.self), "the model")
      let on = signature.optional(
        "on", .object(ImagesValue.self), "the images", shown: "the test images of the data the model was trained on")
      let costs = signature.optional(
        "costs", .object(CostsValue.self), "what mistakes cost", shown: "the costs the model was trained with")
      return { session, given in
        let images = try given[on] ?? given[model].testImages()
        let costs = given[costs] ?? given[model].origin.costs
        try costs?.check(areAbout: images.images.classes)
        let started = ContinuousClock.now
        let evaluation = try session.answeringInterrupts {
          try given[model].model.target.evaluate(
            on: images.images, costs: costs?.costs, engine: session.engine, stop: session.stop)
        }
        let result = ResultValue(
          model: given[model], images: images, evaluation: evaluation, costs: costs, run: nil, choice: nil,
          seconds: (ContinuousClock.now - started).inSeconds)
        session.made(.result(result))
        return .object(result)
      }
    }
  }
}

/// An attack, and the images that it is done with: after an interrupt, what `resume` goes on from.
struct UnfinishedAttack {
  var choice: Choice
  var model: ModelValue
  var plan: AttackParameters.Plan
  var outcomes: [NN.Outcome] = []

  func with(_ outcomes: [NN.Outcome]) -> UnfinishedAttack {
    var copy = self
    copy.outcomes = outcomes
    return copy
  }
}

extension Session {
  /// Work polls this between its steps.
  var stop: Stop { Stop { Interrupt.isRequested } }

  /// Runs work of `NN`, whose interrupts and refusals become those of the language.
  func answeringInterrupts<T>(_ work: () throws -> T) throws -> T {
    do { return try work() } catch is Interrupted {
      throw Lang.Interrupt()
    } catch let error as AttackError {
      throw Problem.from(error)
    } catch let error as MemoryShortage {
      throw Problem(code: ShellCode.memory, message: error.description, help: [error.hint])
    } catch let error as SettingError {
      throw Problem(code: ShellCode.badAttack, message: error.description)
    }
  }

  /// The attack that a choice configures, within a plan.
  func run(of choice: Choice, _ plan: AttackParameters.Plan, costs: CostsValue?) throws -> AttackRun {
    let attack = try attack(of: choice)
    try costs?.check(areAbout: plan.images.images.classes)
    let norm = plan.norm ?? attack.usualNorm
    if norm == .l0, plan.epsilon == 0 { throw AttackError.lessThanAPixel(0) }
    var run = AttackRun(attack, within: ThreatModel(norm, bound: plan.epsilon ?? norm.usualEpsilon))
    run.goal = plan.goal
    run.costs = costs?.costs
    run.seed = plan.seed
    run.keepsImages = plan.keepsImages
    return run
  }

  private func attack(of choice: Choice) throws -> any Attack {
    if let entry = Attacks.named(choice.name) { return try entry.make(choice.settingValues) }
    // `transfer` is the one attack that is made with a model.
    guard let source = choice["from"]?.asObject(ModelValue.self) else {
      throw Problem(
        code: ShellCode.badAttack, message: "transfer needs a model to make images against",
        help: ["for example \(Transfer.declaration.example)"], argument: "with")
    }
    guard let using = try choice["using"]?.asChoice.map(attack(of:)) ?? Attacks.named("pgd")?.make() else {
      preconditionFailure("pgd is not declared")
    }
    return Transfer(from: source.model.target, using: using)
  }

  /// Takes an attack to its end and stores its result; the images that an interrupt leaves done are kept for `resume`.
  func finish(_ attack: UnfinishedAttack) throws -> ResultValue {
    let done = Mutex(attack.outcomes)
    do {
      let result = try run(attack.choice, on: attack.model, attack.plan, resuming: attack.outcomes) { new in
        done.withLock { $0 += new }
      }
      made(.result(result))
      return result
    } catch let interrupt as Lang.Interrupt {
      let outcomes = done.withLock { $0 }
      // Images that were to be kept are not among the outcomes.
      if !outcomes.isEmpty, !attack.plan.keepsImages {
        unfinishedAttack = attack.with(outcomes)
        interruptDetail =
          "after \(NumberText.count(outcomes.count)) of \(attack.plan.images.images.count.of("image")), "
          + "which are kept: `resume` goes on from there"
      }
      throw interrupt
    }
  }

  /// Says what should make one doubt an attack's figure.
  func warn(of flag: AttackFlag, _ label: String) {
    note(
      Diagnostic(
        ShellCode.doubtfulAttack, "\(label): \(flag.description)", help: flag.hint.map { [$0] } ?? [],
        severity: .warning))
  }

  /// One attack on one model, with progress.
  ///
  /// - Parameters:
  ///   - resuming: images that are done with already.
  ///   - finished: is given what became of the others, block by block.
  func run(
    _ choice: Choice, on model: ModelValue, _ plan: AttackParameters.Plan, resuming: [NN.Outcome] = [],
    finished: @escaping @Sendable ([NN.Outcome]) -> Void = { _ in }
  ) throws -> ResultValue {
    let costs = plan.costs ?? model.origin.costs
    let progress = Progress(terminal: terminal, quiet: isQuiet)
    defer { progress.finish() }
    return try answeringInterrupts {
      let run = try run(of: choice, plan, costs: costs)
      doubt(run, on: model)
      let label = "\(choice.name) on \(model.identity.name)"
      // The first images may take long: say at once what is going on.
      progress.update(label, fraction: 0, details: ["\(plan.images.images.count.of("image")) to attack"])
      try run.check(model.model.target, plan.images.images)
      for flag in try run.flags(of: model.model.target, on: plan.images.images, engine: engine, stop: stop) {
        warn(of: flag, label)
      }
      let result = try run.run(
        against: model.model.target, on: plan.images.images, engine: engine, stop: stop, resuming: resuming,
        finished: finished,
        progress: { report in
          let rate = Double(report.done) / max(report.elapsed.inSeconds, 1e-9)
          progress.update(
            label, fraction: Double(report.done) / Double(report.images),
            details: [report.done.of("image"), "\(NumberText.count(Int(rate))) img/s"])
        })
      for flag in run.flags(after: result.evaluation) { warn(of: flag, label) }
      return ResultValue(
        model: model, images: plan.images, evaluation: result.evaluation, costs: costs, run: run, choice: choice,
        seconds: result.seconds, changed: result.examples)
    }
  }
}

extension Session {
  /// Says what can be run but is hardly what was meant.
  func doubt(_ run: AttackRun, on model: ModelValue) {
    for text in run.doubts(model.model.input) { remark(text) }
  }
}

extension Attack {
  /// L∞ where the attack has a form for it, else the norm it was published for.
  var usualNorm: Norm { traits.norms.contains(.linf) ? .linf : traits.norms[0] }
}

extension Problem {
  /// What an attack cannot do, at the argument that asks for it.
  static func from(_ error: AttackError) -> Problem {
    Problem(
      code: ShellCode.badAttack, message: error.description, help: error.hint.map { [$0] } ?? [],
      argument: error.argument)
  }
}

extension AttackError {
  /// The argument at fault, so that its place is marked.
  var argument: String? {
    switch self {
    case .epsilon, .lessThanAPixel, .needsEpsilon: "eps"
    case .norm: "norm"
    case .goal, .targetIsTrue, .noSuchTarget: "goal"
    case .noCosts, .costsForOtherClasses: "costs"
    case .noImages, .shape, .classes: "on"
    case .tooFewClasses, .step, .setting: "with"
    }
  }
}

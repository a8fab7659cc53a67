import Contract
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
        "attack normal with: pgd on: take(fashion.test, 200) eps: 1 mask: [4..12, 4..12]",
      ],
      details: """
        Robust accuracy counts the images that are right without attack and still right under it. eps is the largest change \
        allowed, in pixel units: pixels lie in [0, 1]. What it means depends on the norm, and so does its usual value. \
        With a goal, the share of attacked images that reached it is named first: an image that is answered wrongly in \
        another way has neither reached the goal nor stayed right. Settings of the attack stand beside the command's own. \
        With mask: only some pixels may change: `[4..12, 4..12]` is a patch of nine rows and nine columns, counted from 0, \
        both ends among them; with eps 1 it may become anything. Every other pixel stays the same to the bit, and the norm \
        counts the patch alone.
        """, check: AttackParameters.check
    ) { signature in
      let model = signature.model("the model to attack")
      let with = signature.required("with", .choice(Attacks.family.name), "the attack")
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
      let model = signature.model()
      let on = signature.images()
      let costs = signature.costs()
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
    } catch let error as CertificateError {
      throw Problem(
        code: ShellCode.badCertificate, message: error.description, help: error.hint.map { [$0] } ?? [],
        argument: error.argument)
    } catch let error as MemoryShortage {
      throw Problem(code: ShellCode.memory, message: error.description, help: [error.hint])
    } catch let error as SettingError {
      throw Problem.from(error, code: ShellCode.badAttack, argument: "with")
    }
  }

  /// The attack that a choice configures, within a plan.
  func run(of choice: Choice, _ plan: AttackParameters.Plan, costs: CostsValue?) throws -> AttackRun {
    try costs?.check(areAbout: plan.images.images.classes)
    var run = try plan.spec(choice.spec).make(resolving: plan.images.from.resolver)
    run.costs = costs?.costs
    run.keepsImages = plan.keepsImages
    return run
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
        cell.interruptDetail =
          "after \(NumberText.count(outcomes.count)) of \(attack.plan.images.images.counted), "
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
      let noun = plan.images.images.dataset.noun
      // The first images may take long: say at once what is going on.
      progress.update(label, fraction: 0, details: ["\(plan.images.images.counted) to attack"])
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
            details: [report.done.of(noun), "\(NumberText.count(Int(rate))) img/s"])
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

extension Problem {
  /// A name or a setting that does not exist, at the argument that asks for it.
  static func from(_ error: SettingError, code: String, argument: String?) -> Problem {
    Problem(code: code, message: error.description, help: error.hint.map { [$0] } ?? [], argument: argument)
  }

  /// What an attack cannot do, at the argument that asks for it.
  static func from(_ error: AttackError) -> Problem {
    var label: String?
    if case .noSuchFeature(_, let name, let known) = error { label = Suggestions.hint(for: name, in: known) }
    return Problem(
      code: ShellCode.badAttack, message: error.description, label: label ?? "", help: error.hint.map { [$0] } ?? [],
      argument: error.argument)
  }
}

extension AttackError {
  /// The argument at fault, so that its place is marked.
  var argument: String? {
    switch self {
    case .epsilon, .lessThanAPixel, .needsEpsilon: "eps"
    case .norm: "norm"
    case .mask(let argument, _), .noSuchFeature(let argument, _, _): argument
    case .goal, .targetIsTrue, .noSuchTarget: "goal"
    case .noCosts, .costsForOtherClasses: "costs"
    case .noImages, .shape, .classes: "on"
    case .tooFewClasses, .step, .setting: "with"
    }
  }
}

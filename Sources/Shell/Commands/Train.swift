import Lang
import NN
import Store

extension Command<Session> {
  static var train: Command {
    Command(
      "train", "Train a network from scratch.", topic: Topic.training,
      examples: [
        "train lenet on: fashion epochs: 5", "train lenet on: fashion epochs: 5 defense: adversarial eps: 0.1",
        "train lenet on: fashion defense: adversarial validate: 10% watch: pgd(steps: 10) pick: robust patience: 5",
      ],
      details: """
        The network begins with random weights drawn from the seed, and sees the training images once each epoch, in an order \
        drawn from the seed. The last epoch's weights are kept, unless `pick:` says what the kept epoch is to be best at: on \
        images that `validate:` sets apart from the training images, never on test images. Pixels are normalised by \
        the mean and standard deviation of the training images inside the model, so that eps is in pixel units. A list of defenses \
        is one defense made of them all: `defense: [minmax, adversarial(with: pgd(steps: 7))]`. Costs enter as the expected \
        cost unless a defense says otherwise.
        """, check: TrainingParameters.check
    ) { signature in
      let architecture = signature.subject("architecture", .choice(Architectures.family.name), "the kind of network")
      let on = signature.required("on", .object(DatasetValue.self), "the data")
      let defense = signature.optional(
        "defense", .oneOrMore(.choice(Defenses.family.name)), "how to train", shown: "standard")
      let shared = TrainingParameters(signature, costs: "none")
      return { session, given in
        let data = given[on]
        let seed = given[shared.seed] ?? session.seed
        let model = try session.translatingErrors {
          try Model(
            try Architectures.family.make(given[architecture].spec), input: data.dataset.shape,
            classes: data.dataset.classes.count,
            normalisation: Normalisation(mean: data.dataset.mean, std: data.dataset.std), seed: seed)
        }
        return try session.train(
          model, from: nil, on: data, with: given[defense] ?? [],
          costs: given[shared.costs]?.asObject(), shared, given)
      }
    }
  }

  static var defend: Command {
    Command(
      "defend", "Train on from a model's weights, with a defense.", topic: Topic.training,
      examples: [
        "defend normal with: minmax costs: guard epochs: 5",
        "defend normal with: [minmax(b: 0.1), adversarial(with: pgd(steps: 2))] costs: guard epochs: 1",
      ],
      details: """
        The model it starts from stays as it is; the new one remembers it as its parent. Which epoch is kept is said as for \
        `train`; where the parent was trained with `validate:`, the same seed sets the same images apart.
        """, check: TrainingParameters.check
    ) { signature in
      let model = signature.model("the model to start from")
      let with = signature.required("with", .oneOrMore(.choice(Defenses.family.name)), "the defense")
      let on = signature.optional(
        "on", .object(DatasetValue.self), "the data", shown: "the data the model was trained on")
      let shared = TrainingParameters(signature, costs: "those the model was trained with")
      return { session, given in
        let parent = given[model]
        guard let data = given[on] ?? parent.origin.data else {
          throw Problem(
            code: ShellCode.wrongModel,
            message: "\(parent.identity.name) was not trained here, so its data are not known",
            help: ["say which data with on:"])
        }
        return try session.train(
          parent.model, from: parent, on: data, with: given[with],
          costs: given.isGiven(shared.costs) ? given[shared.costs]?.asObject() : parent.origin.costs, shared, given)
      }
    }
  }
}

extension Session {
  /// Trains `model` and gives the new model its history.
  fileprivate func train(
    _ model: Model, from parent: ModelValue?, on data: DatasetValue, with choices: [Choice], costs: CostsValue?,
    _ parameters: TrainingParameters, _ given: Arguments
  ) throws -> Value {
    try costs?.check(areAbout: data.dataset.classes)
    let choices = try choices.map { try $0.withUsualRadius() }
    for text in choices.flatMap({ $0.doubts(model.input) }) { remark(text) }
    let asked = try parameters.spec(given, defense: choices, on: data, costs: costs, self)
    let (spec, trainer): (TrainingSpec, Trainer)
    do {
      (spec, trainer) = try translatingErrors {
        let whole = try asked.completed(resolving: data.resolver)
        return (whole, try whole.make(for: model, costs: costs?.costs))
      }
    } catch var problem as Problem {
      if problem.argument == "defense", parent != nil { problem.argument = "with" }
      throw problem
    }
    let origin = ModelValue.Origin(
      data: data, parents: parent.map { [$0] } ?? [], defense: describe(choices), spec: .trained(spec), costs: costs,
      seed: spec.seed)
    let state = TrainingState(parent == nil ? trainer.objective.start(model, seed: spec.seed) : model)
    return try finish(UnfinishedTraining(trainer: trainer, state: state, origin: origin, name: trainingName(of: model)))
  }

  /// Takes a training to its end; what an interrupt leaves is kept for `resume`.
  func finish(_ training: UnfinishedTraining) throws -> Value {
    guard let data = training.origin.data, case .trained(let spec) = training.origin.spec else { return .none }
    let (images, validation) = try translatingErrors {
      try spec.parts(of: data.dataset, costs: training.origin.costs?.costs, resolving: data.resolver)
    }
    let started = ContinuousClock.now
    let progress = Progress(terminal: terminal, quiet: isQuiet)
    let state = try translatingErrors(resuming: training) {
      defer { progress.finish() }
      return try training.trainer.resume(
        training.state, on: images, testing: data.dataset.test, validation: validation, engine: engine, stop: stop,
        whole: { keep($0, of: training, since: started) }
      ) { report in
        let fraction =
          (Double(report.epoch - 1) + Double(report.batch) / Double(report.batches)) / Double(report.epochs)
        progress.update("epoch \(report.epoch)/\(report.epochs)", fraction: fraction, details: details(report))
      }
    }
    var origin = training.origin
    let model = state.outcome
    // A training resumed from a store of an earlier version has not looked at the test images.
    origin.clean =
      try state.outcomeEpoch?.testAccuracy
      ?? translatingErrors { try engine.accuracy(of: model, on: data.dataset.test, stop: stop) }
    origin.seconds += (ContinuousClock.now - started).inSeconds
    origin.epochs = state.epochs.map { record($0, picked: state.best.map { $0.epoch }) }
    let value = ModelValue(model, origin: origin)
    warnOfGrowth(state.epochs)
    warnOfOverfitting(state.epochs)
    if let kept = training.kept.record { made(.model(value), .trained(kept)) } else { made(.model(value)) }
    return .object(value)
  }

  /// A loss that ends far above where it began is finite, but nothing was learnt.
  private func warnOfGrowth(_ epochs: [NN.EpochRecord]) {
    guard let first = epochs.first?.loss, let last = epochs.last?.loss, last > max(1e4, 10 * abs(first)) || first > 1e6
    else { return }
    note(
      Diagnostic(
        ShellCode.grownLoss, "the loss ended at \(NumberText.reading(last)): these weights have learnt nothing",
        help: ["a smaller rate, or smaller weights of the defense's penalties and costs, usually help"],
        severity: .warning))
  }

  /// What stands behind the bar: how it goes now, and how the epoch before did on the validation images.
  private func details(_ report: TrainingProgress) -> [String] {
    var texts = report.isValidating ? ["validating"] : ["loss \(NumberText.fixed(report.loss, 3))"]
    if let figures = report.before?.validation {
      texts.append("val \(NumberText.share(figures.clean))")
      if let robust = figures.robust { texts.append("robust \(NumberText.share(robust))") }
      if let protected = figures.protected { texts.append("protected \(NumberText.share(protected))") }
    }
    return texts + ["\(NumberText.count(Int(report.imagesPerSecond))) img/s"]
  }

  /// A training on images of one step that has learnt to stand that step, and nothing else.
  private func warnOfOverfitting(_ epochs: [NN.EpochRecord]) {
    guard let first = epochs.first(where: { $0.overfitting?.isOverfit == true }), let check = first.overfitting else {
      return
    }
    let still = epochs.last?.overfitting?.isOverfit == true
    note(
      Diagnostic(
        ShellCode.overfitToOneStep,
        "in epoch \(first.epoch) the training overfitted to its one step: of some training images "
          + "\(NumberText.share(check.oneStep)) stand it, and \(NumberText.share(check.twoSteps)) two steps of half the "
          + "length" + (still ? "" : "; the last epoch has recovered"),
        help: [
          "what looks robust under fgsm is not: attack it with pgd",
          "train on more steps, adversarial(with: pgd(steps: 7)), or keep the best epoch: watch: pgd(steps: 10) pick: robust",
        ],
        severity: .warning))
  }

  /// `minmax(a: 0.1, b: 5, c: 0.1)`, several joined by ` + `; empty for plain training. Numbers that matter are spelled
  /// out even if they are the defaults; words, switches and zeros only if they were given.
  private func describe(_ choices: [Choice]) -> String {
    choices.filter { $0.name != "standard" }.map { choice in
      let settings = choice.settings.pairs.filter { name, value in
        choice.given[name] != nil || value.asNumber.map { $0 != 0 } == true
      }.map { "\($0.name): \($0.value.asString ?? $0.value.literal)" }
      return settings.isEmpty ? choice.name : "\(choice.name)(\(settings.joined(separator: ", ")))"
    }.joined(separator: " + ")
  }

  private func record(_ epoch: NN.EpochRecord, picked: Int?) -> StoredEpoch {
    var stored = StoredEpoch(
      epoch: epoch.epoch, loss: epoch.loss, trainAccuracy: epoch.trainAccuracy, testAccuracy: epoch.testAccuracy,
      seconds: epoch.seconds, imagesPerSecond: epoch.imagesPerSecond,
      weights: (epoch.weights ?? []).map { StoredWeights($0) })
    let figures = epoch.validation
    (stored.validationAccuracy, stored.validationBalanced) = (figures?.clean, figures?.balanced)
    (stored.validationRobust, stored.validationProtected) = (figures?.robust, figures?.protected)
    stored.validationCost = figures?.cost
    (stored.oneStep, stored.twoSteps) = (epoch.overfitting?.oneStep, epoch.overfitting?.twoSteps)
    stored.picked = picked.map { $0 == epoch.epoch }
    return stored
  }

  /// Runs work of `NN` that trains, whose interrupts and refusals become those of the language.
  func translatingErrors<T>(resuming training: UnfinishedTraining? = nil, _ work: () throws -> T) throws -> T {
    do {
      return try answeringInterrupts {
        do { return try work() } catch let error as SettingError {
          throw Problem.from(error, code: ShellCode.badTraining, argument: nil)
        }
      }
    } catch let error as TrainingError {
      switch error {
      case .interrupted(let epoch, let last):
        let done = last.epochs.count
        if let training, done > 0 {
          unfinished = training
          unfinished?.state = last
          unfinishedAttack = nil
          let name = training.name
          if cell.binding == name {
            environment.unfinished[name] = "its training was interrupted: `let \(name) = resume \(name)` goes on"
          }
        }
        cell.interruptDetail =
          "in epoch \(epoch); "
          + (done == 0
            ? "no epoch was whole yet"
            : "\(done.of("whole epoch")) \(done == 1 ? "is" : "are") kept: `resume` goes on from there")
        throw Lang.Interrupt()
      case .diverged: throw Problem(code: ShellCode.diverged, message: error.description)
      case .mismatch: throw Problem(code: ShellCode.badTraining, message: error.description, argument: "on")
      }
    } catch let error as DataError {
      var problem = Problem.from(error)
      problem.argument = "validate"
      problem.help.append("validate: 10% sets a tenth of the training images apart, class by class")
      throw problem
    } catch let error as DefenseError {
      throw Problem(
        code: ShellCode.badTraining, message: error.description, help: error.hint.map { [$0] } ?? [],
        argument: error.argument)
    } catch let error as NetworkError {
      throw Problem(code: ShellCode.badTraining, message: "\(error)", help: error.hint.map { [$0] } ?? [])
    }
  }
}

extension Choice {
  /// A defense with a radius that means something in its norm, if it was given none.
  fileprivate func withUsualRadius() throws -> Choice {
    guard let norm = threat?.norm, norm != .linf, given["eps"] == nil else { return self }
    return try configured("eps", .number(norm.usualEpsilon))
  }

  /// What a defense can be trained with but is hardly meant.
  fileprivate func doubts(_ shape: ImageShape) -> [String] {
    guard let threat else { return [] }
    let steps = [self["step"], self["with"]?.asChoice?["step"]].compactMap { $0?.asNumber }
    return [threat.doubt(shape)].compactMap { $0 } + steps.compactMap { threat.doubt(step: Float($0)) }
  }

  /// What the images lie within that a defense trains on; `nil` if it makes none.
  var threat: ThreatModel? {
    guard let eps = self["eps"]?.asNumber else { return nil }
    return ThreatModel(self["norm"]?.asString.flatMap(Norm.init(rawValue:)) ?? .linf, bound: eps)
  }
}

extension DefenseError {
  /// The argument at fault.
  fileprivate var argument: String {
    if case .otherClasses = self { "costs" } else { "defense" }
  }
}

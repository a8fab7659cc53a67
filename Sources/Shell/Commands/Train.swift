import Lang
import NN
import Store

extension Command<Session> {
  static var train: Command {
    Command(
      "train", "Train a network from scratch.", topic: Topic.training,
      examples: [
        "train lenet on: fashion epochs: 5", "train lenet on: fashion epochs: 5 defense: adversarial eps: 0.1",
      ],
      details: """
        The network begins with random weights drawn from the seed, and sees the training images once each epoch, in an order \
        drawn from the seed. The last epoch's weights are kept: none is picked by its test accuracy. Pixels are normalised by \
        the mean and standard deviation of the training images inside the model, so that eps is in pixel units. A list of defenses \
        is one defense made of them all: `defense: [minmax, adversarial(with: pgd(steps: 7))]`. Costs enter as the expected \
        cost unless a defense says otherwise.
        """
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
      details: "The model it starts from stays as it is; the new one remembers it as its parent."
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

/// The parameters that `train` and `defend` share.
struct TrainingParameters {
  let epochs: Parameter<Int>
  let batch: Parameter<Int>
  let optimizer: Parameter<Choice?>
  let rate: Parameter<Double?>
  let schedule: Parameter<Choice?>
  let decay: Parameter<Double?>
  let clip: Parameter<Double?>
  /// A cost matrix, or `none` to train without one.
  let costs: Parameter<Value?>
  let seed: Parameter<Int?>

  init(_ signature: Signature, costs fallback: String) {
    epochs = signature.optional("epochs", .integer(in: 1...10_000), "passes over the training images", default: 10)
    batch = signature.optional("batch", .integer(in: 1...8192), "images to a step", default: 64)
    optimizer = signature.optional(
      "optimizer", .choice(Optimizers.family.name), "how a gradient becomes a step", shown: "adam")
    rate = signature.optional(
      "rate", .number(in: .above(0, atMost: 100)), "the length of a step", shown: "the optimizer's own")
    schedule = signature.optional(
      "schedule", .choice(Schedules.family.name), "how the rate changes", shown: "exponential(factor: 0.95)")
    decay = signature.optional("decay", .number(in: .within(0...10)), "weight decay", shown: "the optimizer's own")
    clip = signature.optional(
      "clip", .number(in: .above(0, atMost: 1e6)),
      "the longest gradient, over all weights; longer ones are scaled down",
      shown: "none")
    costs = signature.optional(
      "costs", .either(.object(CostsValue.self), .nothing), "what mistakes cost",
      shown: fallback)
    seed = signature.seed()
  }

  /// The training that was asked for.
  func spec(_ given: Arguments, defense: [Choice], _ session: Session) -> TrainingSpec {
    var spec = TrainingSpec()
    (spec.epochs, spec.batch, spec.clip) = (given[epochs], given[batch], given[clip])
    spec.seed = given[seed] ?? session.seed
    if let chosen = given[optimizer] { spec.optimizer = chosen.spec }
    if let rate = given[rate] { spec.optimizer.settings["rate"] = .number(rate) }
    if let decay = given[decay] { spec.optimizer.settings["decay"] = .number(decay) }
    if let chosen = given[schedule] { spec.schedule = chosen.spec }
    if !defense.isEmpty { spec.defense = defense.map { $0.spec } }
    return spec
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
    let asked = parameters.spec(given, defense: choices, self)
    let (spec, trainer): (TrainingSpec, Trainer)
    do {
      (spec, trainer) = try translatingErrors {
        let whole = try asked.completed()
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
    guard let data = training.origin.data else { return .none }
    let started = ContinuousClock.now
    let progress = Progress(terminal: terminal, quiet: isQuiet)
    let state = try translatingErrors(resuming: training) {
      defer { progress.finish() }
      return try training.trainer.resume(
        training.state, on: data.dataset.train, testing: data.dataset.test, engine: engine, stop: stop,
        whole: { keep($0, of: training, since: started) }
      ) { report in
        let fraction =
          (Double(report.epoch - 1) + Double(report.batch) / Double(report.batches)) / Double(report.epochs)
        progress.update(
          "epoch \(report.epoch)/\(report.epochs)", fraction: fraction,
          details: [
            "loss \(NumberText.fixed(report.loss, 3))", "\(NumberText.count(Int(report.imagesPerSecond))) img/s",
          ])
      }
    }
    var origin = training.origin
    // A training resumed from a store of an earlier version has not looked at the test images.
    origin.clean =
      try state.epochs.last?.testAccuracy
      ?? translatingErrors { try engine.accuracy(of: state.model, on: data.dataset.test, stop: stop) }
    origin.seconds += (ContinuousClock.now - started).inSeconds
    origin.epochs = state.epochs.map(record)
    let value = ModelValue(state.model, origin: origin)
    warnOfGrowth(state.epochs)
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

  private func record(_ epoch: NN.EpochRecord) -> StoredEpoch {
    StoredEpoch(
      epoch: epoch.epoch, loss: epoch.loss, trainAccuracy: epoch.trainAccuracy, testAccuracy: epoch.testAccuracy,
      seconds: epoch.seconds, imagesPerSecond: epoch.imagesPerSecond,
      weights: (epoch.weights ?? []).map { StoredWeights($0) })
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
  private var threat: ThreatModel? {
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

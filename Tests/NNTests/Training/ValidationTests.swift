import Testing

@testable import NN

@Suite struct ValidationTests {
  private static let shape = ImageShape(channels: 1, height: 16, width: 16)
  private static let costs = CostMatrix.fixture([[0, 9, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [1, 1, 2, 0]])

  private func model(_ data: Dataset) throws -> Model {
    try Model(
      LeNet(), input: data.shape, classes: data.classes.count,
      normalisation: Normalisation(mean: data.mean, std: data.std))
  }

  private func trainer(_ epochs: Int) -> Trainer {
    var trainer = Trainer()
    (trainer.epochs, trainer.batch) = (epochs, 40)
    return trainer
  }

  private func record(_ epoch: Int, _ figures: ValidationFigures) -> EpochRecord {
    var record = EpochRecord(
      epoch: epoch, loss: 1, trainAccuracy: 0, testAccuracy: nil, rate: 0.1, seconds: 1, imagesPerSecond: 1)
    record.validation = figures
    return record
  }

  private func figures(
    _ clean: Double, balanced: Double = 0, robust: Double? = nil, protected: Double? = nil, cost: Double? = nil
  ) -> ValidationFigures {
    ValidationFigures(clean: clean, balanced: balanced, robust: robust, protected: protected, cost: cost)
  }

  // MARK: - Which images

  @Test func theImagesAreAShareOfEachClassAndAreNotTrainedOn() throws {
    let data = try SmallData.squares(200, shape: Self.shape)
    let (train, chosen) = try ValidationSpec(share: 0.2).parts(of: data, seed: 5)
    #expect(train.count == 160 && chosen.count == 40)
    #expect(Set(train.indices).isDisjoint(with: chosen.indices))
    #expect(Set(train.indices).union(chosen.indices) == Set(0..<200))
    for label in data.classes.indices {
      let (own, all) = (chosen.labels.count { $0 == label }, data.train.labels.count { $0 == label })
      #expect(abs(Double(own) - 0.2 * Double(all)) <= 1)
    }
    #expect(try ValidationSpec(count: 40).parts(of: data, seed: 5).validation.indices == chosen.indices)
    #expect(try ValidationSpec(count: 40).parts(of: data, seed: 6).validation.indices != chosen.indices)
  }

  @Test func imagesThatAreNamedLeaveTheTrainingPartAndTestImagesAreRefused() throws {
    let data = try SmallData.squares(100, shape: Self.shape)
    let some = ImageSelection(data.train.at([3, 5, 8]))
    let (train, chosen) = try ValidationSpec(images: some).parts(of: data, seed: 0)
    #expect(chosen.indices == [3, 5, 8] && train.count == 97 && !train.indices.contains(5))
    for bad in [
      ValidationSpec(images: ImageSelection(data.test)), ValidationSpec(images: ImageSelection(data.train)),
      ValidationSpec(share: 0.001), ValidationSpec(count: 100), ValidationSpec(count: -3),
    ] {
      #expect(throws: DataError.self) { try bad.parts(of: data, seed: 0) }
    }
  }

  @Test func aWrittenTrainingComesBackWithAllThatChoosesItsEpoch() throws {
    var spec = TrainingSpec()
    spec.validate = ValidationSpec(
      images: ImageSelection(try SmallData.squares(50, shape: Self.shape).train.at([1, 4])))
    spec.watch = AttackSpec(Spec("pgd", ["steps": .integer(3)]))
    (spec.pick, spec.patience, spec.average, spec.balance) = (.protected, 4, 0.99, true)
    let read = try TrainingSpec(json: spec.json)
    #expect(read.json == spec.json)
    #expect(read.validate == spec.validate && read.watch == spec.watch && read.pick == .protected && read.patience == 4)
    #expect(read.average == 0.99 && read.balance == true)
    #expect(try TrainingSpec(json: spec.completed().json).watch?.eps == 0.1)
    // What was written before there was any of it.
    let old = try TrainingSpec(
      json:
        #"{"batch":64,"defense":[{"standard":{}}],"epochs":5,"optimizer":{"adam":{}},"schedule":{"constant":{}},"seed":0}"#
    )
    #expect(old.validate == nil && old.pick == nil)
  }

  // MARK: - Which epoch

  static let measures: [(Validation.Measure, best: Int)] = [
    (.robust, 2), (.protected, 4), (.clean, 3), (.balanced, 1), (.cost, 4),
  ]

  @Test(arguments: measures) func eachMeasurePicksItsOwnBestEpochTheFirstOfEqualOnes(
    measure: Validation.Measure, best: Int
  ) throws {
    let data = try SmallData.squares(50, shape: Self.shape)
    let records = [
      figures(0.5, balanced: 0.9, robust: 0.2, protected: 0.1, cost: 3),
      figures(0.6, balanced: 0.8, robust: 0.4, protected: 0.1, cost: 2.5),
      figures(0.7, balanced: 0.9, robust: 0.4, protected: 0.1, cost: 2.5),
      figures(0.7, balanced: 0.1, robust: 0.1, protected: 0.3, cost: 1.5),
    ].enumerated().map { record($0 + 1, $1) }
    #expect(Validation(data.train, pick: measure).best(of: records) == best)
    #expect(Validation(data.train).best(of: records) == nil)
  }

  @Test func patienceEndsTheTrainingSoManyEpochsAfterTheBest() throws {
    let data = try SmallData.squares(50, shape: Self.shape)
    let records = [0.5, 0.6, 0.55, 0.6].enumerated().map { record($0 + 1, figures($1)) }
    let two = Validation(data.train, pick: .clean, patience: 2)
    #expect(!two.isOver(after: Array(records.prefix(3))) && two.isOver(after: records))
    #expect(!Validation(data.train, pick: .clean, patience: 3).isOver(after: records))
    #expect(!Validation(data.train, pick: .clean).isOver(after: records))
    #expect(!two.isOver(after: []))
  }

  @Test func theBestEpochsWeightsAreKeptAndItsFiguresAreThoseOfTheImages() throws {
    let data = try SmallData.squares(200, shape: Self.shape)
    let (train, chosen) = try ValidationSpec(share: 0.2).parts(of: data, seed: 0)
    let engine = Engine(threads: 2)
    var attack = PGD()
    attack.steps = 2
    let watch = AttackRun(attack, within: ThreatModel(.linf, epsilon: 0.03))
    var after: [[Float]] = []
    let state = try trainer(6).resume(
      TrainingState(model(data)), on: train, testing: data.test,
      validation: Validation(chosen, watch: watch, costs: Self.costs, pick: .cost), engine: engine,
      whole: { after.append($0.model.values) })
    let best = try #require(state.best)
    #expect(state.outcome.values == after[best.epoch - 1])
    #expect(state.outcomeEpoch == state.epochs[best.epoch - 1])
    #expect(state.model.values == after[5])
    let costs = try state.epochs.map { try #require($0.validation?.cost) }
    #expect(costs[best.epoch - 1] == costs.min())
    var run = watch
    run.costs = Self.costs
    let evaluation = try run.run(against: state.outcome.target, on: chosen, engine: engine).evaluation
    let figures = try #require(state.outcomeEpoch?.validation)
    #expect(figures.cost == evaluation.meanCost && figures.robust == evaluation.robust.value)
    #expect(figures.clean == evaluation.clean.value && figures.protected == evaluation.protected?.value)
    // Judging changes nothing: the same weights come out without it.
    let unwatched = try trainer(6).train(model(data), on: train, engine: engine)
    #expect(unwatched.model.values == state.model.values && unwatched.outcome.values == after[5])
  }

  @Test func aTrainingGoesOnToTheSameBitsFromTheFileOfEveryEpoch() throws {
    let data = try SmallData.squares(120, shape: Self.shape)
    let (train, chosen) = try ValidationSpec(share: 0.25).parts(of: data, seed: 0)
    var trainer = trainer(5)
    (trainer.average, trainer.balances) = (0.9, true)
    trainer.objective = TrainingObjective(adversary: GradientSign(epsilon: 0.05), mix: .adversarial)
    trainer.objective.weightPerturbation = WeightPerturbation(gamma: 0.01, warmup: 1.5)
    let validation = Validation(chosen, pick: .clean, patience: 2)
    var files: [[UInt8]] = []
    let whole = try trainer.resume(
      TrainingState(model(data)), on: train, validation: validation, engine: Engine(threads: 2),
      whole: { files.append($0.checkpoint.bytes) })
    for bytes in files {
      let state = try TrainingState(checkpoint: Safetensors(bytes: bytes, path: "x"), path: "x")
      let resumed = try trainer.resume(state, on: train, validation: validation, engine: Engine(threads: 1))
      #expect(resumed.model.values == whole.model.values && resumed.average == whole.average)
      #expect(resumed.outcome.values == whole.outcome.values && resumed.best?.epoch == whole.best?.epoch)
      #expect(resumed.epochs.map(\.validation) == whole.epochs.map(\.validation))
    }
  }

  @Test func aFileWhoseBestOrMeanWeightsDoNotFitIsRefused() throws {
    let data = try SmallData.squares(50, shape: Self.shape)
    var trainer = trainer(1)
    trainer.average = 0.9
    let state = try trainer.train(
      model(data), on: data.train, validation: Validation(data.train.take(10), pick: .clean), engine: Engine())
    func refuses(_ change: (inout Safetensors) -> Void) {
      var file = state.checkpoint
      change(&file)
      #expect(throws: CheckpointError.self) { try TrainingState(checkpoint: file, path: "x") }
    }
    let one = Tensor(shape: [1], values: [0])
    for name in ["ward.average", "ward.best"] {
      refuses { file in
        file.tensors.removeAll { $0.name == name }
        file.tensors.append((name, one))
      }
    }
    for epoch in ["0", "2", "x", nil] { refuses { $0.metadata["ward.best"] = epoch } }
  }

  // MARK: - Mean weights, classes alike

  @Test func theMeanWeightsAreTheMovingMeanOfTheWeightsAfterEachStep() throws {
    let data = try SmallData.squares(40, shape: Self.shape)
    var trainer = trainer(12)
    trainer.average = 0.45  // below (1 + t) / (10 + t) from the eighth step on
    let start = try model(data)
    var mean = start.values.map(Double.init)
    var steps = 0.0
    let state = try trainer.resume(
      TrainingState(start), on: data.train, engine: Engine(),
      whole: { state in
        steps += 1
        let kept = min(0.45, (1 + steps) / (10 + steps))
        for i in mean.indices { mean[i] = kept * mean[i] + (1 - kept) * Double(state.model.values[i]) }
      })
    #expect(state.steps == 12)
    let found = try #require(state.average)
    #expect(zip(found, mean).allSatisfy { abs(Double($0) - $1) < 1e-5 })
    #expect(state.outcome.values == found && found != state.model.values)
  }

  @Test func balancedEpochsShowEveryClassAlikeAndNoImageTwiceBeforeAllOfItsClass() throws {
    let all = try SmallData.squares(200, shape: Self.shape)
    // Of class 0 all, of class 1 a half, of the others five each.
    var seen = [0, 0, 0, 0]
    let rows = all.train.indices.indices.filter { row in
      let label = all.train.label(at: row)
      seen[label] += 1
      return label == 0 || seen[label] <= (label == 1 ? 25 : 5)
    }
    let images = all.train.at(rows)
    var trainer = trainer(1)
    trainer.balances = true
    let run = try TrainingRun(
      trainer, TrainingState(model(all)), images: images, engine: Engine(threads: 1), stop: .never)
    let order = run.order(of: 1)
    #expect(order.count == images.count && order != run.order(of: 2) && order == run.order(of: 1))
    for label in 0..<4 {
      let shown = order.filter { images.label(at: $0) == label }
      #expect(abs(Double(shown.count) - Double(images.count) / 4) <= 1)
      let times = Dictionary(grouping: shown, by: { $0 }).mapValues(\.count)
      let members = images.labels.count { $0 == label }
      #expect(times.count == min(members, shown.count))
      #expect(times.values.max()! - (times.count < members ? 0 : times.values.min()!) <= 1)
    }
  }

  @Test func balancedAccuracyIsTheMeanOverTheClassesThatHaveImages() {
    func outcome(_ label: Int, _ answer: Int, _ attacked: Int) -> Outcome {
      Outcome(
        index: 0, label: label, cleanAnswer: answer, answer: attacked, target: nil, attacked: true,
        fooled: attacked != label, distances: .zero, queries: 0, gradients: 0, steps: 0, credits: [], withinBudget: true
      )
    }
    let outcomes = [
      outcome(0, 0, 0), outcome(0, 0, 1), outcome(0, 0, 0), outcome(0, 0, 1), outcome(2, 1, 1), outcome(2, 2, 2),
    ]
    let evaluation = Evaluation(classNames: ["a", "b", "c"], costs: nil, outcomes: outcomes)
    #expect(evaluation.balancedClean == 0.75 && evaluation.balancedRobust == 0.5)
    #expect(evaluation.clean.value == 5.0 / 6)
    #expect(Evaluation(classNames: ["a"], costs: nil, outcomes: []).balancedClean.isNaN)
  }
}

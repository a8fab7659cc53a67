import Synchronization
import Testing

@testable import NN

@Suite struct TrainerTests {
  private func small(_ data: Dataset, seed: Int = 0) throws -> Model {
    try Model(
      LeNet(), input: data.shape, classes: data.classes.count,
      normalisation: Normalisation(mean: data.mean, std: data.std), seed: seed)
  }

  private func trainer(_ epochs: Int, _ defense: TrainingObjective = .standard) -> Trainer {
    var trainer = Trainer()
    trainer.epochs = epochs
    trainer.batch = 40
    trainer.objective = defense
    return trainer
  }

  private static let images = ImageShape(channels: 1, height: 16, width: 16)

  @Test func trainingLearnsAndReportsEveryEpoch() throws {
    let data = try SmallData.squares(200, shape: Self.images)
    var calls = 0
    let state = try trainer(12).train(try small(data), on: data.train, testing: data.test, engine: Engine()) {
      calls += 1
      #expect($0.batches == 5 && $0.epochs == 12)
    }
    #expect(calls == 60)
    #expect(state.epochs.map(\.epoch) == Array(1...12))
    let last = try #require(state.epochs.last)
    #expect(last.loss < 0.5 * state.epochs[0].loss)
    #expect(last.testAccuracy == 1)
    #expect(last.trainAccuracy > 0.95)
    #expect(last.imagesPerSecond > 0)
  }

  static let defenses: [(String, TrainingObjective)] = {
    let costs = CostMatrix.fixture([[0, 9, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [1, 1, 2, 0]])
    let sign = GradientSign(epsilon: 0.05)
    return [
      ("standard", .standard), ("minmax", .minmax(costs)), ("adversarial", .adversarial(epsilon: 0.05)),
      ("csa", .csa(costs, epsilon: 0.05)), ("madry", TrainingObjective(adversary: sign, mix: .adversarial)),
      ("blended", TrainingObjective(adversary: sign, mix: .blended(clean: 0.3))),
      ("trades", TrainingObjective(adversary: sign, mix: .paired(Consistency(beta: 2)))),
    ]
  }()

  @Test(arguments: defenses) func theSameSeedGivesTheSameBitsOnAnyNumberOfThreads(
    name: String, defense: TrainingObjective
  ) throws {
    let data = try SmallData.squares(90, shape: Self.images)
    let results = try [1, 2, 3].map {
      try trainer(2, defense).train(try small(data), on: data.train, engine: Engine(threads: $0))
    }
    #expect(results[0].model.values == results[1].model.values)
    #expect(results[0].model.values == results[2].model.values)
    let fresh = try small(data)
    #expect(results[0].model.values != fresh.values)
    #expect(results[0].epochs.map(\.loss) == results[1].epochs.map(\.loss))
  }

  @Test func anotherSeedGivesOtherBits() throws {
    let data = try SmallData.squares(90, shape: Self.images)
    var other = trainer(1)
    other.seed = 1
    let first = try trainer(1).train(try small(data), on: data.train, engine: Engine())
    let second = try other.train(try small(data), on: data.train, engine: Engine())
    #expect(first.model.values != second.model.values)
  }

  @Test func aResumedTrainingComesToTheSameBits() throws {
    let data = try SmallData.squares(90, shape: Self.images)
    let engine = Engine(threads: 2)
    let whole = try trainer(4).train(try small(data), on: data.train, engine: engine)
    let half = try trainer(2).train(try small(data), on: data.train, engine: engine)
    let resumed = try trainer(4).resume(half, on: data.train, engine: engine)
    #expect(resumed.model.values == whole.model.values)
    #expect(resumed.moments == whole.moments)
    #expect(resumed.epochs.map(\.loss) == whole.epochs.map(\.loss))
  }

  @Test func anInterruptKeepsTheLastWholeEpochAndCanBeResumedToTheSameBits() throws {
    let data = try SmallData.squares(90, shape: Self.images)
    let engine = Engine(threads: 2)
    let batches = Atomic<Int>(0)
    let stop = Stop { batches.load(ordering: .relaxed) >= 4 }  // in the second of three batches to an epoch
    do {
      _ = try trainer(3).train(try small(data), on: data.train, engine: engine, stop: stop) { _ in
        batches.add(1, ordering: .relaxed)
      }
      Issue.record("it was not interrupted")
    } catch TrainingError.interrupted(let epoch, let last) {
      #expect(epoch == 2)
      #expect(last.epochs.count == 1)
      let resumed = try trainer(3).resume(last, on: data.train, engine: engine)
      let whole = try trainer(3).train(try small(data), on: data.train, engine: engine)
      #expect(resumed.model.values == whole.model.values)
    }
  }

  @Test func aLossThatIsNoNumberStopsAndKeepsTheLastGoodEpoch() throws {
    let data = try SmallData.squares(90, shape: Self.images)
    var wild = trainer(5)
    wild.optimizer = {
      var sgd = SGD(); sgd.rate = 100; return sgd
    }()
    var schedule = StepSchedule()
    schedule.every = 1
    schedule.factor = 1
    wild.schedule = schedule
    do {
      _ = try wild.train(try small(data), on: data.train, engine: Engine())
      Issue.record("it did not diverge")
    } catch TrainingError.diverged(let epoch, let batch, let rate, let loss, let last) {
      #expect(epoch >= 1 && batch >= 1)
      #expect(rate == 100)
      #expect(!loss.isFinite)
      #expect(last.epochs.count == epoch - 1)
      #expect(last.model.values.allSatisfy { $0.isFinite })
    }
  }

  @Test func clippingBoundsTheStep() throws {
    let data = try SmallData.squares(40, shape: Self.images)
    let model = try small(data)
    var clipped = trainer(1)
    clipped.optimizer = {
      var sgd = SGD(); sgd.rate = 1; return sgd
    }()
    clipped.clip = 0.01
    let state = try clipped.train(model, on: data.train, engine: Engine())
    let squares = zip(state.model.values, model.values).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    #expect(squares.squareRoot() <= 0.01 * 1.0001)
    #expect(squares.squareRoot() > 0.0099)
  }

  @Test func weightsThatAreNoNumbersAreRefusedBeforeAnythingRuns() throws {
    let data = try SmallData.squares(20, shape: Self.images)
    var model = try small(data)
    var values = model.values
    values[model.layout[2].range.lowerBound] = .nan
    model.setValues(values)
    let error = problem(TrainingError.self) { _ = try trainer(1).train(model, on: data.train, engine: Engine()) }
    #expect(error.map { "\($0)" } == "\(model.layout[2].name) holds a weight that is not a finite number")
  }

  @Test func imagesOfAnotherShapeAreRefused() throws {
    let data = try SmallData.squares(20, shape: ImageShape(channels: 1, height: 20, width: 20))
    let model = try Model(LeNet(), input: Self.images, classes: 4)
    let one = trainer(1)
    #expect(throws: TrainingError.self) { _ = try one.train(model, on: data.train, engine: Engine()) }
  }
}

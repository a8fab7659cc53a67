import Synchronization
import Testing

@testable import NN

/// A stop is heard inside a step, and what was half done is thrown away.
@Suite struct StopTests {
  /// Says yes from the `limit`-th question on, and counts them.
  private final class Patience: Sendable {
    private let asked = Atomic<Int>(0)
    var questions: Int { asked.load(ordering: .relaxed) }
    let limit: Int
    init(_ limit: Int) { self.limit = limit }
    var stop: Stop { Stop { self.asked.add(1, ordering: .relaxed).newValue > self.limit } }
  }

  private let data: Dataset

  init() throws { data = try SmallData.squares(96, shape: ImageShape(channels: 1, height: 16, width: 16)) }

  private func model(_ kind: any Architecture) throws -> Model { try Model(kind, input: data.shape, classes: 4) }

  private func trainer(_ defense: TrainingObjective = .standard) -> Trainer {
    var trainer = Trainer()
    (trainer.epochs, trainer.batch, trainer.objective) = (2, 96, defense)
    return trainer
  }

  static let kinds: [(any Architecture, TrainingObjective)] = [
    (LeNet(), .standard), (ResNet8(), .standard), (LeNet(), .adversarial(epsilon: 0.05)),
    (LeNet(), TrainingObjective(adversary: GradientSign(epsilon: 0.05), mix: .paired(Consistency(beta: 2)))),
  ]

  /// Wherever the stop falls, the state is that of the last whole epoch, and goes on to the bits of an undisturbed training.
  @Test(arguments: kinds.indices) func aHalfMadeStepIsThrownAway(_ kind: Int) throws {
    let (architecture, defense) = Self.kinds[kind]
    let (engine, trainer) = (Engine(threads: 2), self.trainer(defense))
    let patience = Patience(.max)
    let start = TrainingState(try model(architecture))
    let whole = try trainer.resume(start, on: data.train, testing: data.test, engine: engine, stop: patience.stop)
    // One step an epoch: questions between layers are what there is to count.
    #expect(patience.questions > 60, "\(patience.questions)")
    for place in 1..<8 {
      let limit = patience.questions * place / 8
      do {
        _ = try trainer.resume(start, on: data.train, testing: data.test, engine: engine, stop: Patience(limit).stop)
        Issue.record("no interrupt at \(limit)")
      } catch TrainingError.interrupted(_, let last) {
        if last.epochs.isEmpty { #expect(last.model.values == start.model.values && last.steps == 0) }
        #expect(last.steps == last.epochs.count * trainer.objective.mix.stepsPerBatch)
        let resumed = try trainer.resume(last, on: data.train, testing: data.test, engine: engine)
        #expect(resumed.model.values == whole.model.values, "after \(limit) questions")
      }
    }
  }

  @Test func answersAreNotGivenOnceAStopIsAsked() throws {
    let network = try model(ResNet8())
    let engine = Engine(threads: 1)
    let patience = Patience(.max)
    _ = try engine.answers(of: network, to: data.test, stop: patience.stop)
    #expect(patience.questions > 40, "\(patience.questions)")
    for limit in [0, 1, patience.questions / 2, patience.questions - 1] {
      #expect(throws: Interrupted.self) {
        try engine.answers(of: network, to: data.test, stop: Patience(limit).stop)
      }
    }
  }

  @Test func anAttackHearsAStopBetweenLayers() throws {
    let target = try model(LeNet()).target
    var run = AttackRun(PGD(), within: ThreatModel(.linf, epsilon: 0.1))
    run.blockSize = 256
    let patience = Patience(.max)
    _ = try run.run(against: target, on: data.test, engine: Engine(threads: 1), stop: patience.stop)
    #expect(patience.questions > 200, "\(patience.questions)")
    for limit in [0, 3, 17, patience.questions / 2, patience.questions - 1] {
      #expect(throws: Interrupted.self) {
        try run.run(against: target, on: data.test, engine: Engine(threads: 1), stop: Patience(limit).stop)
      }
    }
  }
}

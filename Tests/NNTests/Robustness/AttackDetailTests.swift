import Synchronization
import Testing

@testable import NN

/// Details of single attacks that the contract cannot see.
@Suite struct AttackDetailTests {
  private let shape = ImageShape(channels: 1, height: 8, width: 8)

  @Test func autoPGDChecksWhenThePaperSays() {
    #expect(AutoAscent.checkpoints(100) == [22, 41, 57, 70, 80, 87, 93, 99])
    #expect(AutoAscent.checkpoints(50) == [11, 21, 30, 38, 45])
    #expect(AutoAscent.checkpoints(20) == [4, 7] + Array(9...20))
  }

  /// With a radius that is too small to fool, every question is asked, and none more.
  @Test func squareAsksExactlyItsQueries() throws {
    let target = CurvedModel.drawn(classes: 3, shape: shape, seed: 2)
    let images = try labelled(by: target, count: 5, seed: 1)
    for block in [1, 5] {
      var square = Square()
      square.queries = 77
      var run = AttackRun(square, within: ThreatModel(.linf, epsilon: 1e-4))
      run.blockSize = block
      let outcomes = try run.run(against: target, on: images).evaluation.outcomes
      #expect(outcomes.allSatisfy { $0.queries == 77 && $0.gradients == 0 && $0.distances.linf <= 1.001e-4 })
    }
  }

  @Test(arguments: [Norm.linf, .l2, .l1]) func everyPatchOfSquareKeepsWithinTheRadius(_ norm: Norm) {
    var random = Random(seed: 5, image: 0)
    let center = (0..<64).map { _ in random.uniform() }
    let threat = ThreatModel(norm, epsilon: norm == .linf ? 0.1 : (norm == .l2 ? 1 : 4))
    var patches = SquarePatches(threat, shape)
    var point = patches.start(center, &random)
    for query in 0..<200 {
      point = patches.candidate(point, around: center, side: patches.side(Square().share(query)), &random)
      // It walks in single precision; what is returned is then confined to the last bit.
      #expect(threat.almostAllows(Distances.between(center, point)))
      #expect(point.allSatisfy { $0 >= 0 && $0 <= 1 })
    }
  }

  @Test func patchesOfSquareShrinkOnThePapersSchedule() {
    var square = Square()
    square.rescale = false
    #expect([0, 10, 11, 51, 201, 4999].map { square.share($0) } == [0.8, 0.8, 0.4, 0.2, 0.1, 0.8 / 128])
    square.rescale = true
    #expect(square.share(4999) == 0.8 / 512)
  }

  @Test func aCascadeSaysWhichAttackBrokeWhat() throws {
    let target = CurvedModel.drawn(classes: 5, shape: shape, seed: 3)
    let images = try labelled(by: target, count: 20, seed: 4)
    var auto = AutoAttack()
    (auto.steps, auto.queries) = (10, 100)
    let result = try AttackRun(auto, within: ThreatModel(.linf, epsilon: 0.03)).run(against: target, on: images)
    let names = Set(auto.stages(.linf, classes: 5).map(\.name))
    #expect(names == ["apgd-ce", "apgd-t", "fab-t", "square"])
    #expect(
      result.evaluation.outcomes.allSatisfy { $0.fooled == ($0.credits.count == 1 && names.contains($0.credits[0])) })
    #expect(auto.stages(.linf, classes: 3).map(\.name) == ["apgd-ce", "fab-t", "square"])
  }

  @Test func eachPartOnAllImagesLeavesWhatTheCascadeLeaves() throws {
    let target = CurvedModel.drawn(classes: 5, shape: shape, seed: 3)
    let images = try labelled(by: target, count: 30, seed: 4)
    var auto = AutoAttack()
    (auto.steps, auto.queries) = (10, 100)
    func outcomes() throws -> [Outcome] {
      try AttackRun(auto, within: ThreatModel(.linf, epsilon: 0.03)).run(against: target, on: images).evaluation
        .outcomes
    }
    let cascade = try outcomes()
    auto.mode = .individual
    let individual = try outcomes()
    #expect(individual.map(\.fooled) == cascade.map(\.fooled) && individual.contains { $0.credits.count > 1 })
    #expect(individual.map(\.credits.first) == cascade.map(\.credits.first))
    let alone = try AttackRun(auto.stages(.linf, classes: 5)[3].attack, within: ThreatModel(.linf, epsilon: 0.03))
      .run(against: target, on: images).evaluation.outcomes
    #expect(alone.map(\.fooled) == individual.map { $0.credits.contains("square") })
  }

  /// Of a linear model of two classes JSMA must take the pixels with the steepest products, and fool with the fewest.
  @Test func theSaliencyMapTakesTheBestPair() throws {
    let flat = ImageShape(channels: 1, height: 1, width: 20)
    var weights = Pixels(repeating: 0.1, count: 20)
    (weights[4], weights[17], weights[9]) = (3, 2, 1)
    let rows = [Vector.scaled(weights, by: -1), weights]
    let target = Target(classes: 2, shape: flat) {
      LinearModel(rows, bias: [4, -4], shape: flat)
    }
    let dataset = try Dataset(
      name: "black", classes: ["a", "b"], shape: flat, train: .init(bytes: [], labels: []),
      test: .init(bytes: [UInt8](repeating: 0, count: 20), labels: [0]))
    var run = AttackRun(JSMA(), within: ThreatModel(.l0, epsilon: 5))
    run.keepsImages = true
    let result = try run.run(against: target, on: dataset.test)
    let changed = try #require(result.examples)[0].indices.filter { result.examples?[0][$0] != 0 }
    #expect(changed == [4, 17] && result.evaluation.outcomes[0].fooled)
  }

  @Test func anInterruptedRunGoesOnWhereItStopped() throws {
    let target = CurvedModel.drawn(classes: 4, shape: shape, seed: 6)
    let images = try labelled(by: target, count: 20, seed: 7, wrong: 2)
    var run = AttackRun(Square(), within: ThreatModel(.linf, epsilon: 0.03))
    run.attack = try AttackContractTests.small("square")
    run.blockSize = 4
    let whole = try run.run(against: target, on: images)
    let done = Mutex<[Outcome]>([])
    #expect(throws: Interrupted.self) {
      try run.run(
        against: target, on: images, engine: Engine(threads: 1), stop: Stop { done.withLock { $0.count >= 8 } },
        finished: { part in done.withLock { $0 += part } })
    }
    let half = done.withLock { $0 }
    #expect(half.count >= 8 && half.count < 20)
    let resumed = try run.run(against: target, on: images, resuming: half)
    #expect(resumed.evaluation.outcomes == whole.evaluation.outcomes)
  }

  @Test(arguments: ["ascent", "deepfool"]) func theUniversalChangeIsOneForAll(_ rule: String) throws {
    let target = CurvedModel.drawn(classes: 4, shape: shape, seed: 6)
    let images = try labelled(by: target, count: 12, seed: 7)
    let attack = try #require(Attacks.family.named("universal")).make(["rule": .choice(rule)])
    var run = AttackRun(attack, within: ThreatModel(.linf, epsilon: 0.2))
    run.keepsImages = true
    let result = try run.run(against: target, on: images)
    let ready = try attack.prepared(for: target, images, within: run.threat, changing: nil, seed: 0, stop: .never)
    let change = try #require((ready as? Universal)?.change)
    for (i, outcome) in result.evaluation.outcomes.enumerated() where outcome.attacked {
      #expect(
        try #require(result.examples)[i]
          == run.threat.confined(Vector.sum(images.pixels(at: i), change), around: images.pixels(at: i)))
    }
    #expect(result.evaluation.success.hits > 0)
  }

  @Test func whatFoolsOneModelIsTriedOnAnother() throws {
    let source = CurvedModel.drawn(classes: 4, shape: shape, seed: 6)
    let images = try labelled(by: source, count: 12, seed: 7)
    let transfer = Transfer(from: source, using: PGD())
    let threat = ThreatModel(.linf, epsilon: 0.1)
    let same = try AttackRun(transfer, within: threat).run(against: source, on: images)
    #expect(same.evaluation.success.hits >= 10 && same.evaluation.gradients == 0 && same.run.attack.name == "transfer")
    let other = CurvedModel.drawn(classes: 3, shape: shape, seed: 6)
    #expect(
      problem(AttackError.self) { _ = try AttackRun(transfer, within: threat).run(against: other, on: images) } != nil)
  }

  @Test func mistakesAreRefusedBeforeAnythingRuns() throws {
    let target = CurvedModel.drawn(classes: 3, shape: shape, seed: 1)
    let images = try labelled(by: target, count: 6, seed: 1)
    func refusal(_ attack: any Attack, _ threat: ThreatModel, _ goal: Goal = .untargeted) -> AttackError? {
      var run = AttackRun(attack, within: threat)
      run.goal = goal
      return problem(AttackError.self) { _ = try run.run(against: target, on: images) }
    }
    let small = ThreatModel(.linf, epsilon: 0.1)
    #expect(refusal(FGSM(), ThreatModel(.linf, epsilon: 8))?.hint?.contains("8/255") == true)
    #expect(refusal(FGSM(), ThreatModel(.linf, epsilon: .infinity)) == .needsEpsilon(attack: "fgsm"))
    #expect(refusal(CarliniWagner(), small) == .norm(attack: "cw", norm: .linf, supported: [.l2]))
    #expect(refusal(FGSM(), small, .target(3)) == .noSuchTarget(3, classes: 3))
    #expect(refusal(FGSM(), small, .mostCostly) == .noCosts)
    var apgd = APGD()
    apgd.loss = .dlrTargeted
    #expect(refusal(apgd, small) == .tooFewClasses(attack: "apgd with loss dlr_t", needs: 4, classes: 3))
    let one = try images.only([images.labels[0]])
    var run = AttackRun(FGSM(), within: small)
    run.goal = .target(images.labels[0])
    #expect(problem(AttackError.self) { _ = try run.run(against: target, on: one) } == .targetIsTrue(images.labels[0]))
    #expect(problem(AttackError.self) { _ = try run.run(against: target, on: images.take(0)) } == .noImages)
    let other = CurvedModel.drawn(classes: 3, shape: ImageShape(channels: 1, height: 2, width: 2), seed: 1)
    guard case .shape? = problem(AttackError.self, { _ = try run.run(against: other, on: images) }) else {
      Issue.record("images of another shape passed")
      return
    }
  }

  @Test func ratesComeWithWilsonsInterval() {
    let interval = Rate(45, of: 50).interval
    #expect(abs(interval.low - 0.7864) < 1e-3 && abs(interval.high - 0.9565) < 1e-3)
    #expect(Rate(0, of: 10).interval.low == 0 && Rate(10, of: 10).interval.high > 0.999999)
    #expect(Rate(0, of: 0).interval == (0, 1))
  }

  /// One hand-worked, asymmetric case: a swap of truth and answer would show.
  @Test func anEvaluationCountsCostsByTruthFirst() throws {
    func outcome(_ label: Int, clean: Int, _ answer: Int, distance: Double = 0.1, within: Bool = true) -> Outcome {
      Outcome(
        index: 0, label: label, cleanAnswer: clean, answer: answer, target: nil, attacked: clean == label,
        fooled: clean == label && within && answer != label,
        distances: Distances(l0: 1, l1: distance, l2: distance, linf: distance), queries: 2, gradients: 1, steps: 1,
        credits: [], withinBudget: within)
    }
    let costs = try CostMatrix([[0, 5, 1], [2, 0, 3], [1, 1, 0]], protected: [1])
    let evaluation = Evaluation(
      classNames: ["a", "b", "c"], costs: costs,
      outcomes: [
        outcome(0, clean: 0, 1), outcome(0, clean: 0, 0), outcome(1, clean: 0, 0), outcome(1, clean: 1, 2),
        outcome(1, clean: 1, 2, within: false),
      ])
    #expect(evaluation.clean == Rate(4, of: 5) && evaluation.robust == Rate(2, of: 5))
    #expect(evaluation.success == Rate(2, of: 4))
    #expect(evaluation.protected == Rate(1, of: 3) && evaluation.protectedClean == Rate(2, of: 3))
    #expect(abs(evaluation.meanCost - (5 + 0 + 2 + 3 + 0) / 5) < 1e-12)
    #expect(evaluation.confusion == [[1, 1, 0], [1, 1, 1], [0, 0, 0]])
    #expect(evaluation.byClass[1].mostTakenFor?.number == 0 && evaluation.byClass[1].isProtected)
    #expect(evaluation.byClass[2].robust.count == 0 && evaluation.byClass[2].mostTakenFor == nil)
    #expect(evaluation.queries == 10 && evaluation.gradients == 5)
  }
}

/// How a selection is cut for the threads.
@Suite struct BlocksTests {
  @Test func noThreadWaitsLongForTheOthers() {
    // 250 images are sixteen groups: eight for each of two threads, in blocks of 64. 500 are 32, where blocks of 112 would leave
    // 18 against 14.
    #expect(Blocks.size(of: 250, threads: 2) == 64)
    #expect(Blocks.size(of: 500, threads: 2) == 128)
    #expect(Blocks.size(of: 3000, threads: 1) == 256)
    for (count, threads, most) in [(1, 1, 256), (17, 2, 256), (250, 3, 64), (10_000, 2, 256), (10_000, 7, 64)] {
      let size = Blocks.size(of: count, threads: threads, most: most)
      #expect(size % 16 == 0 && size >= 32 && size <= most, "\(size) of \(count) on \(threads)")
    }
  }
}

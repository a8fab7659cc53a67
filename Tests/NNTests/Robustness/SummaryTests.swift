import Testing

@testable import NN

/// Curves, worst cases, costly mistakes and the statistics of weights.
@Suite struct SummaryTests {
  private let shape = ImageShape(channels: 1, height: 4, width: 5)

  @Test func aCurveNeverRises() throws {
    let target = CurvedModel.drawn(classes: 4, shape: shape, seed: 1)
    let images = try labelled(by: target, count: 30, seed: 2, wrong: 2)
    for attack in [PGD(), DeepFool()] as [any Attack] {
      let run = AttackRun(attack, within: ThreatModel(.linf, epsilon: 0))
      let curve = try run.curve(at: [0.1, 0, 0.02, 0.05], against: target, on: images)
      let robust = curve.points.map(\.evaluation.robust.hits)
      #expect(curve.points.map(\.epsilon) == [0, 0.02, 0.05, 0.1] && robust == robust.sorted(by: >))
      #expect(robust[0] == 28 && robust[3] < robust[0])
      #expect(curve.area > 0 && curve.area < 28.0 / 30)
    }
  }

  @Test func aPointOfACurveIsWhatTheAttackAloneFinds() throws {
    let target = CurvedModel.drawn(classes: 4, shape: shape, seed: 1)
    let images = try labelled(by: target, count: 20, seed: 2)
    let run = AttackRun(DeepFool(), within: ThreatModel(.l2, epsilon: 0.3))
    let alone = try run.run(against: target, on: images)
    let curve = try run.curve(at: [0.3, 1], against: target, on: images)
    #expect(curve.points[0].evaluation.outcomes == alone.evaluation.outcomes)
    #expect(alone.robust(at: 1) == curve.points[1].evaluation.robust)
  }

  @Test func whatACurveKeepsIsWhatItsAnswersAreAbout() throws {
    let target = CurvedModel.drawn(classes: 4, shape: shape, seed: 1)
    let images = try labelled(by: target, count: 30, seed: 2, wrong: 2)
    let positions = [0, 3, 17, 29]
    for attack in [PGD(), DeepFool()] as [any Attack] {
      let run = AttackRun(attack, within: ThreatModel(.linf, epsilon: 0))
      let curve = try run.curve(at: [0, 0.02, 0.05, 0.1], against: target, on: images, keeping: positions)
      var changed = 0
      for point in curve.points {
        #expect(point.kept.keys.sorted() == positions)
        let kept = positions.map { point.kept[$0] ?? [] }
        let answers = try target.predictions(of: kept, engine: Engine(threads: 1)).map(\.answer)
        for (position, (image, answer)) in zip(positions, zip(kept, answers)) {
          let one = point.evaluation.outcomes[position]
          #expect(answer == (one.withinBudget ? one.answer : one.cleanAnswer), "\(attack.name) at \(point.epsilon)")
          let distance = Vector.linf(Vector.difference(image, images.pixels(at: position)))
          #expect(Double(distance) <= point.epsilon * 1.000001)
          changed += distance > 0 ? 1 : 0
        }
      }
      #expect(changed > 3)
      let plain = try run.curve(at: [0, 0.02, 0.05, 0.1], against: target, on: images)
      #expect(plain.points.map(\.evaluation.outcomes) == curve.points.map(\.evaluation.outcomes))
      #expect(plain.points.allSatisfy { $0.kept.isEmpty })
    }
  }

  @Test func theWorstCaseIsTakenImageByImage() throws {
    let target = CurvedModel.drawn(classes: 4, shape: shape, seed: 1)
    let images = try labelled(by: target, count: 40, seed: 2)
    let results = try (1...3).map { seed in
      var run = AttackRun(Noise(), within: ThreatModel(.linf, epsilon: 0.05))
      run.seed = seed
      return try run.run(against: target, on: images).evaluation
    }
    let worst = try #require(Evaluation.worst(of: results))
    let held = (0..<40).count { i in results.allSatisfy { $0.outcomes[i].isRobust } }
    #expect(worst.robust.hits == held && held < (results.map(\.robust.hits).min() ?? 0))
    #expect(worst.queries == results.reduce(0) { $0 + $1.queries })
    // By hand: two wrong answers, the later one dearer.
    func outcome(_ answer: Int) -> Outcome {
      Outcome(
        index: 0, label: 1, cleanAnswer: 1, answer: answer, target: nil, attacked: true, fooled: true, distances: .zero,
        queries: 1, gradients: 0, steps: 1, credits: [], withinBudget: true)
    }
    let costs = try CostMatrix([[0, 1, 1], [2, 0, 7], [1, 1, 0]])
    let both = [outcome(0), outcome(2)].map { Evaluation(classNames: ["a", "b", "c"], costs: costs, outcomes: [$0]) }
    #expect(Evaluation.worst(of: both)?.meanCost == 7 && Evaluation.worst(of: both.reversed())?.meanCost == 7)
  }

  /// By hand: one attack brings about another wrong answer, the other the one that was wanted.
  @Test func theWorstCaseOfTargetedAttacksReachesWhatOneOfThemReaches() throws {
    func evaluation(_ answer: Int) -> Evaluation {
      Evaluation(
        classNames: ["a", "b", "c"], costs: nil,
        outcomes: [
          Outcome(
            index: 0, label: 0, cleanAnswer: 0, answer: answer, target: 2, attacked: true, fooled: answer == 2,
            distances: .zero, queries: 1, gradients: 0, steps: 1, credits: [], withinBudget: true)
        ])
    }
    for both in [[evaluation(1), evaluation(2)], [evaluation(2), evaluation(1)]] {
      #expect(Evaluation.worst(of: both)?.success == Rate(1, of: 1))
    }
    let missed = try #require(Evaluation.worst(of: [evaluation(0), evaluation(1)]))
    #expect(missed.success == Rate(0, of: 1) && missed.robust == Rate(0, of: 1))
  }

  /// A linear model of three classes, one image of each, at a radius that reaches everything.
  @Test func costlyMistakesAddUpWhatIsReached() throws {
    let target = LinearModel.drawn(classes: 3, shape: shape, seed: 5)
    let images = try labelled(by: target, count: 30, seed: 6)
    var run = AttackRun(PGD(), within: ThreatModel(.linf, epsilon: 0.9))
    run.costs = try CostMatrix([[0, 2, 0], [5, 0, 1], [0, 0, 0]])
    let found = try run.costlyMistakes(against: target, on: images)
    let (zeros, ones) = (images.labels.count { $0 == 0 }, images.labels.count { $0 == 1 })
    #expect(found.images == zeros + ones && found.harmed == Rate(zeros + ones, of: zeros + ones))
    #expect(abs(found.meanSum - Double(2 * zeros + 6 * ones) / Double(zeros + ones)) < 1e-9)
    #expect(abs(found.meanHighest - Double(2 * zeros + 5 * ones) / Double(zeros + ones)) < 1e-9)
    #expect(found.reached[1][0] == Rate(ones, of: ones) && found.reached[0][2].count == 0)
    #expect(found.worst.images == 30 && abs(found.worst.meanCost - Double(2 * zeros + 5 * ones) / 30) < 1e-9)
    run.threat = ThreatModel(.linf, epsilon: 0)
    #expect(try run.costlyMistakes(against: target, on: images).harmed.hits == 0)
    run.costs = nil
    #expect(problem(AttackError.self) { _ = try run.costlyMistakes(against: target, on: images) } == .noCosts)
  }

  @Test func statisticsOfWeightsMatchHandWorkedCases() {
    let one = WeightStatistics(layer: "a", [0, 0, -2, 0])
    #expect(one.l1 == 2 && one.l2 == 2 && one.l1MinusL2 == 0 && one.max == 2 && one.hoyer == 1 && one.gini == 0.75)
    #expect(one.belowHundredth == 0.75 && one.belowThousandth == 0.75)
    let even = WeightStatistics(layer: "b", [1, -1, 1, -1])
    #expect(even.hoyer == 0 && even.gini == 0 && even.kurtosis == 1 && even.std == 1 && even.belowHundredth == 0)
    let mixed = WeightStatistics(layer: "c", [1, 2, 3, 6])
    // Gini of 1, 2, 3, 6 is Σ|xi − xj| / (2 n² mean) = 2·(1+2+5+1+4+3) / (2·16·3) = 1/3.
    #expect(abs(mixed.gini - 1.0 / 3) < 1e-12 && abs(mixed.std - 3.5.squareRoot()) < 1e-12)
  }

  @Test func magnitudesAreSortedAsByComparing() {
    var random = Random(seed: 3)
    let weights =
      (0..<5000).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: random.next())) }.filter { !$0.isNaN }
      + [0, -0.0, 1, -1, .greatestFiniteMagnitude, -.leastNonzeroMagnitude, .infinity]
    for some in [weights, Array(weights.dropFirst()), [2], []] {
      #expect(WeightStatistics.sortedMagnitudes(some) == some.map(abs).sorted())
    }
  }

  @Test func everyLayerOfAModelHasStatistics() throws {
    let reference = try Golden("models/normal_s0")
    var model = try Model(LeNet(), input: ImageShape(channels: 1, height: 28, width: 28), classes: 10)
    for place in model.layout { model[place.name] = try reference[place.name] }
    let rows = model.weightStatistics
    #expect(rows.map(\.layer) == ["conv1", "conv2", "fc1", "fc2", "fc3"])
    #expect(rows.map(\.count) == [150, 2400, 48_000, 10_080, 840])
    // The reference's README: 21.9 in NORMAL.
    #expect(abs(rows[0].l1MinusL2 - 21.9) < 0.1)
  }
}

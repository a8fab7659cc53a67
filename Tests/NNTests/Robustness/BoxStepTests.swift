import Testing

@testable import NN

/// Steps that spend their whole length inside the box.
@Suite struct BoxStepTests {
  private let shape = ImageShape(channels: 1, height: 6, width: 8)

  @Test func inL1TheSteepestPixelsAreFilledOneAfterTheOther() {
    // The steepest cannot get darker, the next not brighter; 0.1 fits into the third, what is left goes to the fourth.
    let next = BoxStep.steepest(from: [0, 1, 0.9, 0.5, 0.25], along: [-9, 5, 3, 2, -1], length: 0.5, .l1)
    #expect(zip(next, [0, 1, 1, 0.9, 0.25] as Pixels).allSatisfy { abs($0 - $1) < 1e-6 })
    let corner = BoxStep.steepest(from: [0.75, 0.5], along: [-1, 2], length: 9, .l1)
    #expect(corner == [0, 1])
    // A gradient of zero moves nothing, whatever is left.
    #expect(BoxStep.steepest(from: [0.5, 0.5], along: [0, 1], length: 1, .l1) == [0.5, 1])
  }

  @Test func inL2WhatTheBoxTakesGoesToTheOtherPixels() {
    // The first pixel stops after 0.1, so that the second has √(0.25 − 0.01).
    let next = BoxStep.steepest(from: [0.9, 0.25, 0], along: [4, 3, -7], length: 0.5, .l2)
    #expect(zip(next, [1, 0.7398979, 0] as Pixels).allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(BoxStep.steepest(from: [0.5, 0], along: [0, -1], length: 1, .l2) == [0.5, 0])
    #expect(BoxStep.steepest(from: [0.5, 0.5], along: [.nan, 1], length: 1, .l2).count == 2)
  }

  /// No point of ball and box gains more on a straight gradient.
  @Test(arguments: [Norm.linf, .l2, .l1]) func noOtherStepClimbsFurther(_ norm: Norm) {
    var random = Random(seed: 3, image: 0)
    for _ in 0..<20 {
      let point = (0..<9).map { _ in random.index(below: 2) == 0 ? Float(random.index(below: 2)) : random.uniform() }
      let gradient = random.normals(9)
      let threat = ThreatModel(norm, epsilon: norm == .linf ? 0.3 : 0.8)
      let best = BoxStep.steepest(from: point, along: gradient, length: threat.epsilon, norm)
      #expect(Distances.between(point, best)[norm] <= 1.000001 * threat.epsilon)
      #expect(best.allSatisfy { $0 >= 0 && $0 <= 1 })
      let gain = Vector.dot(gradient, Vector.difference(best, point))
      for _ in 0..<200 {
        let other = threat.projected(Vector.along(point, 1, random.normals(9)), around: point)
        #expect(Vector.dot(gradient, Vector.difference(other, point)) <= gain + 1e-5)
      }
    }
  }

  /// Half of the pixels are black or white: a step that is cut to the box loses much.
  private func stark(_ target: Target, count: Int) throws -> Images {
    var random = Random(seed: 9, image: 0)
    let bytes = (0..<count * shape.count).map { _ in
      random.index(below: 2) == 0 ? UInt8(255 * random.index(below: 2)) : UInt8(random.index(below: 256))
    }
    let pixels = (0..<count).map { image in
      bytes[image * shape.count..<(image + 1) * shape.count].map { Float($0) / 255 }
    }
    let labels = target.makeResponder().forward(pixels).map { UInt8($0.answer) }
    return try Dataset(
      name: "stark", classes: ClassNames.digits(target.classes), shape: shape, train: .init(bytes: [], labels: []),
      test: .init(bytes: bytes, labels: labels)
    ).test
  }

  /// On a linear model of two classes one step is the best there is, in every norm.
  @Test(arguments: [(Norm.linf, Float(0.05)), (.l2, 0.3), (.l1, 1)])
  func oneStepIsTheExactWorstCaseOfALinearModel(_ norm: Norm, _ epsilon: Float) throws {
    let target = LinearModel.drawn(classes: 2, shape: shape, seed: 5)
    let images = try stark(target, count: 60)
    let threat = ThreatModel(norm, epsilon: epsilon)
    let step = try AttackRun(FGSM(), within: threat).run(against: target, on: images).evaluation
    var pgd = PGD()
    (pgd.steps, pgd.restarts, pgd.sparsity) = (200, 3, 0.9)
    let many = try AttackRun(pgd, within: threat).run(against: target, on: images).evaluation
    #expect(step.success.hits >= many.success.hits && step.success.hits > 0 && step.robust.hits > 0)
  }

  @Test(arguments: ["noise", "mifgsm"]) func theWholeRadiusIsSpent(_ name: String) throws {
    let target = LinearModel.drawn(classes: 3, shape: shape, seed: 6)
    let images = try stark(target, count: 20)
    let attack = try AttackContractTests.small(name)
    for norm in attack.traits.norms where norm == .l2 || norm == .l1 {
      let epsilon: Float = norm == .l2 ? 0.2 : 0.5
      let run = AttackRun(attack, within: ThreatModel(norm, epsilon: epsilon))
      let outcomes = try run.run(against: target, on: images).evaluation.outcomes.filter { !$0.fooled }
      #expect(outcomes.count > 3)
      // The way of `mifgsm` bends a little; a step that is cut to the box would lose an eighth.
      #expect(outcomes.allSatisfy { $0.distances[norm] > (name == "noise" ? 0.9999 : 0.97) * epsilon })
    }
  }
}

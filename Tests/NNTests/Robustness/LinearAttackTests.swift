import Testing

@testable import NN

/// On a linear model the best attack is known (Goodfellow et al., arXiv:1412.6572, §3).
@Suite struct LinearAttackTests {
  private let engine = Engine(threads: 1)
  private let shape = ImageShape(channels: 1, height: 4, width: 5)

  private func model(classes: Int = 2) -> Target { LinearModel.drawn(classes: classes, shape: shape, seed: 5) }

  private func run(
    _ attack: any Attack, _ threat: ThreatModel, _ target: Target, _ images: Images, goal: Goal = .untargeted
  ) throws -> AttackResult {
    var run = AttackRun(attack, within: threat)
    run.keepsImages = true
    run.goal = goal
    return try run.run(against: target, on: images, engine: engine)
  }

  /// The exact worst case of a linear model within an L∞ ball and the box.
  private func worst(_ image: Pixels, _ target: Target, from y: Int, to j: Int, _ epsilon: Float) -> Pixels {
    guard let linear = target.makeResponder() as? LinearModel else { return image }
    let gradient = Vector.difference(linear.weights[j], linear.weights[y])
    return Vector.clipped(Vector.map(image, gradient) { $0 + epsilon * Vector.sign($1) })
  }

  @Test func fgsmIsTheExactWorstCaseOfTwoClasses() throws {
    let target = model()
    let images = try labelled(by: target, count: 40, seed: 1)
    let result = try run(FGSM(), ThreatModel(.linf, epsilon: 0.1), target, images)
    for (i, example) in try #require(result.examples).enumerated() {
      let y = images.label(at: i)
      let expected = worst(images.pixels(at: i), target, from: y, to: 1 - y, 0.1)
      #expect(zip(example, expected).allSatisfy { abs($0 - $1) < 1e-6 })
    }
  }

  @Test func accuracyEqualsTheClosedFormMarginTest() throws {
    let target = model(classes: 5)
    let images = try labelled(by: target, count: 100, seed: 2)
    let responder = target.makeResponder()
    for epsilon in [0.02, 0.05, 0.1] as [Float] {
      let held = (0..<images.count).count { i in
        let y = images.label(at: i)
        return (0..<5).allSatisfy { j in
          j == y || responder.forward([worst(images.pixels(at: i), target, from: y, to: j, epsilon)])[0].answer == y
        }
      }
      var strong = PGD()
      strong.loss = .margin
      strong.restarts = 5
      let robust = try run(strong, ThreatModel(.linf, epsilon: epsilon), target, images).evaluation.robust
      #expect(abs(robust.hits - held) <= 1 && robust.hits >= held, "at \(epsilon)")
    }
  }

  @Test(arguments: [Norm.linf, .l2, .l1]) func pgdReachesTheLossOfTheExactWorstCase(_ norm: Norm) throws {
    let target = model()
    let images = try labelled(by: target, count: 20, seed: 3)
    let epsilon: Float = norm == .linf ? 0.03 : (norm == .l2 ? 0.1 : 0.2)
    var pgd = PGD()
    pgd.steps = 100
    let result = try run(pgd, ThreatModel(norm, epsilon: epsilon), target, images)
    guard let linear = target.makeResponder() as? LinearModel else { return }
    for (i, example) in try #require(result.examples).enumerated() where !result.evaluation.outcomes[i].fooled {
      let y = images.label(at: i)
      let gradient = Vector.difference(linear.weights[1 - y], linear.weights[y])
      let gained = Vector.dot(gradient, Vector.difference(example, images.pixels(at: i)))
      // The whole radius, unless the box is in the way: at these radii it hardly ever is.
      let possible = Double(epsilon * ThreatModel(norm, epsilon: epsilon).dual(gradient))
      #expect(gained <= possible * 1.0001 && gained > 0.85 * possible, "image \(i): \(gained) of \(possible)")
    }
  }

  @Test func aTargetedStepRaisesTheTarget() throws {
    let target = model(classes: 4)
    let images = try labelled(by: target, count: 30, seed: 4)
    let responder = target.makeResponder()
    var last = [Float](repeating: .infinity, count: images.count)
    for steps in [1, 2, 4, 8] {
      var pgd = PGD()
      (pgd.steps, pgd.randomStart, pgd.step) = (steps, false, 0.001)
      let result = try run(pgd, ThreatModel(.linf, epsilon: 0.1), target, images, goal: .target(2))
      for (i, example) in try #require(result.examples).enumerated() where images.label(at: i) != 2 {
        let loss = -AttackLoss.ce.value(responder.forward([example])[0], Aim(label: images.label(at: i), target: 2))
        #expect(loss < last[i] || result.evaluation.outcomes[i].fooled)
        last[i] = loss
      }
      #expect(result.evaluation.outcomes.allSatisfy { $0.attacked == ($0.label != 2) })
    }
  }

  @Test func moreRestartsNeverHelpTheModel() throws {
    let target = CurvedModel.drawn(classes: 4, shape: shape, seed: 6)
    let images = try labelled(by: target, count: 60, seed: 5)
    var pgd = PGD()
    pgd.steps = 3
    var last = Int.max
    for restarts in 1...4 {
      pgd.restarts = restarts
      let robust = try run(pgd, ThreatModel(.linf, epsilon: 0.05), target, images).evaluation.robust.hits
      #expect(robust <= last)
      last = robust
    }
  }

  @Test func theGradientsOfAllLossesAgreeWithDifferences() {
    let logits: [Float] = [1.5, -0.25, 0.75, 2.5, 0.125]
    let aims = [Aim(label: 3), Aim(label: 0), Aim(label: 3, target: 1), Aim(label: 0, target: 2)]
    for loss in AttackLoss.allCases {
      for aim in aims {
        let gradient = loss.evaluate(logits, aim).gradient
        for i in logits.indices {
          var (up, down) = (logits, logits)
          up[i] += 1 / 64
          down[i] -= 1 / 64
          let difference = (loss.value(up, aim) - loss.value(down, aim)) * 32
          #expect(abs(difference - gradient[i]) < 1e-3, "\(loss) \(aim) \(i)")
        }
      }
    }
  }

  @Test func theRatioLossIgnoresScaleAndShift() {
    let logits: [Float] = [3, 1, 0]
    #expect(abs(AttackLoss.dlr.value(logits, Aim(label: 0)) + 0.6667) < 1e-4)
    let other: [Float] = [0.5, 4, -1, 2, 2.5]
    let moved = other.map { 3 * $0 - 7 }
    for aim in [Aim(label: 1), Aim(label: 0), Aim(label: 1, target: 2)] {
      #expect(abs(AttackLoss.dlr.value(other, aim) - AttackLoss.dlr.value(moved, aim)) < 1e-5)
    }
    #expect(AttackLoss.dlr.value(other, Aim(label: 1)) < 0 && AttackLoss.dlr.value(other, Aim(label: 0)) > 0)
  }
}

import Testing

@testable import NN

@Suite struct LossTests {
  /// Every loss with the logits' gradient by central differences, on logits without ties.
  @Test(arguments: LossTests.all) func gradientsAgreeWithCentralDifferences(name: String, loss: any Loss) {
    let logits = Tensor(shape: [3, 5], values: noise(15, seed: 4, scale: 2))
    let labels = [0, 3, 4]
    let found = loss.evaluate(logits, labels: labels)
    for i in logits.values.indices {
      var up = logits
      var down = logits
      up.values[i] += 0.01
      down.values[i] -= 0.01
      let rise = loss.evaluate(up, labels: labels).values[i / 5] - loss.evaluate(down, labels: labels).values[i / 5]
      #expect(abs(rise / 0.02 - found.gradient.values[i]) < 1e-3 * max(1, abs(rise / 0.02)), "\(name), logit \(i)")
    }
  }

  static let all: [(String, any Loss)] = [
    ("cross-entropy", CrossEntropy()), ("smoothed", CrossEntropy(smoothing: 0.1)),
    ("margin of attacks", Attacked(loss: .margin)),
    ("difference of logits ratio of attacks", Attacked(loss: .dlr)),
    ("expected cost", ExpectedCost(costs, weight: 0.7, entropy: 0.4)),
    ("weighted by class", ClassWeighted(CrossEntropy(), factors: [0, 1, 2, 3, 0.5])),
    ("adjusted logits", LogitAdjusted(CrossEntropy(smoothing: 0.1), costs, tau: 0.7)),
    ("a sum", LossSum(LogitAdjusted(CrossEntropy(), costs, tau: 1), ExpectedCost(costs, weight: 2, entropy: 0))),
  ]

  static let costs = CostMatrix.fixture(
    (0..<5).map { (y: Int) -> [Double] in (0..<5).map { (p: Int) -> Double in y == p ? 0 : Double(2 * y + p * p) } })

  @Test func expectedCostTakesTheTrueClassFirst() throws {
    // By hand: p = (1/4, 1/4, 1/2) from logits (0, 0, log 2); truth 0; cost[0][1] = 8, cost[0][2] = 2, cost[1][0] = 100.
    let costs = try CostMatrix([[0, 8, 2], [100, 0, 1], [50, 1, 0]])
    let logits = Tensor(shape: [1, 3], values: [0, 0, 0.6931472])
    let found = ExpectedCost(costs, weight: 1, entropy: 0).evaluate(logits, labels: [0])
    #expect(abs(found.values[0] - 3) < 1e-6)  // 8/4 + 2/2; the transposed matrix would give 50
    // Gradient p_j (cost_j - 3): 1/4 · -3, 1/4 · 5, 1/2 · -1.
    #expect(excess(found.gradient.values, [-0.75, 1.25, -0.5], absolute: 1e-6) <= 1)
  }

  @Test func aClassIsWeightedByTheMeanCostOfMistakingIt() throws {
    // By hand: truth 0, (8 + 2) / 2 = 5 times log 3 for equal logits; the columns' means would give 75 for class 0.
    let costs = try CostMatrix([[0, 8, 2], [100, 0, 1], [50, 1, 0]])
    #expect(costs.meanCosts == [5, 50.5, 25.5])
    let loss = ClassWeighted(CrossEntropy(), factors: costs.meanCosts.map { Float($0) })
    let found = loss.evaluate(Tensor(shape: [1, 3], values: [0, 0, 0]), labels: [0])
    #expect(abs(found.values[0] - 5 * 1.0986123) < 1e-5)
    #expect(excess(found.gradient.values, [-10 / 3, 5 / 3, 5 / 3], absolute: 1e-5) <= 1)
  }

  @Test func adjustedLogitsPutTheCostsOfTheTrueClassIntoTheSoftmax() throws {
    // By hand: equal logits, truth 0: log(1 + 8 + 2) = log 11, shares 1/11, 8/11 and 2/11; with tau 1/2 the roots.
    let costs = try CostMatrix([[0, 8, 2], [100, 0, 1], [50, 1, 0]])
    let logits = Tensor(shape: [1, 3], values: [0, 0, 0])
    let whole = LogitAdjusted(CrossEntropy(), costs, tau: 1).evaluate(logits, labels: [0])
    #expect(abs(whole.values[0] - 2.3978953) < 1e-5)
    #expect(excess(whole.gradient.values, [-10 / 11, 8 / 11, 2 / 11], absolute: 1e-6) <= 1)
    let half = LogitAdjusted(CrossEntropy(), costs, tau: 0.5).evaluate(logits, labels: [0])
    #expect(abs(half.values[0] - 1.6568254) < 1e-5)  // log(1 + 2.8284271 + 1.4142136)
    let none = LogitAdjusted(CrossEntropy(), costs, tau: 0).evaluate(logits, labels: [0])
    #expect(abs(none.values[0] - 1.0986123) < 1e-6)
    // An answer that costs nothing is hardly counted: log(1 + 1e-6 + 3).
    let free = try CostMatrix([[0, 0, 3], [1, 0, 1], [1, 1, 0]])
    let found = LogitAdjusted(CrossEntropy(), free, tau: 1).evaluate(logits, labels: [0])
    #expect(abs(found.values[0] - 1.3862946) < 1e-5)
    #expect(abs(found.gradient.values[1]) < 1e-6)
  }

  @Test(arguments: [0, 6]) func costSensitiveGradientsAreThoseOfPyTorch(protected: Int) throws {
    let (golden, model, images, labels) = try Golden.leNet(seed: 0)
    let costs = try CostMatrix.protect([protected], weight: 10, classes: 10)
    let plain = model.parameterGradient(of: ExpectedCost(costs, weight: 1), at: images, labels: labels)
    let mild = model.parameterGradient(of: ExpectedCost(costs, weight: 0.1), at: images, labels: labels)
    let gradient = FloatStorage(count: model.values.count)
    let penalty = PenaltyTerms([MinMax()], layout: model.layout).evaluate(
      FloatStorage(model.values), gradient: gradient)
    for place in model.layout {
      let cost = plain.values[place.range].map { $0 / 16 }
      let reference = try golden["g.cs\(protected).\(place.name)"].values
      #expect(excess(cost, reference, relative: 0, absolute: 2e-6) <= 1, "\(place.name)")
      let whole = place.range.map { mild.values[$0] / 16 + gradient.values[$0] }
      let wholeReference = try golden["g.cse\(protected).\(place.name)"].values
      #expect(excess(whole, wholeReference, relative: 0, absolute: 2e-6) <= 1, "\(place.name)")
    }
    let loss = Double(mild.losses.reduce(0, +)) / 16 + penalty
    #expect(abs(loss - (protected == 0 ? 80.0698536354698 : 80.16562585790062)) < 1e-4)
    let cost = Double(plain.losses.reduce(0, +)) / 16
    #expect(abs(cost - (protected == 0 ? 4.0581207519067615 : 5.015842976215045)) < 5e-5)
  }

  @Test func theMinMaxPenaltyOfOneWeightIsZero() {
    let gradient = FloatStorage(count: 4)
    let value = [Float(0), -3, 0, 0].withUnsafeBufferPointer {
      MinMax().add($0, factor: 2, to: UnsafeMutableBufferPointer(start: gradient.floats, count: 4))
    }
    #expect(value == 0)
    #expect(gradient.values == [0, 0, 0, 0])
  }

  @Test func theRatioOfLogitsByHand() {
    // Logits 1, 4, 2, 0 and label 2: -(2 - 4) / (4 - 1).
    #expect(abs(AttackLoss.dlr.value([1, 4, 2, 0], Aim(label: 2)) - 2 / 3) < 1e-6)
    #expect(abs(AttackLoss.dlr.value([1, 4, 2, 0], Aim(label: 1)) + 2 / 3) < 1e-6)
  }

  /// What an attack makes larger, as a loss.
  private struct Attacked: Loss {
    let loss: AttackLoss

    func evaluate(_ logits: Tensor, labels: [Int]) -> LossValue {
      let found = zip(logits.eachRow, labels).map { loss.evaluate($0, Aim(label: $1)) }
      return LossValue(values: found.map(\.value), gradient: Tensor(found.map(\.gradient)))
    }
  }

  @Test func smoothingIsThatOfPyTorch() {
    // (1 - s) CE + s · mean of -log p, by hand on two equal logits: log 2 whatever s is.
    let found = CrossEntropy(smoothing: 0.2).evaluate(Tensor(shape: [1, 2], values: [1, 1]), labels: [0])
    #expect(abs(found.values[0] - 0.6931472) < 1e-6)
    #expect(excess(found.gradient.values, [-0.4, 0.4], absolute: 1e-6) <= 1)
    // By hand where s counts: p = (1/2, 1/4, 1/4), truth 0, s = 0.3, so that q = (0.8, 0.1, 0.1) and the loss is
    // (0.8 + 2 · 0.1 · 2) log 2; gradients p - q. The other convention, q = (0.7, 0.15, 0.15), would give 1.3 log 2.
    let uneven = CrossEntropy(smoothing: 0.3).evaluate(Tensor(shape: [1, 3], values: [0.6931472, 0, 0]), labels: [0])
    #expect(abs(uneven.values[0] - 1.2 * 0.6931472) < 1e-6)
    #expect(excess(uneven.gradient.values, [-0.3, 0.15, 0.15], absolute: 1e-6) <= 1)
  }

  @Test func weightsAdjustmentsSmoothingAndExpectedCostAddUpToWhatEachSays() throws {
    // Truth 0, logits of p = (1/2, 1/4, 1/4), costs 8 and 2 for the wrong answers: weight 5; adjusted by tau 1 the terms
    // are 2, 8 and 2, so p' = (1/6, 2/3, 1/6); smoothed by 0.3; expected cost (8 + 2) / 4, half of it counted.
    let costs = try CostMatrix([[0, 8, 2], [100, 0, 1], [50, 1, 0]])
    let logits = Tensor(shape: [1, 3], values: [0.6931472, 0, 0])
    let loss = LossSum(
      ClassWeighted(
        LogitAdjusted(CrossEntropy(smoothing: 0.3), costs, tau: 1), factors: costs.meanCosts.map { Float($0) }),
      ExpectedCost(costs, weight: 0.5, entropy: 0))
    let found = loss.evaluate(logits, labels: [0])
    let (log6, log32): (Float, Float) = (1.7917595, 0.4054651)
    #expect(abs(found.values[0] - (5 * (0.8 * log6 + 0.1 * log32 + 0.1 * log6) + 0.5 * 2.5)) < 1e-4)
    // 5 (p' - q) + ½ p (cost - 2.5).
    #expect(
      excess(
        found.gradient.values,
        [5 * (1 / 6 - 0.8) - 0.625, 5 * (2 / 3 - 0.1) + 0.6875, 5 * (1 / 6 - 0.1) - 0.0625], absolute: 1e-5) <= 1)
  }

  @Test func divergenceOfEqualLogitsIsZeroAndGradientsAgreeWithDifferences() {
    let first = Tensor(shape: [2, 4], values: noise(8, seed: 1))
    let other = Tensor(shape: [2, 4], values: noise(8, seed: 2))
    #expect(abs(Divergence.evaluate(first, first, scale: 3).sum) < 1e-6)
    let found = Divergence.evaluate(first, other, scale: 3)
    for i in 0..<8 {
      for (tensor, gradient) in [(0, found.firstGradient.values[i]), (1, found.secondGradient.values[i])] {
        func at(_ shift: Float) -> Double {
          var pair = [first, other]
          pair[tensor].values[i] += shift
          return Divergence.evaluate(pair[0], pair[1], scale: 3).sum
        }
        #expect(abs((at(0.01) - at(-0.01)) / 0.02 - Double(gradient)) < 2e-3)
      }
    }
  }
}

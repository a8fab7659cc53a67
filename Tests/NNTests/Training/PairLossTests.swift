import Testing

@testable import NN

/// Losses of an image together with its changed form.
@Suite struct PairLossTests {
  static let all: [(String, any PairLoss)] = [
    ("consistency", Consistency(beta: 3)), ("misclassification-aware", MisclassificationAware(beta: 2.5)),
    ("gradient penalty", GradientNormPenalty(weight: 0.3, length: 0.7)),
  ]

  @Test(arguments: 0..<3, 0..<2) func gradientsAgreeWithCentralDifferences(number: Int, single: Int) {
    let pair = Self.all[number]
    let loss: any Loss = single == 0 ? CrossEntropy() : ExpectedCost(LossTests.costs, weight: 0.2)
    let logits = [1, 2].map { Tensor(shape: [3, 5], values: noise(15, seed: $0, scale: 2)) }
    let labels = [0, 3, 4]
    func at(_ logits: [Tensor]) -> PairValue {
      pair.1.evaluate(clean: logits[0], changed: logits[1], labels: labels, loss: loss)
    }
    let found = at(logits)
    for (which, gradient) in [found.cleanGradient, found.changedGradient].enumerated() {
      for i in gradient.values.indices {
        func sum(_ shift: Float) -> Double {
          var moved = logits
          moved[which].values[i] += shift
          return at(moved).sum
        }
        let rise = (sum(0.01) - sum(-0.01)) / 0.02
        #expect(abs(rise - Double(gradient.values[i])) < 3e-3 * max(1, abs(rise)), "\(pair.0), \(which), logit \(i)")
      }
    }
  }

  @Test func eachIsWhatItsPaperSays() {
    // By hand: p = (1/2, 1/4, 1/4), p' = (1/4, 1/2, 1/4), truth 0, so that KL(p ‖ p') = ¼ log 2.
    let log2: Float = 0.6931472
    let clean = Tensor(shape: [1, 3], values: [log2, 0, 0])
    let changed = Tensor(shape: [1, 3], values: [0, log2, 0])
    func sum(_ pair: any PairLoss, _ clean: Tensor, _ changed: Tensor) -> Double {
      pair.evaluate(clean: clean, changed: changed, labels: [0], loss: CrossEntropy()).sum
    }
    // log 2 + 6 · ¼ log 2; then log 4 - log(1.0001 - ½) + 2 · (1 - ½) · ¼ log 2.
    #expect(abs(sum(Consistency(beta: 6), clean, changed) - 1.7328680) < 1e-5)
    #expect(abs(sum(MisclassificationAware(beta: 2), clean, changed) - 2.2525284) < 1e-5)
    // p = (1/2, 1/2), p' = (1/4, 3/4): KL(p ‖ p') = ½ log 2 + ½ log ⅔ = 0.1438410; the other way round 0.1308120.
    let even = Tensor(shape: [1, 2], values: [0, 0])
    let uneven = Tensor(shape: [1, 2], values: [0, 1.0986123])
    #expect(abs(sum(Consistency(beta: 1), even, uneven) - (0.6931472 + 0.1438410)) < 1e-5)
    // log 2 + 0.1 · ((log 4 - log 2) / 0.5)².
    let gradient = GradientNormPenalty(weight: 0.1, length: 0.5)
    #expect(abs(sum(gradient, even, uneven) - (0.6931472 + 0.1 * 4 * 0.4804530)) < 1e-5)
  }

  /// Gradients that were computed before.
  private struct Given: Loss {
    let gradient: Tensor
    func evaluate(_ logits: Tensor, labels: [Int]) -> LossValue {
      LossValue(values: logits.answers.map { _ in 0 }, gradient: gradient)
    }
  }

  @Test func aStepFollowsTheGradientsOfBothImages() throws {
    let (_, model, images, labels) = try Golden.leNet(seed: 0)
    let data = try SmallData.golden(seed: 0)
    let workspace = Workspace(model)
    let gradient = workspace.inputGradient(of: CrossEntropy(), at: images, labels: labels).gradient
    let changed = SignStep(length: 0.1, epsilon: 0.1).taken(from: images, along: gradient)
    let pair = MisclassificationAware(beta: 4)
    let value = pair.evaluate(
      clean: workspace.logits(images), changed: workspace.logits(changed), labels: labels, loss: CrossEntropy())
    let first = model.parameterGradient(of: Given(gradient: value.cleanGradient), at: images, labels: labels).values
    let second = model.parameterGradient(of: Given(gradient: value.changedGradient), at: changed, labels: labels).values
    var trainer = Trainer()
    trainer.epochs = 1
    trainer.optimizer = SGD()
    trainer.objective = TrainingObjective(adversary: GradientSign(epsilon: 0.1), mix: .paired(pair))
    // The fixture's images in their own order: a step does not depend on it but for rounding.
    let state = try trainer.train(model, on: data.train, engine: Engine(threads: 1))
    #expect(abs(state.epochs[0].loss - value.sum / 16) < 1e-4)
    let expected = model.values.indices.map { model.values[$0] - 0.01 / 16 * (first[$0] + second[$0]) }
    #expect(excess(state.model.values, expected, relative: 0, absolute: 1e-6) <= 1)
  }
}

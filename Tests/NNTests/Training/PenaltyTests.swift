import Testing

@testable import NN

@Suite struct PenaltyTests {
  private static let all: [(String, any Penalty)] =
    MinMax.Form.allCases.map { ($0.rawValue, MinMax(form: $0)) } + [("squared length", SquaredLength(weight: 1))]

  private func evaluate(_ penalty: any Penalty, _ weights: [Float], factor: Float = 1) -> (Double, [Float]) {
    let gradient = FloatStorage(count: weights.count)
    let value = weights.withUnsafeBufferPointer {
      penalty.add($0, factor: factor, to: UnsafeMutableBufferPointer(start: gradient.floats, count: weights.count))
    }
    return (value, gradient.values)
  }

  @Test(arguments: all.indices) func gradientsAgreeWithCentralDifferences(number: Int) {
    let (name, penalty) = Self.all[number]
    let weights = noise(30, seed: 3).map { $0 + 0.1 }
    let gradient = evaluate(penalty, weights, factor: 2).1
    for i in weights.indices where abs(weights[i]) > 0.02 {
      func at(_ shift: Float) -> Double {
        var moved = weights
        moved[i] += shift
        return evaluate(penalty, moved, factor: 2).0
      }
      #expect(abs((at(0.01) - at(-0.01)) / 0.02 - Double(gradient[i])) < 2e-3, "\(name), weight \(i)")
    }
  }

  @Test func valuesAreThoseWorkedOutByHand() {
    func value(_ form: MinMax.Form, _ weights: [Float]) -> Double { evaluate(MinMax(form: form), weights, factor: 2).0 }
    #expect(value(.l1MinusL2, [1, -2, 2]) == 4)  // 2 · (5 - 3)
    #expect(value(.l1, [1, -2, 2]) == 10)
    #expect(value(.l1MinusStd, [1, -1]) == 2)  // 2 · (2 - 1)
    // Of (0, 0, 0, 1): m₂ = 3/16, m₄ = 21/256, so that the kurtosis is 7/3.
    #expect(abs(value(.kurtosis, [0, 0, 0, 1]) + 14 / 3.0) < 1e-6)
    #expect(evaluate(SquaredLength(weight: 1), [3, 4], factor: 2).0 == 25)
    #expect(evaluate(SquaredLength(weight: 1), [3, 4], factor: 2).1 == [6, 8])
  }

  @Test func equalWeightsGiveNoNonsense() {
    for (name, penalty) in Self.all {
      for weights in [[Float](repeating: 0.5, count: 4), [Float](repeating: 0, count: 4)] {
        let (value, gradient) = evaluate(penalty, weights)
        #expect(value.isFinite, "\(name)")
        #expect(gradient.allSatisfy { $0.isFinite }, "\(name)")
      }
    }
  }

  @Test func eachConvolutionHasItsFactorAndNothingElseIsTouched() throws {
    let resnet = try #require(Architectures.family.named("resnet8")).make()
    let model = try Model(resnet, input: ImageShape(channels: 1, height: 16, width: 16), classes: 4)
    let convolutions = model.layout.filter { $0.isTrained && $0.shape.count == 4 }
    let gradient = FloatStorage(count: model.values.count)
    let terms = PenaltyTerms([MinMax(factors: [5, 0.1], rest: 0.01, form: .l1)], layout: model.layout)
    _ = terms.evaluate(FloatStorage(model.values), gradient: gradient)
    for place in model.layout {
      let order = convolutions.firstIndex { $0.name == place.name }
      let factor: Float = order.map { $0 == 0 ? 5 : $0 == 1 ? 0.1 : 0.01 } ?? 0
      #expect(gradient.values[place.range].allSatisfy { abs($0) == factor || $0 == 0 }, "\(place.name)")
      if order != nil { #expect(gradient.values[place.range].contains { $0 != 0 }) }
    }
  }

  @Test func kurtosisTrainingRaisesTheKurtosis() throws {
    let data = try SmallData.squares(64, shape: ImageShape(channels: 1, height: 16, width: 16))
    let model = try Model(LeNet(), input: data.shape, classes: 4)
    var trainer = Trainer()
    trainer.epochs = 20
    trainer.objective = TrainingObjective(penalties: [MinMax(factors: [1, 1], form: .kurtosis)])
    let trained = try trainer.train(model, on: data.train, engine: Engine(threads: 1)).model
    for layer in 0..<2 {
      #expect(trained.weightStatistics[layer].kurtosis > 1.1 * model.weightStatistics[layer].kurtosis)
    }
  }
}

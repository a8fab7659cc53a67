import Foundation
import Testing

@testable import NN

@Suite struct WeightPerturbationTests {
  private static let shape = ImageShape(channels: 1, height: 12, width: 12)

  /// - Parameter isLarge: whether it has a matrix whose gradient is summed over all groups of images at once.
  private static func model(norm: Bool, isLarge: Bool = false) throws -> Model {
    var network = Network(input: shape, classes: 4)
    if isLarge {
      try network.add("", Flatten())
      try network.add("large", Dense(1000))
    } else {
      try network.add("conv1", Convolution(5, kernel: 3, padding: 1))
    }
    if norm { try network.add("norm", BatchNorm()) }
    try network.add("", Activation(.tanh))
    if !isLarge {
      try network.add("", GlobalAveragePool())
      try network.add("", Flatten())
    }
    try network.add("fc", Dense())
    return try Model(network, label: Spec("test"), normalisation: Normalisation(mean: [0.3], std: [0.4]), seed: 3)
  }

  /// Trains one step of plain descent on all images, and returns `(w - w') / rate`: the gradient that was taken.
  private static func gradient(_ model: Model, _ images: Images, _ objective: TrainingObjective) throws -> Model {
    var trainer = Trainer()
    var sgd = SGD()
    (sgd.rate, sgd.momentum, sgd.decay) = (0.5, 0, 0)
    (trainer.epochs, trainer.batch, trainer.optimizer, trainer.schedule) = (1, images.count, sgd, Constant())
    trainer.objective = objective
    return try trainer.train(model, on: images, engine: Engine(threads: 2)).model
  }

  @Test(arguments: [(false, false), (true, false), (false, true)])
  func theStepIsThatOfTheGradientAtTheWeightsMovedUphill(hasNorm: Bool, isLarge: Bool) throws {
    let data = try SmallData.squares(40, shape: Self.shape)
    let start = try Self.model(norm: hasNorm, isLarge: isLarge)
    let gamma = 0.2
    // By hand: the gradient where it starts, each layer's weights moved along it, the gradient there.
    let after = try Self.gradient(start, data.train, .standard)
    var moved = start
    var values = start.values
    for tensor in start.layout where tensor.isTrained && tensor.shape.count > 1 {
      let gradient = tensor.range.map { (Double(start.values[$0]) - Double(after.values[$0])) / 0.5 }
      let length = tensor.range.reduce(0) { $0 + Double(start.values[$1]) * Double(start.values[$1]) }.squareRoot()
      let slope = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
      for (place, own) in zip(tensor.range, gradient) { values[place] += Float(gamma * length / slope * own) }
    }
    moved.setValues(values)
    let there = try Self.gradient(moved, data.train, .standard)
    var objective = TrainingObjective.standard
    objective.weightPerturbation = WeightPerturbation(gamma: Float(gamma))
    let found = try Self.gradient(start, data.train, objective)
    for tensor in start.layout {
      for i in tensor.range {
        // Running averages move once, by the pass at the moved weights; all else goes back before the step.
        let expected = tensor.isTrained ? start.values[i] + there.values[i] - moved.values[i] : there.values[i]
        #expect(abs(found.values[i] - expected) < 2e-4 * max(1, abs(expected)), "\(tensor.name)")
      }
    }
    #expect(zip(found.values, after.values).contains { abs($0 - $1) > 1e-3 })
  }

  @Test func theLossThereIsHigherForTheBatch() throws {
    let data = try SmallData.squares(40, shape: Self.shape)
    func loss(_ gamma: Float) throws -> Double {
      var trainer = Trainer()
      (trainer.epochs, trainer.batch) = (1, data.train.count)
      trainer.objective.weightPerturbation = WeightPerturbation(gamma: gamma)
      return try trainer.train(Self.model(norm: false), on: data.train, engine: Engine()).epochs[0].loss
    }
    let losses = try [0, 0.05, 0.1, 0.2].map(loss)
    #expect(losses == losses.sorted() && losses[3] > losses[0] + 1e-3)
  }

  @Test func noneIsTakenDuringTheWarmUp() throws {
    let data = try SmallData.squares(40, shape: Self.shape)
    func train(_ perturbation: WeightPerturbation?) throws -> [Float] {
      var trainer = Trainer()
      trainer.epochs = 2
      trainer.objective.weightPerturbation = perturbation
      return try trainer.train(Self.model(norm: true), on: data.train, engine: Engine()).model.values
    }
    let plain = try train(nil)
    #expect(try train(WeightPerturbation(gamma: 0.1, warmup: 2)) == plain)
    #expect(try train(WeightPerturbation(gamma: 0)) == plain)
    #expect(try train(WeightPerturbation(gamma: 0.1, warmup: 1)) != plain)
  }

  @Test func besideADefenseThatReplaysItsBatchesItIsRefused() throws {
    let model = try Self.model(norm: false)
    #expect(throws: DefenseError.awpBeside("free")) {
      try Defenses.combined([FreeAdversarial(), AWP()], for: model, costs: nil)
    }
    let with = try Defenses.combined([AWP(), TRADES()], for: model, costs: nil)
    #expect(with.weightPerturbation == WeightPerturbation(gamma: 0.005))
  }
}

import Testing

@testable import NN

/// Five steps on 16 images, weight by weight as PyTorch took them.
@Suite struct OptimizerGoldenTests {
  /// Adam divides each gradient by its own size: where that is next to nothing, rounding decides how far a weight moves.
  @Test(arguments: [0, 7], [1, 2]) func adamTakesPyTorchsSteps(seed: Int, threads: Int) throws {
    try check("adam", Adam(), seed: seed, threads: threads, tolerance: 4e-5)
  }

  @Test(arguments: [0, 7], [1, 2]) func descentWithMomentumTakesPyTorchsSteps(seed: Int, threads: Int) throws {
    var sgd = SGD()
    sgd.momentum = 0.9
    try check("sgd", sgd, seed: seed, threads: threads, tolerance: 1e-6)
  }

  private func check(_ name: String, _ optimizer: any Optimizer, seed: Int, threads: Int, tolerance: Float) throws {
    let (golden, model, _, _) = try Golden.leNet(seed: seed)
    let data = try SmallData.golden(seed: seed)
    var trainer = Trainer()
    trainer.optimizer = optimizer
    trainer.schedule = Constant()
    trainer.epochs = 5
    let state = try trainer.train(model, on: data.train, engine: Engine(threads: threads))
    for place in model.layout {
      let expected = try golden["\(name)5.\(place.name)"].values
      let found = Array(state.model.values[place.range])
      #expect(excess(found, expected, relative: 0, absolute: tolerance) <= 1, "\(place.name)")
    }
  }
}

import Testing

@testable import NN

/// Five steps on 16 images, weight by weight as PyTorch took them.
@Suite struct OptimizerGoldenTests {
  private static let seeds = [0, 7]

  /// Adam divides each gradient by its own size: where that is next to nothing, rounding decides how far a weight moves.
  @Test(arguments: seeds, Kernels.all.map(\.name)) func adamTakesPyTorchsSteps(seed: Int, level: String) throws {
    try check("adam", Adam(), seed: seed, level: level, tolerance: 4e-5)
  }

  @Test(arguments: seeds, Kernels.all.map(\.name))
  func descentWithMomentumTakesPyTorchsSteps(seed: Int, level: String) throws {
    var sgd = SGD()
    sgd.momentum = 0.9
    try check("sgd", sgd, seed: seed, level: level, tolerance: 1e-6)
  }

  private func check(_ name: String, _ optimizer: any Optimizer, seed: Int, level: String, tolerance: Float) throws {
    let kernels = try #require(Kernels.named(level))
    let (golden, model, _, _) = try Golden.leNet(seed: seed)
    let data = try SmallData.golden(seed: seed)
    var trainer = Trainer()
    trainer.optimizer = optimizer
    trainer.schedule = Constant()
    trainer.epochs = 5
    for threads in [1, 2] {
      let state = try trainer.train(model, on: data.train, engine: Engine(threads: threads, kernels: kernels))
      for place in model.layout {
        let expected = try golden["\(name)5.\(place.name)"].values
        let found = Array(state.model.values[place.range])
        #expect(excess(found, expected, relative: 0, absolute: tolerance) <= 1, "\(place.name), \(threads) threads")
      }
    }
  }
}

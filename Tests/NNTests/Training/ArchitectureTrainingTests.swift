import Testing

@testable import NN

/// Every architecture learns, to the same bits on any number of threads, batch statistics and dropout included.
@Suite struct ArchitectureTrainingTests {
  /// Settings that make a large one small; an architecture without any is tried as it is.
  static let small: [String: [String: SettingValue]] = [
    "mlp": ["hidden": .integers([32])], "cnn": ["channels": .integers([6, 8]), "dropout": .number(0.1)],
    "vgg_small": ["width": .integer(4)],
  ]

  @Test(arguments: Architectures.all.map(\.name)) func everyArchitectureLearnsToTheSameBits(name: String) throws {
    let architecture = try Architectures.sample(name, Self.small[name] ?? [:])
    let data = try SmallData.squares(96, shape: ImageShape(channels: 1, height: 16, width: 16))
    let model = try Model(
      architecture, input: data.shape, classes: 4, normalisation: Normalisation(mean: data.mean, std: data.std), seed: 1
    )
    var trainer = Trainer()
    trainer.epochs = 8
    trainer.batch = 24  // a whole group and a part of one
    trainer.optimizer = {
      var adam = Adam(); adam.rate = 0.004; return adam
    }()
    let one = try trainer.train(model, on: data.train, testing: data.test, engine: Engine(threads: 1))
    let two = try trainer.train(model, on: data.train, testing: data.test, engine: Engine(threads: 2))
    #expect(one.model.values == two.model.values)
    #expect(one.epochs[7].loss < 0.5 * one.epochs[0].loss, "\(one.epochs.map(\.loss))")
    let best = one.epochs.compactMap(\.testAccuracy).max() ?? 0
    #expect(best > 0.9, "\(one.epochs.map { $0.testAccuracy ?? 0 })")
  }
}

import Testing

@testable import NN

@Suite struct OverfittingCheckTests {
  /// One pixel, two classes; the logit of the true class above the other is `height(x)`, by two ReLUs.
  private func model(_ slopes: [Float], _ corners: [Float], _ base: Float) throws -> Model {
    var network = Network(input: ImageShape(channels: 1, height: 1, width: 1), classes: 2)
    try network.add("", Flatten())
    try network.add("fc1", Dense(2))
    try network.add("", Activation(.relu))
    try network.add("fc2", Dense())
    var model = try Model(network, label: Spec("test"), normalisation: .none(channels: 1))
    model["fc1.weight"] = Tensor(shape: [2, 1], values: [1, 1])
    model["fc1.bias"] = Tensor(shape: [2], values: corners.map { -$0 })
    model["fc2.weight"] = Tensor(shape: [2, 2], values: slopes + [0, 0])
    model["fc2.bias"] = Tensor(shape: [2], values: [base, 0])
    return model
  }

  private func images() throws -> Images {
    let pixels = (0..<100).map { 0.3 + Float($0) * 0.0001 }
    let examples = Dataset.Examples(floats: pixels, labels: [UInt8](repeating: 0, count: 100))
    return try Dataset(
      name: "points", classes: ["a", "b"], shape: ImageShape(channels: 1, height: 1, width: 1), train: examples,
      test: examples
    ).train
  }

  private func check(_ model: Model, _ adversary: any Adversary) throws -> OverfittingCheck? {
    let objective = TrainingObjective(adversary: adversary, mix: .adversarial)
    return try OverfittingCheck.Runner(objective, images(), seed: 0)?.run(on: model, engine: Engine(), stop: .never)
  }

  @Test func aFoldThatOneStepJumpsOverIsFoundByTwoHalfSteps() throws {
    // 0.05 at 0.3, falling by 1 a unit to -0.06 at 0.41, then rising by 3: 0.21 at 0.5, where the whole step ends.
    let folded = try model([-1, 4], [0, 0.41], 0.35)
    let found = try #require(try check(folded, GradientSign(epsilon: 0.2)))
    #expect(found == OverfittingCheck(oneStep: 1, twoSteps: 0))
    #expect(found.isOverfit)
  }

  @Test func aStraightSlopeStandsBothAlike() throws {
    let straight = try model([-1, 0], [0, 0], 0.52)
    let found = try #require(try check(straight, GradientSign(epsilon: 0.2)))
    #expect(found.oneStep == found.twoSteps && !found.isOverfit)
  }

  @Test func onlyTrainingsOnOneStepAreChecked() throws {
    let straight = try model([-1, 0], [0, 0], 0.52)
    var one = PGD()
    one.steps = 1
    let within = ThreatModel(.linf, epsilon: 0.1)
    let single: [any Adversary] = [
      GradientSign(epsilon: 0.1), AttackAdversary(FGSM(), within: within), AttackAdversary(one, within: within),
      SignedAscent(epsilon: 0.1, steps: 1, step: nil, start: .uniform, objective: .entropy),
    ]
    for adversary in single { #expect(try check(straight, adversary) != nil) }
    let others: [any Adversary] = [
      GradientSign(epsilon: 0), AttackAdversary(PGD(), within: within),
      AttackAdversary(FGSM(), within: ThreatModel(.l2, epsilon: 0.1)),
      SignedAscent(epsilon: 0.1, steps: 2, step: nil, start: .uniform, objective: .entropy),
      NormalNoise(sigma: 0.1),
    ]
    for adversary in others { #expect(try check(straight, adversary) == nil) }
    #expect(try OverfittingCheck.Runner(.standard, images(), seed: 0) == nil)
  }

  @Test func theCheckLeavesTheTrainingAsItIs() throws {
    let data = try SmallData.squares(80, shape: ImageShape(channels: 1, height: 16, width: 16))
    func train(_ mask: Bool) throws -> TrainingState {
      var trainer = Trainer()
      trainer.epochs = 2
      let sign = GradientSign(epsilon: 0.05)
      trainer.objective = TrainingObjective(adversary: mask ? Unchecked(sign: sign) : sign, mix: .adversarial)
      let model = try Model(LeNet(), input: data.shape, classes: 4)
      return try trainer.train(model, on: data.train, engine: Engine())
    }
    let (checked, unchecked) = (try train(false), try train(true))
    #expect(checked.model.values == unchecked.model.values)
    #expect(checked.epochs.allSatisfy { $0.overfitting != nil })
    #expect(unchecked.epochs.allSatisfy { $0.overfitting == nil })
  }

  private struct Unchecked: Adversary {
    let sign: GradientSign
    func craft(_ images: Tensor, labels: [Int], in context: AdversaryContext) throws -> Tensor {
      try sign.craft(images, labels: labels, in: context)
    }
  }
}

import Testing

@testable import NN

/// LeNet as PyTorch computed it: logits, losses and every gradient.
@Suite struct LeNetGoldenTests {
  @Test(arguments: [0, 7]) func logitsAreThoseOfPyTorch(seed: Int) throws {
    let (golden, model, images, _) = try Golden.leNet(seed: seed)
    let logits = Workspace(model).logits(images)
    #expect(excess(logits.values, try golden["logits"].values, absolute: 1e-6) <= 1)
  }

  @Test(arguments: [0, 7], Kernels.all.map(\.name))
  func gradientsAreThoseOfPyTorchAtEveryLevel(seed: Int, level: String) throws {
    let (golden, model, images, labels) = try Golden.leNet(seed: seed)
    let kernels = try #require(Kernels.named(level))
    let workspace = Workspace(model, kernels: kernels)
    let found = model.parameterGradient(of: CrossEntropy(), at: images, labels: labels, kernels: kernels)
    for place in model.layout {
      let mean = found.values[place.range].map { $0 / 16 }
      #expect(excess(mean, try golden["g.ce." + place.name].values, relative: 0, absolute: 2e-6) <= 1, "\(place.name)")
    }
    let input = workspace.inputGradient(of: CrossEntropy(), at: images, labels: labels)
    // The reference is the gradient of the mean by normalised pixels.
    let gradient = input.gradient.values.map { $0 / 16 * 0.3204 }
    #expect(excess(gradient, try golden["g.ce.input"].values, relative: 0, absolute: 2e-6) <= 1)
    let loss = input.losses.reduce(0, +) / 16
    #expect(abs(loss - (seed == 0 ? 2.3201286829199725 : 2.313947010915034)) < 2e-5)
  }

  @Test func cuttingABatchElsewhereChangesNoBit() throws {
    let (_, model, images, labels) = try Golden.leNet(seed: 0)
    let workspace = Workspace(model)
    let whole = workspace.inputGradient(of: CrossEntropy(), at: images, labels: labels)
    for rows in [0..<1, 3..<8, 5..<16] {
      let part = workspace.inputGradient(
        of: CrossEntropy(), at: images.rows(rows), labels: Array(labels[rows]))
      #expect(part.gradient == whole.gradient.rows(rows))
      #expect(part.logits == whole.logits.rows(rows))
    }
  }

  @Test func gradientsCanBeAskedForAfterAQuestionOfSeveralGroups() throws {
    let (_, model, images, labels) = try Golden.leNet(seed: 7)
    let alone = Workspace(model)
    let answers = alone.forward(images, keeping: true)
    let expected = alone.backward(CrossEntropy().evaluate(answers, labels: labels).gradient)
    let pass = Workspace(model)
    let many = (0..<40).map { Array(images[row: $0 % 16]) }
    let logits = pass.forward(many)
    #expect(logits[37] == Array(answers[row: 5]))
    let gradients = (0..<40).map {
      Array(
        CrossEntropy().evaluate(Tensor(shape: [1, 10], values: logits[$0]), labels: [labels[$0 % 16]]).gradient.values)
    }
    #expect(pass.backward(gradients)[37] == Array(expected[row: 5]))
    #expect(pass.backward(gradients)[2] == Array(expected[row: 2]))
  }
}

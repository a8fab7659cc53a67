import Testing

@testable import NN

/// The answers to many images go forward with fewer products, which round more. They must be those of plain sums.
@Suite struct AnswersTests {
  private static let shape = ImageShape(channels: 1, height: 28, width: 28)

  /// Images of upright stripes that come back after four pixels, from black to bright.
  private func stripes(_ count: Int) throws -> Images {
    let pixels = (0..<count).flatMap { image in
      (0..<Self.shape.count).map { [1, 0.2, 0.7, 0.4][$0 % 4] * Float(image) / Float(count - 1) }
    }
    return try Dataset(
      name: "stripes", classes: (0..<10).map { "\($0)" }, shape: Self.shape,
      train: .init(bytes: [], labels: []), test: .init(floats: pixels, labels: Array(repeating: 0, count: count))
    ).test
  }

  /// A LeNet that answers 1 or 2 where two outputs of its second layer differ at all. They are four pixels of the image from each
  /// other, so that they are equal for such stripes.
  private func differencesOnly() throws -> Model {
    var model = try Model(LeNet(), input: Self.shape, classes: 10, seed: 3)
    func set(_ name: String, _ values: [Int: Float]) {
      var tensor = model[name]!
      for i in tensor.values.indices { tensor.values[i] = values[i] ?? 0 }
      model[name] = tensor
    }
    // 16 channels of 5×5 outputs; so that the first is not zero anywhere.
    model["conv2.bias"]!.values[0] = 3
    // A power of two, by which products are exact.
    let large: Float = 0x1p27
    set("fc1.weight", [6: large, 7: -large, 400 + 6: -large, 400 + 7: large])
    set("fc1.bias", [:])
    set("fc2.weight", [0: 1, 120 + 1: 1])
    set("fc2.bias", [:])
    set("fc3.weight", [84: 1, 2 * 84 + 1: 1])
    set("fc3.bias", [0: 0.5])
    return model
  }

  @Test(arguments: [1, 2])
  func whereLogitsAreSmallDifferencesOfLargeNumbersPlainSumsDecide(threads: Int) throws {
    let (model, images) = (try differencesOnly(), try stripes(600))
    // Else nothing was tried: with fewer products the two outputs differ for some, and the logits by much.
    let found = Workspace(model).ascend(images.tensor(0..<600)) { logits, _ in Tensor(shape: logits.shape) }
    #expect(found.logits.answers.count { $0 != 0 } > 10)
    #expect(try Engine(threads: threads).answers(of: model, to: images) == Array(repeating: 0, count: 600))
  }

  @Test func whereAnImageHasNoAnswerItHasNoneAmongManyEither() throws {
    var model = try differencesOnly()
    model["fc3.bias"]!.values[4] = .nan
    let answers = try Engine(threads: 2).answers(of: model, to: try stripes(300))
    #expect(answers == Array(repeating: Outcome.noAnswer, count: 300))
  }

  /// Pixels are multiplied by up to 25 before they meet a weight where there are fewer products.
  @Test func whatOverflowsOnlyWithFewerProductsHasTheAnswersOfPlainSums() throws {
    var model = try Model(LeNet(), input: Self.shape, classes: 10, seed: 3)
    model["conv1.bias"]!.values[0] = 1e38
    var weights = model["conv2.weight"]!
    for output in 0..<16 {
      for tap in 0..<25 { weights.values[output * 150 + tap] *= 1e-37 }
    }
    model["conv2.weight"] = weights
    let images = try stripes(300)
    let plain = Workspace(model).logits(images.tensor(0..<300))
    #expect(!plain.values.contains { !$0.isFinite })
    // Else nothing was tried.
    #expect(Workspace(model).roundingOfTransforms(on: images) == .infinity)
    #expect(try Engine(threads: 2).answers(of: model, to: images) == plain.answers)
  }
}

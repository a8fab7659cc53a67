import Testing

@testable import NN

@Suite struct ArchitectureTests {
  @Test func leNetHasThePapersSize() throws {
    let gray = try Model(LeNet(), input: ImageShape(channels: 1, height: 28, width: 28), classes: 10)
    #expect(gray.parameterCount == 61_706)
    #expect(gray.layout.map(\.name).prefix(4) == ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"])
    let color = try Model(LeNet(), input: ImageShape(channels: 3, height: 32, width: 32), classes: 10)
    #expect(color.parameterCount == 62_006)
  }

  @Test func residualNetworksHaveThePapersSize() throws {
    let shape = ImageShape(channels: 3, height: 32, width: 32)
    // He et al. count 0.27 million for 20 layers; shortcuts with 1×1 convolutions add a little.
    #expect(try Model(ResNet20(), input: shape, classes: 10).parameterCount == 272_474)
    #expect(try Model(ResNet8(), input: shape, classes: 10).parameterCount == 78_042)
  }

  @Test(arguments: Architectures.all.map(\.name)) func initialWeightsFollowTheSeedAndPyTorchsBounds(name: String) throws
  {
    let architecture = try Architectures.sample(name)
    let shape = ImageShape(channels: 1, height: 28, width: 28)
    let model = try Model(architecture, input: shape, classes: 7, seed: 5)
    #expect(try Model(architecture, input: shape, classes: 7, seed: 5).values == model.values)
    #expect(try Model(architecture, input: shape, classes: 7, seed: 6).values != model.values)
    for place in model.layout where place.shape.count > 1 {
      let bound = 1 / Float(place.shape.dropFirst().reduce(1, *)).squareRoot()
      let values = model.values[place.range]
      #expect(values.allSatisfy { abs($0) <= bound }, "\(place.name)")
      #expect(values.contains { abs($0) > 0.8 * bound }, "\(place.name)")
    }
  }

  @Test(arguments: Architectures.all.map(\.name)) func imagesThatAreTooSmallAreRefusedInWords(name: String) throws {
    let architecture = try Architectures.sample(name)
    let tiny = ImageShape(channels: 1, height: 1, width: 1)
    do {
      let model = try Model(architecture, input: tiny, classes: 2)
      #expect(Workspace(model).logits(Tensor(shape: [1, 1, 1, 1])).shape == [1, 2])
      #expect(
        !["lenet", "cnn", "vgg_small"].contains(name), "\(name) halves its images more often than this one can be")
    } catch let error as NetworkError {
      #expect(error.description.contains("images"), "\(error)")
    }
  }

  /// The gradient of the loss by a random direction in the parameters and in the pixels, against central differences.
  ///
  /// ReLU and maxima have kinks: steps are small and the tolerance is relative to the gradient's size.
  @Test(arguments: Architectures.all.map(\.name)) func gradientsAgreeWithCentralDifferences(name: String) throws {
    let architecture = try Architectures.sample(name)
    let shape = ImageShape(channels: 2, height: 16, width: 18)
    var model = try Model(architecture, input: shape, classes: 4, normalisation: .none(channels: 2), seed: 2)
    let x = Tensor(shape: [3, 2, 16, 18], values: noise(3 * shape.count, seed: 8).map { 0.5 + 0.5 * $0 })
    let labels = [0, 3, 1]
    let rounding = 5e-7  // of a loss of about 4 in single precision
    func loss(_ model: Model, _ x: Tensor) -> Double {
      let logits = Workspace(model).logits(x)
      return CrossEntropy().evaluate(logits, labels: labels).values.reduce(0) { $0 + Double($1) }
    }
    let found = model.parameterGradient(of: CrossEntropy(), at: x, labels: labels)
    let gradient = Workspace(model).inputGradient(of: CrossEntropy(), at: x, labels: labels).gradient
    let values = model.values
    for place in model.layout where place.isTrained {
      // Along the gradient itself, tensor by tensor: the rise is its squared length.
      let part = found.values[place.range].map(Double.init)
      let square = part.reduce(0) { $0 + $1 * $1 }
      guard square > 1e-12 else { continue }
      let step = 2e-3 / square.squareRoot()
      func moved(_ by: Double) -> Double {
        var shifted = values
        for (i, g) in zip(place.range, part) { shifted[i] += Float(by * g) }
        model.setValues(shifted)
        return loss(model, x)
      }
      let rise = (moved(step) - moved(-step)) / (2 * step)
      #expect(abs(rise - square) <= 0.03 * square + rounding / step, "\(place.name): \(rise) and \(square)")
    }
    model.setValues(values)
    let square = gradient.values.reduce(0.0) { $0 + Double($1) * Double($1) }
    let step = 2e-3 / square.squareRoot()
    func moved(_ by: Double) -> Double {
      var shifted = x
      for (i, g) in gradient.values.enumerated() { shifted.values[i] += Float(by * Double(g)) }
      return loss(model, shifted)
    }
    let rise = (moved(step) - moved(-step)) / (2 * step)
    #expect(abs(rise - square) <= 0.03 * square + rounding / step, "pixels: \(rise) and \(square)")
  }
}

@testable import NN

/// A linear model `z = W·x + b`, whose best attacks are known in closed form.
final class LinearModel: RowResponder {
  let weights: [[Float]]
  let bias: [Float]
  let shape: ImageShape
  var classes: Int { weights.count }

  init(_ weights: [[Float]], bias: [Float], shape: ImageShape) {
    (self.weights, self.bias, self.shape) = (weights, bias, shape)
  }

  func forward(_ images: [Pixels]) -> [[Float]] {
    images.map { image in zip(weights, bias).map { Float(Vector.dot($0, image)) + $1 } }
  }

  func backward(_ gradients: [[Float]]) -> [Pixels] {
    gradients.map { gradient in
      zip(weights, gradient).reduce(Pixels(repeating: 0, count: shape.count)) { Vector.along($0, $1.1, $1.0) }
    }
  }

  /// Weights and bias drawn at random.
  static func drawn(classes: Int, shape: ImageShape, seed: Int) -> Target {
    var random = Random(seed: seed, image: 0)
    let weights = (0..<classes).map { _ in random.normals(shape.count) }
    // Grey is on every boundary, so that images around it have all answers.
    let bias = weights.map { -0.5 * $0.reduce(0, +) }
    return Target(classes: classes, shape: shape) { LinearModel(weights, bias: bias, shape: shape) }
  }
}

/// Two layers with a smooth bend between them: curved boundaries, and gradients that are exact.
final class CurvedModel: RowResponder {
  let first: LinearModel
  let second: LinearModel
  private var hidden: [[Float]] = []
  var classes: Int { second.classes }
  var shape: ImageShape { first.shape }

  init(_ first: LinearModel, _ second: LinearModel) { (self.first, self.second) = (first, second) }

  func forward(_ images: [Pixels]) -> [[Float]] {
    hidden = first.forward(images).map { $0.map { $0 / (1 + abs($0)) } }
    return second.forward(hidden)
  }

  func backward(_ gradients: [[Float]]) -> [Pixels] {
    let bent = zip(second.backward(gradients), hidden).map { gradient, hidden in
      zip(gradient, hidden).map { $0 * (1 - abs($1)) * (1 - abs($1)) }
    }
    return first.backward(bent)
  }

  static func drawn(classes: Int, shape: ImageShape, seed: Int, width: Int = 24) -> Target {
    var random = Random(seed: seed, image: 0)
    let flat = ImageShape(channels: 1, height: 1, width: width)
    let first = (0..<width).map { _ in random.normals(shape.count) }
    let firstBias = first.map { -0.5 * $0.reduce(0, +) + random.uniform(-0.5, 0.5) }
    let second = (0..<classes).map { _ in Vector.scaled(random.normals(width), by: 2) }
    return Target(classes: classes, shape: shape) {
      CurvedModel(
        LinearModel(first, bias: firstBias, shape: shape),
        LinearModel(second, bias: Pixels(repeating: 0, count: second.count), shape: flat))
    }
  }
}

/// Images drawn at random and labelled by a model itself, so that it gets them all right (or a share of them wrong).
func labelled(by target: Target, count: Int, seed: Int, wrong: Int = 0) throws -> Images {
  var random = Random(seed: seed, image: 0)
  let shape = target.shape
  let bytes = (0..<count * shape.count).map { _ in UInt8(random.index(below: 256)) }
  let images = (0..<count).map { image in bytes[image * shape.count..<(image + 1) * shape.count].map { Float($0) / 255 }
  }
  let answers = target.makeResponder().forward(images).map(\.answer)
  let labels = answers.enumerated().map { UInt8($0 < wrong ? ($1 + 1) % target.classes : $1) }
  let dataset = try Dataset(
    name: "drawn", classes: ClassNames.digits(target.classes), shape: shape,
    train: .init(bytes: [], labels: []), test: .init(bytes: bytes, labels: labels))
  return dataset.test
}

import Foundation
import Testing

@testable import NN

@Suite struct LossSurfaceTests {
  private let engine = Engine(threads: 1)
  private let shape = ImageShape(channels: 1, height: 3, width: 4)

  @Test func theGradientOfALinearMarginIsTheDifferenceOfTwoRowsOfWeights() throws {
    let target = LinearModel.drawn(classes: 2, shape: shape, seed: 4)
    let images = try labelled(by: target, count: 5, seed: 1)
    let linear = try #require(target.makeResponder() as? LinearModel)
    for (position, found) in try target.gradients(of: .margin, at: images, engine: engine).enumerated() {
      let label = images.label(at: position)
      let expected = Vector.difference(linear.weights[1 - label], linear.weights[label])
      #expect(zip(found.gradient, expected).allSatisfy { abs($0 - $1) < 1e-6 })
      #expect(abs(found.l1 - expected.reduce(0) { $0 + abs($1) }) < 1e-4)
      #expect(abs(found.l2 * found.l2 - expected.reduce(0) { $0 + $1 * $1 }) < 1e-3)
      #expect(found.largest == expected.map(abs).max())
      #expect(found.loss == found.logits[1 - label] - found.logits[label])
    }
  }

  @Test func gradientsOfAnyLossAgreeWithCentralDifferences() throws {
    let target = CurvedModel.drawn(classes: 3, shape: shape, seed: 2)
    let images = try labelled(by: target, count: 4, seed: 3)
    let responder = target.makeResponder()
    for loss in [AttackLoss.ce, .margin] {
      for (position, found) in try target.gradients(of: loss, at: images, engine: engine).enumerated() {
        let (image, aim) = (images.pixels(at: position), Aim(label: images.label(at: position)))
        for pixel in image.indices {
          let (h, up, down) = (Float(1e-2), image, image)
          func at(_ step: Float, _ image: Pixels) -> Double {
            var moved = image
            moved[pixel] += step
            return Double(loss.value(responder.forward([moved])[0], aim))
          }
          let slope = (at(h, up) - at(-h, down)) / Double(2 * h)
          #expect(
            abs(slope - Double(found.gradient[pixel])) < 2e-2 * max(1, abs(slope)), "\(loss), \(position), \(pixel)")
        }
      }
    }
  }

  /// Far from the edges of the box, the margin of a linear model at (along a, across b) is m + a·‖g‖₁ + b·g·r.
  @Test func theSurfaceOfALinearModelIsThePlaneOfItsClosedForm() throws {
    let target = LinearModel.drawn(classes: 2, shape: shape, seed: 9)
    let dataset = try Dataset(
      name: "grey", classes: ClassNames.digits(2), shape: shape,
      train: .init(bytes: [], labels: []),
      test: .init(bytes: [UInt8](repeating: 128, count: shape.count), labels: [1]))
    let images = dataset.test
    let found = try target.gradients(of: .margin, at: images, engine: engine)[0]
    var numbers = Random(seed: 7, image: images.indices[0])
    let random = numbers.signs(shape.count)
    let surface = try LossSurface(
      of: .margin, of: target, around: images, epsilon: 0.2, steps: 5, seed: 7, engine: engine)
    #expect(zip(surface.offsets, [-0.2, -0.1, 0, 0.1, 0.2]).allSatisfy { abs($0 - $1) < 1e-6 })
    let slope = Vector.dot(found.gradient, random)
    #expect(abs(slope - Double(found.l1)) > 0.1, "the two directions differ")
    for (across, b) in surface.offsets.enumerated() {
      for (along, a) in surface.offsets.enumerated() {
        let expected = Double(found.loss) + Double(a * found.l1) + Double(b) * slope
        #expect(abs(surface.losses[across][along] - expected) < 1e-4, "along \(a), across \(b)")
        #expect(surface.accuracies[across][along] == (expected < 0 ? 1 : 0))
      }
    }
  }

  @Test func severalImagesGiveTheirMeanAndPixelsStayInTheBox() throws {
    let target = CurvedModel.drawn(classes: 3, shape: shape, seed: 5)
    let images = try labelled(by: target, count: 3, seed: 6, wrong: 1)
    func surface(_ images: Images, threads: Int = 1) throws -> LossSurface {
      try LossSurface(
        of: .ce, of: target, around: images, epsilon: 0.9, steps: 3, seed: 1, engine: Engine(threads: threads))
    }
    let all = try surface(images)
    let single = try (0..<3).map { try surface(images.at([$0])) }
    for across in 0..<3 {
      for along in 0..<3 {
        let mean = single.reduce(0) { $0 + $1.losses[across][along] } / 3
        #expect(abs(all.losses[across][along] - mean) < 1e-6)
      }
    }
    #expect(all.accuracies[1][1] == 2.0 / 3)
    #expect(try surface(images, threads: 2).losses == all.losses)
    // By hand: the corner of one image.
    let aim = Aim(label: images.label(at: 0))
    let gradient = try target.gradients(of: .ce, at: images, engine: engine)[0].gradient
    var numbers = Random(seed: 1, image: images.indices[0])
    let random = numbers.signs(shape.count)
    var corner = images.pixels(at: 0)
    for i in corner.indices {
      corner[i] = min(max(corner[i] - 0.9 * Vector.sign(gradient[i]) + 0.9 * random[i], 0), 1)
    }
    let loss = AttackLoss.ce.value(target.makeResponder().forward([corner])[0], aim)
    #expect(abs(single[0].losses[2][0] - Double(loss)) < 1e-5)
  }
}

import Contract
import Foundation

/// The loss around some images, in the plane of two directions: the sign of each image's gradient, and random signs.
///
/// Both directions move every pixel by the same amount, so a place of the plane is a change of that size in L∞ along either axis.
/// Pixels stay within [0, 1]. Where a model hides its gradient the loss rises faster along the random direction, or falls and
/// rises along the gradient's (Tramèr et al., ICLR 2018, fig. 2; Engstrom et al., arXiv:1807.10272).
public struct LossSurface: Sendable {
  /// How far, in pixel units: from −eps to eps, in equal steps with 0 in the middle.
  public let offsets: [Float]
  /// The mean loss over the images, `[across][along]` as `offsets` count.
  public let losses: [[Double]]
  /// The share of the images that are answered rightly there, in the same order.
  public let accuracies: [[Double]]

  /// Places along each direction: an odd number, so that the image itself is one of them.
  ///
  /// - Parameters:
  ///   - epsilon: in pixel units, above 0.
  ///   - seed: of the random signs; each image has its own.
  /// - Throws: `AttackError` if the images are not for this model, `MemoryShortage`, `Interrupted` when `stop` asks.
  public init(
    of loss: AttackLoss, of target: Target, around images: Images, epsilon: Float, steps: Int, seed: Int,
    engine: Engine,
    stop: Stop = .never
  ) throws {
    require(epsilon > 0 && steps >= 3 && steps % 2 == 1, "eps \(epsilon), \(steps) steps")
    let gradients = try target.gradients(of: loss, at: images, engine: engine, stop: stop).map(\.gradient)
    let offsets = (0..<steps).map { epsilon * (2 * Float($0) / Float(steps - 1) - 1) }
    let places = steps * steps
    let found = try Blocks(size: 256, engine: engine, stop: stop).run(images.count * places, against: target) {
      range, responder in
      var (image, signs, random) = (-1, Pixels(), Pixels())
      let points = range.map { item -> Pixels in
        if item / places != image {
          image = item / places
          signs = gradients[image].map(Vector.sign)
          var numbers = Random(seed: seed, image: images.indices[image])
          random = numbers.signs(signs.count)
        }
        let place = item % places
        var point = Vector.along(images.pixels(at: image), offsets[place % steps], signs)
        point = Vector.along(point, offsets[place / steps], random)
        return Vector.clipped(point)
      }
      return zip(range, responder.forward(points, keeping: false)).map { item, logits in
        let label = images.label(at: item / places)
        return (loss: Double(loss.value(logits, Aim(label: label))), isRight: logits.answer == label)
      }
    }.flatMap { $0 }
    func means(_ value: ((loss: Double, isRight: Bool)) -> Double) -> [[Double]] {
      (0..<steps).map { across in
        (0..<steps).map { along in
          stride(from: across * steps + along, to: found.count, by: places).reduce(0) { $0 + value(found[$1]) }
            / Double(images.count)
        }
      }
    }
    self.offsets = offsets
    losses = means(\.loss)
    accuracies = means { $0.isRight ? 1 : 0 }
  }
}

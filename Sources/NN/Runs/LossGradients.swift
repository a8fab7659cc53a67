/// What the loss is at one image, and in which direction of its pixels it grows.
public struct ImageGradient: Sendable {
  /// Before softmax, one a class.
  public let logits: [Float]
  /// The loss of the true class.
  public let loss: Float
  /// Its gradient with respect to the pixels, `[channels · height · width]`: by how much the loss grows for each unit of a pixel.
  public let gradient: Pixels

  /// The sum of the gradient's magnitudes. To first order a change within eps in L∞ raises the loss by at most eps times this
  /// (Goodfellow et al., ICLR 2015, §3); of a linear model's margin, by exactly that.
  public var l1: Float { Vector.l1(gradient) }
  /// Its Euclidean length: the same of a change in L2.
  public var l2: Float { Vector.l2(gradient) }
  /// Its largest magnitude: the same of a change in L1.
  public var largest: Float { Vector.linf(gradient) }
}

extension Target {
  /// The gradients of a loss with respect to the pixels of some images, in their order.
  ///
  /// - Throws: `AttackError` if the images are not for this model, `MemoryShortage`, `Interrupted` when `stop` asks.
  public func gradients(
    of loss: AttackLoss, at images: Images, engine: Engine, stop: Stop = .never
  ) throws -> [ImageGradient] {
    try check(images)
    try MemoryShortage.check(
      "the gradients of \(images.count) images",
      [.init("a number for each pixel", 4 * Double(images.count * shape.count))], hint: "take fewer images")
    return try Blocks(engine: engine, stop: stop).run(images.count, against: self) { range, responder in
      let aims = range.map { Aim(label: images.label(at: $0)) }
      // Not `ascend`, which may round more: these are looked at.
      let logits = responder.forward(images.pixels(range), keeping: true)
      let gradients = responder.backward(zip(logits, aims).map { loss.evaluate($0, $1).gradient })
      return zip(zip(logits, gradients), aims).map { found, aim in
        ImageGradient(logits: found.0, loss: loss.value(found.0, aim), gradient: found.1)
      }
    }.flatMap { $0 }
  }
}

import Foundation

extension Target {
  /// The logits of a selection of images, one list an image, as long as there are classes.
  ///
  /// - Throws: `AttackError` if the images are not for this model, `Interrupted` when `stop` asks.
  public func logits(
    of images: Images, engine: Engine? = nil, stop: Stop = .never
  ) throws -> [[Float]] {
    try check(images)
    let engine = engine ?? Engine(threads: ProcessInfo.processInfo.activeProcessorCount)
    let parts = try Blocks(size: 256, engine: engine, stop: stop).run(images.count, against: self) { range, responder in
      responder.forward(images.pixels(range), keeping: false)
    }
    return parts.flatMap { $0 }
  }
}

extension Target {
  /// What the model answers to images that stand in no data set.
  ///
  /// - Throws: `MemoryShortage`, `Interrupted` when `stop` asks.
  public func predictions(of images: [Pixels], engine: Engine, stop: Stop = .never) throws -> [Prediction] {
    try Blocks(size: 256, engine: engine, stop: stop).run(images.count, against: self) { range, responder in
      responder.forward(Array(images[range]), keeping: false).map(Prediction.init)
    }.flatMap { $0 }
  }
}

/// Logits as they are told: an answer, and how sure it is.
public struct Prediction: Sendable {
  /// Before softmax, one a class.
  public let logits: [Float]
  /// After it, from 0 to 1.
  public let probabilities: [Float]
  /// The class with the largest logit; `Outcome.noAnswer` where they are no numbers.
  public let answer: Int

  /// What logits mean.
  public init(_ logits: [Float]) {
    self.logits = logits
    probabilities = logits.softmax
    answer = logits.answer
  }

  /// The probability of the answer; NaN where there is none.
  public var confidence: Float { answer == Outcome.noAnswer ? .nan : probabilities[answer] }

  /// The likeliest classes, the likeliest first; of equally likely ones the lowest.
  public func likeliest(_ count: Int) -> [Int] { Array(AttackLoss.descending(logits).prefix(count)) }
}

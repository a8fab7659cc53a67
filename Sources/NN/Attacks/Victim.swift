import Contract

/// All that an attack may learn about a model: logits and gradients, counted for each image.
///
/// Every question names the rows of the batch it is about, as attacks drop the images that they are done with. A class
/// because it keeps counts; not thread-safe.
public final class Victim {
  /// Queries and gradients that one image has cost.
  struct Effort: Sendable, Hashable {
    var queries = 0
    var gradients = 0
    var steps = 0
    /// The parts of a composed attack that reached the aim.
    var credits: [String] = []

    static func + (a: Effort, b: Effort) -> Effort {
      Effort(
        queries: a.queries + b.queries, gradients: a.gradients + b.gradients, steps: a.steps + b.steps,
        credits: a.credits + b.credits)
    }
  }

  private let responder: any Responder
  /// Under a mask, what the values that attacks propose are put into.
  private let surroundings: Surroundings?
  let stop: Stop
  private(set) var efforts: [Effort]

  /// The number of classes.
  public var classes: Int { responder.classes }
  /// The shape of an image; under a mask, of the smallest rectangle that holds what may change.
  public var shape: ImageShape { surroundings?.free.frame ?? responder.shape }
  /// For every value of `shape` its place in an image of the batch, −1 where it is fixed; nil if none is.
  public var places: [Int]? { surroundings?.free.places }
  /// How many values of an image may change.
  public var values: Int { surroundings?.free.count ?? responder.shape.count }

  /// A victim for a batch of `count` images.
  ///
  /// - Parameter surroundings: under a mask, the clean images, of which the batch has what may change.
  init(_ responder: any Responder, count: Int, stop: Stop, in surroundings: Surroundings? = nil) {
    self.responder = responder
    self.surroundings = surroundings
    self.stop = stop
    efforts = Array(repeating: Effort(), count: count)
    responder.setStop(stop)
  }

  /// The logits of images that belong to `rows` of the batch; one query each. A row may occur several times.
  ///
  /// - Parameters:
  ///   - keeping: whether `gradients` of the same images will be asked for.
  ///   - news: the rows whose question is a new one, if the others are only asked about so that `gradients` can follow.
  public func logits(
    _ images: [Pixels], of rows: [Int], keeping: Bool = false, news: [Int]? = nil
  ) throws -> [[Float]] {
    require(images.count == rows.count, "\(images.count) images for \(rows.count) rows")
    try stop.check()
    for row in news ?? rows { efforts[row].queries += 1 }
    if images.isEmpty { return [] }
    let whole = surroundings?.whole(images, of: rows) ?? images
    let logits = responder.forward(whole, keeping: keeping)
    try stop.check()
    return logits
  }

  /// One image's answers to many variants of it; as many queries.
  public func logits(_ variants: [Pixels], ofRow row: Int) throws -> [[Float]] {
    try logits(variants, of: Array(repeating: row, count: variants.count))
  }

  /// The gradients with respect to the images of the last question that kept them, given gradients with respect to their logits; one
  /// gradient each. `rows` must be those of that question.
  public func gradients(_ logitGradients: [[Float]], of rows: [Int]) throws -> [Pixels] {
    require(logitGradients.count == rows.count, "\(logitGradients.count) gradients for \(rows.count) rows")
    try stop.check()
    for row in rows { efforts[row].gradients += 1 }
    if logitGradients.isEmpty { return [] }
    let gradients = responder.backward(logitGradients)
    try stop.check()
    guard let surroundings else { return gradients }
    return gradients.map(surroundings.free.taken(from:))
  }

  /// Logits and gradients at images that belong to `rows` of the batch; a query and a gradient each.
  ///
  /// - Parameter gradient: gets the position in `rows` and the logits, and returns the gradient with respect to these.
  public func ascend(
    _ images: [Pixels], of rows: [Int], _ gradient: (_ position: Int, _ logits: [Float]) -> [Float]
  ) throws -> [LogitsAndGradient] {
    if images.isEmpty { return [] }
    return try ascend(Tensor(images), of: rows, gradient).eachImage
  }

  /// The same for a batch in one piece, one row an image.
  func ascend(
    _ images: Tensor, of rows: [Int], _ gradient: (_ position: Int, _ logits: [Float]) -> [Float]
  ) throws -> InputGradient {
    for row in rows { efforts[row].gradients += 1 }
    var found = try forwardAndBack(images, of: rows) { logits, part in
      Tensor(zip(part, logits.eachRow).map { gradient($0, $1) })
    }
    if let surroundings { found.gradient = surroundings.taken(from: found.gradient) }
    return found
  }

  /// The logits as `ascend` sees them, one row an image, where no gradient is needed any more; a query each. Their answers are those of
  /// `logits`, their last digits need not be.
  func logitsOnTheWay(_ images: Tensor, of rows: [Int]) throws -> Tensor {
    try forwardAndBack(images, of: rows) { logits, _ in Tensor(shape: logits.shape) }.logits
  }

  private func forwardAndBack(
    _ images: Tensor, of rows: [Int], _ gradient: (_ logits: Tensor, _ rows: Range<Int>) -> Tensor
  ) throws -> InputGradient {
    require(images.rows == rows.count, "\(images.rows) images for \(rows.count) rows")
    try stop.check()
    for row in rows { efforts[row].queries += 1 }
    let found = responder.ascend(surroundings?.whole(images, of: rows) ?? images, gradient)
    try stop.check()
    return found
  }

  /// Loss, gradient and logits at images that belong to `rows` of the batch; a query and a gradient each.
  public func evaluate(
    _ loss: AttackLoss, at images: [Pixels], towards aims: [Aim], of rows: [Int]
  ) throws -> [LossGradient] {
    if images.isEmpty { return [] }
    let found = try evaluate(loss, at: Tensor(images), towards: aims, of: rows)
    return zip(found.gradient.eachRow, zip(found.losses, found.logits.eachRow)).map {
      LossGradient(gradient: $0, loss: $1.0, logits: $1.1)
    }
  }

  /// The same for a batch in one piece, one row an image.
  func evaluate(_ loss: AttackLoss, at images: Tensor, towards aims: [Aim], of rows: [Int]) throws -> InputGradient {
    var losses = [Float](repeating: 0, count: rows.count)
    var found = try ascend(images, of: rows) { position, logits in
      let (value, gradient) = loss.evaluate(logits, aims[position])
      losses[position] = value
      return gradient
    }
    found.losses = losses
    return found
  }

  /// Hands some of the rows to another attack, as a victim of their own, and counts what that costs here.
  func withRows<R>(_ rows: [Int], _ body: (Victim) throws -> R) rethrows -> R {
    let subset = Victim(responder, count: rows.count, stop: stop, in: surroundings?.rows(rows))
    defer {
      for (row, effort) in zip(rows, subset.efforts) { efforts[row] = efforts[row] + effort }
    }
    return try body(subset)
  }

  /// Another model as a victim with the same images.
  ///
  /// - Throws: `AttackError.shape` if it takes others.
  func asking(_ other: any Responder) throws(AttackError) -> Victim {
    guard other.shape == responder.shape else { throw .shape(model: other.shape, images: responder.shape) }
    return Victim(other, count: efforts.count, stop: stop, in: surroundings)
  }

  /// Notes which part of an attack settled a row.
  func recordSuccess(_ row: Int, to name: String) { efforts[row].credits.append(name) }

  /// Counts one query and one iteration for a row whose logits were among those asked for ahead.
  func ask(_ row: Int) {
    efforts[row].queries += 1
    efforts[row].steps += 1
  }

  /// Counts one iteration for each of `rows`.
  public func step(_ rows: [Int]) {
    for row in rows { efforts[row].steps += 1 }
  }

  /// Counts several iterations for one row.
  public func step(_ row: Int, by count: Int) { efforts[row].steps += count }
}

/// The loss, its gradient and the logits at one image.
public struct LossGradient: Sendable {
  /// The direction in which the loss grows, one value a pixel.
  public let gradient: Pixels
  /// The loss at the image.
  public let loss: Float
  /// The logits at the image.
  public let logits: [Float]
}

/// What answers an attack's questions about one model, on one thread.
///
/// The engine's workspaces do; tests answer with models small enough to be solved by hand.
public protocol Responder: AnyObject {
  /// The number of logits.
  var classes: Int { get }
  /// The images it takes.
  var shape: ImageShape { get }
  /// The logits of each image. Keeps what `backward` needs until the next call.
  func forward(_ images: [Pixels]) -> [[Float]]
  /// The slope with respect to each image of the last `forward`, given the slope with respect to its logits. May be
  /// called several times.
  func backward(_ slopes: [[Float]]) -> [Pixels]
}

/// All that an attack may know of a model: answers and slopes, counted for each image.
///
/// Every question names the rows of the batch it is about, as attacks drop the images that they are done with.
/// A class, as it counts; used by one thread.
public final class Victim {
  /// Queries and gradients that one image has cost.
  struct Effort: Sendable, Hashable {
    var queries = 0
    var gradients = 0
    var steps = 0
    /// The part of a composed attack that reached the aim.
    var credit: String?

    static func + (a: Effort, b: Effort) -> Effort {
      Effort(
        queries: a.queries + b.queries, gradients: a.gradients + b.gradients, steps: a.steps + b.steps,
        credit: a.credit ?? b.credit)
    }
  }

  private let responder: any Responder
  private let stop: Stop
  private(set) var efforts: [Effort]

  /// The number of classes.
  public var classes: Int { responder.classes }
  /// The shape of an image.
  public var shape: ImageShape { responder.shape }

  /// A victim for a batch of `count` images.
  init(_ responder: any Responder, count: Int, stop: Stop) {
    self.responder = responder
    self.stop = stop
    efforts = Array(repeating: Effort(), count: count)
  }

  /// The logits of images that belong to `rows` of the batch; one query each. A row may occur several times.
  ///
  /// - Parameter news: the rows whose question is a new one, if the others are only asked about so that `slopes` can
  ///   follow; nil for all.
  public func logits(_ images: [Pixels], of rows: [Int], news: [Int]? = nil) throws -> [[Float]] {
    precondition(images.count == rows.count, "\(images.count) images for \(rows.count) rows")
    try stop.check()
    for row in news ?? rows { efforts[row].queries += 1 }
    return images.isEmpty ? [] : responder.forward(images)
  }

  /// One image's answers to many variants of it; as many queries.
  public func logits(_ variants: [Pixels], ofRow row: Int) throws -> [[Float]] {
    try logits(variants, of: Array(repeating: row, count: variants.count))
  }

  /// The slopes with respect to the images of the last question, given slopes with respect to their logits; one
  /// gradient each. `rows` must be those of that question.
  public func slopes(_ logitSlopes: [[Float]], of rows: [Int]) throws -> [Pixels] {
    precondition(logitSlopes.count == rows.count, "\(logitSlopes.count) slopes for \(rows.count) rows")
    try stop.check()
    for row in rows { efforts[row].gradients += 1 }
    return logitSlopes.isEmpty ? [] : responder.backward(logitSlopes)
  }

  /// Loss, slope and logits at images that belong to `rows` of the batch; a query and a gradient each.
  public func climb(
    _ loss: AttackLoss, at images: [Pixels], towards aims: [Aim], of rows: [Int]
  ) throws -> [Ascent] {
    let logits = try logits(images, of: rows)
    let losses = zip(logits, aims).map { loss.evaluate($0, $1) }
    let slopes = try slopes(losses.map(\.slope), of: rows)
    return rows.indices.map { Ascent(slope: slopes[$0], loss: losses[$0].value, logits: logits[$0]) }
  }

  /// Hands some of the rows to another attack, as a victim of their own, and counts what that costs here.
  func lend<R>(_ rows: [Int], _ body: (Victim) throws -> R) rethrows -> R {
    let borrowed = Victim(responder, count: rows.count, stop: stop)
    defer {
      for (row, effort) in zip(rows, borrowed.efforts) { efforts[row] = efforts[row] + effort }
    }
    return try body(borrowed)
  }

  /// Notes which part of an attack settled a row.
  func credit(_ row: Int, to name: String) { efforts[row].credit = name }

  /// Counts one iteration for each of `rows`.
  public func step(_ rows: [Int]) {
    for row in rows { efforts[row].steps += 1 }
  }

  /// Counts several iterations for one row.
  public func step(_ row: Int, by count: Int) { efforts[row].steps += count }
}

/// What a gradient says at one image.
public struct Ascent: Sendable {
  /// The direction in which the loss grows, one value a pixel.
  public let slope: Pixels
  /// The loss at the image.
  public let loss: Float
  /// The logits at the image.
  public let logits: [Float]
}

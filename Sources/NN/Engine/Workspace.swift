import CKernels
import Contract

/// Computes a model's answers and gradients on one thread. Cheap to keep; not thread-safe.
///
/// Each image is computed independently: results do not depend on how images are batched. The model is in evaluation
/// mode: batch normalisation uses its running averages, dropout is off.
public final class Workspace: Responder {
  /// The model whose weights are used.
  public let model: Model
  private let plan: Plan
  private let weights: PreparedWeights
  private let kernels: Kernels
  /// One for each group of 16 images of a question that is kept; otherwise the first serves all groups, and the second those
  /// of which one is asked again.
  private var arenas: [Arena] = []
  /// The groups of the last question that was kept.
  private var kept: [Frame] = []
  private var stop = Stop.never

  /// The weights are copied.
  public convenience init(_ model: Model) { self.init(model, kernels: .chosen) }

  convenience init(_ model: Model, kernels: Kernels) {
    self.init(
      model, weights: PreparedWeights(FloatStorage(model.values), for: model.plan, kernels: kernels), kernels: kernels)
  }

  /// Shares weights that someone else owns and may change between questions, prepared for `model.plan`.
  init(_ model: Model, weights: PreparedWeights, kernels: Kernels) {
    self.model = model
    self.weights = weights
    self.kernels = kernels
    plan = model.plan
  }

  /// See `Responder`.
  public var classes: Int { model.classes }
  /// See `Responder`.
  public var shape: ImageShape { model.input }
  /// See `Responder`.
  public func setStop(_ stop: Stop) { self.stop = stop }

  /// The logits `[n, classes]` of images `[n, c, h, w]` with pixels in [0, 1].
  public func logits(_ images: Tensor) -> Tensor { forward(images, keeping: false) }

  /// See `Responder`. Without keeping, all groups use the same memory, which stays in the cache.
  public func forward(_ images: Tensor, keeping: Bool) -> Tensor {
    check(images)
    return logits(images.rows, keeping: keeping) { first, frame in load(images, first, frame) }
  }

  /// The logits of some images of a data set, read without a copy if they are bytes.
  func logits(of images: Images, _ rows: Range<Int>) -> Tensor {
    logits(rows.count, keeping: false) { first, frame in
      let start = rows.lowerBound + first
      plan.load(images, at: Array(start..<start + frame.count), into: frame, model.normalisation)
    }
  }

  /// See `Responder`.
  public func backward(_ gradients: Tensor) -> Tensor {
    let count = kept.reduce(0) { $0 + $1.count }
    require(gradients.shape == [count, classes], "gradients \(gradients.shape) for a question of \(count) images")
    var found = Tensor(shape: [count, shape.channels, shape.height, shape.width])
    for (number, frame) in kept.enumerated() {
      gradients.values.withUnsafeBufferPointer { gradients in
        found.values.withUnsafeMutableBufferPointer { found in
          back(gradients.baseAddress! + number * WARD_LANES * classes, frame, number * WARD_LANES, found)
        }
      }
    }
    return found
  }

  /// Of two logits that differ by less than this share of the largest, plain sums say which is larger. Those with fewer
  /// products are at least five times nearer to them (`AscentTests`).
  private static let nearTie: Float = 2e-4

  /// See `Responder`. Each group goes forward and back while its activations are in the cache, and forward with fewer
  /// products. The answers are nevertheless those of plain sums: where two logits are nearly equal they are asked for again.
  public func ascend(
    _ images: Tensor, _ gradient: (_ logits: Tensor, _ rows: Range<Int>) -> Tensor
  ) -> InputGradient {
    check(images)
    var result = InputGradient(
      gradient: Tensor(shape: images.shape), losses: [], logits: Tensor(shape: [images.rows, classes]))
    kept = []
    eachGroup(images.rows, keeping: false, transforms: true) { first, frame in
      load(images, first, frame)
      plan.forward(frame)
      var group = logits(of: frame)
      if plan.canTransform { decideTies(&group, images, first) }
      let given = gradient(group, first..<first + frame.count)
      require(given.shape == group.shape, "gradients \(given.shape) for logits \(group.shape)")
      // The gradient of a group in which no image has one is zero as it is.
      if given.values.contains(where: { $0 != 0 }) {
        result.gradient.values.withUnsafeMutableBufferPointer { found in
          given.values.withUnsafeBufferPointer { back($0.baseAddress!, frame, first, found) }
        }
      }
      result.logits.values.replaceSubrange(first * classes..<(first + frame.count) * classes, with: group.values)
    }
    return result
  }

  /// The gradient of each image's loss with respect to its pixels, with the losses and logits of the same pass. No mean
  /// is taken.
  public func inputGradient(of loss: any Loss, at images: Tensor, labels: [Int]) -> InputGradient {
    require(labels.count == images.rows, "\(labels.count) labels for \(images.rows) images")
    var losses: [Float] = []
    var result = ascend(images) { logits, rows in
      let value = loss.evaluate(logits, labels: Array(labels[rows]))
      losses += value.values
      return value.gradient
    }
    result.losses = losses
    return result
  }

  private func logits(of frame: Frame) -> Tensor {
    var out = Tensor(shape: [frame.count, classes])
    out.values.withUnsafeMutableBufferPointer { plan.logits(of: frame, into: $0.baseAddress!) }
    return out
  }

  /// Replaces the logits of a group's images whose answer is nearly a tie. Only theirs: an image's result may not depend on
  /// which others are asked about with it.
  private func decideTies(_ group: inout Tensor, _ images: Tensor, _ first: Int) {
    let near = (0..<group.rows).filter { isNearTie(group[row: $0]) }
    if near.isEmpty { return }
    if arenas.count == 1 { arenas.append(Arena(plan.arena)) }
    let again = frame(in: arenas[1], count: group.rows, transforms: false)
    load(images, first, again)
    plan.forward(again)
    let plain = logits(of: again)
    for row in near { group[row: row] = plain[row: row] }
  }

  private func isNearTie(_ logits: ArraySlice<Float>) -> Bool {
    var (best, second, size) = (-Float.infinity, -Float.infinity, Float(0))
    for logit in logits {
      if logit > best { (best, second) = (logit, best) } else if logit > second { second = logit }
      size = max(size, abs(logit))
    }
    // Not a number is no answer at all.
    return !(best - second > Self.nearTie * size)
  }

  private func logits(_ count: Int, keeping: Bool, load: (_ first: Int, Frame) -> Void) -> Tensor {
    var out = Tensor(shape: [count, classes])
    kept = []
    eachGroup(count, keeping: keeping) { first, frame in
      load(first, frame)
      plan.forward(frame)
      out.values.withUnsafeMutableBufferPointer {  // Safety: rows first..<first + count lie inside
        plan.logits(of: frame, into: $0.baseAddress! + first * classes)
      }
    }
    return out
  }

  /// Safety: `gradients` has a row for each image of the frame, `found` all rows of the question.
  private func back(
    _ gradients: UnsafePointer<Float>, _ frame: Frame, _ first: Int, _ found: UnsafeMutableBufferPointer<Float>
  ) {
    plan.setOutputGradient(gradients, of: frame)
    plan.backward(frame)
    plan.pixelGradient(of: frame, into: found.baseAddress! + first * model.input.count, model.normalisation)
  }

  private func check(_ images: Tensor) {
    require(images.rowCount == model.input.count, "images of shape \(images.shape) for a model of \(model.input)")
  }

  private func load(_ images: Tensor, _ first: Int, _ frame: Frame) {
    images.values.withUnsafeBufferPointer {  // Safety: rows first..<first + count lie inside
      plan.load($0.baseAddress! + first * model.input.count, into: frame, model.normalisation)
    }
  }

  private func eachGroup(_ count: Int, keeping: Bool, transforms: Bool = false, _ body: (Int, Frame) -> Void) {
    for first in stride(from: 0, to: count, by: WARD_LANES) {
      let number = keeping ? kept.count : 0
      if arenas.count == number { arenas.append(Arena(plan.arena)) }
      let frame = frame(in: arenas[number], count: min(WARD_LANES, count - first), transforms: transforms)
      if keeping { kept.append(frame) }
      body(first, frame)
    }
  }

  private func frame(in arena: Arena, count: Int, transforms: Bool) -> Frame {
    Frame(
      arena: arena, weights: weights, wantsInputGradient: true, count: count, transforms: transforms, kernels: kernels,
      stop: stop)
  }
}

extension Model {
  /// The model as attacks and evaluations see it.
  public var target: Target {
    // Only read, so that all threads share them.
    let weights = PreparedWeights(FloatStorage(values), for: plan, kernels: .chosen)
    return Target(classes: classes, shape: input, groupBytes: 4 * plan.arena.count) {
      Workspace(self, weights: weights, kernels: .chosen)
    }
  }
}

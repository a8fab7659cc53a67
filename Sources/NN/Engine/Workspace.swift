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
  /// Memory that no group is in. The last that was put here is taken first, as it may still be in the cache.
  private var spare: [Arena] = []
  /// The arena whose scratch all groups share, so that it stays in the cache.
  private var common: Arena?
  /// The groups of the last question that was kept.
  private var kept: [Group] = []
  private var stop = Stop.never

  /// 16 images or fewer on their way through the network, and the memory that they are in.
  private struct Group {
    let arena: Arena
    let frame: Frame
    /// Its first image among those of the question.
    let first: Int
  }

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
    return logits(images.rows, keeping: keeping, transforms: false) { first, frame in load(images, first, frame) }
  }

  /// The logits of some images of a data set, read without a copy if they are bytes.
  func logits(of images: Images, at positions: [Int], transforms: Bool = false) -> Tensor {
    logits(positions.count, keeping: false, transforms: transforms) { first, frame in
      plan.load(images, at: Array(positions[first..<first + frame.count]), into: frame, model.normalisation)
    }
  }

  /// The answers to some images of a data set, which are those of plain sums.
  ///
  /// - Parameter rounding: what `roundingOfTransforms` gave; plain sums then decide only where two logits are nearly equal.
  func answers(to images: Images, _ rows: Range<Int>, rounding: Float? = nil) -> [Int] {
    let positions = Array(rows)
    guard let rounding else { return logits(of: images, at: positions).answers }
    var found = logits(of: images, at: positions, transforms: true)
    let nearTies = positions.indices.filter { isNearTie(found[row: $0], within: 10 * rounding) }
    let plain = logits(of: images, at: nearTies.map { positions[$0] })
    for (place, row) in nearTies.enumerated() { found[row: row] = plain[row: place] }
    return found.answers
  }

  /// How far logits with fewer products are from those of plain sums, at most, on 16 images spread over a selection; nil if the
  /// network has no such form. A network whose logits are small differences of large numbers rounds more than others.
  func roundingOfTransforms(on images: Images) -> Float? {
    guard plan.canTransform else { return nil }
    var sample = images.tensor(at: (0..<WARD_LANES).map { $0 * images.count / WARD_LANES })
    // Flat and repeated parts of an image may be summed without any rounding, which says nothing of the next one.
    var random = Random(seed: 0, stream: 0)
    for i in sample.values.indices { sample.values[i] += (random.uniform() - 0.5) / 64 }
    let plain = logits(sample)
    let found = logits(sample.rows, keeping: false, transforms: true) { first, frame in load(sample, first, frame) }
    return zip(plain.values, found.values).reduce(0) { most, pair in
      let difference = abs(pair.0 - pair.1)
      return difference.isNaN ? .infinity : max(most, difference)
    }
  }

  /// See `Responder`.
  public func backward(_ gradients: Tensor) -> Tensor {
    let count = kept.reduce(0) { $0 + $1.frame.count }
    require(gradients.shape == [count, classes], "gradients \(gradients.shape) for a question of \(count) images")
    var found = Tensor(shape: [count, shape.channels, shape.height, shape.width])
    for group in kept {
      gradients.values.withUnsafeBufferPointer { gradients in
        found.values.withUnsafeMutableBufferPointer { found in
          back(gradients.baseAddress! + group.first * classes, group, found)
        }
      }
    }
    return found
  }

  /// Of two logits that differ by less than this share of the largest, plain sums say which is larger. Those with fewer
  /// products are at least five times nearer to them (`AscentTests`).
  private static let nearTie: Float = 2e-4
  /// What groups that wait for plain sums may take.
  private static let mostWaiting = 32 << 20

  /// A group that went forward with fewer products.
  private struct Ascent {
    let group: Group
    var logits: Tensor
    /// Rows of it whose answer is nearly a tie.
    var nearTies: [Int] = []

    var rows: Range<Int> { group.first..<group.first + group.frame.count }
  }

  /// See `Responder`. Each group goes forward and back while its activations are in the cache, and forward with fewer
  /// products. The answers are nevertheless those of plain sums: where two logits are nearly equal they are asked for again.
  /// Groups with such images wait before they go back, until so many are found that they fill a group of their own.
  public func ascend(
    _ images: Tensor, _ gradient: (_ logits: Tensor, _ rows: Range<Int>) -> Tensor
  ) -> InputGradient {
    check(images)
    var result = InputGradient(
      gradient: Tensor(shape: images.shape), losses: [], logits: Tensor(shape: [images.rows, classes]))
    releaseKept()
    func sendBack(_ ascent: Ascent) {
      let given = gradient(ascent.logits, ascent.rows)
      require(given.shape == ascent.logits.shape, "gradients \(given.shape) for logits \(ascent.logits.shape)")
      // The gradient of a group in which no image has one is zero as it is.
      if given.values.contains(where: { $0 != 0 }) {
        result.gradient.values.withUnsafeMutableBufferPointer { found in
          given.values.withUnsafeBufferPointer { back($0.baseAddress!, ascent.group, found) }
        }
      }
      let places = ascent.rows.lowerBound * classes..<ascent.rows.upperBound * classes
      result.logits.values.replaceSubrange(places, with: ascent.logits.values)
      spare.append(ascent.group.arena)
    }
    var waiting: [Ascent] = []
    func settle() {
      decideTies(&waiting, images)
      // The last is the likeliest to be in the cache.
      for ascent in waiting.reversed() { sendBack(ascent) }
      waiting = []
    }
    let room = max(1, Self.mostWaiting / (4 * plan.arena.count))
    for first in stride(from: 0, to: images.rows, by: WARD_LANES) {
      let group = group(at: first, of: images.rows, transforms: true)
      load(images, first, group.frame)
      plan.forward(group.frame)
      var ascent = Ascent(group: group, logits: logits(of: group.frame))
      if plan.canTransform { ascent.nearTies = (0..<ascent.logits.rows).filter { isNearTie(ascent.logits[row: $0]) } }
      if ascent.nearTies.isEmpty {
        sendBack(ascent)
        continue
      }
      let found = waiting.reduce(ascent.nearTies.count) { $0 + $1.nearTies.count }
      if found > WARD_LANES || waiting.count == room { settle() }
      waiting.append(ascent)
    }
    settle()
    return result
  }

  /// The gradient of each image's loss with respect to its pixels, with the losses and logits of the same pass. No mean
  /// is taken.
  public func inputGradient(of loss: any Loss, at images: Tensor, labels: [Int]) -> InputGradient {
    require(labels.count == images.rows, "\(labels.count) labels for \(images.rows) images")
    var losses = [Float](repeating: 0, count: images.rows)
    var result = ascend(images) { logits, rows in
      let value = loss.evaluate(logits, labels: Array(labels[rows]))
      losses.replaceSubrange(rows, with: value.values)
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

  /// Replaces the logits of images whose answer is nearly a tie, which are at most 16. Only theirs: an image's result may not
  /// depend on which others are asked about with it.
  private func decideTies(_ ascents: inout [Ascent], _ images: Tensor) {
    let near = ascents.indices.flatMap { number in ascents[number].nearTies.map { (number: number, row: $0) } }
    if near.isEmpty { return }
    let again = group(at: 0, of: near.count, transforms: false)
    load(images.rows(near.map { ascents[$0.number].rows.lowerBound + $0.row }), 0, again.frame)
    plan.forward(again.frame)
    let plain = logits(of: again.frame)
    for (place, tie) in near.enumerated() { ascents[tie.number].logits[row: tie.row] = plain[row: place] }
    spare.append(again.arena)
  }

  /// - Parameter gap: two logits nearer than this are nearly equal too.
  private func isNearTie(_ logits: ArraySlice<Float>, within gap: Float = 0) -> Bool {
    var (best, second, size) = (-Float.infinity, -Float.infinity, Float(0))
    for logit in logits {
      if logit > best { (best, second) = (logit, best) } else if logit > second { second = logit }
      size = max(size, abs(logit))
    }
    // Not a number is no answer at all.
    return !(best - second > max(gap, Self.nearTie * size))
  }

  private func logits(
    _ count: Int, keeping: Bool, transforms: Bool, load: (_ first: Int, Frame) -> Void
  ) -> Tensor {
    var out = Tensor(shape: [count, classes])
    releaseKept()
    for first in stride(from: 0, to: count, by: WARD_LANES) {
      let group = group(at: first, of: count, transforms: transforms)
      load(first, group.frame)
      plan.forward(group.frame)
      out.values.withUnsafeMutableBufferPointer {  // Safety: rows first..<first + count lie inside
        plan.logits(of: group.frame, into: $0.baseAddress! + first * classes)
      }
      if keeping { kept.append(group) } else { spare.append(group.arena) }
    }
    return out
  }

  /// Safety: `gradients` has a row for each image of the group, `found` all rows of the question.
  private func back(
    _ gradients: UnsafePointer<Float>, _ group: Group, _ found: UnsafeMutableBufferPointer<Float>
  ) {
    plan.setOutputGradient(gradients, of: group.frame)
    plan.backward(group.frame)
    plan.pixelGradient(
      of: group.frame, into: found.baseAddress! + group.first * model.input.count, model.normalisation)
  }

  private func check(_ images: Tensor) {
    require(images.rowCount == model.input.count, "images of shape \(images.shape) for a model of \(model.input)")
  }

  private func load(_ images: Tensor, _ first: Int, _ frame: Frame) {
    images.values.withUnsafeBufferPointer {  // Safety: rows first..<first + count lie inside
      plan.load($0.baseAddress! + first * model.input.count, into: frame, model.normalisation)
    }
  }

  private func releaseKept() {
    spare += kept.map(\.arena)
    kept = []
  }

  /// The group that begins at one of `count` images, in memory of its own until that is put back to the spare.
  private func group(at first: Int, of count: Int, transforms: Bool) -> Group {
    let arena = spare.popLast() ?? Arena(plan.arena)
    let common = common ?? arena
    self.common = common
    var frame = Frame(
      arena: arena, weights: weights, wantsInputGradient: true, count: min(WARD_LANES, count - first),
      transforms: transforms, kernels: kernels, stop: stop)
    frame.scratch = common.scratch
    return Group(arena: arena, frame: frame, first: first)
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

import CKernels
import Contract

/// Forward first, backward later, as attacks ask: keeps each group's activations until the next question.
///
/// One memory a group of 16 images, made when first needed, so a batch of any size goes both ways.
public final class GroupedPass: Responder {
  private let model: Model
  private let kernels: Kernels
  private let weights: FloatStorage
  private var arenas: [Arena] = []
  private var frames: [Frame] = []
  private var rows: [Float]
  private var stop = Stop.never

  /// A pass through a model in evaluation mode, for one thread.
  public convenience init(_ model: Model) {
    self.init(model, weights: FloatStorage(model.values), kernels: .chosen)
  }

  /// Shares weights that someone else owns and may change between questions.
  init(_ model: Model, weights: FloatStorage, kernels: Kernels) {
    self.model = model
    self.weights = weights
    self.kernels = kernels
    rows = Array(repeating: 0, count: WARD_LANES * max(model.input.count, model.classes))
  }

  /// See `Responder`.
  public var classes: Int { model.classes }
  /// See `Responder`.
  public var shape: ImageShape { model.input }

  /// See `Responder`.
  public func heed(_ stop: Stop) { self.stop = stop }

  /// See `Responder`.
  public func forward(_ images: [[Float]]) -> [[Float]] { forward(images, keeping: true) }

  /// See `Responder`. Without keeping, all groups use the same memory, which stays in the cache.
  public func forward(_ images: [[Float]], keeping: Bool) -> [[Float]] {
    frames = []
    var answers: [[Float]] = []
    answers.reserveCapacity(images.count)
    for first in stride(from: 0, to: images.count, by: WARD_LANES) {
      let group = images[first..<min(first + WARD_LANES, images.count)]
      let frame = makeFrame(count: group.count, keeping: keeping)
      rows.withUnsafeMutableBufferPointer { rows in  // Safety: room for 16 images and for 16 rows of logits
        Self.gather(group, of: model.input.count, into: rows)
        model.plan.load(rows.baseAddress!, into: frame, model.normalisation)
        model.plan.forward(frame)
        model.plan.logits(of: frame, into: rows.baseAddress!)
        answers += Self.scatter(rows, group.count, of: model.classes)
      }
    }
    return answers
  }

  /// See `Responder`.
  public func backward(_ slopes: [[Float]]) -> [[Float]] {
    require(slopes.count == frames.reduce(0) { $0 + $1.count }, "\(slopes.count) slopes for another question")
    var gradients: [[Float]] = []
    gradients.reserveCapacity(slopes.count)
    for (number, frame) in frames.enumerated() {
      let group = slopes[number * WARD_LANES..<number * WARD_LANES + frame.count]
      rows.withUnsafeMutableBufferPointer { rows in  // Safety: as above
        Self.gather(group, of: model.classes, into: rows)
        model.plan.setSlopes(rows.baseAddress!, of: frame)
        model.plan.backward(frame)
        model.plan.pixelGradient(of: frame, into: rows.baseAddress!, model.normalisation)
        gradients += Self.scatter(rows, group.count, of: model.input.count)
      }
    }
    return gradients
  }

  /// See `Responder`. Each group goes forward and back while its activations are in the cache.
  public func ascend(
    _ images: [[Float]], _ slope: (_ position: Int, _ logits: [Float]) -> [Float]
  ) -> [Ascended] {
    var found: [Ascended] = []
    found.reserveCapacity(images.count)
    for first in stride(from: 0, to: images.count, by: WARD_LANES) {
      let group = Array(images[first..<min(first + WARD_LANES, images.count)])
      let logits = forward(group)
      let slopes = backward(logits.indices.map { slope(first + $0, logits[$0]) })
      for (logits, slope) in zip(logits, slopes) { found.append(Ascended(logits: logits, slope: slope)) }
    }
    frames = []
    return found
  }

  private func makeFrame(count: Int, keeping: Bool) -> Frame {
    let number = keeping ? frames.count : 0
    if arenas.count == number { arenas.append(Arena(model.plan.arena)) }
    let frame = Frame(
      arena: arenas[number].floats, weights: weights.floats, slopes: nil, accumulate: false,
      wantsInputGradient: true, count: count, isTraining: false, keys: [], kernels: kernels, stop: stop)
    if keeping { frames.append(frame) }
    return frame
  }

  private static func gather(
    _ group: ArraySlice<[Float]>, of width: Int, into rows: UnsafeMutableBufferPointer<Float>
  ) {
    for (place, values) in group.enumerated() {
      require(values.count == width, "\(values.count) values for a row of \(width)")
      values.withUnsafeBufferPointer { (rows.baseAddress! + place * width).update(from: $0.baseAddress!, count: width) }
    }
  }

  private static func scatter(_ rows: UnsafeMutableBufferPointer<Float>, _ count: Int, of width: Int) -> [[Float]] {
    (0..<count).map { Array(UnsafeMutableBufferPointer(rebasing: rows[$0 * width..<($0 + 1) * width])) }
  }
}

extension Model {
  /// The model as attacks and evaluations see it.
  public var target: Target {
    let weights = FloatStorage(values)  // only read, so that all threads share them
    return Target(classes: classes, shape: input, groupBytes: 4 * plan.arena.count) {
      GroupedPass(self, weights: weights, kernels: .chosen)
    }
  }
}

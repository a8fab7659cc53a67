import CKernels
import Contract

/// Computes a model's answers and gradients on one thread. Cheap to keep, not to be shared between threads.
///
/// Every image's arithmetic is its own: results do not depend on how images are cut into calls. The model is in
/// evaluation mode: running averages hold, nothing is dropped.
public final class Workspace {
  /// The model whose weights are used.
  public let model: Model
  private let plan: Plan
  private let arena: Arena
  private let weights: FloatStorage
  private let kernels: Kernels
  /// Asked between the layers. Once it says yes, answers are worth nothing: the caller asks too, and throws.
  var stop = Stop.never

  /// Room for one group of images; the weights are copied.
  public convenience init(_ model: Model) { self.init(model, kernels: .chosen) }

  init(_ model: Model, kernels: Kernels) {
    self.model = model
    self.kernels = kernels
    plan = model.plan
    arena = Arena(model.plan.arena)
    weights = FloatStorage(model.values)
  }

  /// Shares weights that change, as training's do, and that someone else owns.
  init(_ model: Model, weights: FloatStorage, kernels: Kernels) {
    self.model = model
    self.weights = weights
    self.kernels = kernels
    plan = model.plan
    arena = Arena(model.plan.arena)
  }

  /// The logits `[n, classes]` of images `[n, c, h, w]` with pixels in [0, 1].
  public func logits(_ x: Tensor) -> Tensor {
    let n = check(x)
    var out = Tensor(shape: [n, model.classes])
    eachGroup(n) { first, frame in
      load(x, first, frame)
      plan.forward(frame)
      out.values.withUnsafeMutableBufferPointer {  // Safety: rows first..<first + count lie inside
        plan.logits(of: frame, into: $0.baseAddress! + first * model.classes)
      }
    }
    return out
  }

  /// The logits of some images of a data set, read as bytes.
  func logits(of images: Images, _ rows: Range<Int>) -> Tensor {
    var out = Tensor(shape: [rows.count, model.classes])
    eachGroup(rows.count) { first, frame in
      images.withBytes { bytes in  // Safety: every index is one of the part's, so its image lies inside
        let starts = (0..<frame.count).map {
          Optional(bytes.baseAddress! + images.indices[rows.lowerBound + first + $0] * model.input.count)
        }
        plan.load(starts, into: frame, model.normalisation)
      }
      plan.forward(frame)
      out.values.withUnsafeMutableBufferPointer {  // Safety: rows first..<first + count lie inside
        plan.logits(of: frame, into: $0.baseAddress! + first * model.classes)
      }
    }
    return out
  }

  var kernelTable: ward_kernels { kernels.table.pointee }

  /// The gradient by pixels of each image's loss, with losses and logits of the same pass. No mean is taken.
  public func inputGradient(of loss: any Loss, at x: Tensor, labels: [Int]) -> InputGradient {
    require(labels.count == x.rows, "\(labels.count) labels for \(x.rows) images")
    var losses: [Float] = []
    var result = inputGradient(at: x) { logits, rows in
      let value = loss.evaluate(logits, labels: Array(labels[rows]))
      losses += value.values
      return value.slope
    }
    result.losses = losses
    return result
  }

  /// The gradient by pixels for any slopes by the logits: `slopes` gets the logits of some rows and returns theirs.
  ///
  /// One row of the Jacobian is `slopes` that return 1 at one class and 0 elsewhere.
  public func inputGradient(at x: Tensor, slopes: (_ logits: Tensor, _ rows: Range<Int>) -> Tensor) -> InputGradient {
    let n = check(x)
    var slope = Tensor(shape: x.shape)
    var logits = Tensor(shape: [n, model.classes])
    eachGroup(n, inputGradient: true) { first, frame in
      load(x, first, frame)
      let group = forwardAndBack(first, frame, slopes)
      logits.values.replaceSubrange(first * model.classes..<(first + frame.count) * model.classes, with: group.values)
      slope.values.withUnsafeMutableBufferPointer {  // Safety: rows first..<first + count lie inside
        plan.pixelGradient(of: frame, into: $0.baseAddress! + first * model.input.count, model.normalisation)
      }
    }
    return InputGradient(slope: slope, losses: [], logits: logits)
  }

  /// The gradient by parameters of the *sum* of the losses, laid out like `model.values`; zero for running averages.
  public func parameterGradient(of loss: any Loss, at x: Tensor, labels: [Int]) -> ParameterGradient {
    require(labels.count == x.rows, "\(labels.count) labels for \(x.rows) images")
    let n = check(x)
    let sums = FloatStorage(count: plan.parameterCount)
    var losses: [Float] = []
    var logits = Tensor(shape: [n, model.classes])
    eachGroup(n, slopes: sums.floats) { first, frame in
      load(x, first, frame)
      let group = forwardAndBack(first, frame) { logits, rows in
        let value = loss.evaluate(logits, labels: Array(labels[rows]))
        losses += value.values
        return value.slope
      }
      logits.values.replaceSubrange(first * model.classes..<(first + frame.count) * model.classes, with: group.values)
    }
    return ParameterGradient(values: sums.values, losses: losses, logits: logits)
  }

  /// Runs one group through, both ways; returns its logits.
  private func forwardAndBack(_ first: Int, _ frame: Frame, _ slopes: (Tensor, Range<Int>) -> Tensor) -> Tensor {
    plan.forward(frame)
    var group = Tensor(shape: [frame.count, model.classes])
    group.values.withUnsafeMutableBufferPointer { plan.logits(of: frame, into: $0.baseAddress!) }
    let slope = slopes(group, first..<first + frame.count)
    require(slope.shape == group.shape, "slopes \(slope.shape) for logits \(group.shape)")
    slope.values.withUnsafeBufferPointer { plan.setSlopes($0.baseAddress!, of: frame) }
    plan.backward(frame)
    return group
  }

  private func check(_ x: Tensor) -> Int {
    require(x.rowCount == model.input.count, "images of shape \(x.shape) for a model of \(model.input)")
    return x.rows
  }

  private func load(_ x: Tensor, _ first: Int, _ frame: Frame) {
    x.values.withUnsafeBufferPointer {  // Safety: rows first..<first + count lie inside
      plan.load($0.baseAddress! + first * model.input.count, into: frame, model.normalisation)
    }
  }

  private func eachGroup(
    _ n: Int, inputGradient: Bool = false, slopes: UnsafeMutablePointer<Float>? = nil, _ body: (Int, Frame) -> Void
  ) {
    for first in stride(from: 0, to: n, by: WARD_LANES) {
      let frame = Frame(
        arena: arena.floats, weights: weights.floats, slopes: slopes, accumulate: first > 0,
        wantsInputGradient: inputGradient, count: min(WARD_LANES, n - first), isTraining: false,
        keys: [], kernels: kernels, stop: stop)
      body(first, frame)
    }
  }
}

/// What `Workspace.inputGradient` returns.
public struct InputGradient: Sendable {
  /// Shape of the images; slope by each pixel, in units of loss per pixel value.
  public var slope: Tensor
  /// One a row; empty where slopes were given by hand.
  public var losses: [Float]
  /// `[n, classes]`.
  public var logits: Tensor
}

/// What `Workspace.parameterGradient` returns.
public struct ParameterGradient: Sendable {
  /// Laid out like `Model.values`.
  public var values: [Float]
  /// One a row.
  public var losses: [Float]
  /// `[n, classes]`.
  public var logits: Tensor
}

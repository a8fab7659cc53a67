import CKernels

/// What one group of 16 images sees while it passes through the network.
struct Frame {
  // Safety: all pointers outlive the pass: the workspace or the trainer that makes the frame owns what they point at.
  let arena: UnsafeMutablePointer<Float>
  /// Room that an operation may use while it runs. It belongs to the thread rather than to the group where groups take
  /// turns, so that it stays in the cache.
  var scratch: UnsafeMutablePointer<Float>
  let weights: UnsafeMutablePointer<Float>
  /// What the plan's operations prepared from the weights.
  let prepared: UnsafePointer<Float>
  /// Where gradients by parameters go, laid out like the weights; nil where nobody asks for them.
  let gradients: UnsafeMutablePointer<Float>?
  /// Whether `gradients` is added to rather than overwritten.
  let accumulate: Bool
  /// Where the group leaves what gradients need that are summed at the end of a batch; nil where it adds to all itself.
  let left: UnsafeMutablePointer<Float>?
  /// Whether the gradient by the network's input is asked for.
  let wantsInputGradient: Bool
  /// Whether gradients by biases are asked for, where there are gradients by parameters.
  let wantsBiasGradient: Bool
  /// How many of the 16 lanes hold an image.
  let count: Int
  /// Training: batch statistics and dropout. Otherwise the network computes one fixed function.
  let isTraining: Bool
  /// Whether convolutions may go forward with fewer products, which round ten times more: where gradients are asked for, and where
  /// plain sums decide what nearly ties.
  let transforms: Bool
  /// One key an image: what dropout draws from.
  let keys: [UInt64]
  let kernels: Kernels
  /// Asked between operations. Once it says yes, what the pass leaves behind is nothing: whoever made the frame asks too.
  let stop: Stop

  init(
    arena: Arena, weights: PreparedWeights, gradients: UnsafeMutablePointer<Float>? = nil, accumulate: Bool = false,
    left: UnsafeMutablePointer<Float>? = nil, wantsInputGradient: Bool, wantsBiasGradient: Bool = true, count: Int,
    isTraining: Bool = false,
    transforms: Bool = false, keys: [UInt64] = [], kernels: Kernels, stop: Stop = .never
  ) {
    (self.arena, scratch) = (arena.floats, arena.scratch)
    self.weights = weights.values.floats
    prepared = UnsafePointer(weights.prepared.floats)
    (self.gradients, self.accumulate, self.left) = (gradients, accumulate, left)
    self.wantsInputGradient = wantsInputGradient
    self.wantsBiasGradient = wantsBiasGradient
    (self.count, self.isTraining) = (count, isTraining)
    // Where each product rounds by itself a step of Adam would be off by more than its bound (`OptimizerGoldenTests`).
    self.transforms = transforms || isTraining && kernels.table.pointee.fuses != 0
    (self.keys, self.kernels, self.stop) = (keys, kernels, stop)
  }

  var call: ward_kernels { _read { yield kernels.table.pointee } }
  var adds: Int32 { accumulate ? 1 : 0 }

  func at(_ slot: Slot) -> UnsafeMutablePointer<Float> { arena + slot.offset }
  func bytes(_ offset: Int) -> UnsafeMutablePointer<UInt8> {
    UnsafeMutableRawPointer(arena + offset).assumingMemoryBound(to: UInt8.self)
  }
}

/// One step of a compiled network, forward and back, over one group at a time.
///
/// An operation with more than one phase needs the whole batch between them: `combine` sees all groups, in order.
protocol Operation: Sendable {
  var forwardPhases: Int { get }
  var backwardPhases: Int { get }
  /// Whether training draws from the frame's keys.
  var drawsRandomNumbers: Bool { get }
  /// The gradient that a frame with room for it leaves for the end of the batch.
  var late: LateGradient? { get }
  /// Computes from the weights what the passes need in another form, where the wiring made room for it: once for each
  /// version of the weights, for all threads and groups.
  func prepare(_ weights: UnsafePointer<Float>, _ prepared: UnsafeMutablePointer<Float>, _ kernels: Kernels)
  func forward(_ frame: Frame, phase: Int)
  func backward(_ frame: Frame, phase: Int)
  func combineForward(_ frames: [Frame], phase: Int)
  func combineBackward(_ frames: [Frame], phase: Int)
}

extension Operation {
  var forwardPhases: Int { 1 }
  var backwardPhases: Int { 1 }
  var drawsRandomNumbers: Bool { false }
  var late: LateGradient? { nil }
  func prepare(_ weights: UnsafePointer<Float>, _ prepared: UnsafeMutablePointer<Float>, _ kernels: Kernels) {}
  func combineForward(_ frames: [Frame], phase: Int) {}
  func combineBackward(_ frames: [Frame], phase: Int) {}
}

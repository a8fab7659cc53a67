import CKernels

/// What one group of 16 images sees while it passes through the network.
struct Frame {
  // Safety: all pointers outlive the pass: the workspace or the trainer that makes the frame owns what they point at.
  let arena: UnsafeMutablePointer<Float>
  let weights: UnsafeMutablePointer<Float>
  /// Where gradients by parameters go, laid out like the weights; nil where nobody asks for them.
  let slopes: UnsafeMutablePointer<Float>?
  /// Whether `slopes` is added to rather than overwritten.
  let accumulate: Bool
  /// Whether the gradient by the network's input is asked for.
  let wantsInputGradient: Bool
  /// How many of the 16 lanes hold an image.
  let count: Int
  /// Training: batch statistics and dropout. Otherwise the network computes one fixed function.
  let isTraining: Bool
  /// One key an image: what dropout draws from.
  let keys: [UInt64]
  let kernels: Kernels
  /// Asked between operations. Once it says yes, what the pass leaves behind is nothing: whoever made the frame asks too.
  var stop = Stop.never

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
  func forward(_ frame: Frame, phase: Int)
  func backward(_ frame: Frame, phase: Int)
  func combineForward(_ frames: [Frame], phase: Int)
  func combineBackward(_ frames: [Frame], phase: Int)
}

extension Operation {
  var forwardPhases: Int { 1 }
  var backwardPhases: Int { 1 }
  func combineForward(_ frames: [Frame], phase: Int) {}
  func combineBackward(_ frames: [Frame], phase: Int) {}
}

import Contract

/// The step of L∞: every pixel by the same length, up or down as the gradient's sign says; a gradient of 0 leaves it alone.
///
/// Goodfellow et al., ICLR 2015, §4; within a ball Madry et al., ICLR 2018.
struct SignStep: Sendable {
  /// In pixel units.
  let length: Float
  /// The ball to stay in.
  let epsilon: Float
  /// Whether to stay in [0, 1].
  var clips = true

  /// One step from the middle of the ball.
  func taken(from images: Tensor, along gradient: Tensor) -> Tensor {
    var moved = images
    move(&moved, along: gradient, around: images)
    return moved
  }

  /// Moves points (one row an image) along a gradient, back into the ball around `centers` and into the box.
  func move(_ points: inout Tensor, along gradient: Tensor, around centers: Tensor) {
    let count = points.count
    require(
      gradient.count == count && centers.count == count, "\(gradient.shape) and \(centers.shape) for \(points.shape)")
    points.values.withUnsafeMutableBufferPointer { points in
      centers.values.withUnsafeBufferPointer { centers in
        gradient.values.withUnsafeBufferPointer { gradient in
          guard let points = points.baseAddress else { return }
          // Safety: three buffers of one length.
          Kernels.chosen.table.pointee.sign_step(
            Int64(count), centers.baseAddress, gradient.baseAddress, length, epsilon, clips ? 1 : 0, points)
        }
      }
    }
  }
}

extension Optional<Float> {
  /// The length of a step that was given, or 2.5·eps/steps: enough to cross the ball, a rule that never fails badly.
  func stepLength(epsilon: Float, steps: Int) -> Float { self ?? 2.5 * epsilon / Float(steps) }
}

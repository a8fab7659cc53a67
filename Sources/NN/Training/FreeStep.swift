import CKernels
import Contract

/// Free adversarial training (Shafahi et al., NeurIPS 2019): one backward pass moves the weights and the change of the
/// images, which the next step on the same places of a batch starts from.
extension ShardedStep {
  /// Starts an epoch without any change.
  func forgetChange() { change = nil }

  /// The batch's images with the change added, clipped to [0, 1].
  func addChange(_ job: Job, _ epsilon: Float) {
    let width = model.input.count
    let change = self.change ?? FloatStorage(count: batch * width)
    self.change = change
    let room = crafted ?? FloatStorage(count: batch * width)
    crafted = room
    eachGroup(of: job) { rows in
      let clean = cleanImages(rows, job)
      // Safety: both storages have a row for each image of the batch, and a group writes its own.
      let (x, shift) = (room.floats + rows.lowerBound * width, change.floats + rows.lowerBound * width)
      for i in 0..<clean.count { x[i] = min(max(clean.values[i] + shift[i], 0), 1) }
    }
  }

  /// A step's gradients by the weights; those by the pixels move the change by `epsilon`, within `epsilon`.
  func free(_ job: Job, _ epsilon: Float) throws -> Sums {
    guard let change else { unreachable("addChange comes first") }
    let width = model.input.count
    return try pass(job, adversarial: true, weight: 1, accumulate: false) { rows, frame in
      var gradient = [Float](repeating: 0, count: rows.count * width)
      // Safety: as above; `gradient` has a row for each image of the group.
      gradient.withUnsafeMutableBufferPointer {
        self.plan.pixelGradient(of: frame, into: $0.baseAddress!, self.model.normalisation)
      }
      let shift = change.floats + rows.lowerBound * width
      for i in gradient.indices {
        shift[i] = min(max(shift[i] + epsilon * Vector.sign(gradient[i]), -epsilon), epsilon)
      }
    }
  }

  private func eachGroup(of job: Job, _ body: (Range<Int>) -> Void) {
    engine.run((job.rows.count + WARD_LANES - 1) / WARD_LANES) { group, _ in
      if !job.stop.isRequested { body(groupRows(group, job)) }
    }
  }
}

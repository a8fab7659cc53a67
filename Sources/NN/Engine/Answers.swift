import CKernels
import Contract

extension Engine {
  /// The answers to images of a data set, on all threads; a batch at a time is converted from bytes.
  ///
  /// - Throws: `Interrupted`.
  public func answers(of model: Model, to images: Images, stop: Stop = .never) throws -> [Int] {
    require(images.shape == model.input, "\(images.shape) images for a model of \(model.input)")
    let block = 256
    try MemoryShortage.check(
      "asking \(model.architecture.name) on \(threads) threads",
      [
        .init("weights", 4 * Double(model.values.count)),
        .init("activations", 4 * Double(threads * model.plan.arena.count)),
      ], hint: "fewer threads (ward --threads 1), or a smaller network")
    let weights = FloatStorage(model.values)
    let parts = try map(blocks: (images.count + block - 1) / block, stop: stop) { number in
      let rows = number * block..<min((number + 1) * block, images.count)
      let workspace = Workspace(model, weights: weights, kernels: self.kernels)
      workspace.stop = stop
      let answers = workspace.answers(to: images, rows)
      try stop.check()
      return answers
    }
    return parts.flatMap { $0 }
  }

  /// The share of right answers.
  ///
  /// - Throws: `Interrupted`.
  public func accuracy(of model: Model, on images: Images, stop: Stop = .never) throws -> Double {
    guard !images.isEmpty else { return 0 }
    let right = zip(try answers(of: model, to: images, stop: stop), images.labels).filter { $0 == $1 }.count
    return Double(right) / Double(images.count)
  }
}

extension Workspace {
  /// The answers to some images of a data set.
  func answers(to images: Images, _ rows: Range<Int>) -> [Int] { logits(of: images, rows).answers }

  /// Pixels moved by `epsilon` along the sign of the slope; a slope of 0 leaves a pixel alone.
  func signStep(from images: Tensor, along slope: Tensor, _ epsilon: Float, clips: Bool) -> Tensor {
    var out = images
    let count = out.count
    out.values.withUnsafeMutableBufferPointer { x in
      images.values.withUnsafeBufferPointer { origin in
        slope.values.withUnsafeBufferPointer { slope in
          // Safety: three buffers of one length.
          kernelTable.sign_step(
            Int64(count), origin.baseAddress, slope.baseAddress, epsilon, epsilon, clips ? 1 : 0, x.baseAddress)
        }
      }
    }
    return out
  }
}

extension Workspace {
  /// Images moved `steps` times along the sign of the cross-entropy's slope, within `epsilon` and [0, 1].
  ///
  /// The inner loop of PGD in its plainest form: no restart, no early end. Madry et al., ICLR 2018.
  public func ascended(
    from images: Tensor, labels: [Int], steps: Int, stride: Float, epsilon: Float
  ) -> Tensor {
    var x = images
    for _ in 0..<steps {
      let slope = inputGradient(of: CrossEntropy(), at: x, labels: labels).slope
      moveBySign(&x, along: slope, around: images, stride: stride, epsilon: epsilon)
    }
    return x
  }

  /// One step of `stride` along the sign of the slope, back into the ball of `epsilon` around `images` and into [0, 1].
  func moveBySign(
    _ x: inout Tensor, along slope: Tensor, around images: Tensor, stride: Float, epsilon: Float
  ) {
    let count = x.count
    x.values.withUnsafeMutableBufferPointer { x in
      images.values.withUnsafeBufferPointer { origin in
        slope.values.withUnsafeBufferPointer { slope in
          // Safety: three buffers of one length.
          kernelTable.sign_step(
            Int64(count), origin.baseAddress, slope.baseAddress, stride, epsilon, 1, x.baseAddress)
        }
      }
    }
  }
}

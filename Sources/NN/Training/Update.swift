import CKernels
import Foundation

extension ShardedStep {
  /// Sums the shards' gradients and takes the optimiser's step, split by parameters over the threads.
  ///
  /// - Parameters:
  ///   - number: this step's number, from 1.
  ///   - scale: multiplies the summed gradient: one over the number of images.
  ///   - extra: added to the scaled gradient, if given.
  func update(
    _ rule: UpdateRule, rate: Double, number: Int, scale: Double, clip: Double?, extra: FloatStorage?,
    moments: [FloatStorage]
  ) {
    var step = Self.constants(rule, rate: rate, number: number)
    step.scale = Float(scale)
    var extra = extra
    if let clip { extra = clipped(&step, to: clip, extra: extra) }
    let constants = step
    // Safety: each part owns its range of the weights and moments; the gradients are only read.
    inRanges { from, to, shards in
      withUnsafePointer(to: constants) { step in
        switch rule {
        case .adam:
          kernels.adam(
            step, from, to, gradientStart, shards, Int64(shardStride), extra?.floats, weightStart,
            moments[0].floats, moments[1].floats)
        case .descent:
          kernels.sgd(
            step, from, to, gradientStart, shards, Int64(shardStride), extra?.floats, weightStart,
            moments.first?.floats)
        }
      }
    }
  }

  /// Scales the gradient down if it is longer than `clip`; returns what is added, scaled alike.
  private func clipped(_ step: inout ward_step, to clip: Double, extra: FloatStorage?) -> FloatStorage? {
    let constants = step
    let squares = sumInRanges { from, to, shards in
      withUnsafePointer(to: constants) {
        kernels.gradient_square($0, from, to, gradientStart, shards, Int64(shardStride), extra?.floats)
      }
    }
    let length = squares.squareRoot()
    guard length > clip else { return extra }
    let factor = clip / (length + 1e-6)  // PyTorch's guard against division by zero
    step.scale = Float(Double(step.scale) * factor)
    return extra.map { storage in
      let scaled = FloatStorage(count: storage.count)
      for i in 0..<storage.count { scaled.floats[i] = storage.floats[i] * Float(factor) }
      return scaled
    }
  }

  /// All that depends on the step's number, in double precision: `1 - 0.999` in single is wrong by 5e-5 of itself.
  private static func constants(_ rule: UpdateRule, rate: Double, number: Int) -> ward_step {
    var step = ward_step()
    step.rate = Float(rate)
    step.first = number == 1 ? 1 : 0
    switch rule {
    case .adam(let beta1, let beta2, let epsilon, let decay, let decoupled):
      step.beta1 = Float(beta1)
      step.one_minus_beta1 = Float(1 - beta1)
      step.beta2 = Float(beta2)
      step.one_minus_beta2 = Float(1 - beta2)
      step.epsilon = Float(epsilon)
      step.correction1 = Float(1 / (1 - pow(beta1, Double(number))))
      step.correction2_root = Float(1 / (1 - pow(beta2, Double(number))).squareRoot())
      if decoupled { step.decoupled_decay = Float(rate * decay) } else { step.decay = Float(decay) }
    case .descent(let momentum, let nesterov, let decay):
      step.momentum = Float(momentum)
      step.nesterov = nesterov ? 1 : 0
      step.decay = Float(decay)
    }
    return step
  }
}

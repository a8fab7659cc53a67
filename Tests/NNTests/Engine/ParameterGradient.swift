import CKernels

@testable import NN

extension Model {
  struct ParameterGradient {
    /// Laid out like `Model.values`; zero for running averages.
    var values: [Float]
    var losses: [Float]
  }

  /// The gradient of the *sum* of the losses by the parameters, in evaluation mode: running averages hold.
  func parameterGradient(
    of loss: any Loss, at images: Tensor, labels: [Int], kernels: Kernels = .chosen
  ) -> ParameterGradient {
    let plan = Plan(network, training: true)
    let weights = PreparedWeights(FloatStorage(values), for: plan, kernels: kernels)
    let sums = FloatStorage(count: plan.parameterCount)
    let arena = Arena(plan.arena)
    var losses: [Float] = []
    for first in stride(from: 0, to: images.rows, by: WARD_LANES) {
      let part = images.rows(first..<min(first + WARD_LANES, images.rows))
      let frame = Frame(
        arena: arena, weights: weights, gradients: sums.floats, accumulate: first > 0, wantsInputGradient: false,
        count: part.rows, transforms: true, kernels: kernels)
      var logits = Tensor(shape: [part.rows, classes])
      part.values.withUnsafeBufferPointer { plan.load($0.baseAddress!, into: frame, normalisation) }
      plan.forward(frame)
      logits.values.withUnsafeMutableBufferPointer { plan.logits(of: frame, into: $0.baseAddress!) }
      let value = loss.evaluate(logits, labels: Array(labels[first..<first + part.rows]))
      losses += value.values
      value.gradient.values.withUnsafeBufferPointer { plan.setOutputGradient($0.baseAddress!, of: frame) }
      plan.backward(frame)
    }
    return ParameterGradient(values: sums.values, losses: losses)
  }
}

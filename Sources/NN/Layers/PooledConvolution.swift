import CKernels
import Contract

/// Convolution, ReLU and 2×2 maximum in one kernel: the sums never leave the registers.
struct PooledConvolution: Stage {
  let convolution: Convolution

  /// Whether the kernel covers this convolution.
  static func covers(_ c: Convolution, _ p: MaxPool) -> Bool {
    c.groups == 1 && c.stride == (1, 1) && c.dilation == (1, 1) && p.kernel == (2, 2) && p.stride == (2, 2)
      && p.padding == (0, 0)
  }

  var inputHalo: Halo { convolution.inputHalo }

  func operation(_ wiring: inout Wiring) -> any Operation {
    let input = wiring.inputs[0]
    guard let full = try? convolution.outputShape(of: [input.shape]) else {
      unreachable("the plan checked \(input.shape)")
    }
    // See `isUnderMaximum`.
    let weights = ConvolutionWeights(
      convolution, &wiring, transformsForward: !wiring.isFirst, isPooled: true)
    let needsSums = weights.form == .plain || weights.form == .tiles3
    return PooledConvolutionOperation(
      weights: weights, input: input, output: wiring.output,
      outputGradient: wiring.outputGradient,
      sumGradient: needsSums ? wiring.ownGradient(full, halo: Halo(height: 0, width: convolution.kernel.width)) : nil,
      inputGradient: wiring.inputGradients[0], isFirst: wiring.isFirst,
      winners: wiring.layout.bytes(wiring.output.shape))
  }
}

struct PooledConvolutionOperation: Operation {
  let weights: ConvolutionWeights
  let input: Slot
  let output: Slot
  let outputGradient: Slot
  /// The gradient before the maximum, where a kernel needs it spread out.
  let sumGradient: Slot?
  let inputGradient: Slot
  let isFirst: Bool
  /// Which of the four pixels won, a byte each; 4 where none was positive.
  let winners: Int

  func prepare(
    _ weights: UnsafePointer<Float>, _ prepared: UnsafeMutablePointer<Float>, _ kernels: Kernels
  ) { self.weights.prepare(weights, prepared, kernels) }

  func forward(_ f: Frame, phase: Int) {
    weights.forward(f, from: input, pooledTo: output, winners: f.bytes(winners))
  }

  func backward(_ f: Frame, phase: Int) {
    let wantsInput = !isFirst || f.wantsInputGradient
    guard f.gradients != nil || wantsInput else { return }
    let winners = f.bytes(winners)
    let biasGradient = weights.bias.flatMap { offset in f.gradients.map { $0 + offset } }
    if let sumGradient {
      f.call.unpool(
        outputGradient.planes, f.at(outputGradient), winners, sumGradient.planes, f.at(sumGradient), biasGradient,
        f.adds)
      weights.backward(
        f, from: sumGradient, rectified: nil, input: input, to: inputGradient, wantsInput: wantsInput)
    } else {
      if let biasGradient {
        f.call.pooled_sums(outputGradient.planes, f.at(outputGradient), winners, biasGradient, f.adds)
      }
      weights.backward(
        f, fromPooled: outputGradient, winners: winners, input: input, to: inputGradient, wantsInput: wantsInput)
    }
  }
}

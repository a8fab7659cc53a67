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
    let inputs = Int(input.planes.channels)
    guard let full = try? convolution.outputShape(of: [input.shape]) else {
      unreachable("the plan checked \(input.shape)")
    }
    return PooledConvolutionOperation(
      conv: convolution.descriptor(inputs: inputs),
      weights: ConvolutionWeights(convolution, &wiring, transformsForward: false), input: input,
      output: wiring.output, outputGradient: wiring.outputGradient,
      sumGradient: wiring.layout.slot(full, halo: Halo(height: 0, width: convolution.kernel.width)),
      inputGradient: wiring.inputGradients[0], isFirst: wiring.isFirst,
      winners: wiring.layout.bytes(wiring.output.shape))
  }
}

struct PooledConvolutionOperation: Operation {
  let conv: ward_conv
  let weights: ConvolutionWeights
  let input: Slot
  let output: Slot
  let outputGradient: Slot
  let sumGradient: Slot
  let inputGradient: Slot
  let isFirst: Bool
  /// Which of the four pixels won, a byte each; 4 where none was positive.
  let winners: Int

  func prepare(
    _ weights: UnsafePointer<Float>, _ prepared: UnsafeMutablePointer<Float>, _ kernels: Kernels
  ) { self.weights.prepare(weights, prepared, kernels) }

  func forward(_ f: Frame, phase: Int) {
    withUnsafePointer(to: conv) {
      f.call.conv_pool_forward(
        $0, input.planes, f.at(input), weights.weights(f), weights.biases(f), output.planes, f.at(output),
        f.bytes(winners))
    }
  }

  func backward(_ f: Frame, phase: Int) {
    let wantsInput = !isFirst || f.wantsInputGradient
    guard f.gradients != nil || wantsInput else { return }
    f.call.unpool(
      outputGradient.planes, f.at(outputGradient), f.bytes(winners), sumGradient.planes, f.at(sumGradient),
      weights.bias.flatMap { offset in f.gradients.map { $0 + offset } }, f.adds)
    weights.backward(f, from: sumGradient, input: input, to: inputGradient, wantsInput: wantsInput)
  }
}

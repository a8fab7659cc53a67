import CKernels
import Contract

/// Convolution, ReLU and 2×2 maximum in one kernel: the sums never leave the registers. The plan makes it.
struct PooledConvolution: Layer {
  let convolution: Convolution

  /// Whether the kernel covers this convolution.
  static func covers(_ c: Convolution, _ p: MaxPool) -> Bool {
    c.groups == 1 && c.stride == (1, 1) && c.dilation == (1, 1) && p.kernel == (2, 2) && p.stride == (2, 2)
      && p.padding == (0, 0)
  }

  func outputShape(of input: ImageShape) throws -> ImageShape {
    try MaxPool(2).outputShape(of: convolution.outputShape(of: input))
  }

  func parameters(for input: ImageShape) -> [ParameterSpec] { convolution.parameters(for: input) }
  var inputHalo: Halo { convolution.inputHalo }

  func operation(_ wiring: inout Wiring) -> any Operation {
    let input = wiring.inputs[0]
    let inputs = Int(input.planes.channels)
    guard let full = try? convolution.outputShape(of: input.shape) else {
      unreachable("the plan checked \(input.shape)")
    }
    return PooledConvolutionOperation(
      conv: convolution.descriptor(inputs: inputs), input: input, output: wiring.output,
      outputGradient: wiring.outputGradient,
      sumGradient: wiring.layout.slot(full, halo: Halo(height: 0, width: convolution.kernel.width)),
      inputGradient: wiring.inputGradients[0], weight: wiring.parameters[0],
      bias: convolution.hasBias ? wiring.parameters[1] : nil, isFirst: wiring.isFirst,
      winners: wiring.layout.bytes(wiring.output.shape),
      scratch: wiring.layout.floats(convolution.scratch(inputs: inputs)))
  }
}

struct PooledConvolutionOperation: Operation {
  let conv: ward_conv
  let input: Slot
  let output: Slot
  let outputGradient: Slot
  let sumGradient: Slot
  let inputGradient: Slot
  let weight: Int
  let bias: Int?
  let isFirst: Bool
  /// Which of the four pixels won, a byte each; 4 where none was positive.
  let winners: Int
  let scratch: Int

  func forward(_ f: Frame, phase: Int) {
    withUnsafePointer(to: conv) {
      f.call.conv_pool_forward(
        $0, input.planes, f.at(input), f.weights + weight, bias.map { f.weights + $0 }, output.planes, f.at(output),
        f.bytes(winners))
    }
  }

  func backward(_ f: Frame, phase: Int) {
    let wantsInput = !isFirst || f.wantsInputGradient
    guard f.slopes != nil || wantsInput else { return }
    f.call.unpool(
      outputGradient.planes, f.at(outputGradient), f.bytes(winners), sumGradient.planes, f.at(sumGradient),
      bias.flatMap { offset in f.slopes.map { $0 + offset } }, f.adds)
    withUnsafePointer(to: conv) {
      if let slopes = f.slopes {
        f.call.conv_weight_gradient(
          $0, input.planes, f.at(input), sumGradient.planes, f.at(sumGradient), f.arena + scratch, slopes + weight,
          f.adds)
      }
      if wantsInput {
        f.call.conv_input_gradient(
          $0, sumGradient.planes, f.at(sumGradient), f.weights + weight, inputGradient.planes, f.at(inputGradient),
          f.arena + scratch)
      }
    }
  }
}

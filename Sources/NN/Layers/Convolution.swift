import CKernels
import Contract

/// 2-d convolution, PyTorch's `Conv2d`: weight `[outputs, inputs / groups, height, width]`.
struct Convolution: Layer {
  let outputs: Int
  var kernel: (height: Int, width: Int)
  var stride = (height: 1, width: 1)
  var padding = (height: 0, width: 0)
  var dilation = (height: 1, width: 1)
  var groups = 1
  var hasBias = true
  /// Set by the plan where a ReLU follows: it is computed on the way out.
  var followedByReLU = false

  init(_ outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0, bias: Bool = true) {
    self.outputs = outputs
    self.kernel = (kernel, kernel)
    self.stride = (stride, stride)
    self.padding = (padding, padding)
    hasBias = bias
  }

  func outputShape(of input: ImageShape) throws -> ImageShape {
    require(kernel.height * kernel.width <= 1024, "a kernel of \(kernel)")  // the kernels' list of taps
    if input.channels % groups != 0 || outputs % groups != 0 {
      let detail = "\(groups) groups do not divide \(input.channels) input and \(outputs) output channels"
      throw NetworkError.mismatch(layer: "a convolution", detail: detail)
    }
    let height = input.height + 2 * padding.height - dilation.height * (kernel.height - 1) - 1
    let width = input.width + 2 * padding.width - dilation.width * (kernel.width - 1) - 1
    guard height >= 0, width >= 0 else {
      throw NetworkError.tooSmall(
        layer: "a \(kernel.height)×\(kernel.width) convolution", input: input,
        needed: "\(max(0, -height)) more rows and \(max(0, -width)) more columns")
    }
    return ImageShape(channels: outputs, height: height / stride.height + 1, width: width / stride.width + 1)
  }

  func parameters(for input: ImageShape) -> [ParameterSpec] {
    let fanIn = input.channels / groups * kernel.height * kernel.width
    let bound = 1 / Float(fanIn).squareRoot()
    let shape = [outputs, input.channels / groups, kernel.height, kernel.width]
    let weight = ParameterSpec(suffix: "weight", shape: shape, start: .uniform(bound: bound))
    let bias = ParameterSpec(suffix: "bias", shape: [outputs], start: .uniform(bound: bound))
    return hasBias ? [weight, bias] : [weight]
  }

  var inputHalo: Halo { Halo(height: padding.height, width: padding.width) }

  var gradientHalo: Halo {
    followedByReLU ? .none : Halo(height: 0, width: dilation.width * (kernel.width - 1) + 1)
  }

  func descriptor(inputs: Int) -> ward_conv {
    ward_conv(
      inputs: Int32(inputs), outputs: Int32(outputs), groups: Int32(groups), kernel_h: Int32(kernel.height),
      kernel_w: Int32(kernel.width), stride_h: Int32(stride.height), stride_w: Int32(stride.width),
      pad_h: Int32(padding.height), pad_w: Int32(padding.width), dilation_h: Int32(dilation.height),
      dilation_w: Int32(dilation.width))
  }

  /// Floats of scratch: a vector a weight of some output channels, or the weights of one group packed.
  func scratch(inputs: Int) -> Int {
    inputs / groups * kernel.height * kernel.width * max(8 * WARD_LANES, outputs / groups)
  }

  func operation(_ wiring: inout Wiring) -> any Operation {
    let inputs = Int(wiring.inputs[0].planes.channels)
    var before = wiring.outputGradient
    if followedByReLU {
      let halo = Halo(height: 0, width: dilation.width * (kernel.width - 1) + 1)
      before = wiring.layout.slot(wiring.output.shape, halo: halo)
    }
    return ConvolutionOperation(
      conv: descriptor(inputs: inputs), input: wiring.inputs[0], output: wiring.output,
      outputGradient: wiring.outputGradient, sumGradient: before, inputGradient: wiring.inputGradients[0],
      weight: wiring.parameters[0], bias: hasBias ? wiring.parameters[1] : nil, isFirst: wiring.isFirst,
      hasReLU: followedByReLU, scratch: wiring.layout.floats(scratch(inputs: inputs)))
  }
}

struct ConvolutionOperation: Operation {
  let conv: ward_conv
  let input: Slot
  let output: Slot
  let outputGradient: Slot
  /// The gradient of the sums before the ReLU; the same as `outputGradient` where there is none.
  let sumGradient: Slot
  let inputGradient: Slot
  let weight: Int
  let bias: Int?
  let isFirst: Bool
  let hasReLU: Bool
  let scratch: Int

  func forward(_ f: Frame, phase: Int) {
    withUnsafePointer(to: conv) {
      f.call.conv_forward(
        $0, input.planes, f.at(input), f.weights + weight, bias.map { f.weights + $0 }, output.planes, f.at(output),
        hasReLU ? 1 : 0)
    }
  }

  func backward(_ f: Frame, phase: Int) {
    if hasReLU {
      f.call.activation_backward(
        WARD_RELU, 0, output.planes, f.at(output), outputGradient.planes, f.at(outputGradient), sumGradient.planes,
        f.at(sumGradient))
    }
    withUnsafePointer(to: conv) {
      if let slopes = f.slopes {
        f.call.conv_weight_gradient(
          $0, input.planes, f.at(input), sumGradient.planes, f.at(sumGradient), f.arena + scratch, slopes + weight,
          f.adds)
        if let bias { f.call.channel_sums(sumGradient.planes, f.at(sumGradient), slopes + bias, f.adds) }
      }
      if !isFirst || f.wantsInputGradient {
        f.call.conv_input_gradient(
          $0, sumGradient.planes, f.at(sumGradient), f.weights + weight, inputGradient.planes, f.at(inputGradient),
          f.arena + scratch)
      }
    }
  }
}

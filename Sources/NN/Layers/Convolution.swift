import CKernels
import Contract

/// 2-d convolution, PyTorch's `Conv2d`: weight `[outputs, inputs / groups, height, width]`.
struct Convolution: Layer {
  var outputs: Int
  var kernel: (height: Int, width: Int)
  var stride = (height: 1, width: 1)
  var padding = (height: 0, width: 0)
  var dilation = (height: 1, width: 1)
  var groups = 1
  var hasBias = true
  /// Set where a ReLU follows: it is computed on the way out.
  var followedByReLU = false
  /// Set where a batch normalisation follows that only uses its running averages: it becomes part of the weights.
  var folded: BatchNorm?

  init(_ outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0, bias: Bool = true) {
    self.outputs = outputs
    self.kernel = (kernel, kernel)
    self.stride = (stride, stride)
    self.padding = (padding, padding)
    hasBias = bias
  }

  static let entry: Entry<any Layer> = Entry(
    Convolution(16, kernel: 3), "conv", "2-d convolution", paper: "LeCun et al., Proc. IEEE 1998",
    example: "conv(16, kernel: 3, padding: 1)",
    settings
  ) { $0 }

  private static let settings: [Setting<Convolution>] = [
    Setting("channels", \.outputs, in: 1...65_536, "channels that come out").unlabelled,
    Setting("kernel", \.kernel, in: 1...mostTaps, "rows and columns of the window"),
    Setting("stride", \.stride, in: 1...65_536, "pixels from one window to the next"),
    Setting("padding", \.padding, in: 0...65_536, "zeros around the image"),
    Setting("dilation", \.dilation, in: 1...65_536, "pixels from one weight of the window to the next"),
    Setting("groups", \.groups, in: 1...65_536, "parts of the channels that do not see each other"),
    Setting("bias", \.hasBias, "add a number to each channel"),
  ]

  /// What the kernels' list of taps holds.
  private static let mostTaps = 1024

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape {
    let input = inputs[0]
    if kernel.height * kernel.width > Self.mostTaps {
      let detail = "a kernel of \(kernel.height)×\(kernel.width) has more than \(Self.mostTaps) weights"
      throw NetworkError.mismatch(layer: "a convolution", detail: detail)
    }
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

  func multiplications(from input: ImageShape, to output: ImageShape) -> Int {
    output.count * (input.channels / groups) * kernel.height * kernel.width
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

  /// Floats of scratch for the gradient by the weights: a vector a weight of eight output channels.
  func scratch(inputs: Int) -> Int { inputs / groups * kernel.height * kernel.width * 8 * WARD_LANES }

  /// With a maximum and a ReLU, or a ReLU, in one kernel; before that a batch normalisation whose averages are fixed.
  func fused(with readers: [any Layer], training: Bool) -> Fusion? {
    var (layer, taken) = (self, 0)
    if !training, let norm = readers.first as? BatchNorm {
      layer.folded = norm
      taken = 1
    }
    let next = readers.dropFirst(taken).prefix(2)
    // After a folding the maximum stays apart: over many channels the kernel that has it takes 4 % longer in all
    // (vgg_small under PGD, AVX2).
    if taken == 0, next.count == 2, next.contains(where: \.isReLU),
      let pool = next.lazy.compactMap({ $0 as? MaxPool }).first,
      PooledConvolution.covers(self, pool)
    {
      return Fusion(stage: PooledConvolution(convolution: layer), count: 2)
    }
    if let first = next.first, first.isReLU {
      layer.followedByReLU = true
      taken += 1
    }
    return taken > 0 ? Fusion(stage: layer, count: taken) : nil
  }

  func operation(_ wiring: inout Wiring) -> any Operation {
    let inputs = Int(wiring.inputs[0].planes.channels)
    var before = wiring.outputGradient
    if followedByReLU {
      let halo = Halo(height: 0, width: dilation.width * (kernel.width - 1) + 1)
      before = wiring.layout.slot(wiring.output.shape, halo: halo)
    }
    return ConvolutionOperation(
      conv: descriptor(inputs: inputs), weights: ConvolutionWeights(self, &wiring), input: wiring.inputs[0],
      output: wiring.output, outputGradient: wiring.outputGradient, sumGradient: before,
      inputGradient: wiring.inputGradients[0], isFirst: wiring.isFirst, hasReLU: followedByReLU,
      scratch: wiring.isTraining ? wiring.layout.floats(scratch(inputs: inputs)) : 0)
  }
}

extension Layer {
  var isReLU: Bool { (self as? Activation)?.function == .relu }
}

/// Where the kernels find a convolution's weights: those of the model or, with a batch normalisation folded in, prepared
/// ones; and the same weights in the order of the gradient by the input.
struct ConvolutionWeights: Sendable {
  private let conv: ward_conv
  /// The planes of the input, on which the order depends.
  private let planes: ward_planes
  private let count: Int
  /// Among the model's values.
  let weight: Int
  let bias: Int?
  private let norm: (parameters: NormParameters, epsilon: Float)?
  /// Among what is prepared: the weights and then the biases, if something is folded in.
  private let folded: Int
  /// Among what is prepared.
  private let packed: Int

  init(_ layer: Convolution, _ wiring: inout Wiring) {
    let inputs = Int(wiring.inputs[0].planes.channels)
    conv = layer.descriptor(inputs: inputs)
    planes = wiring.inputGradients[0].planes
    count = layer.outputs * (inputs / layer.groups) * layer.kernel.height * layer.kernel.width
    weight = wiring.parameters[0]
    bias = layer.hasBias ? wiring.parameters[1] : nil
    let rest = Array(wiring.parameters.dropFirst(layer.hasBias ? 2 : 1))
    norm = layer.folded.map { (NormParameters(rest), $0.epsilon) }
    folded = norm == nil ? 0 : wiring.prepared.floats(count + layer.outputs)
    packed = wiring.prepared.floats(count)
  }

  func weights(_ f: Frame) -> UnsafePointer<Float> {
    norm == nil ? UnsafePointer(f.weights + weight) : f.prepared + folded
  }

  func biases(_ f: Frame) -> UnsafePointer<Float>? {
    norm == nil ? bias.map { UnsafePointer(f.weights + $0) } : f.prepared + folded + count
  }

  func packed(_ f: Frame) -> UnsafePointer<Float> { f.prepared + packed }

  /// Safety: both pointers have room for all that the plan laid out.
  func prepare(
    _ weights: UnsafePointer<Float>, _ prepared: UnsafeMutablePointer<Float>, _ kernels: Kernels
  ) {
    var source = weights + weight
    if let norm {
      let outputs = Int(conv.outputs)
      let (to, each) = (prepared + folded, count / outputs)
      for channel in 0..<outputs {
        let (scale, shift) = norm.parameters.line(channel, of: weights, epsilon: norm.epsilon)
        for i in channel * each..<(channel + 1) * each { to[i] = source[i] * scale }
        to[count + channel] = shift + (bias.map { weights[$0 + channel] } ?? 0) * scale
      }
      source = UnsafePointer(to)
    }
    withUnsafePointer(to: conv) { kernels.table.pointee.conv_pack($0, planes, source, prepared + packed) }
  }
}

struct ConvolutionOperation: Operation {
  let conv: ward_conv
  let weights: ConvolutionWeights
  let input: Slot
  let output: Slot
  let outputGradient: Slot
  /// The gradient of the sums before the ReLU; the same as `outputGradient` where there is none.
  let sumGradient: Slot
  let inputGradient: Slot
  let isFirst: Bool
  let hasReLU: Bool
  let scratch: Int

  func prepare(
    _ weights: UnsafePointer<Float>, _ prepared: UnsafeMutablePointer<Float>, _ kernels: Kernels
  ) { self.weights.prepare(weights, prepared, kernels) }

  func forward(_ f: Frame, phase: Int) {
    withUnsafePointer(to: conv) {
      f.call.conv_forward(
        $0, input.planes, f.at(input), weights.weights(f), weights.biases(f), output.planes, f.at(output),
        hasReLU ? 1 : 0)
    }
  }

  func backward(_ f: Frame, phase: Int) {
    if hasReLU {
      f.call.activation_backward(
        WARD_RELU, 0, 0, output.planes, f.at(output), outputGradient.planes, f.at(outputGradient), sumGradient.planes,
        f.at(sumGradient))
    }
    withUnsafePointer(to: conv) {
      if let gradients = f.gradients {
        f.call.conv_weight_gradient(
          $0, input.planes, f.at(input), sumGradient.planes, f.at(sumGradient), f.arena + scratch,
          gradients + weights.weight, f.adds)
        if let bias = weights.bias {
          f.call.channel_sums(sumGradient.planes, f.at(sumGradient), gradients + bias, f.adds)
        }
      }
      if !isFirst || f.wantsInputGradient {
        f.call.conv_input_gradient(
          $0, sumGradient.planes, f.at(sumGradient), weights.packed(f), inputGradient.planes, f.at(inputGradient))
      }
    }
  }
}

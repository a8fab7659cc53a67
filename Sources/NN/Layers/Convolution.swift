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
  /// Set where a maximum follows before anything else mixes pixels: flat parts of the network's image then have to stay exactly
  /// equal, so that the first of equals wins as in the plain sum. What other layers make of them may differ in the last
  /// digits: the maximum lets no pixel win by so little.
  var isUnderMaximum = false
  /// Set where rounding has to stay small: the forms with fewer products round ten times more.
  var sumsPlainly = false
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

  /// How both gradients, and where a network learns the sums, are computed. Decided by shapes alone, so that it depends on
  /// no machine.
  ///
  /// - Parameter isPooled: whether a 2×2 maximum is part of the kernel.
  func form(from input: ImageShape, isPooled: Bool = false) -> ConvolutionForm {
    guard !sumsPlainly, stride == (1, 1), dilation == (1, 1), groups == 1, max(padding.height, padding.width) < 5,
      let output = try? outputShape(of: [input])
    else { return .plain }
    if kernel == (3, 3), padding == (1, 1), min(input.channels, outputs) >= 16, min(input.height, input.width) >= 4,
      // Half the products or less, where tiles cover something twice.
      input.height * input.width >= 8 * Int(ward_winograd_all_tiles(Int32(input.height), Int32(input.width)))
    {
      return .tiles3
    }
    guard kernel == (5, 5) else { return .plain }
    if input.channels >= 4, outputs >= 8, output.height % 2 == 0, output.width % 2 == 0 { return .tiles5 }
    // Above, what lies between the steps would leave the cache.
    return isPooled && input.channels * outputs <= 128 ? .winners5 : .plain
  }

  /// Floats of scratch for the gradient by the weights: a vector a weight of some output channels.
  func scratch(inputs: Int) -> Int {
    inputs / groups * kernel.height * kernel.width * WARD_WEIGHT_OUTPUTS * WARD_LANES
  }

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
    layer.isUnderMaximum = readers.prefix { $0 is BatchNorm || $0 is Activation || $0 is MaxPool }
      .contains { $0 is MaxPool }
    if let first = next.first, first.isReLU {
      layer.followedByReLU = true
      taken += 1
    }
    return taken > 0 || layer.isUnderMaximum ? Fusion(stage: layer, count: taken) : nil
  }

  var bounding: Bounding? {
    var plain = self
    plain.sumsPlainly = true
    return .affine(mixes: true, as: plain)
  }

  func operation(_ wiring: inout Wiring) -> any Operation {
    var before = wiring.outputGradient
    // The tiles' kernel takes the gradient through the ReLU by itself; that of the biases wants it apart.
    let isInKernel = form(from: wiring.inputs[0].shape) == .tiles3 && !(wiring.isTraining && hasBias)
    if followedByReLU, !isInKernel {
      let halo = Halo(height: 0, width: dilation.width * (kernel.width - 1) + 1)
      before = wiring.ownGradient(wiring.output.shape, halo: halo)
    }
    return ConvolutionOperation(
      weights: ConvolutionWeights(self, &wiring, transformsForward: !(isUnderMaximum && wiring.isFirst)),
      input: wiring.inputs[0], output: wiring.output, outputGradient: wiring.outputGradient, sumGradient: before,
      inputGradient: wiring.inputGradients[0], isFirst: wiring.isFirst, hasReLU: followedByReLU,
      leavesReLUToKernel: followedByReLU && isInKernel)
  }
}

/// Which kernels a convolution has. Those with fewer products round some ten times more than the plain ones.
enum ConvolutionForm {
  case plain
  /// `kernels/winograd.h`.
  case tiles3
  /// `kernels/winograd5.h`.
  case tiles5
  /// Under a maximum: `kernels/winners.h`, whose sums are plain, and `kernels/rows5.h`.
  case winners5
}

extension Layer {
  var isReLU: Bool { (self as? Activation)?.function == .relu }
}

/// Where the kernels find a convolution's weights: those of the model or, with a batch normalisation folded in, prepared
/// ones; and the same weights in the order of the gradient by the input, or transformed where there are fewer products.
///
/// Forward the transformed ones serve where gradients are asked for: in training, and on an attack's way. What answers, and so
/// what judges an attack, takes the plain sums: they round ten times less, and equal pixels give equal sums.
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
  /// Among what is prepared: for the gradient by the input.
  private let packed: Int
  /// Among what is prepared: transformed for the pass forward.
  private let transformed: Int?
  let form: ConvolutionForm
  /// In the arena: what the plain gradient by the weights needs.
  private let lanes: Int

  /// - Parameters:
  ///   - transformsForward: whether the sums are computed with fewer products as well, where there is such a form.
  ///   - isPooled: whether the output is that of a 2×2 maximum.
  init(_ layer: Convolution, _ wiring: inout Wiring, transformsForward: Bool, isPooled: Bool = false) {
    let inputs = Int(wiring.inputs[0].planes.channels)
    conv = layer.descriptor(inputs: inputs)
    planes = wiring.inputGradients[0].planes
    count = layer.outputs * (inputs / layer.groups) * layer.kernel.height * layer.kernel.width
    weight = wiring.parameters[0]
    bias = layer.hasBias ? wiring.parameters[1] : nil
    let rest = Array(wiring.parameters.dropFirst(layer.hasBias ? 2 : 1))
    norm = layer.folded.map { (NormParameters(rest), $0.epsilon) }
    folded = norm == nil ? 0 : wiring.prepared.floats(count + layer.outputs)
    form = layer.form(from: wiring.inputs[0].shape, isPooled: isPooled)
    let learns: Int32 = wiring.isTraining ? 1 : 0
    let output = wiring.output.planes
    let pixels = (isPooled ? 4 : 1) * output.height * output.width
    let scratch: Int64
    switch form {
    case .plain:
      packed = wiring.prepared.floats(count)
      transformed = nil
      lanes = wiring.isTraining ? wiring.layout.floats(layer.scratch(inputs: inputs)) : 0
      return
    case .tiles3:
      packed = wiring.prepared.floats(Int(ward_winograd_weights(conv.outputs, conv.inputs)))
      transformed =
        transformsForward ? wiring.prepared.floats(Int(ward_winograd_weights(conv.inputs, conv.outputs))) : nil
      let whole = planes.height * planes.width
      scratch = withUnsafePointer(to: conv) { ward_winograd_scratch($0, whole, learns) }
    case .tiles5:
      packed = wiring.prepared.floats(Int(ward_winograd5_weights(conv.outputs, conv.inputs)))
      transformed =
        transformsForward ? wiring.prepared.floats(Int(ward_winograd5_weights(conv.inputs, conv.outputs))) : nil
      scratch = withUnsafePointer(to: conv) { ward_winograd5_scratch($0, pixels, learns) }
    case .winners5:
      packed = wiring.prepared.floats(withUnsafePointer(to: conv) { Int(ward_winners_weights($0)) })
      transformed = nil
      scratch = withUnsafePointer(to: conv) {
        let rows = wiring.isTraining ? ward_rows5_scratch($0, output.width) : 0
        return max(ward_winners_scratch($0, output.height, output.width), rows)
      }
    }
    lanes = 0
    wiring.layout.shared(Int(scratch))
    wiring.canTransform = wiring.canTransform || transformed != nil
  }

  func weights(_ f: Frame) -> UnsafePointer<Float> {
    norm == nil ? UnsafePointer(f.weights + weight) : f.prepared + folded
  }

  func biases(_ f: Frame) -> UnsafePointer<Float>? {
    norm == nil ? bias.map { UnsafePointer(f.weights + $0) } : f.prepared + folded + count
  }

  func forward(_ f: Frame, from input: Slot, to output: Slot, relu: Bool) {
    let relu: Int32 = relu ? 1 : 0
    withUnsafePointer(to: conv) {
      guard let transformed, f.transforms else {
        f.call.conv_forward($0, input.planes, f.at(input), weights(f), biases(f), output.planes, f.at(output), relu)
        return
      }
      let kernel = form == .tiles5 ? f.call.winograd5_forward : f.call.winograd_forward
      kernel?(
        $0, input.planes, f.at(input), f.prepared + transformed, biases(f), output.planes, f.at(output), relu, f.scratch
      )
    }
  }

  /// With a ReLU and a 2×2 maximum.
  func forward(_ f: Frame, from input: Slot, pooledTo output: Slot, winners: UnsafeMutablePointer<UInt8>) {
    withUnsafePointer(to: conv) {
      if let transformed, f.transforms {
        let kernel = form == .tiles5 ? f.call.winograd5_pool_forward : f.call.winograd_pool_forward
        kernel?(
          $0, input.planes, f.at(input), f.prepared + transformed, biases(f), output.planes, f.at(output), winners,
          f.scratch)
      } else {
        f.call.conv_pool_forward(
          $0, input.planes, f.at(input), weights(f), biases(f), output.planes, f.at(output), winners)
      }
    }
  }

  /// Both gradients, as far as they are asked for, from that of the pooled image: the forms `tiles5` and `winners5`.
  func backward(
    _ f: Frame, fromPooled gradient: Slot, winners: UnsafePointer<UInt8>, input: Slot, to inputGradient: Slot,
    wantsInput: Bool
  ) {
    let weightGradient = f.gradients.map { $0 + weight }
    withUnsafePointer(to: conv) {
      if form == .tiles5 {
        f.call.winograd5_pool_backward(
          $0, input.planes, f.at(input), gradient.planes, f.at(gradient), winners, f.prepared + packed,
          inputGradient.planes, wantsInput ? f.at(inputGradient) : nil, weightGradient, f.adds, f.scratch)
        return
      }
      if let weightGradient {
        f.call.rows5_weight_gradient(
          $0, input.planes, f.at(input), gradient.planes, f.at(gradient), winners, weightGradient, f.adds, f.scratch)
      }
      if wantsInput {
        f.call.winners_input_gradient(
          $0, gradient.planes, f.at(gradient), winners, f.prepared + packed, inputGradient.planes, f.at(inputGradient),
          f.scratch)
      }
    }
  }

  /// From the gradient of the sums those by the weights, if they are asked for, and by the input.
  ///
  /// - Parameter rectified: the output, if the gradient is still that after a ReLU: the form `tiles3`.
  func backward(
    _ f: Frame, from sumGradient: Slot, rectified: Slot?, input: Slot, to inputGradient: Slot, wantsInput: Bool
  ) {
    let weightGradient = f.gradients.map { $0 + weight }
    withUnsafePointer(to: conv) {
      if form == .tiles3 {
        let output = rectified ?? sumGradient
        f.call.winograd_backward(
          $0, input.planes, f.at(input), sumGradient.planes, f.at(sumGradient), output.planes,
          rectified.map { UnsafePointer(f.at($0)) }, f.prepared + packed, inputGradient.planes,
          wantsInput ? f.at(inputGradient) : nil, weightGradient, f.adds, f.scratch)
        return
      }
      if form == .tiles5 {
        f.call.winograd5_backward(
          $0, input.planes, f.at(input), sumGradient.planes, f.at(sumGradient), f.prepared + packed,
          inputGradient.planes, wantsInput ? f.at(inputGradient) : nil, weightGradient, f.adds, f.scratch)
        return
      }
      if let weightGradient {
        f.call.conv_weight_gradient(
          $0, input.planes, f.at(input), sumGradient.planes, f.at(sumGradient), f.arena + lanes, weightGradient, f.adds)
      }
      if wantsInput {
        f.call.conv_input_gradient(
          $0, sumGradient.planes, f.at(sumGradient), f.prepared + packed, inputGradient.planes, f.at(inputGradient))
      }
    }
  }

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
    let (table, forward) = (kernels.table.pointee, transformed.map { prepared + $0 })
    withUnsafePointer(to: conv) {
      switch form {
      case .plain: table.conv_pack($0, planes, source, prepared + packed)
      case .tiles3: table.winograd_pack($0, source, forward, prepared + packed)
      case .tiles5: table.winograd5_pack($0, source, forward, prepared + packed)
      case .winners5: table.winners_pack($0, source, prepared + packed)
      }
    }
  }
}

struct ConvolutionOperation: Operation {
  let weights: ConvolutionWeights
  let input: Slot
  let output: Slot
  let outputGradient: Slot
  /// The gradient of the sums before the ReLU; the same as `outputGradient` where there is none.
  let sumGradient: Slot
  let inputGradient: Slot
  let isFirst: Bool
  let hasReLU: Bool
  /// Whether the gradient goes through the ReLU where the kernel reads it; `sumGradient` is then that after it.
  let leavesReLUToKernel: Bool

  func prepare(
    _ weights: UnsafePointer<Float>, _ prepared: UnsafeMutablePointer<Float>, _ kernels: Kernels
  ) { self.weights.prepare(weights, prepared, kernels) }

  func forward(_ f: Frame, phase: Int) {
    weights.forward(f, from: input, to: output, relu: hasReLU)
  }

  func backward(_ f: Frame, phase: Int) {
    if hasReLU, !leavesReLUToKernel {
      f.call.activation_backward(
        WARD_RELU, 0, 0, output.planes, f.at(output), outputGradient.planes, f.at(outputGradient), sumGradient.planes,
        f.at(sumGradient))
    }
    weights.backward(
      f, from: sumGradient, rectified: leavesReLUToKernel ? output : nil, input: input, to: inputGradient,
      wantsInput: !isFirst || f.wantsInputGradient)
    if f.wantsBiasGradient, let gradients = f.gradients, let bias = weights.bias {
      f.call.channel_sums(sumGradient.planes, f.at(sumGradient), gradients + bias, f.adds)
    }
  }
}

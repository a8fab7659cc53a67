import CKernels

/// Normalisation over groups of channels, in each image by itself: PyTorch's `GroupNorm`. Wu & He, ECCV 2018.
///
/// It does the same in training as elsewhere: no image sees another.
struct GroupNorm: Layer {
  var groups: Int = 1
  var epsilon: Float = 1e-5
  /// Whether training changes the weights and biases.
  var isTrained = true

  static let entry: Entry<any Layer> = Entry(
    GroupNorm(), "groupnorm", "normalisation over groups of channels, in each image by itself",
    paper: "arXiv:1803.08494", example: "groupnorm(4)",
    [
      Setting("groups", \.groups, in: 1...65_536, "parts of the channels; 1 for all together").unlabelled,
      Setting("epsilon", \.epsilon, in: 0...1, "added to the variance"),
      Setting("trained", \.isTrained, "whether training changes its weights and biases"),
    ]
  ) { $0 }

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape {
    guard inputs[0].channels % groups == 0 else {
      let detail = "\(groups) groups do not divide \(inputs[0].channels) channels"
      throw NetworkError.mismatch(layer: "a group normalisation", detail: detail)
    }
    return inputs[0]
  }

  func multiplications(from input: ImageShape, to output: ImageShape) -> Int { output.count }

  func parameters(for input: ImageShape) -> [ParameterSpec] {
    ParameterSpec.scaleAndShift([input.channels], isTrained: isTrained)
  }

  func operation(_ wiring: inout Wiring) -> any Operation {
    GroupNormOperation(groups: groups, epsilon: epsilon, isEachValue: false, &wiring)
  }
}

/// Normalisation of all values of an image together: PyTorch's `LayerNorm` over channels, rows and columns. Ba, Kiros &
/// Hinton 2016.
struct LayerNorm: Layer {
  var epsilon: Float = 1e-5

  static let entry: Entry<any Layer> = Entry(
    LayerNorm(), "layernorm", "normalisation of all values of an image together", paper: "arXiv:1607.06450",
    example: "layernorm",
    [Setting("epsilon", \.epsilon, in: 0...1, "added to the variance")]
  ) { $0 }

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape { inputs[0] }

  func multiplications(from input: ImageShape, to output: ImageShape) -> Int { output.count }

  func parameters(for input: ImageShape) -> [ParameterSpec] {
    let isFlat = input.height == 1 && input.width == 1
    return ParameterSpec.scaleAndShift(isFlat ? [input.channels] : [input.channels, input.height, input.width])
  }

  func operation(_ wiring: inout Wiring) -> any Operation {
    GroupNormOperation(groups: 1, epsilon: epsilon, isEachValue: true, &wiring)
  }
}

extension ParameterSpec {
  /// Weight and bias of a normalisation, which change nothing at first.
  fileprivate static func scaleAndShift(_ shape: [Int], isTrained: Bool = true) -> [ParameterSpec] {
    [
      ParameterSpec(suffix: "weight", shape: shape, start: .constant(1), isTrained: isTrained),
      ParameterSpec(suffix: "bias", shape: shape, start: .constant(0), isTrained: isTrained),
    ]
  }
}

struct GroupNormOperation: Operation {
  let groups: Int
  let epsilon: Float
  /// Whether there is a weight for each value rather than for each channel.
  let isEachValue: Bool
  let input: Slot
  let inputGradient: Slot
  let output: Slot
  let outputGradient: Slot
  let weight: Int
  let bias: Int
  /// Mean and inverse deviation of each group, a vector each.
  let statistics: Int

  init(groups: Int, epsilon: Float, isEachValue: Bool, _ wiring: inout Wiring) {
    (self.groups, self.epsilon, self.isEachValue) = (groups, epsilon, isEachValue)
    (input, inputGradient) = (wiring.inputs[0], wiring.inputGradients[0])
    (output, outputGradient) = (wiring.output, wiring.outputGradient)
    (weight, bias) = (wiring.parameters[0], wiring.parameters[1])
    statistics = wiring.layout.floats(2 * groups * WARD_LANES)
  }

  func forward(_ f: Frame, phase: Int) {
    f.call.group_norm_forward(
      Int32(groups), input.planes, f.at(input), f.weights + weight, f.weights + bias, isEachValue ? 1 : 0, epsilon,
      output.planes, f.at(output), f.arena + statistics)
  }

  func backward(_ f: Frame, phase: Int) {
    f.call.group_norm_backward(
      Int32(groups), input.planes, f.at(input), f.weights + weight, isEachValue ? 1 : 0, f.arena + statistics,
      outputGradient.planes, f.at(outputGradient), Int32(f.count), inputGradient.planes, f.at(inputGradient),
      f.gradients.map { $0 + weight }, f.gradients.map { $0 + bias }, f.adds)
  }
}

import CKernels

/// Each value times a number plus a number: one pair for the whole image, for each channel, or for each value.
struct Scale: Layer {
  enum Each: String, CaseIterable, Sendable {
    case image, channel, value
  }

  var each = Each.channel
  var multiplies = true
  var adds = true
  /// Whether training changes the numbers.
  var isTrained = true

  static let entry: Entry<any Layer> = Entry(
    Scale(), "scale", "each value times a number, plus a number", example: "scale(each: channel)",
    [
      Setting("each", \.each, "what has numbers of its own"),
      Setting("multiply", \.multiplies, "multiply by a number"),
      Setting("add", \.adds, "add a number"),
      Setting("trained", \.isTrained, "whether training changes the numbers"),
    ]
  ) { $0 }

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape { inputs[0] }

  func parameters(for input: ImageShape) -> [ParameterSpec] {
    let shape =
      switch each {
      case .image: [1]
      case .channel: [input.channels]
      case .value: [input.channels, input.height, input.width]
      }
    let weight = ParameterSpec(suffix: "weight", shape: shape, start: .constant(1), isTrained: isTrained)
    let bias = ParameterSpec(suffix: "bias", shape: shape, start: .constant(0), isTrained: isTrained)
    return (multiplies ? [weight] : []) + (adds ? [bias] : [])
  }

  var bounding: Bounding? { .affine(mixes: false) }

  func operation(_ wiring: inout Wiring) -> any Operation {
    let shape = wiring.output.shape
    let steps =
      switch each {
      case .image: ward_steps(channel: 0, row: 0, column: 0)
      case .channel: ward_steps(channel: 1, row: 0, column: 0)
      case .value: ward_steps(channel: Int64(shape.height * shape.width), row: Int64(shape.width), column: 1)
      }
    let count = each == .image ? 1 : each == .channel ? shape.channels : shape.count
    return ScaleOperation(
      steps: steps, count: count, input: wiring.inputs[0], inputGradient: wiring.inputGradients[0],
      output: wiring.output, outputGradient: wiring.outputGradient, weight: multiplies ? wiring.parameters[0] : nil,
      bias: adds ? wiring.parameters[multiplies ? 1 : 0] : nil)
  }
}

struct ScaleOperation: Operation {
  /// From one number to the next, in floats.
  let steps: ward_steps
  let count: Int
  let input: Slot
  let inputGradient: Slot
  let output: Slot
  let outputGradient: Slot
  /// Among the model's values.
  let weight: Int?
  let bias: Int?

  func forward(_ f: Frame, phase: Int) {
    f.call.scale(
      input.planes, f.at(input), steps, weight.map { UnsafePointer(f.weights + $0) },
      bias.map { UnsafePointer(f.weights + $0) }, output.planes, f.at(output))
  }

  func backward(_ f: Frame, phase: Int) {
    if let gradients = f.gradients {
      for place in [weight, bias] where !f.accumulate {
        if let place { (gradients + place).update(repeating: 0, count: count) }
      }
      f.call.scale_weight_gradient(
        input.planes, f.at(input), outputGradient.planes, f.at(outputGradient), steps, weight.map { gradients + $0 },
        bias.map { gradients + $0 })
    }
    f.call.scale(
      outputGradient.planes, f.at(outputGradient), steps, weight.map { UnsafePointer(f.weights + $0) }, nil,
      inputGradient.planes, f.at(inputGradient))
  }
}

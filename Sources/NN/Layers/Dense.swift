import CKernels

/// Fully connected layer, PyTorch's `Linear`: weight `[outputs, inputs]`.
struct Dense: Layer {
  let outputs: Int
  var hasBias = true
  /// Set by the plan where a ReLU follows.
  var followedByReLU = false

  init(_ outputs: Int, bias: Bool = true) {
    self.outputs = outputs
    hasBias = bias
  }

  func outputShape(of input: ImageShape) throws -> ImageShape {
    guard input.height == 1, input.width == 1 else {
      throw NetworkError.mismatch(layer: "a dense layer", detail: "\(input) has to be flattened first")
    }
    return ImageShape(channels: outputs, height: 1, width: 1)
  }

  func parameters(for input: ImageShape) -> [ParameterSpec] {
    let bound = 1 / Float(input.count).squareRoot()
    let weight = ParameterSpec(suffix: "weight", shape: [outputs, input.count], start: .uniform(bound: bound))
    let bias = ParameterSpec(suffix: "bias", shape: [outputs], start: .uniform(bound: bound))
    return hasBias ? [weight, bias] : [weight]
  }

  func operation(_ wiring: inout Wiring) -> any Operation {
    let inputs = Int(wiring.inputs[0].planes.channels)
    return DenseOperation(
      inputs: inputs, outputs: outputs, input: wiring.inputs[0], output: wiring.output,
      outputGradient: wiring.outputGradient,
      sumGradient: followedByReLU ? wiring.layout.slot(wiring.output.shape) : wiring.outputGradient,
      inputGradient: wiring.inputGradients[0], weight: wiring.parameters[0],
      bias: hasBias ? wiring.parameters[1] : nil, isFirst: wiring.isFirst, hasReLU: followedByReLU,
      scratch: wiring.layout.floats(16 * (inputs + 15)))
  }
}

struct DenseOperation: Operation {
  let inputs: Int
  let outputs: Int
  let input: Slot
  let output: Slot
  let outputGradient: Slot
  let sumGradient: Slot
  let inputGradient: Slot
  let weight: Int
  let bias: Int?
  let isFirst: Bool
  let hasReLU: Bool
  let scratch: Int

  func forward(_ f: Frame, phase: Int) {
    f.call.dense_forward(
      Int32(inputs), Int32(outputs), f.at(input), f.weights + weight, bias.map { f.weights + $0 }, f.at(output),
      hasReLU ? 1 : 0)
  }

  func backward(_ f: Frame, phase: Int) {
    if hasReLU {
      f.call.activation_backward(
        WARD_RELU, 0, output.planes, f.at(output), outputGradient.planes, f.at(outputGradient), sumGradient.planes,
        f.at(sumGradient))
    }
    if let slopes = f.slopes {
      f.call.dense_weight_gradient(
        Int32(inputs), Int32(outputs), f.at(input), f.at(sumGradient), f.arena + scratch, slopes + weight,
        bias.map { slopes + $0 }, f.adds)
    }
    if !isFirst || f.wantsInputGradient {
      f.call.dense_input_gradient(
        Int32(inputs), Int32(outputs), f.at(sumGradient), f.weights + weight, f.at(inputGradient))
    }
  }
}

import CKernels

/// The product of two branches of the same shape; the second may also have one value a channel, as the gates of
/// squeeze-and-excitation have (Hu et al., CVPR 2018).
struct Multiply: Layer {
  static let entry: Entry<any Layer> = Entry(
    Multiply(), "multiply", "the product of two branches, the second of the same shape or of one value a channel",
    paper: "arXiv:1709.01507", example: "multiply"
  ) { $0 }

  var arity: ClosedRange<Int> { 2...2 }

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape {
    let (left, right) = (inputs[0], inputs[1])
    let isGate = right == ImageShape(channels: left.channels, height: 1, width: 1)
    guard left == right || isGate else {
      throw NetworkError.mismatch(layer: "a product", detail: "\(left) and \(right)")
    }
    return left
  }

  func operation(_ wiring: inout Wiring) -> any Operation {
    MultiplyOperation(
      left: wiring.inputs[0], right: wiring.inputs[1], leftGradient: wiring.inputGradients[0],
      rightGradient: wiring.inputGradients[1], output: wiring.output, outputGradient: wiring.outputGradient)
  }
}

struct MultiplyOperation: Operation {
  let left: Slot
  let right: Slot
  let leftGradient: Slot
  let rightGradient: Slot
  let output: Slot
  let outputGradient: Slot

  func forward(_ f: Frame, phase: Int) {
    f.call.multiply(left.planes, f.at(left), right.planes, f.at(right), output.planes, f.at(output))
  }

  func backward(_ f: Frame, phase: Int) {
    f.call.multiply_backward(
      left.planes, f.at(left), right.planes, f.at(right), outputGradient.planes, f.at(outputGradient),
      leftGradient.planes, f.at(leftGradient), rightGradient.planes, f.at(rightGradient))
  }
}

import CKernels

/// The sum of two branches of the same shape (He et al., CVPR 2016).
struct Add: Layer {
  /// Set where a ReLU follows: it is computed on the way out.
  var followedByReLU = false

  static let entry: Entry<any Layer> = Entry(
    Add(), "add", "the sum of two branches", paper: "arXiv:1512.03385", example: "add"
  ) { $0 }

  var arity: ClosedRange<Int> { 2...2 }

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape {
    guard inputs[0] == inputs[1] else {
      throw NetworkError.mismatch(layer: "a sum", detail: "\(inputs[0]) and \(inputs[1])")
    }
    return inputs[0]
  }

  func fused(with readers: [any Layer], training: Bool) -> Fusion? {
    guard let next = readers.first, next.isReLU else { return nil }
    return Fusion(stage: Add(followedByReLU: true), count: 1)
  }

  var bounding: Bounding? { .affine(mixes: true) }
  var sendsOneGradient: Bool { true }

  func operation(_ wiring: inout Wiring) -> any Operation {
    AddOperation(
      left: wiring.inputs[0], right: wiring.inputs[1], leftGradient: wiring.inputGradients[0],
      rightGradient: wiring.inputGradients[1], output: wiring.output, outputGradient: wiring.outputGradient,
      hasReLU: followedByReLU)
  }
}

struct AddOperation: Operation {
  let left: Slot
  let right: Slot
  let leftGradient: Slot
  let rightGradient: Slot
  let output: Slot
  let outputGradient: Slot
  let hasReLU: Bool

  func forward(_ f: Frame, phase: Int) {
    f.call.add(
      left.planes, f.at(left), right.planes, f.at(right), output.planes, f.at(output), hasReLU ? 1 : 0)
  }

  func backward(_ f: Frame, phase: Int) {
    f.call.add_backward(
      output.planes, hasReLU ? f.at(output) : nil, outputGradient.planes, f.at(outputGradient), leftGradient.planes,
      f.at(leftGradient), rightGradient.planes, f.at(rightGradient))
  }
}

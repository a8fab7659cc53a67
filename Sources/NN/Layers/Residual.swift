import CKernels

/// The sum of two branches of the same shape (He et al., CVPR 2016).
struct Add: Layer {
  /// Set by the plan where a ReLU follows.
  var followedByReLU = false

  func outputShape(of input: ImageShape) throws -> ImageShape { input }

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

/// Where several layers read one value, its gradient is the sum of theirs. The plan puts it in.
struct ForkOperation: Operation {
  let branches: [Slot]
  let gradient: Slot

  func forward(_ f: Frame, phase: Int) {}

  func backward(_ f: Frame, phase: Int) {
    var sum = branches[0]
    for branch in branches.dropFirst() {
      f.call.add(sum.planes, f.at(sum), branch.planes, f.at(branch), gradient.planes, f.at(gradient), 0)
      sum = gradient
    }
  }
}

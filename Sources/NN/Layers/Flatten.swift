import CKernels

/// Channels, rows and columns as one list, in that order.
struct Flatten: Layer {
  static let entry: Entry<any Layer> = Entry(
    Flatten(), "flatten", "channels, rows and columns as one list", example: "flatten"
  ) { $0 }

  var isView: Bool { true }

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape {
    ImageShape(channels: inputs[0].count, height: 1, width: 1)
  }

  var bounding: Bounding? { .affine(mixes: false) }

  func operation(_ wiring: inout Wiring) -> any Operation {
    FlattenOperation(
      input: wiring.inputs[0], inputGradient: wiring.inputGradients[0], output: wiring.output,
      outputGradient: wiring.outputGradient)
  }
}

struct FlattenOperation: Operation {
  let input: Slot
  let inputGradient: Slot
  let output: Slot
  let outputGradient: Slot

  /// The flat slot seen with the input's extents.
  private func unfolded(_ slot: Slot) -> ward_planes {
    var planes = input.planes
    planes.row = planes.width
    planes.plane = planes.width * planes.height
    return planes
  }

  func forward(_ f: Frame, phase: Int) {
    f.call.copy(input.planes, f.at(input), unfolded(output), f.at(output))
  }

  func backward(_ f: Frame, phase: Int) {
    f.call.copy(unfolded(outputGradient), f.at(outputGradient), inputGradient.planes, f.at(inputGradient))
  }
}

import CKernels

/// The channels of several branches, one after the other; rows and columns must be the same.
struct Concatenation: Layer {
  static let entry: Entry<any Layer> = Entry(
    Concatenation(), "concat", "the channels of several branches, one after the other", paper: "arXiv:1608.06993",
    example: "concat"
  ) { $0 }

  var arity: ClosedRange<Int> { 2...64 }

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape {
    let first = inputs[0]
    for other in inputs where (other.height, other.width) != (first.height, first.width) {
      throw NetworkError.mismatch(layer: "a concatenation", detail: "\(first) and \(other)")
    }
    return ImageShape(channels: inputs.reduce(0) { $0 + $1.channels }, height: first.height, width: first.width)
  }

  var bounding: Bounding? { .affine(mixes: false) }

  func operation(_ wiring: inout Wiring) -> any Operation {
    ConcatenationOperation(
      inputs: wiring.inputs, inputGradients: wiring.inputGradients, output: wiring.output,
      outputGradient: wiring.outputGradient)
  }
}

struct ConcatenationOperation: Operation {
  let inputs: [Slot]
  let inputGradients: [Slot]
  let output: Slot
  let outputGradient: Slot

  func forward(_ f: Frame, phase: Int) {
    var channel = 0
    for input in inputs {
      f.call.copy(input.planes, f.at(input), input.planes.channels(in: output.planes), at(f, output, channel))
      channel += Int(input.planes.channels)
    }
  }

  func backward(_ f: Frame, phase: Int) {
    var channel = 0
    for gradient in inputGradients {
      f.call.copy(
        gradient.planes.channels(in: outputGradient.planes), at(f, outputGradient, channel), gradient.planes,
        f.at(gradient))
      channel += Int(gradient.planes.channels)
    }
  }

  private func at(_ f: Frame, _ slot: Slot, _ channel: Int) -> UnsafeMutablePointer<Float> {
    f.at(slot) + channel * Int(slot.planes.plane) * WARD_LANES
  }
}

extension ward_planes {
  /// As many channels as here, with the distances of another buffer.
  fileprivate func channels(in other: ward_planes) -> ward_planes {
    ward_planes(channels: channels, height: height, width: width, row: other.row, plane: other.plane)
  }
}

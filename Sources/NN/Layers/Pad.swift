import CKernels

/// Rows, columns and channels of one value around an image. Unlike the padding of a convolution it may differ from side
/// to side, and the value need not be zero.
struct Pad: Layer {
  /// Before and after.
  var rows = [0, 0]
  var columns = [0, 0]
  var channels = [0, 0]
  var value: Float = 0

  static let entry: Entry<any Layer> = Entry(
    Pad(), "pad", "rows and columns of one value around the image",
    details: "Each list has two numbers: what is added before, and what is added after.",
    example: "pad(rows: [0, 1], columns: [0, 1])",
    [
      Setting("rows", \.rows, in: 0...65_536, "rows above and below"),
      Setting("columns", \.columns, in: 0...65_536, "columns to the left and to the right"),
      Setting("channels", \.channels, in: 0...65_536, "channels before and after"),
      Setting("value", \.value, in: -3.5e38...3.5e38, "what is put there"),
    ]
  ) { $0 }

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape {
    for (name, pair) in [("rows", rows), ("columns", columns), ("channels", channels)] where pair.count != 2 {
      throw NetworkError.mismatch(layer: "`pad`", detail: "\(name) takes two numbers, not \(pair.count)")
    }
    let input = inputs[0]
    return ImageShape(
      channels: input.channels + channels[0] + channels[1], height: input.height + rows[0] + rows[1],
      width: input.width + columns[0] + columns[1])
  }

  var bounding: Bounding? { .affine(mixes: false) }

  func operation(_ wiring: inout Wiring) -> any Operation {
    PadOperation(
      layer: self, input: wiring.inputs[0], inputGradient: wiring.inputGradients[0], output: wiring.output,
      outputGradient: wiring.outputGradient)
  }
}

struct PadOperation: Operation {
  let layer: Pad
  let input: Slot
  let inputGradient: Slot
  let output: Slot
  let outputGradient: Slot

  /// Where the image begins in a padded slot.
  private func inner(_ f: Frame, _ slot: Slot) -> UnsafeMutablePointer<Float> {
    let (plane, row) = (Int(slot.planes.plane), Int(slot.planes.row))
    return f.at(slot) + (layer.channels[0] * plane + layer.rows[0] * row + layer.columns[0]) * WARD_LANES
  }

  func forward(_ f: Frame, phase: Int) {
    f.call.fill(output.planes, layer.value, f.at(output))
    f.call.copy(input.planes, f.at(input), input.planes.within(output), inner(f, output))
  }

  func backward(_ f: Frame, phase: Int) {
    let gradient = inputGradient.planes
    f.call.copy(gradient.within(outputGradient), inner(f, outputGradient), gradient, f.at(inputGradient))
  }
}

extension ward_planes {
  /// These extents with the distances of another buffer, of which they are a part.
  func within(_ slot: Slot) -> ward_planes {
    ward_planes(channels: channels, height: height, width: width, row: slot.planes.row, plane: slot.planes.plane)
  }
}

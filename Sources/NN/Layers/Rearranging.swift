import CKernels

/// A list of values as channels, rows and columns: what `flatten` undoes.
struct Reshape: Layer {
  /// Channels, rows and columns.
  var shape = [1, 1, 1]

  static let entry: Entry<any Layer> = Entry(
    Reshape(), "reshape", "a list of values as channels, rows and columns", example: "reshape([1, 28, 28])",
    [Setting("shape", \.shape, in: 1...1_048_576, "channels, rows and columns").unlabelled]
  ) { $0 }

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape {
    let input = inputs[0]
    guard shape.count == 3 else {
      throw NetworkError.mismatch(layer: "`reshape`", detail: "shape takes three numbers, not \(shape.count)")
    }
    guard input.height == 1, input.width == 1 else {
      throw NetworkError.mismatch(layer: "`reshape`", detail: "\(input) has to be flattened first")
    }
    let count = shape.reduce(1.0) { $0 * Double($1) }
    guard count == Double(input.channels) else {
      throw NetworkError.mismatch(
        layer: "`reshape`",
        detail: "\(input.channels) values do not make \(shape.map(String.init).joined(separator: "×"))")
    }
    return ImageShape(channels: shape[0], height: shape[1], width: shape[2])
  }

  var bounding: Bounding? { .affine(mixes: false) }

  func operation(_ wiring: inout Wiring) -> any Operation {
    func unfolded(_ slot: Slot) -> ward_steps {
      let plane = Int64(slot.planes.plane)
      return ward_steps(channel: plane * Int64(shape[1] * shape[2]), row: plane * Int64(shape[2]), column: plane)
    }
    let gradient = wiring.inputGradients[0]
    return RearrangingOperation(
      input: wiring.inputs[0], inputSteps: unfolded(wiring.inputs[0]), inputGradient: gradient,
      gradientSteps: unfolded(gradient), output: wiring.output, outputGradient: wiring.outputGradient)
  }
}

/// Channels, rows and columns in another order.
struct Permute: Layer {
  /// Which of channels (0), rows (1) and columns (2) each one becomes.
  var order = [0, 1, 2]

  static let entry: Entry<any Layer> = Entry(
    Permute(), "permute", "channels, rows and columns in another order", example: "permute([1, 2, 0])",
    [
      Setting("order", \.order, in: 0...2, "what becomes channels, rows and columns; 0, 1 and 2 are what they were")
        .unlabelled
    ]
  ) { $0 }

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape {
    guard order.sorted() == [0, 1, 2] else {
      throw NetworkError.mismatch(layer: "`permute`", detail: "order \(order) does not have 0, 1 and 2 once each")
    }
    let extents = [inputs[0].channels, inputs[0].height, inputs[0].width]
    return ImageShape(channels: extents[order[0]], height: extents[order[1]], width: extents[order[2]])
  }

  var bounding: Bounding? { .affine(mixes: false) }

  func operation(_ wiring: inout Wiring) -> any Operation {
    func turned(_ slot: Slot) -> ward_steps {
      let steps = [slot.steps.channel, slot.steps.row, slot.steps.column]
      return ward_steps(channel: steps[order[0]], row: steps[order[1]], column: steps[order[2]])
    }
    let gradient = wiring.inputGradients[0]
    return RearrangingOperation(
      input: wiring.inputs[0], inputSteps: turned(wiring.inputs[0]), inputGradient: gradient,
      gradientSteps: turned(gradient), output: wiring.output, outputGradient: wiring.outputGradient)
  }
}

/// Every value to another place.
struct RearrangingOperation: Operation {
  let input: Slot
  /// From one value to the next in the directions of the output.
  let inputSteps: ward_steps
  let inputGradient: Slot
  let gradientSteps: ward_steps
  let output: Slot
  let outputGradient: Slot

  func forward(_ f: Frame, phase: Int) {
    let shape = output.planes
    f.call.copy_steps(shape.channels, shape.height, shape.width, inputSteps, f.at(input), output.steps, f.at(output))
  }

  func backward(_ f: Frame, phase: Int) {
    let shape = outputGradient.planes
    f.call.copy_steps(
      shape.channels, shape.height, shape.width, outputGradient.steps, f.at(outputGradient), gradientSteps,
      f.at(inputGradient))
  }
}

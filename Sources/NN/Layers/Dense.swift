import CKernels
import Contract

/// Fully connected layer, PyTorch's `Linear`: weight `[outputs, inputs]`.
struct Dense: Layer {
  /// How many values come out; nil for as many as there are classes.
  var units: Int?
  var hasBias = true
  /// Set where a ReLU follows: it is computed on the way out.
  var followedByReLU = false

  init(_ units: Int? = nil, bias: Bool = true) {
    self.units = units
    hasBias = bias
  }

  static let entry: Entry<any Layer> = Entry(
    Dense(), "dense", "fully connected", paper: "Rumelhart, Hinton & Williams, Nature 1986",
    example: "dense(64)",
    settings
  ) { $0 }

  private static let settings: [Setting<Dense>] = [
    Setting("units", \.units, in: 1...1_048_576, "values that come out; none for as many as there are classes")
      .unlabelled,
    Setting("bias", \.hasBias, "add a number to each value"),
  ]

  private var outputs: Int {
    guard let units else { unreachable("`completed` says how many there are") }
    return units
  }

  func completed(classes: Int) -> any Layer { units == nil ? Dense(classes, bias: hasBias) : self }

  func fused(with readers: [any Layer], training: Bool) -> Fusion? {
    guard let next = readers.first, next.isReLU else { return nil }
    var both = self
    both.followedByReLU = true
    return Fusion(stage: both, count: 1)
  }

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape {
    let input = inputs[0]
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

  func multiplications(from input: ImageShape, to output: ImageShape) -> Int { input.count * output.count }

  var bounding: Bounding? { .affine(mixes: true) }

  func operation(_ wiring: inout Wiring) -> any Operation {
    let inputs = Int(wiring.inputs[0].planes.channels)
    return DenseOperation(
      inputs: inputs, outputs: outputs, input: wiring.inputs[0], output: wiring.output,
      outputGradient: wiring.outputGradient,
      sumGradient: followedByReLU ? wiring.ownGradient(wiring.output.shape) : wiring.outputGradient,
      inputGradient: wiring.inputGradients[0], weight: wiring.parameters[0],
      bias: hasBias ? wiring.parameters[1] : nil, isFirst: wiring.isFirst, hasReLU: followedByReLU,
      scratch: wiring.layout.floats(16 * (inputs + 15)),
      late: LateGradient(inputs: inputs, outputs: outputs, weight: wiring.parameters[0], &wiring))
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
  let late: LateGradient?

  func forward(_ f: Frame, phase: Int) {
    f.call.dense_forward(
      Int32(inputs), Int32(outputs), f.at(input), f.weights + weight, bias.map { f.weights + $0 }, f.at(output),
      hasReLU ? 1 : 0)
  }

  func backward(_ f: Frame, phase: Int) {
    if hasReLU {
      f.call.activation_backward(
        WARD_RELU, 0, 0, output.planes, f.at(output), outputGradient.planes, f.at(outputGradient), sumGradient.planes,
        f.at(sumGradient))
    }
    if let gradients = f.gradients {
      if let late, let left = f.left {
        late.leave(f, in: left, input: input, gradient: sumGradient)
      } else {
        let rows = f.arena + scratch
        f.call.dense_rows(Int32(inputs), f.at(input), rows)
        f.call.dense_weight_gradient(
          Int32(inputs), Int32(outputs), 1, rows, f.at(sumGradient), 0, gradients + weight, f.adds)
      }
      if let bias { f.call.dense_sums(Int32(outputs), f.at(sumGradient), gradients + bias, f.adds) }
    }
    if !isFirst || f.wantsInputGradient {
      f.call.dense_input_gradient(
        Int32(inputs), Int32(outputs), f.at(sumGradient), f.weights + weight, f.at(inputGradient))
    }
  }
}

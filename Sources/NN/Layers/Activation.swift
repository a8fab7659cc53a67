import CKernels

/// An elementwise function.
struct Activation: Layer {
  enum Function: Sendable, Equatable {
    case relu
    case leakyReLU(slope: Float)
    /// Exact, by the error function.
    case gelu
    /// Hendrycks & Gimpel's approximation, PyTorch's `approximate="tanh"`.
    case geluTanh
    case tanh
    case sigmoid
    /// Values below `low` become `low`, those above `high` become `high`.
    case clip(low: Float, high: Float)
    /// log(1 + eˣ).
    case softplus
    /// x times the sigmoid of x.
    case silu
    /// slope · x + shift, kept within 0 and 1.
    case hardSigmoid(slope: Float, shift: Float)
    /// x times the hard sigmoid with PyTorch's slope of 1/6.
    case hardSwish
    case elu(alpha: Float)
  }

  let function: Function

  init(_ function: Function) { self.function = function }

  static var entry: Entry<any Layer> { relu }

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape {
    if case .clip(let low, let high) = function, low > high {
      throw NetworkError.mismatch(layer: "`clip`", detail: "min \(low) is above max \(high)")
    }
    return inputs[0]
  }

  var bounding: Bounding? { .activation(function) }

  func operation(_ wiring: inout Wiring) -> any Operation {
    ActivationOperation(
      function: function, input: wiring.inputs[0], inputGradient: wiring.inputGradients[0], output: wiring.output,
      outputGradient: wiring.outputGradient)
  }
}

// The declarations: one for each function.
extension Activation {
  static let relu = plain(.relu, "relu", "what is below zero becomes zero", paper: "Nair & Hinton, ICML 2010")

  static let tanh = plain(.tanh, "tanh", "the hyperbolic tangent")

  static let sigmoid = plain(.sigmoid, "sigmoid", "1 / (1 + e⁻ˣ)")

  static let leakyReLU: Entry<any Layer> = Entry(
    LeakyReLU(), "leaky_relu", "what is below zero is made small", paper: "Maas et al., ICML 2013 workshop",
    example: "leaky_relu(0.1)",
    [Setting("slope", \.slope, in: -1...1, "what values below zero are multiplied by").unlabelled],
    read: { layer in
      guard case .leakyReLU(let slope) = (layer as? Activation)?.function else { return nil }
      return LeakyReLU(slope: slope)
    }
  ) { Activation(.leakyReLU(slope: $0.slope)) }

  static let gelu: Entry<any Layer> = Entry(
    GELU(), "gelu", "x times the normal distribution's share below x", paper: "arXiv:1606.08415",
    example: "gelu(approximate: true)",
    [Setting("approximate", \.approximate, "by the hyperbolic tangent, as PyTorch's `approximate=\"tanh\"`")],
    read: { layer in
      switch (layer as? Activation)?.function {
      case .gelu: GELU()
      case .geluTanh: GELU(approximate: true)
      default: nil
      }
    }
  ) { Activation($0.approximate ? .geluTanh : .gelu) }

  private struct LeakyReLU: Sendable { var slope: Float = 0.01 }
  private struct GELU: Sendable { var approximate = false }
  struct NoSettings: Sendable {}

  static func plain(
    _ function: Function, _ name: String, _ summary: String, paper: String = ""
  ) -> Entry<any Layer> {
    Entry(
      NoSettings(), name, summary, paper: paper, example: name,
      read: { ($0 as? Activation)?.function == function ? NoSettings() : nil }
    ) { _ in Activation(function) }
  }
}

extension Activation.Function {
  /// The kernel's name for the function, its numbers, and whether its derivative is told by the output.
  var code: (kind: ward_activation, first: Float, second: Float, byOutput: Bool) {
    switch self {
    case .relu: (WARD_RELU, 0, 0, true)
    case .leakyReLU(let slope): (WARD_LEAKY_RELU, slope, 0, false)
    case .gelu: (WARD_GELU, 0, 0, false)
    case .geluTanh: (WARD_GELU_TANH, 0, 0, false)
    case .tanh: (WARD_TANH, 0, 0, true)
    case .sigmoid: (WARD_SIGMOID, 0, 0, true)
    case .clip(let low, let high): (WARD_CLIP, low, high, false)
    case .softplus: (WARD_SOFTPLUS, 0, 0, false)
    case .silu: (WARD_SILU, 0, 0, false)
    case .hardSigmoid(let slope, let shift): (WARD_HARD_SIGMOID, slope, shift, false)
    case .hardSwish: (WARD_HARD_SWISH, 0, 0, false)
    case .elu(let alpha): (WARD_ELU, alpha, 0, false)
    }
  }
}

struct ActivationOperation: Operation {
  let function: Activation.Function
  let input: Slot
  let inputGradient: Slot
  let output: Slot
  let outputGradient: Slot

  func forward(_ f: Frame, phase: Int) {
    let code = function.code
    f.call.activation_forward(
      code.kind, code.first, code.second, input.planes, f.at(input), output.planes, f.at(output))
  }

  func backward(_ f: Frame, phase: Int) {
    let code = function.code
    let known = code.byOutput ? output : input
    f.call.activation_backward(
      code.kind, code.first, code.second, known.planes, f.at(known), outputGradient.planes, f.at(outputGradient),
      inputGradient.planes, f.at(inputGradient))
  }
}

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
  }

  let function: Function

  init(_ function: Function) { self.function = function }

  func outputShape(of input: ImageShape) throws -> ImageShape { input }

  func operation(_ wiring: inout Wiring) -> any Operation {
    ActivationOperation(
      function: function, input: wiring.inputs[0], inputGradient: wiring.inputGradients[0], output: wiring.output,
      outputGradient: wiring.outputGradient)
  }
}

struct ActivationOperation: Operation {
  let function: Activation.Function
  let input: Slot
  let inputGradient: Slot
  let output: Slot
  let outputGradient: Slot

  /// The kernel's name for the function, its slope, and whether its derivative is told by the output.
  private var code: (kind: ward_activation, slope: Float, byOutput: Bool) {
    switch function {
    case .relu: (WARD_RELU, 0, true)
    case .leakyReLU(let slope): (WARD_LEAKY_RELU, slope, false)
    case .gelu: (WARD_GELU, 0, false)
    case .geluTanh: (WARD_GELU_TANH, 0, false)
    case .tanh: (WARD_TANH, 0, true)
    case .sigmoid: (WARD_SIGMOID, 0, true)
    }
  }

  func forward(_ f: Frame, phase: Int) {
    f.call.activation_forward(code.kind, code.slope, input.planes, f.at(input), output.planes, f.at(output))
  }

  func backward(_ f: Frame, phase: Int) {
    let known = code.byOutput ? output : input
    f.call.activation_backward(
      code.kind, code.slope, known.planes, f.at(known), outputGradient.planes, f.at(outputGradient),
      inputGradient.planes, f.at(inputGradient))
  }
}

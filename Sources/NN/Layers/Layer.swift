/// A layer of a network: shape, parameters, and the operation that computes it.
///
/// A layer does not own its weights and keeps no activations: both lie where the plan puts them.
protocol Layer: Sendable {
  /// The shape that comes out, or why this input does not fit.
  func outputShape(of input: ImageShape) throws -> ImageShape
  /// What the layer learns, in PyTorch's order.
  func parameters(for input: ImageShape) -> [ParameterSpec]
  /// Zeros that the layer's windows read around its input.
  var inputHalo: Halo { get }
  /// Zeros that the gradient by input reads around the gradient of the output.
  var gradientHalo: Halo { get }
  func operation(_ wiring: inout Wiring) -> any Operation
}

extension Layer {
  func parameters(for input: ImageShape) -> [ParameterSpec] { [] }
  var inputHalo: Halo { .none }
  var gradientHalo: Halo { .none }
}

/// One tensor of a layer's state.
struct ParameterSpec: Sendable {
  enum Start: Sendable {
    /// Uniform in ±bound, PyTorch's default for weights and biases.
    case uniform(bound: Float)
    case constant(Float)
  }

  /// The last part of the name: `weight`.
  let suffix: String
  let shape: [Int]
  let start: Start
  /// Whether the optimiser changes it; running averages are kept but not learnt.
  var isTrained = true

  var count: Int { shape.reduce(1, *) }
}

/// What the plan hands to a layer: where its inputs, outputs, gradients and parameters lie.
struct Wiring {
  let inputs: [Slot]
  /// Where the gradients by the inputs go; nil for the network's input when it cannot be asked for.
  let inputGradients: [Slot]
  let output: Slot
  let outputGradient: Slot
  /// Where each parameter begins, in floats from the start of the weights.
  let parameters: [Int]
  /// Whether this is the first layer: its gradient by input is computed only on request.
  let isFirst: Bool
  /// A number that differs between the layers of a network.
  let index: Int
  var layout: ArenaLayout
}

/// A network that does not fit together.
public enum NetworkError: Error, Equatable, CustomStringConvertible {
  case tooSmall(layer: String, input: ImageShape, needed: String)
  case mismatch(layer: String, detail: String)
  /// A layer of more numbers than any machine that Ward runs on can work with.
  case tooLarge(network: String, layer: String, count: Double, what: String)

  /// One sentence for the person who chose architecture and data.
  public var description: String {
    switch self {
    case .tooSmall(let layer, let input, let needed):
      "\(layer) cannot work on \(input) images: it needs \(needed)"
    case .mismatch(let layer, let detail): "\(layer) does not fit: \(detail)"
    case .tooLarge(let network, let layer, let count, let what):
      "\(network) is too large: its \(layer) would have \(Int(min(count, 1e18))) \(what), "
        + "\(Int((min(count, 1e18) * 4 / 1e9).rounded())) GB"
    }
  }
}

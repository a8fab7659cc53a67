/// A layer of a network: its declaration, shape and parameters, and the operation that computes it.
///
/// A layer does not own its weights and keeps no activations: both lie where the plan puts them.
protocol Layer: Stage {
  /// The one declaration: name, summary, settings. A network is written down as these.
  static var entry: Entry<any Layer> { get }
  /// How many values it reads: one, but for sums and concatenations.
  var arity: ClosedRange<Int> { get }
  /// The same layer in a network that chooses from `classes` answers.
  func completed(classes: Int) -> any Layer
  /// The shape that comes out of as many inputs as `arity` says, or why they do not fit.
  ///
  /// - Throws: `NetworkError`.
  func outputShape(of inputs: [ImageShape]) throws -> ImageShape
  /// What the layer learns, in PyTorch's order.
  func parameters(for input: ImageShape) -> [ParameterSpec]
  /// How many multiplications one image takes; 0 for what is hardly any.
  func multiplications(from input: ImageShape, to output: ImageShape) -> Int
  /// Writes the layer as operators of ONNX; gives the name of what they make.
  ///
  /// - Throws: `ModelFileError` where it has no such form.
  func write(_ writer: inout ONNXWriter, _ place: ONNXWriter.Place) throws -> String
  /// Whether what comes out is the memory that went in, where that has no halo.
  var isView: Bool { get }
  /// How bounds of its input become bounds of its output; nil where there is no rule for it.
  var bounding: Bounding? { get }
  /// This layer and some of those after it as one stage, if there are kernels for that.
  ///
  /// - Parameters:
  ///   - readers: the layers that follow: each reads the one before and nothing else, and is its only reader.
  ///   - training: whether parameters are learnt and a batch has statistics of its own.
  func fused(with readers: [any Layer], training: Bool) -> Fusion?
  /// This layer and a sum that is its only reader as one stage, if there are kernels for that. The stage's second input is the
  /// sum's other branch.
  ///
  /// - Parameter readers: the layers that follow the sum, as above.
  func fused(into sum: Add, with readers: [any Layer]) -> Fusion?
}

extension Layer {
  var arity: ClosedRange<Int> { 1...1 }
  func completed(classes: Int) -> any Layer { self }
  func parameters(for input: ImageShape) -> [ParameterSpec] { [] }
  func multiplications(from input: ImageShape, to output: ImageShape) -> Int { 0 }
  var isView: Bool { false }
  var bounding: Bounding? { nil }
  func fused(with readers: [any Layer], training: Bool) -> Fusion? { nil }
  func fused(into sum: Add, with readers: [any Layer]) -> Fusion? { nil }
}

/// What the plan turns into one operation: a layer, or several that have kernels in common.
protocol Stage: Sendable {
  /// Zeros that its windows read around its input.
  var inputHalo: Halo { get }
  /// Zeros that the gradient by input reads around the gradient of the output.
  var gradientHalo: Halo { get }
  /// Whether all its inputs get the same gradient, so that one piece of memory does for it.
  var sendsOneGradient: Bool { get }
  func operation(_ wiring: inout Wiring) -> any Operation
}

extension Stage {
  var inputHalo: Halo { .none }
  var gradientHalo: Halo { .none }
  var sendsOneGradient: Bool { false }
}

/// A layer together with `count` of those that follow it; with a sum, of those that follow that.
struct Fusion {
  let stage: any Stage
  let count: Int
}

/// All layers by name, as networks are written down.
enum Layers {
  static let all: [Entry<any Layer>] = [
    Convolution.entry, Dense.entry, BatchNorm.entry, GroupNorm.entry, LayerNorm.entry, MaxPool.entry,
    AveragePool.entry, AdaptiveAveragePool.entry, GlobalAveragePool.entry, Flatten.entry, Dropout.entry, Add.entry,
    Multiply.entry, Concatenation.entry, Activation.relu, Activation.leakyReLU, Activation.gelu, Activation.tanh,
    Activation.sigmoid, Activation.clip, Activation.softplus, Activation.silu, Activation.hardSigmoid,
    Activation.hardSwish, Activation.elu, Pad.entry, Slice.entry, Scale.entry, Reshape.entry, Permute.entry,
    ReduceMean.entry,
    Expand.entry,
  ]

  static let family = Family("layer", all)
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
  /// Where each parameter of the stage's layers begins, in floats from the start of the weights.
  let parameters: [Int]
  /// Whether this is the first layer: its gradient by input is computed only on request.
  let isFirst: Bool
  /// Whether gradients by the parameters will be asked for.
  let isTraining: Bool
  /// A number that differs between the layers of a network.
  let index: Int
  var layout: ArenaLayout
  var gradients: GradientPool
  /// Room for what is prepared from the weights, once for all threads.
  var prepared: ArenaLayout
  /// Room for what a group leaves for the end of a batch.
  var left: ArenaLayout
  /// Whether an operation up to here can go forward with fewer products.
  var canTransform: Bool

  /// Room for a gradient that the operation needs only on its own way back.
  mutating func ownGradient(_ shape: ImageShape, halo: Halo = .none) -> Slot {
    gradients.slot(shape, halo: halo, from: 2 * index, to: 2 * index, in: &layout)
  }
}

/// A network that does not fit together.
public enum NetworkError: Error, Equatable, CustomStringConvertible {
  case tooSmall(layer: String, input: ImageShape, needed: String)
  case mismatch(layer: String, detail: String)
  /// A written network that is none: connected to layers that do not come before, say.
  case unreadable(detail: String)
  /// Any of the others, in a list of layers that a person wrote: at which one, and the shapes on the way there.
  case at(layer: String, problem: String, shapes: String)
  /// What comes out of a list of layers is no answer.
  case ending(gives: ImageShape, classes: Int, shapes: String)
  /// A layer of more numbers than any machine that Ward runs on can work with.
  case tooLarge(network: String, layer: String, count: Double, what: String)

  /// The same where it is known which layer is meant.
  var reason: String { if case .mismatch(_, let detail) = self { detail } else { description } }

  /// What to know or to try besides.
  public var hint: String? {
    switch self {
    case .tooSmall(_, let input, _) where input.height == 1 && input.width == 1 && input.channels > 1:
      "rows of features have no neighbours to look at: `mlp` takes them, and so does `network([dense(32), relu, dense])`"
    case .at(_, _, let shapes): "the shapes so far: \(shapes)"
    case .ending(let out, _, let shapes):
      "end it with `\(out.height * out.width > 1 ? "flatten, " : "")dense`, which takes the number of classes; "
        + "the shapes so far: \(shapes)"
    default: nil
    }
  }

  /// One sentence for the person who chose architecture and data.
  public var description: String {
    switch self {
    case .tooSmall(let layer, let input, let needed):
      "\(layer) cannot work on \(input) images: it needs \(needed)"
    case .mismatch(let layer, let detail): "\(layer) does not fit: \(detail)"
    case .unreadable(let detail): "its network cannot be read: \(detail)"
    case .at(let layer, let problem, _): "\(layer): \(problem)"
    case .ending(let out, let classes, _):
      "\(out) values come out of the network, but the data has \(classes) classes"
    case .tooLarge(let network, let layer, let count, let what):
      "\(network) is too large: its \(layer) would have \(Int(min(count, 1e18))) \(what), "
        + "\(Int((min(count, 1e18) * 4 / 1e9).rounded())) GB"
    }
  }
}

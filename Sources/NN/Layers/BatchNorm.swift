import CKernels

/// Batch normalisation by channel, PyTorch's `BatchNorm2d`. Ioffe & Szegedy, ICML 2015.
///
/// Training uses the mean and the biased variance of the whole batch (over all groups, in order, so that the bits do not
/// depend on threads) and moves the running ones, the variance unbiased; otherwise the running ones hold.
struct BatchNorm: Layer {
  var epsilon: Float = 1e-5
  /// The share of the new value in the running averages.
  var momentum: Float = 0.1
  /// Set where a ReLU follows, after the sum if there is one: it is computed on the way out.
  var followedByReLU = false
  /// Set where another branch is added, which is the second input.
  var addsBranch = false

  init(epsilon: Float = 1e-5, momentum: Float = 0.1) {
    self.epsilon = epsilon
    self.momentum = momentum
  }

  static let entry: Entry<any Layer> = Entry(
    BatchNorm(), "batchnorm", "batch normalisation of each channel", paper: "arXiv:1502.03167", example: "batchnorm",
    settings
  ) { $0 }

  private static let settings: [Setting<BatchNorm>] = [
    Setting("epsilon", \.epsilon, in: 0...1, "added to the variance"),
    Setting("momentum", \.momentum, in: 0...1, "share of the new value in the running averages"),
  ]

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape { inputs[0] }

  func multiplications(from input: ImageShape, to output: ImageShape) -> Int { output.count }

  func fused(with readers: [any Layer], training: Bool) -> Fusion? {
    guard let next = readers.first, next.isReLU else { return nil }
    var both = self
    both.followedByReLU = true
    return Fusion(stage: both, count: 1)
  }

  func fused(into sum: Add, with readers: [any Layer]) -> Fusion? {
    var both = self
    both.addsBranch = true
    both.followedByReLU = readers.first?.isReLU ?? false
    return Fusion(stage: both, count: both.followedByReLU ? 1 : 0)
  }

  func parameters(for input: ImageShape) -> [ParameterSpec] {
    let shape = [input.channels]
    return [
      ParameterSpec(suffix: "weight", shape: shape, start: .constant(1)),
      ParameterSpec(suffix: "bias", shape: shape, start: .constant(0)),
      ParameterSpec(suffix: "running_mean", shape: shape, start: .constant(0), isTrained: false),
      ParameterSpec(suffix: "running_var", shape: shape, start: .constant(1), isTrained: false),
    ]
  }

  var bounding: Bounding? { .affine(mixes: false) }

  func operation(_ wiring: inout Wiring) -> any Operation {
    let channels = Int(wiring.output.planes.channels)
    let branch =
      addsBranch ? BatchNormOperation.Branch(value: wiring.inputs[1], gradient: wiring.inputGradients[1]) : nil
    return BatchNormOperation(
      epsilon: epsilon, momentum: momentum, hasReLU: followedByReLU, branch: branch, channels: channels,
      input: wiring.inputs[0],
      inputGradient: wiring.inputGradients[0], output: wiring.output, outputGradient: wiring.outputGradient,
      parameters: NormParameters(wiring.parameters), sums: wiring.layout.floats(4 * channels),
      factors: wiring.layout.floats(6 * channels))
  }
}

/// Where the parameters of a batch normalisation lie among the model's values.
struct NormParameters: Sendable {
  let weight: Int
  let bias: Int
  let runningMean: Int
  let runningVariance: Int

  /// In the order of `BatchNorm.parameters`.
  init(_ offsets: [Int]) {
    (weight, bias, runningMean, runningVariance) = (offsets[0], offsets[1], offsets[2], offsets[3])
  }

  /// What one channel's running averages make of a value: `scale · x + shift`.
  func line(_ channel: Int, of values: UnsafePointer<Float>, epsilon: Float) -> (scale: Float, shift: Float) {
    let scale = values[weight + channel] / (values[runningVariance + channel] + epsilon).squareRoot()
    return (scale, values[bias + channel] - values[runningMean + channel] * scale)
  }
}

struct BatchNormOperation: Operation {
  let epsilon: Float
  let momentum: Float
  let hasReLU: Bool
  let branch: Branch?
  let channels: Int
  let input: Slot
  let inputGradient: Slot
  let output: Slot
  let outputGradient: Slot
  let parameters: NormParameters
  /// Two numbers of this group a channel, in double precision.
  let sums: Int
  /// Six numbers a channel, see `Factors`.
  let factors: Int

  /// What is added to the normalised values. Its gradient is that before the ReLU, so theirs too.
  struct Branch {
    let value: Slot
    let gradient: Slot
  }

  /// Mean and variance of the batch; then everything on the way out.
  var forwardPhases: Int { 2 }
  var backwardPhases: Int { 2 }

  /// Views of the arena: what the batch has in common.
  private struct Factors {
    let mean, inverse, scale, shift, a, b: UnsafeMutablePointer<Float>
    let first, second: UnsafeMutablePointer<Double>
  }

  /// Safety: both regions were laid out for `channels` entries and belong to the frame's arena.
  private func views(_ f: Frame) -> Factors {
    let base = f.arena + factors
    let doubles = UnsafeMutableRawPointer(f.arena + sums).assumingMemoryBound(to: Double.self)
    return Factors(
      mean: base, inverse: base + channels, scale: base + 2 * channels, shift: base + 3 * channels,
      a: base + 4 * channels, b: base + 5 * channels, first: doubles, second: doubles + channels)
  }

  func forward(_ f: Frame, phase: Int) {
    let view = views(f)
    if phase == 0 {
      f.call.moments(input.planes, f.at(input), Int32(f.count), view.first, view.second)
      return
    }
    if !f.isTraining {
      for c in 0..<channels {
        view.mean[c] = f.weights[parameters.runningMean + c]
        view.inverse[c] = 1 / (f.weights[parameters.runningVariance + c] + epsilon).squareRoot()
      }
    }
    for c in 0..<channels {
      view.scale[c] = f.weights[parameters.weight + c] * view.inverse[c]
      view.shift[c] = f.weights[parameters.bias + c] - view.mean[c] * view.scale[c]
    }
    let relu: Int32 = hasReLU ? 1 : 0
    if let branch {
      f.call.scale_and_add(
        input.planes, f.at(input), view.scale, view.shift, branch.value.planes, f.at(branch.value), output.planes,
        f.at(output), relu)
    } else {
      f.call.scale_channels(input.planes, f.at(input), view.scale, view.shift, output.planes, f.at(output), relu)
    }
  }

  func combineForward(_ frames: [Frame], phase: Int) {
    guard phase == 0 else { return }
    let groups = frames.map { (view: views($0), pixels: Double(pixels([$0]))) }
    let count = Double(pixels(frames))
    let weights = frames[0].weights
    for c in 0..<channels {
      let mean = groups.reduce(0) { $0 + $1.view.first[c] * $1.pixels } / count
      // The squares about each group's own mean, and those of these means (Chan, Golub & LeVeque, COMPSTAT 1982).
      let squares = groups.reduce(0) { sum, group in
        let distance = group.view.first[c] - mean
        return sum + group.view.second[c] + group.pixels * distance * distance
      }
      let inverse = Float(1 / (squares / count + Double(epsilon)).squareRoot())
      for (view, _) in groups { (view.mean[c], view.inverse[c]) = (Float(mean), inverse) }
      let unbiased = Float(squares / max(count - 1, 1))
      weights[parameters.runningMean + c] += momentum * (Float(mean) - weights[parameters.runningMean + c])
      weights[parameters.runningVariance + c] += momentum * (unbiased - weights[parameters.runningVariance + c])
    }
  }

  func backward(_ f: Frame, phase: Int) {
    let view = views(f)
    let slope = branch?.gradient ?? outputGradient
    // Null where the slope has been through the ReLU, or there is none.
    let shift = hasReLU && branch == nil ? view.shift : nil
    if phase == 0 || !f.isTraining {
      if branch != nil {
        f.call.add_backward(
          output.planes, hasReLU ? f.at(output) : nil, outputGradient.planes, f.at(outputGradient), slope.planes,
          f.at(slope), slope.planes, f.at(slope))
      }
      f.call.norm_sums(
        input.planes, f.at(input), slope.planes, f.at(slope), view.mean, view.inverse, view.scale, shift,
        Int32(f.count), view.first, view.second)
      if f.isTraining { return }
    }
    if !f.isTraining {
      for c in 0..<channels {
        view.a[c] = 0
        view.b[c] = 0
      }
    }
    if let gradients = f.gradients {
      for c in 0..<channels {
        gradients[parameters.weight + c] = (f.accumulate ? gradients[parameters.weight + c] : 0) + Float(view.second[c])
        gradients[parameters.bias + c] = (f.accumulate ? gradients[parameters.bias + c] : 0) + Float(view.first[c])
      }
    }
    f.call.norm_backward(
      input.planes, f.at(input), slope.planes, f.at(slope), view.mean, view.inverse, view.scale, shift, view.a, view.b,
      Int32(f.count), inputGradient.planes, f.at(inputGradient))
  }

  func combineBackward(_ frames: [Frame], phase: Int) {
    let all = frames.map(views)
    let count = Double(pixels(frames))
    for c in 0..<channels {
      let a = Float(all.reduce(0) { $0 + $1.first[c] } / count)
      let b = Float(all.reduce(0) { $0 + $1.second[c] } / count)
      for view in all {
        view.a[c] = a
        view.b[c] = b
      }
    }
  }

  private func pixels(_ frames: [Frame]) -> Int {
    frames.reduce(0) { $0 + $1.count } * Int(input.planes.height) * Int(input.planes.width)
  }
}

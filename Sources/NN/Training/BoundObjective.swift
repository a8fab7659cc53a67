import Foundation

/// What training adds so that more can be proved: the cross-entropy of the worst logits within a box around each image, by
/// interval bounds. Gowal et al., arXiv:1810.12715.
///
/// With upper bounds f[j] of `z[j] - z[label]` the term is `log(1 + Σ_j C̃[label, j]·e^f[j])`, where C̃ is 1 without costs, and
/// otherwise the costs over their mean (after Zhang & Evans, arXiv:1810.09225): answers that cost much must be proved
/// impossible first, and those that cost nothing need not be.
public struct BoundObjective: Sendable {
  /// The radius at the end, in pixel units.
  public var epsilon: Float
  /// What the term weighs at the end; the rest of the loss weighs 1 less that.
  public var share: Float
  /// Epochs before the radius begins to grow.
  public var warmup: Double
  /// Epochs over which radius and share grow from nothing.
  public var ramp: Double
  /// What bounds by lines weigh among both at the end, from 0 to 1; in the beginning they are all. Nil for boxes alone.
  public var lines: Float?
  /// What the terms that keep boxes tight and ReLUs alive weigh in the beginning; nothing once the radius has grown. See
  /// `BoxRegularizer`.
  public var regularizers: Float
  /// What mistakes cost; nil for all alike.
  public var costs: CostMatrix?
  /// Whether `train` begins with small weights, whose bounds do not grow from layer to layer.
  public var startsSmall: Bool

  /// - Parameters: see the properties.
  public init(
    epsilon: Float, share: Float, warmup: Double, ramp: Double, lines: Float? = nil, regularizers: Float = 0,
    costs: CostMatrix?, startsSmall: Bool
  ) {
    (self.epsilon, self.share, self.warmup, self.ramp) = (epsilon, share, warmup, ramp)
    (self.lines, self.regularizers, self.costs, self.startsSmall) = (lines, regularizers, costs, startsSmall)
  }

  /// The radius, what the term weighs, what bounds by lines weigh among both kinds, and what the regularizers do.
  struct Now: Equatable {
    let epsilon: Float
    let share: Float
    let lines: Float
    let regularizers: Float
  }

  /// What holds after so many epochs; nil while there is nothing to add.
  func now(_ epochs: Double) -> Now? {
    let grown = Float(ramp > 0 ? min(1, max(0, (epochs - warmup) / ramp)) : epochs >= warmup ? 1 : 0)
    guard grown > 0 else { return nil }
    return Now(
      epsilon: epsilon * grown, share: share * grown, lines: lines.map { 1 - grown * (1 - $0) } ?? 0,
      regularizers: regularizers * (1 - grown))
  }

  /// Logarithms of the costs over their mean, `[true][answered]`; minus infinity where an answer costs nothing. Nil
  /// without costs.
  var logCosts: [[Float]]? {
    guard let costs else { return nil }
    let sum = costs.rows.joined().reduce(0, +)
    let mean = sum / Double(costs.classes * (costs.classes - 1))
    return costs.rows.map { row in row.map { Float(log($0 / mean)) } }
  }

  /// The value of one image, and its gradient by each bound.
  ///
  /// - Parameters:
  ///   - bounds: upper bounds of `z[j] - z[label]`; that of the label itself is not read.
  ///   - logCosts: the row of the label.
  static func loss(_ bounds: [Float], label: Int, logCosts: [Float]?) -> (value: Float, gradient: [Float]) {
    var scores = bounds
    if let logCosts { for j in scores.indices { scores[j] += logCosts[j] } }
    scores[label] = 0
    let peak = scores.max() ?? 0
    let shares = scores.map { Foundation.exp($0 - peak) }
    let sum = shares.reduce(0, +)
    var gradient = shares.map { $0 / sum }
    gradient[label] = 0
    return (peak + Foundation.log(sum), gradient)
  }
}

extension Model {
  /// The same network with small normal weights: standard deviation √(2π) over the number of inputs, in all layers but the
  /// last, whose bounds then neither grow nor shrink from layer to layer. Shi et al., arXiv:2103.17268, §4.1.
  public func startingSmall(seed: Int) -> Model {
    var copy = self
    let weights = layout.filter { $0.isTrained && $0.shape.count > 1 }
    for place in weights.dropLast() {
      var random = Random(seed: seed, stream: 0x1B9, place.offset)
      let inputs = place.shape.dropFirst().reduce(1, *)
      let deviation = (2 * Float.pi).squareRoot() / Float(inputs)
      copy[place.name] = Tensor(shape: place.shape, values: random.normals(place.count).map { $0 * deviation })
    }
    return copy
  }
}

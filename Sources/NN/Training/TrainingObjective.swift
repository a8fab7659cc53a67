import Contract

/// What a training lowers: a loss, penalties on the weights, and adversarial images if wanted.
///
/// Standard and adversarial training, TRADES, and the cost-sensitive CSA and CSE (Min-Max) are all values of this type.
public struct TrainingObjective: Sendable {
  /// How clean and adversarial images are used.
  public enum Mix: Sendable {
    /// Clean images only.
    case clean
    /// Adversarial images only. Madry et al., ICLR 2018.
    case adversarial
    /// Each batch one step on clean images, then one on images crafted against the weights after it.
    case alternating
    /// One step on `clean · L(x) + (1 - clean) · L(x')`. Goodfellow et al., ICLR 2015, eq. 9.
    case blended(clean: Float)
    /// One step on a loss of each image and its changed form together, gradients through both.
    case paired(any PairLoss)
    /// Several steps on each batch, each moving the weights and the images' change. Shafahi et al., NeurIPS 2019.
    case free(replays: Int, epsilon: Float)

    /// Whether something else has to change the images.
    var needsAdversary: Bool {
      switch self {
      case .clean, .free: false
      case .adversarial, .alternating, .blended, .paired: true
      }
    }

    /// Steps of the optimiser on each batch.
    var stepsPerBatch: Int {
      switch self {
      case .alternating: 2
      case .free(let replays, _): replays
      case .clean, .adversarial, .blended, .paired: 1
      }
    }
  }

  /// The loss of each image.
  public var loss: any Loss
  /// Terms that depend on the weights alone.
  public var penalties: [any Penalty]
  /// What makes adversarial images; needed unless the mix is `.clean` or `.free`.
  public var adversary: (any Adversary)?
  /// How clean and adversarial images are used.
  public var mix: Mix
  /// What goes through interval bounds besides; nil for nothing.
  public var bounds: BoundObjective?
  /// How far the weights are moved uphill before the gradient is taken; nil for not at all.
  public var weightPerturbation: WeightPerturbation?

  /// See the properties.
  public init(
    loss: any Loss = CrossEntropy(), penalties: [any Penalty] = [], adversary: (any Adversary)? = nil, mix: Mix = .clean
  ) {
    require(!mix.needsAdversary || adversary != nil, "\(mix) needs an adversary")
    self.loss = loss
    self.penalties = penalties
    self.adversary = adversary
    self.mix = mix
  }

  /// What a training from scratch begins with, made of a fresh model.
  public func start(_ model: Model, seed: Int) -> Model {
    bounds?.startsSmall == true ? model.startingSmall(seed: seed) : model
  }

  /// Cross-entropy on clean images.
  public static let standard = TrainingObjective()

  /// One clean step and one FGSM step a batch: the reference's adversarial training.
  ///
  /// - Parameter epsilon: radius in pixel units.
  public static func adversarial(epsilon: Float, loss: any Loss = CrossEntropy()) -> TrainingObjective {
    TrainingObjective(loss: loss, adversary: GradientSign(epsilon: epsilon), mix: .alternating)
  }

  /// The authors' CSA: adversarial training on cross-entropy plus expected cost. arXiv:2101.12372.
  public static func csa(_ costs: CostMatrix, epsilon: Float, weight: Float = 1) -> TrainingObjective {
    adversarial(epsilon: epsilon, loss: ExpectedCost(costs, weight: weight))
  }

  /// The authors' CSE (Min-Max): cross-entropy + a·cost + b·(‖W₁‖₁ - ‖W₁‖₂) + c·(‖W₂‖₁ - ‖W₂‖₂) on clean images.
  ///
  /// W₁ and W₂ are the weights of the first two convolutions. arXiv:2101.12372, eq. 9 and 10.
  public static func minmax(_ costs: CostMatrix, a: Float = 0.1, b: Float = 5, c: Float = 0.1) -> TrainingObjective {
    TrainingObjective(loss: ExpectedCost(costs, weight: a), penalties: [MinMax(factors: [b, c])])
  }
}

/// Adversarial training with one signed step: each batch once clean, then once as FGSM changes it.
/// Goodfellow et al., ICLR 2015; the paper's ADV (arXiv:2101.12372).
public struct AdversarialTraining: Recipe {
  /// Radius of the images trained on, in pixel units.
  public var eps: Float = 0.1

  /// The usual setting.
  public init() {}

  /// `adversarial`.
  public static let entry = Entry<any Recipe>(
    AdversarialTraining(), "adversarial", "train on each batch clean, then as FGSM changes it",
    paper: "arXiv:1412.6572",
    example: "train lenet on: fashion defense: adversarial eps: 0.1",
    [Setting("eps", \.eps, in: 0...1, "the largest change of a pixel", unit: "pixel units")]
  ) { $0 }

  /// See `Recipe`.
  public func defense(for model: Model, costs: CostMatrix?) throws -> Defense {
    try model.check(costs)
    return costs.map { .adversarial(epsilon: eps, loss: ExpectedCost($0, weight: 1)) } ?? .adversarial(epsilon: eps)
  }
}

/// Cost-sensitive adversarial training (the authors' CSA): adversarial training on cross-entropy plus expected cost.
/// Shen et al., IEEE Trans. Cybernetics 2022, eq. 6.
public struct CostSensitiveAdversarial: Recipe {
  /// Radius of the images trained on, in pixel units.
  public var eps: Float = 0.1
  /// What the expected cost weighs beside the cross-entropy.
  public var weight: Float = 1

  /// The paper's setting.
  public init() {}

  /// It means nothing without costs.
  public static let needsCosts = true

  /// `csa`.
  public static let entry = Entry<any Recipe>(
    CostSensitiveAdversarial(), "csa", "adversarial training that also pays for costly mistakes",
    paper: "arXiv:2101.12372",
    example: "defend normal with: csa costs: guard epochs: 5",
    [
      Setting("eps", \.eps, in: 0...1, "the largest change of a pixel", unit: "pixel units"),
      Setting("weight", \.weight, in: 0...1000, "what the expected cost weighs beside the cross-entropy"),
    ]
  ) { $0 }

  /// See `Recipe`.
  public func defense(for model: Model, costs: CostMatrix?) throws -> Defense {
    guard let costs else { throw RecipeError.needsCosts(defense: "csa") }
    try model.check(costs)
    return .csa(costs, epsilon: eps, weight: weight)
  }
}

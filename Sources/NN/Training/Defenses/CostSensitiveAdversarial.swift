/// Cost-sensitive adversarial training (the authors' CSA): adversarial training on cross-entropy plus expected cost.
/// Shen et al., IEEE Trans. Cybernetics 2022, eq. 6.
public struct CostSensitiveAdversarial: Defense {
  /// Radius of the images trained on, in pixel units.
  public var eps: Float = 0.1
  /// What the expected cost weighs beside the cross-entropy.
  public var weight: Float = 1
  /// Whether pixels are kept in [0, 1]. The authors did not; their figures need `false`.
  public var clip = true

  /// The paper's setting.
  public init() {}

  /// `csa`.
  public static let entry: Entry<any Defense> = Entry(
    CostSensitiveAdversarial(), "csa", "adversarial training that also pays for costly mistakes",
    paper: "arXiv:2101.12372",
    example: "defend normal with: csa costs: guard epochs: 5",
    settings
  ) { $0 }

  private static let settings: [Setting<CostSensitiveAdversarial>] = [
    Setting("eps", \.eps, in: 0...1, "the largest change of a pixel", unit: "pixel units"),
    Setting("weight", \.weight, in: 0...1000, "what the expected cost weighs beside the cross-entropy"),
    Setting("clip", \.clip, "keep pixels in [0, 1]; false only to repeat figures that were measured so"),
  ]

  /// See `Defense`.
  public func add(to parts: inout DefenseParts) throws {
    try parts.addExpectedCost(weight, neededBy: name)
    try parts.makeImages(name, GradientSign(epsilon: eps, clips: clip), .alternating)
  }
}

/// MART: a margin-boosted loss on adversarial images, plus consistency with the clean images weighted by how uncertain
/// these are. Wang et al., "Improving Adversarial Robustness Requires Revisiting Misclassified Examples", ICLR 2020.
public struct MART: Defense {
  /// Radius in pixel units.
  public var eps: Float = 0.1
  /// Steps that climb the cross-entropy.
  public var steps = 10
  /// Length of a step; nil for `stepLength`.
  public var step: Float?
  /// What agreement weighs beside the loss of changed images.
  public var beta: Float = 5

  /// The authors' setting.
  public init() {}

  /// `mart`.
  public static let entry: Entry<any Defense> = Entry(
    MART(), "mart", "train on changed images, minding most those that are misclassified",
    paper: "Wang et al., ICLR 2020", example: "train lenet on: fashion defense: mart(eps: 0.1, steps: 2) epochs: 1",
    settings
  ) { $0 }

  private static let settings: [Setting<MART>] =
    innerSettings(\.eps, \.steps, \.step) + [
      Setting("beta", \.beta, in: 0...1000, "what agreement weighs beside the loss of changed images")
    ]

  /// See `Defense`.
  public func add(to parts: inout DefenseParts) throws {
    let ascent = SignedAscent(
      epsilon: eps, steps: steps, step: step, start: .normal(0.001), objective: .entropy)
    try parts.makeImages(name, ascent, .paired(MisclassificationAware(beta: beta)))
  }
}

/// TRADES: the loss on clean images plus the divergence between the outputs on clean and adversarial ones. Zhang et
/// al., ICML 2019.
public struct TRADES: Defense {
  /// Radius in pixel units.
  public var eps: Float = 0.1
  /// Steps that climb the divergence.
  public var steps = 10
  /// Length of a step; nil for `stepLength`.
  public var step: Float?
  /// What agreement weighs beside the clean loss.
  public var beta: Float = 6

  /// The paper's setting for CIFAR-10.
  public init() {}

  /// `trades`.
  public static let entry: Entry<any Defense> = Entry(
    TRADES(), "trades", "trade the clean loss against agreement with changed images", paper: "arXiv:1901.08573",
    example: "train lenet on: fashion defense: trades(eps: 0.1, steps: 2) epochs: 1",
    settings
  ) { $0 }

  private static let settings: [Setting<TRADES>] =
    innerSettings(\.eps, \.steps, \.step) + [
      Setting("beta", \.beta, in: 0...1000, "what agreement weighs beside the clean loss")
    ]

  /// See `Defense`.
  public func add(to parts: inout DefenseParts) throws {
    let ascent = SignedAscent(
      epsilon: eps, steps: steps, step: step, start: .normal(0.001), objective: .divergence)
    try parts.makeImages(name, ascent, .paired(Consistency(beta: beta)))
  }
}

/// What TRADES and MART say alike about their inner loop.
func innerSettings<Target>(
  _ eps: WritableKeyPath<Target, Float> & Sendable, _ steps: WritableKeyPath<Target, Int> & Sendable,
  _ step: WritableKeyPath<Target, Float?> & Sendable
) -> [Setting<Target>] {
  [
    Setting("eps", eps, in: 0...1, "the largest change of a pixel", unit: "pixel units"),
    Setting("steps", steps, in: 1...1000, "gradient steps"),
    Setting("step", step, in: 1e-6...1, "length of a step; none for 2.5·eps/steps", unit: "pixels"),
  ]
}

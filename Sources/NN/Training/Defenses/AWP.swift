/// Adversarial weight perturbation: the gradient is taken where the weights are worst for the batch, a little way uphill.
/// Wu, Xia & Wang, NeurIPS 2020.
public struct AWP: Defense {
  /// How far each layer's weights move, as a share of their own length.
  public var gamma: Float = 0.005
  /// Epochs without it at the start.
  public var warmup = 0.0

  /// The paper's setting.
  public init() {}

  /// `awp`.
  public static let entry: Entry<any Defense> = Entry(
    AWP(), "awp", "take each gradient where the weights are a little worse; goes with adversarial training",
    paper: "arXiv:2004.05884",
    details: """
      For every batch the weights of each layer go uphill by a share of their length, the gradient is taken there, and they go \
      back before the step. It costs a second pass over each batch. Biases and normalisation layers stay where they are. \
      Beside a defense that makes images, those are made first.
      """,
    example: "train lenet on: fashion defense: [adversarial(with: pgd(steps: 2), mix: replaced), awp] epochs: 1",
    settings
  ) { $0 }

  private static let settings: [Setting<AWP>] = [
    Setting("gamma", \.gamma, in: 0...1, "how far weights move, as a share of their length in each layer"),
    Setting("warmup", \.warmup, in: 0...10_000, "none over these first ones", unit: "epochs"),
  ]

  /// See `Defense`.
  public func add(to parts: inout DefenseParts) throws {
    parts.weightPerturbation = WeightPerturbation(gamma: gamma, warmup: warmup)
  }
}

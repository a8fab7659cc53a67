/// Training through interval bounds whose last step is CROWN's in the beginning: tighter while the network is not yet used to
/// boxes. Zhang et al., arXiv:1906.06316.
public struct CROWNIBP: Defense {
  /// Radius in pixel units.
  public var eps: Float = 0.1
  /// What the bounds weigh at the end; the clean loss weighs the rest.
  public var share: Float = 0.5
  /// What bounds by lines weigh among both kinds at the end; 1 in the beginning.
  public var lines: Float = 0
  /// Epochs before the radius begins to grow.
  public var warmup: Double = 1
  /// Epochs over which it grows.
  public var ramp: Double = 5
  /// Whether `train` begins with small weights.
  public var smallStart = true

  /// Lines in the beginning, boxes at the end.
  public init() {}

  /// `crown_ibp`.
  public static let entry: Entry<any Defense> = Entry(
    CROWNIBP(), "crown_ibp", "train through bounds by lines in the beginning, and by intervals at the end",
    paper: "arXiv:1906.06316",
    details:
      "Intervals bound what happens inside of the network, and lines go back from the last layer to the image, once for each "
      + "wrong answer: while they count, an epoch takes many times as long as with ibp_training. With costs, answers that "
      + "cost much must be proved impossible first. For networks of ReLUs and leaky ReLUs.",
    example: "train mlp on: fashion defense: crown_ibp(eps: 0.05, ramp: 2) epochs: 3 batch: 128 clip: 10",
    boundSettings(\.eps, \.share, \.warmup, \.ramp, \.smallStart) + [
      Setting("lines", \.lines, in: 0...1, "what bounds by lines weigh among both kinds in the end; 1 in the beginning")
    ]
  ) { $0 }

  /// See `Defense`.
  public func add(to parts: inout DefenseParts) throws {
    try parts.addBounds(
      name,
      BoundObjective(
        epsilon: eps, share: share, warmup: warmup, ramp: ramp, lines: lines, costs: parts.costs,
        startsSmall: smallStart))
  }
}

/// Training through interval bounds: clean cross-entropy and that of the worst logits within a box. Gowal et al.,
/// arXiv:1810.12715; the start of Shi et al., arXiv:2103.17268.
///
/// With costs the bound term weighs each wrong answer by what it costs (after Zhang & Evans, arXiv:1810.09225).
public struct IBPTraining: Defense {
  /// Radius in pixel units.
  public var eps: Float = 0.1
  /// What the bounds weigh at the end; the clean loss weighs the rest.
  public var share: Float = 0.5
  /// Epochs before the radius begins to grow.
  public var warmup: Double = 1
  /// Epochs over which it grows.
  public var ramp: Double = 5
  /// Whether `train` begins with small weights.
  public var smallStart = true
  /// What Shi's two regularizers weigh at the start of the ramp; nothing at its end.
  public var regularizers: Float = 0

  /// Half and half.
  public init() {}

  /// `ibp_training`.
  public static let entry: Entry<any Defense> = Entry(
    IBPTraining(), "ibp_training", "train through interval bounds, so that they prove much afterwards",
    paper: "arXiv:1810.12715, arXiv:2103.17268",
    details: "With costs, answers that cost much must be proved impossible first. Follow it with certify … with: ibp.",
    example: "train lenet on: fashion defense: ibp_training eps: 0.1 epochs: 10 batch: 128 clip: 10",
    boundSettings(\.eps, \.share, \.warmup, \.ramp, \.smallStart) + [
      Setting(
        "regularizers", \.regularizers, in: 0...100,
        "what two terms weigh that keep boxes tight and as many ReLUs on as off, less and less while the radius grows; "
          + "Shi et al. take 0.5")
    ]
  ) { $0 }

  /// See `Defense`.
  public func add(to parts: inout DefenseParts) throws {
    try parts.addBounds(
      name,
      BoundObjective(
        epsilon: eps, share: share, warmup: warmup, ramp: ramp, regularizers: regularizers, costs: parts.costs,
        startsSmall: smallStart))
  }
}

/// What defenses through bounds say alike.
func boundSettings<Target>(
  _ eps: WritableKeyPath<Target, Float> & Sendable, _ share: WritableKeyPath<Target, Float> & Sendable,
  _ warmup: WritableKeyPath<Target, Double> & Sendable, _ ramp: WritableKeyPath<Target, Double> & Sendable,
  _ smallStart: WritableKeyPath<Target, Bool> & Sendable
) -> [Setting<Target>] {
  [
    Setting("eps", eps, in: 0...1, "the largest change of a pixel", unit: "pixel units"),
    Setting("share", share, in: 0...1, "what the bounds weigh in the end; the rest of the loss weighs 1 less that"),
    Setting("warmup", warmup, in: 0...10_000, "before the radius begins to grow", unit: "epochs"),
    Setting("ramp", ramp, in: 0...10_000, "radius and share grow from 0 over as many", unit: "epochs"),
    Setting(
      "small_start", smallStart,
      "whether `train` begins with weights so small that bounds do not grow from layer to layer"),
  ]
}

/// Adversarial training and training through interval bounds in one loss, weighed by a constant: of the methods that certify
/// well the simplest. De Palma et al., arXiv:2305.13991.
public struct MTLIBP: Defense {
  /// Radius in pixel units, of the attack and of the bounds.
  public var eps: Float = 0.1
  /// What the bounds weigh at the end; the loss of the attacked images weighs the rest.
  public var share: Float = 0.1
  /// Steps of the attack: one is FGSM, more are PGD.
  public var steps = 1
  /// Epochs before the radius begins to grow.
  public var warmup: Double = 1
  /// Epochs over which it grows.
  public var ramp: Double = 5
  /// Whether `train` begins with small weights.
  public var smallStart = true

  /// A tenth of bounds.
  public init() {}

  /// `mtl_ibp`.
  public static let entry: Entry<any Defense> = Entry(
    MTLIBP(), "mtl_ibp", "adversarial training with a share of interval bounds", paper: "arXiv:2305.13991",
    details:
      "A share of 1 is ibp_training without clean images, one of 0 adversarial training. With a small share, certify "
      + "with crown rather than ibp.",
    example: "train lenet on: fashion defense: mtl_ibp eps: 0.1 epochs: 10 batch: 128 clip: 10",
    boundSettings(\.eps, \.share, \.warmup, \.ramp, \.smallStart) + [
      Setting("steps", \.steps, in: 1...1000, "steps of the attack")
    ]
  ) { $0 }

  /// See `Defense`.
  public func add(to parts: inout DefenseParts) throws {
    var adversary: any Adversary = GradientSign(epsilon: eps, ramp: warmup + ramp)
    if steps > 1 {
      var pgd = PGD()
      pgd.steps = steps
      adversary = AttackAdversary(pgd, within: ThreatModel(.linf, epsilon: eps), ramp: warmup + ramp)
    }
    try parts.makeImages(name, adversary, .adversarial)
    try parts.addBounds(
      name,
      BoundObjective(
        epsilon: eps, share: share, warmup: warmup, ramp: ramp, costs: parts.costs, startsSmall: smallStart))
  }
}

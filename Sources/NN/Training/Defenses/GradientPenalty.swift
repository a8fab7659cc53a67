/// The squared length of the loss's gradient by the pixels as a penalty, approximated by a finite difference along it.
/// Ross & Doshi-Velez, AAAI 2018; the approximation is that of Finlay & Oberman, arXiv:1905.11468.
public struct GradientPenalty: Defense {
  /// What the squared gradient weighs.
  public var weight: Float = 0.1
  /// How far apart the two images of the difference are, in the L2 norm.
  public var length: Float = 0.1

  /// A mild setting.
  public init() {}

  /// `gradient_penalty`.
  public static let entry: Entry<any Defense> = Entry(
    GradientPenalty(), "gradient_penalty", "penalise steep gradients by the pixels, measured by a finite difference",
    paper: "arXiv:1711.09404, arXiv:1905.11468",
    example: "train lenet on: fashion defense: gradient_penalty weight: 0.2 epochs: 1",
    settings
  ) { $0 }

  private static let settings: [Setting<GradientPenalty>] = [
    Setting("weight", \.weight, in: 0...1000, "weight of the squared gradient"),
    Setting("length", \.length, in: 1e-4...10, "how far apart the two images are", unit: "pixels, L2"),
  ]

  /// See `Defense`.
  public func add(to parts: inout DefenseParts) throws {
    try parts.makeImages(
      name, GradientStep(length: length), .paired(GradientNormPenalty(weight: weight, length: length)))
  }
}

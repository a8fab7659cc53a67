/// Fast adversarial training: one FGSM step from a random start, on the changed images only.
/// Wong, Rice & Kolter, ICLR 2020.
public struct FastAdversarial: Defense {
  /// Radius in pixel units.
  public var eps: Float = 0.1
  /// Length of the step as a share of the radius.
  public var stride: Float = 1.25

  /// The paper's setting.
  public init() {}

  /// `fast`.
  public static let entry: Entry<any Defense> = Entry(
    FastAdversarial(), "fast", "train on one FGSM step from a random start", paper: "arXiv:2001.03994",
    example: "train lenet on: fashion defense: fast eps: 0.1 epochs: 1",
    settings
  ) { $0 }

  private static let settings: [Setting<FastAdversarial>] = [
    Setting("eps", \.eps, in: 0...1, "the largest change of a pixel", unit: "pixel units"),
    Setting("stride", \.stride, in: 0...10, "length of the step, as a share of eps"),
  ]

  /// See `Defense`.
  public func add(to parts: inout DefenseParts) throws {
    let ascent = SignedAscent(epsilon: eps, steps: 1, step: stride * eps, start: .uniform, objective: .entropy)
    try parts.makeImages(name, ascent, .adversarial)
  }
}

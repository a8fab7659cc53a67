/// Cross-entropy on softened labels. It raises accuracy under FGSM and hides gradients more than it defends: attack
/// such a model with `autoattack`. Szegedy et al., CVPR 2016.
public struct LabelSmoothing: Defense {
  /// Share of the target spread over all classes, the true one included.
  public var share: Float = 0.1

  /// The paper's setting.
  public init() {}

  /// `label_smoothing`.
  public static let entry: Entry<any Defense> = Entry(
    LabelSmoothing(), "label_smoothing", "spread a share of each target over all classes; it hides gradients",
    paper: "arXiv:1512.00567", example: "train lenet on: fashion defense: label_smoothing share: 0.2 epochs: 1",
    settings
  ) { $0 }

  private static let settings: [Setting<LabelSmoothing>] = [
    Setting("share", \.share, in: 0...0.99, "share of the target spread over all classes")
  ]

  /// See `Defense`.
  public func add(to parts: inout DefenseParts) { parts.core = CrossEntropy(smoothing: share) }
}

/// Linear bounds, carried back from each layer to the image. Zhang et al., arXiv:1811.00866.
///
/// Beyond the paper: every margin is the best of interval bounds and of three choices of the lower line below a ReLU, since
/// none is best for all; and a maximum over windows has a sloped upper line.
public struct CROWN: Certifier {
  /// The lower lines below ReLUs.
  public enum Slopes: String, CaseIterable, Sendable {
    /// All three, and the best of what they prove.
    case best
    /// 1 or 0, whichever leaves less between the lines: the paper's.
    case adaptive
    /// 0.
    case zero
    /// That of the upper line.
    case parallel

    var rules: [SlopeRule] {
      switch self {
      case .best: SlopeRule.allCases
      case .adaptive: [.adaptive]
      case .zero: [.zero]
      case .parallel: [.parallel]
      }
    }
  }

  /// Where the bounds inside of the network come from.
  public enum Hidden: String, CaseIterable, Sendable {
    /// From lines as well.
    case crown
    /// From boxes: nine rows an image, as in CROWN-IBP (arXiv:1906.06316).
    case ibp
  }

  /// Which lower lines are tried.
  public var slopes = Slopes.best
  /// Where the bounds inside of the network come from.
  public var hidden = Hidden.crown

  /// All lower lines, and lines inside of the network, too.
  public init() {}

  /// `crown`.
  public static let entry: Entry<any Certifier> = Entry(
    CROWN(), "crown", "linear bounds, carried back to the image", paper: "arXiv:1811.00866",
    details:
      "Never proves less than ibp. The work grows with the number of values inside of the network: with hidden: ibp "
      + "it is a few passes for each class, for large networks and those trained for interval bounds.",
    example: "certify normal on: take(fashion.test, 16) with: crown eps: 0.01",
    [
      Setting("slopes", \.slopes, "the lower line below a ReLU: all of them and the best of each, or one"),
      Setting("hidden", \.hidden, "where bounds inside of the network come from"),
    ]
  ) { $0 }

  /// See `Certifier`.
  public func prover(for model: Model, within threat: ThreatModel, seed: Int) throws -> any Prover {
    try LinearProver(model, within: threat, rules: slopes.rules, refines: hidden == .crown)
  }
}

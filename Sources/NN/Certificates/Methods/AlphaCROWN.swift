/// CROWN whose lower lines are improved by gradient ascent, for each image and wrong answer that CROWN leaves open. Xu et
/// al., arXiv:2011.13824; bounds inside of the network stay those of CROWN.
public struct AlphaCROWN: Certifier {
  /// Steps of Adam on the slopes.
  public var steps = 20

  /// Twenty steps.
  public init() {}

  /// `alpha_crown`.
  public static let entry: Entry<any Certifier> = Entry(
    AlphaCROWN(), "alpha_crown", "linear bounds whose slopes are improved where they prove too little",
    paper: "arXiv:2011.13824", example: "certify normal on: take(fashion.test, 16) with: alpha_crown eps: 0.01",
    [Setting("steps", \.steps, in: 1...10_000, "steps on the slopes")]
  ) { $0 }

  /// See `Certifier`.
  public func prover(for model: Model, within threat: ThreatModel, seed: Int) throws -> any Prover {
    try LinearProver(model, within: threat, rules: SlopeRule.allCases, steps: steps)
  }
}

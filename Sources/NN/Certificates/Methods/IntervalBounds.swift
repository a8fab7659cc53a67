/// Boxes, layer by layer: cheap, and tight only for networks that were trained for it. Gowal et al., arXiv:1810.12715.
public struct IntervalBounds: Certifier {
  /// No settings.
  public init() {}

  /// `ibp`.
  public static let entry: Entry<any Certifier> = Entry(
    IntervalBounds(), "ibp", "interval bounds, layer by layer: fast, and tight only for networks trained for them",
    paper: "arXiv:1810.12715", example: "certify cse on: take(fashion.test, 500) with: ibp eps: 0.01"
  ) { $0 }

  /// See `Certifier`.
  public func prover(for model: Model, within threat: ThreatModel, seed: Int) throws -> any Prover {
    try LinearProver(model, within: threat, rules: [])
  }
}

/// The result of an attack.
public struct AttackResult: Sendable {
  /// What was run: attack, threat model, goal, seed.
  public let run: AttackRun
  /// Rates, costs and confusions; one outcome an image.
  public let evaluation: Evaluation
  /// The selection's name, as in `fashion-mnist.test`.
  public let selection: String
  /// The returned images, in the order of the selection, if they were to be kept.
  public let examples: [Pixels]?
  /// Wall-clock time.
  public let seconds: Double

  /// All settings with the values that they had.
  public var settings: [String: SettingValue] { Attacks.family.spec(of: run.attack)?.settings ?? [:] }
  /// Robust accuracy at any radius of the same norm, from the distances that a minimum-norm attack found: the share of
  /// images that are right while clean and were not fooled within `epsilon`.
  public func robust(at epsilon: Float) -> Rate {
    let held = evaluation.outcomes.count { outcome in
      guard outcome.isCleanRight else { return false }
      let isFooled = outcome.attacked && outcome.answer != outcome.label
      return !(isFooled && run.threat.with(epsilon: epsilon).allows(outcome.distances))
    }
    return Rate(held, of: evaluation.images)
  }
}

/// A part of a defense that a person can name: its settings, and what they add.
///
/// Each defense is one file. A list of them is a combination: `Defenses.combined` lets each add its part, and the result
/// is one `TrainingObjective` for the one training loop.
public protocol Defense: Sendable {
  /// The one declaration: name, summary, paper, settings.
  static var entry: Entry<any Defense> { get }

  /// Adds what this defense is to the others of a combination.
  ///
  /// - Throws: `DefenseError` if it cannot be used with this model, without costs, or beside another part.
  func add(to parts: inout DefenseParts) throws
}

extension Defense {
  /// The name that a person types.
  public var name: String { Self.entry.name }
}

/// All defenses by name.
public enum Defenses {
  /// In the order that help shows them.
  public static let all: [Entry<any Defense>] = [
    StandardTraining.entry, MinMaxDefense.entry, AdversarialTraining.entry, CostSensitiveAdversarial.entry,
    FastAdversarial.entry, FreeAdversarial.entry, TRADES.entry, MART.entry, ExpectedCostDefense.entry,
    CostWeightedDefense.entry, LogitAdjustedDefense.entry, LabelSmoothing.entry, WeightDecay.entry,
    GradientPenalty.entry, GaussianNoise.entry, IBPTraining.entry, MTLIBP.entry, CROWNIBP.entry,
    AWP.entry,
  ]

  /// What makes them again out of what is written.
  public static let family = Family("defense", all)

  /// What the trainer lowers for one defense or for several together: their losses, penalties and images.
  ///
  /// Costs that no part says how to use enter as the expected cost with weight 1.
  ///
  /// - Throws: `DefenseError`, and `AttackError` for images that an attack cannot make.
  public static func combined(_ defenses: [any Defense], for model: Model, costs: CostMatrix?) throws
    -> TrainingObjective
  {
    var parts = try DefenseParts(model, costs)
    for (place, defense) in defenses.enumerated() {
      if defenses[..<place].contains(where: { $0.name == defense.name }) { throw DefenseError.twice(defense.name) }
      try defense.add(to: &parts)
    }
    return try parts.objective()
  }
}

import Foundation

// Three ways in which a cost matrix can enter the loss, to be combined with any way of making images.

/// Cross-entropy plus the expected cost under the softmax, `Σ_j p_j · cost[true: y, answered: j]`.
/// Shen et al., IEEE Trans. Cybernetics 2022, §3.2.
public struct ExpectedCostDefense: Defense {
  /// What it weighs beside the cross-entropy.
  public var weight: Float = 1

  /// The paper's setting.
  public init() {}

  /// `expected_cost`.
  public static let entry: Entry<any Defense> = Entry(
    ExpectedCostDefense(), "expected_cost", "add the expected cost of the answer to the cross-entropy",
    paper: "arXiv:2101.12372",
    example: "train lenet on: fashion defense: [adversarial, expected_cost(weight: 0.3)] costs: guard epochs: 1",
    settings
  ) { $0 }

  private static let settings: [Setting<ExpectedCostDefense>] = [
    Setting("weight", \.weight, in: 0...1000, "what the expected cost weighs beside the cross-entropy")
  ]

  /// See `Defense`.
  public func add(to parts: inout DefenseParts) throws {
    try parts.addExpectedCost(weight, neededBy: name)
  }
}

/// Each image's cross-entropy multiplied by the mean cost of mistaking its class. Kukar & Kononenko, ECAI 1998.
public struct CostWeightedDefense: Defense {
  /// Exponent of the mean cost: 0 weights all classes alike, 1 in proportion to their costs.
  public var power: Double = 1

  /// In proportion.
  public init() {}

  /// `cost_weighted`.
  public static let entry: Entry<any Defense> = Entry(
    CostWeightedDefense(), "cost_weighted",
    "multiply each image's cross-entropy by the mean cost of mistaking its class",
    paper: "Kukar & Kononenko, ECAI 1998",
    example: "train lenet on: fashion defense: cost_weighted costs: guard epochs: 1",
    settings
  ) { $0 }

  private static let settings: [Setting<CostWeightedDefense>] = [
    Setting("power", \.power, in: 0...10, "exponent of the mean cost")
  ]

  /// See `Defense`.
  public func add(to parts: inout DefenseParts) throws {
    let factors = try parts.costs(neededBy: name).meanCosts.map { Float(pow($0, power)) }
    parts.saysHowCostsEnter = true
    parts.wrapLoss { ClassWeighted($0, factors: factors) }
  }
}

/// Logits raised by `tau · log cost[true: y, answered: j]` in training, so that costly answers must stay further below
/// the true one. Zhang & Evans, ICLR 2019; Khan et al., IEEE TNNLS 2018; Menon et al., ICLR 2021.
public struct LogitAdjustedDefense: Defense {
  /// Factor of the logarithm: 0 is plain cross-entropy, 1 puts the costs themselves into the softmax.
  public var tau: Double = 1

  /// The costs themselves.
  public init() {}

  /// `logit_adjusted`.
  public static let entry: Entry<any Defense> = Entry(
    LogitAdjustedDefense(), "logit_adjusted", "ask for a margin that grows with the cost of the answer",
    paper: "arXiv:1810.09225, arXiv:2007.07314",
    example: "train lenet on: fashion defense: [adversarial, logit_adjusted(tau: 0.5)] costs: guard epochs: 1",
    settings
  ) { $0 }

  private static let settings: [Setting<LogitAdjustedDefense>] = [
    Setting("tau", \.tau, in: 0...10, "factor of the logarithm of the cost that a logit is raised by")
  ]

  /// See `Defense`.
  public func add(to parts: inout DefenseParts) throws {
    let costs = try parts.costs(neededBy: name)
    parts.saysHowCostsEnter = true
    parts.wrapLoss { LogitAdjusted($0, costs, tau: tau) }
  }
}

extension DefenseParts {
  /// Adds the expected cost of the answer; with weight 0, costs are known but change nothing.
  mutating func addExpectedCost(_ weight: Float, neededBy name: String) throws(DefenseError) {
    saysHowCostsEnter = true
    if weight > 0 { addLoss(ExpectedCost(try costs(neededBy: name), weight: weight, entropy: 0)) }
  }
}

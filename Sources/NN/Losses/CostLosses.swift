import Contract
import Foundation

/// Another loss, each image's multiplied by a factor of its true class: instance weighting.
///
/// Ting, "An instance-weighting method to induce cost-sensitive trees", IEEE TKDE 2002; for networks Kukar & Kononenko,
/// ECAI 1998. The factor of a class is `CostMatrix.meanCosts` of it, unless others are given.
public struct ClassWeighted: Loss {
  /// What is weighted.
  public let base: any Loss
  /// One factor a class.
  public let factors: [Float]

  /// See the properties.
  public init(_ base: any Loss, factors: [Float]) {
    self.base = base
    self.factors = factors
  }

  /// See `Loss`.
  public func evaluate(_ logits: Tensor, labels: [Int]) -> LossValue {
    require(logits.rowCount == factors.count, "\(logits.rowCount) logits for \(factors.count) factors")
    var found = base.evaluate(logits, labels: labels)
    for (row, label) in labels.enumerated() {
      found.values[row] *= factors[label]
      for j in row * factors.count..<(row + 1) * factors.count { found.gradient.values[j] *= factors[label] }
    }
    return found
  }
}

/// Another loss of logits that are raised by `tau · log cost[true: y, answered: j]`, so that a costly answer must be
/// further below the true one: with cross-entropy, `log(1 + Σ_{j≠y} cost[y, j]^tau · exp(z[j] - z[y]))`.
///
/// The form of Zhang & Evans, ICLR 2019 (arXiv:1810.09225, eq. 5) on plain logits; Khan et al., IEEE TNNLS 2018
/// (arXiv:1508.03422, eq. 11); tau as in the logit adjustment of Menon et al., ICLR 2021 (arXiv:2007.07314). The true
/// class is not raised. The model's answers are those of its own logits: only training sees the raised ones.
public struct LogitAdjusted: Loss {
  /// What the raised logits are handed to.
  public let base: any Loss
  /// `[classes][classes]`, true class first: what is added to each logit.
  public let shifts: [Float]
  private let classes: Int

  /// A cost below this counts as this: an answer that costs nothing is not pushed down.
  public static let smallestCost = 1e-6

  /// See the properties.
  public init(_ base: any Loss, _ costs: CostMatrix, tau: Double) {
    self.base = base
    classes = costs.classes
    shifts = costs.values.enumerated().map { place, cost in
      place / costs.classes == place % costs.classes ? 0 : Float(tau * log(max(cost, Self.smallestCost)))
    }
  }

  /// See `Loss`.
  public func evaluate(_ logits: Tensor, labels: [Int]) -> LossValue {
    require(logits.rowCount == classes, "\(logits.rowCount) logits for costs of \(classes) classes")
    var raised = logits
    for (row, label) in labels.enumerated() {
      for j in 0..<classes { raised.values[row * classes + j] += shifts[label * classes + j] }
    }
    return base.evaluate(raised, labels: labels)
  }
}

/// Two losses added.
public struct LossSum: Loss {
  /// The one.
  public let first: any Loss
  /// The other.
  public let second: any Loss

  /// See the properties.
  public init(_ first: any Loss, _ second: any Loss) {
    self.first = first
    self.second = second
  }

  /// See `Loss`.
  public func evaluate(_ logits: Tensor, labels: [Int]) -> LossValue {
    var found = first.evaluate(logits, labels: labels)
    let other = second.evaluate(logits, labels: labels)
    for i in found.values.indices { found.values[i] += other.values[i] }
    for i in found.gradient.values.indices { found.gradient.values[i] += other.gradient.values[i] }
    return found
  }
}

import Contract

/// The expected cost of the answer, `Σ_j p_j · cost[true: y, answered: j]`, beside a share of the cross-entropy.
///
/// arXiv:2101.12372, §3.2, with truth first: the authors' code multiplies by the transposed matrix (theirs is symmetric).
public struct ExpectedCost: Loss {
  /// Factor of the cross-entropy.
  public var entropy: Float
  /// Factor of the expected cost.
  public var weight: Float
  private let classes: Int
  private let costs: [Float]

  /// `entropy · CE + weight · cost`.
  public init(_ costs: CostMatrix, weight: Float, entropy: Float = 1) {
    self.entropy = entropy
    self.weight = weight
    classes = costs.classes
    self.costs = costs.values.map { Float($0) }
  }

  /// See `Loss`.
  public func fused(with other: any Loss) -> (any Loss)? {
    guard let other = other as? ExpectedCost, other.costs == costs else { return nil }
    var sum = self
    sum.weight += other.weight
    sum.entropy += other.entropy
    return sum
  }

  /// See `Loss`.
  public func evaluate(_ logits: Tensor, labels: [Int]) -> LossValue {
    require(logits.rowCount == classes, "\(logits.rowCount) logits for costs of \(classes) classes")
    return eachRow(logits, labels) { z, label, gradient in
      let total = softmax(z, into: gradient)
      var expected: Float = 0
      for j in z.indices { expected += gradient[j] * costs[label * classes + j] }
      for j in z.indices {
        let p = gradient[j]
        gradient[j] = entropy * (p - (j == label ? 1 : 0)) + weight * p * (costs[label * classes + j] - expected)
      }
      return entropy * (total - z[label]) + weight * expected
    }
  }
}

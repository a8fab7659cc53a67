import Contract

/// `max over j ≠ y of z[j] - z[y]`: positive if and only if the answer is wrong (ties aside). Carlini & Wagner, 2017.
public struct Margin: Loss {
  /// No settings.
  public init() {}

  /// See `Loss`.
  public func evaluate(_ logits: Tensor, labels: [Int]) -> LossValue {
    eachRow(logits, labels) { z, label, slope in
      var other = label == 0 ? 1 : 0
      require(z.count > 1, "a margin needs two classes")
      for j in z.indices where j != label && z[j] > z[other] { other = j }
      slope.update(repeating: 0)
      slope[other] = 1
      slope[label] = -1
      return z[other] - z[label]
    }
  }
}

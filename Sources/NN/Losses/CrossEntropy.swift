/// `-Σ q log p` with p the softmax of the logits and q 1 at the label, or smoothed.
///
/// Smoothing s gives the label 1 - s + s/classes and every other class s/classes, PyTorch's convention.
/// Szegedy et al., arXiv:1512.00567.
public struct CrossEntropy: Loss {
  /// Share of the target spread over all classes, in 0..<1.
  public var smoothing: Float = 0

  /// Plain cross-entropy.
  public init() {}

  /// Cross-entropy to smoothed targets.
  public init(smoothing: Float) { self.smoothing = smoothing }

  /// See `Loss`. The expected cost needs the same softmax.
  public func fused(with other: any Loss) -> (any Loss)? {
    guard smoothing == 0, var sum = other as? ExpectedCost else { return nil }
    sum.entropy += 1
    return sum
  }

  /// See `Loss`.
  public func evaluate(_ logits: Tensor, labels: [Int]) -> LossValue {
    eachRow(logits, labels) { z, label, gradient in
      let total = softmax(z, into: gradient)
      gradient[label] -= 1 - smoothing
      var value = total - z[label]
      if smoothing != 0 {
        let share = smoothing / Float(z.count)
        var mean: Float = 0
        for j in z.indices {
          gradient[j] -= share
          mean += z[j]
        }
        value = (1 - smoothing) * value + smoothing * (total - mean / Float(z.count))
      }
      return value
    }
  }
}

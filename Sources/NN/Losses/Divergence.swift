import Contract
import Foundation

/// `KL(p ‖ q) = Σ p (log p - log q)` between the softmaxes of two logits, and its gradients by both.
enum Divergence {
  static func evaluate(_ first: Tensor, _ other: Tensor, scale: Float) -> (
    sum: Double, firstGradient: Tensor, secondGradient: Tensor
  ) {
    require(first.shape == other.shape, "\(first.shape) and \(other.shape)")
    let p = first.softmax
    let q = other.softmax
    var firstGradient = p
    var secondGradient = q
    var sum = 0.0
    let classes = first.rowCount
    for row in 0..<first.rows {
      let range = row * classes..<(row + 1) * classes
      // log p - log q from the logits: no logarithm of a number that may have become 0.
      let shift = logSum(first.values[range]) - logSum(other.values[range])
      let ratios = range.map { first.values[$0] - other.values[$0] - shift }
      let value = zip(range, ratios).reduce(Float(0)) { $0 + p.values[$1.0] * $1.1 }
      sum += Double(scale * value)
      for (j, ratio) in zip(range, ratios) {
        firstGradient.values[j] = scale * p.values[j] * (ratio - value)
        secondGradient.values[j] = scale * (q.values[j] - p.values[j])
      }
    }
    return (sum, firstGradient, secondGradient)
  }

  private static func logSum(_ z: ArraySlice<Float>) -> Float {
    let top = z.max() ?? 0
    return top + logf(z.reduce(0) { $0 + expf($1 - top) })
  }
}

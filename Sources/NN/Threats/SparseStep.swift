/// The step of length 1 (L1) that several steep pixels share: SLIDE, Tramèr and Boneh, arXiv:1904.13000, §4.1.
enum SparseStep {
  /// Pixels at the edge of the box whose gradient points out of it do not take part.
  static func direction(_ gradient: Pixels, at point: Pixels, sparsity: Float) -> Pixels {
    let inward = Vector.map(gradient, point) { gradient, value in
      (gradient < 0 && value <= 0) || (gradient > 0 && value >= 1) ? 0 : gradient
    }
    let sizes = inward.map { abs($0) }.sorted(by: >)
    let kept = max(1, Int(((1 - sparsity) * Float(sizes.count)).rounded(.up)))
    let threshold = sizes[min(kept, sizes.count) - 1]
    let signs = Vector.map(inward, inward) { value, _ in abs(value) >= threshold ? Vector.sign(value) : 0 }
    return Vector.scaled(signs, by: 1 / max(Vector.l1(signs), 1))
  }
}

import Contract

/// Difference of logits ratio, `-(z[y] - max over j ≠ y of z[j]) / (z[π1] - z[π3] + 1e-12)` with π the logits' order:
/// neither shift nor scale of the logits changes it. Croce & Hein, ICML 2020, eq. 6. Needs three classes.
public struct DLR: Loss {
  /// No settings.
  public init() {}

  /// See `Loss`.
  public func evaluate(_ logits: Tensor, labels: [Int]) -> LossValue {
    require(logits.rowCount >= 3, "the ratio needs three classes")
    return eachRow(logits, labels) { z, label, slope in
      var top = (-1, -1, -1)  // the three largest, the lowest class first among equals
      for j in z.indices {
        if top.0 < 0 || z[j] > z[top.0] {
          top = (j, top.0, top.1)
        } else if top.1 < 0 || z[j] > z[top.1] {
          top = (top.0, j, top.1)
        } else if top.2 < 0 || z[j] > z[top.2] {
          top.2 = j
        }
      }
      let rival = top.0 == label ? top.1 : top.0
      let lead = z[rival] - z[label]
      let spread = z[top.0] - z[top.2] + 1e-12
      slope.update(repeating: 0)
      slope[rival] += 1 / spread
      slope[label] -= 1 / spread
      slope[top.0] -= lead / spread / spread
      slope[top.2] += lead / spread / spread
      return lead / spread
    }
  }
}

import Contract

/// What training minimises or an attack maximises: one number per image, computed from its logits.
public protocol Loss: Sendable {
  /// Values and gradients with respect to the logits, image by image; no sum or mean is taken.
  ///
  /// - Parameters:
  ///   - logits: `[n, classes]`, before softmax.
  ///   - labels: one class a row.
  func evaluate(_ logits: Tensor, labels: [Int]) -> LossValue

  /// The sum with another loss in one pass over the logits; nil if there is no such form.
  func fused(with other: any Loss) -> (any Loss)?
}

extension Loss {
  /// There is no such form.
  public func fused(with other: any Loss) -> (any Loss)? { nil }

  /// The sum with another loss.
  func plus(_ other: any Loss) -> any Loss { fused(with: other) ?? LossSum(self, other) }
}

/// One value a row, and its gradient by each logit of that row.
public struct LossValue: Sendable {
  /// `[n]`.
  public var values: [Float]
  /// `[n, classes]`.
  public var gradient: Tensor

  /// See the properties.
  public init(values: [Float], gradient: Tensor) {
    self.values = values
    self.gradient = gradient
  }
}

extension Loss {
  /// Calls `body` for each row with its logits, its label, and room for its gradients; collects the values.
  func eachRow(
    _ logits: Tensor, _ labels: [Int],
    _ body: (_ z: UnsafeBufferPointer<Float>, _ label: Int, _ gradient: UnsafeMutableBufferPointer<Float>) -> Float
  ) -> LossValue {
    let classes = logits.rowCount
    require(logits.rows == labels.count, "\(labels.count) labels for logits \(logits.shape)")
    var gradient = logits
    let values = gradient.values.withUnsafeMutableBufferPointer { gradients in
      logits.values.withUnsafeBufferPointer { all in  // Safety: each row lies inside both buffers
        labels.indices.map { row in
          require(labels[row] >= 0 && labels[row] < classes, "label \(labels[row]) of \(classes) classes")
          let range = row * classes..<(row + 1) * classes
          return body(.init(rebasing: all[range]), labels[row], .init(rebasing: gradients[range]))
        }
      }
    }
    return LossValue(values: values, gradient: gradient)
  }
}

import Foundation

/// A measure of how spread out the weights of each convolution are, to be made small ("Min-Max property": most weights
/// near zero, a few large). Shen et al., IEEE Trans. Cybernetics 2022 (arXiv:2101.12372), eq. 9.
public struct MinMax: Penalty {
  /// What is measured.
  public enum Form: String, CaseIterable, Sendable {
    /// `‖W‖₁ - ‖W‖₂`: zero if and only if one weight at most is left.
    case l1MinusL2 = "l1_minus_l2"
    /// `‖W‖₁`: makes all weights small, large ones too. Tibshirani, 1996.
    case l1
    /// `‖W‖₁ - std(W)`, the deviation being that of the weights and not of a sample.
    case l1MinusStd = "l1_minus_std"
    /// `-m₄ / m₂²`, the kurtosis of the weights, which grows with a few outliers. The authors' code computes it outside the
    /// graph, so that its gradient is zero; here it has its gradient.
    case kurtosis
  }

  /// Factor of the first convolution, of the second, and so on.
  public var factors: [Float]
  /// Factor of all later ones.
  public var rest: Float
  /// What is measured.
  public var form: Form

  /// The authors' factors for MNIST, unless others are given.
  public init(factors: [Float] = [5, 0.1], rest: Float = 0, form: Form = .l1MinusL2) {
    self.factors = factors
    self.rest = rest
    self.form = form
  }

  /// See `Penalty`.
  public func factor(of tensor: ParameterLayout, order: Int) -> Float? {
    guard tensor.shape.count == 4 else { return nil }
    let factor = factors.indices.contains(order) ? factors[order] : rest
    return factor == 0 ? nil : factor
  }

  /// See `Penalty`; sign(0) is 0, and a length or deviation of less than 1e-12 counts as that.
  public func add(
    _ values: UnsafeBufferPointer<Float>, factor: Float, to gradient: UnsafeMutableBufferPointer<Float>
  ) -> Double {
    switch form {
    case .l1MinusL2: l1MinusL2(values, factor, gradient)
    case .l1: l1(values, factor, gradient)
    case .l1MinusStd: l1(values, factor, gradient) - deviation(values, factor, gradient)
    case .kurtosis: -kurtosis(values, factor, gradient)
    }
  }

  // Each adds its gradient, taken off where the form takes the value off, and returns the value, both with the factor.

  private func l1(
    _ values: UnsafeBufferPointer<Float>, _ factor: Float, _ gradient: UnsafeMutableBufferPointer<Float>
  ) -> Double {
    var sum = 0.0
    for i in values.indices {
      sum += Double(abs(values[i]))
      gradient[i] += factor * (values[i] > 0 ? 1 : values[i] < 0 ? -1 : 0)
    }
    return Double(factor) * sum
  }

  private func l1MinusL2(
    _ values: UnsafeBufferPointer<Float>, _ factor: Float, _ gradient: UnsafeMutableBufferPointer<Float>
  ) -> Double {
    var sum = 0.0
    var squares = 0.0
    for w in values {
      sum += Double(abs(w))
      squares += Double(w) * Double(w)
    }
    let norm = squares.squareRoot()
    let inverse = Float(1 / max(norm, 1e-12))
    for i in values.indices {
      let w = values[i]
      gradient[i] += factor * ((w > 0 ? 1 : w < 0 ? -1 : 0) - w * inverse)
    }
    return Double(factor) * (sum - norm)
  }

  private func deviation(
    _ values: UnsafeBufferPointer<Float>, _ factor: Float, _ gradient: UnsafeMutableBufferPointer<Float>
  ) -> Double {
    let moments = Moments(values)
    let deviation = moments.second.squareRoot()
    let inverse = 1 / (Double(values.count) * max(deviation, 1e-12))
    for i in values.indices { gradient[i] -= factor * Float((Double(values[i]) - moments.mean) * inverse) }
    return Double(factor) * deviation
  }

  private func kurtosis(
    _ values: UnsafeBufferPointer<Float>, _ factor: Float, _ gradient: UnsafeMutableBufferPointer<Float>
  ) -> Double {
    let moments = Moments(values)
    let second = max(moments.second, 1e-24)
    let kurtosis = moments.fourth / (second * second)
    for i in values.indices {
      let distance = Double(values[i]) - moments.mean
      let rise = (distance * distance * distance - moments.third) / (second * second) - kurtosis * distance / second
      gradient[i] -= factor * Float(4 / Double(values.count) * rise)
    }
    return Double(factor) * kurtosis
  }

  /// Mean and central moments.
  private struct Moments {
    let mean: Double
    private(set) var second = 0.0
    private(set) var third = 0.0
    private(set) var fourth = 0.0

    init(_ values: UnsafeBufferPointer<Float>) {
      let count = Double(values.count)
      mean = values.reduce(0.0) { $0 + Double($1) } / count
      for value in values {
        let distance = Double(value) - mean
        let square = distance * distance
        second += square / count
        third += square * distance / count
        fourth += square * square / count
      }
    }
  }
}

/// Half the squared length of the weights, biases and normalisation left alone: weight decay as a penalty.
public struct SquaredLength: Penalty {
  /// Its factor.
  public var weight: Float

  /// See the property.
  public init(weight: Float) { self.weight = weight }

  /// See `Penalty`.
  public func factor(of tensor: ParameterLayout, order: Int) -> Float? {
    tensor.shape.count > 1 && weight != 0 ? weight : nil
  }

  /// The gradient is the weights.
  public func add(
    _ values: UnsafeBufferPointer<Float>, factor: Float, to gradient: UnsafeMutableBufferPointer<Float>
  ) -> Double {
    var squares = 0.0
    for i in values.indices {
      squares += Double(values[i]) * Double(values[i])
      gradient[i] += factor * values[i]
    }
    return Double(factor) * squares / 2
  }
}

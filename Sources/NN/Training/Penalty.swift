/// A term of the training loss that depends on the weights alone.
public protocol Penalty: Sendable {
  /// What it adds to the loss and to the gradient of one tensor.
  ///
  /// - Parameters:
  ///   - tensor: which tensor, in the model's layout.
  ///   - order: how many tensors of that rank came before it; `order == 0` and rank 4 is the first convolution.
  /// - Returns: nil if the penalty does not concern this tensor.
  func factor(of tensor: ParameterLayout, order: Int) -> Float?

  /// The penalty of one tensor's values, before the factor, and its gradient added to `gradient` with the factor.
  func add(_ values: UnsafeBufferPointer<Float>, factor: Float, to gradient: UnsafeMutableBufferPointer<Float>)
    -> Double
}

/// The penalties of one model, resolved to ranges of its values.
struct PenaltyTerms {
  private var terms: [(penalty: any Penalty, range: Range<Int>, factor: Float)] = []

  init(_ penalties: [any Penalty], layout: [ParameterLayout]) {
    for penalty in penalties {
      var seen: [Int: Int] = [:]
      for tensor in layout where tensor.isTrained {
        let order = seen[tensor.shape.count, default: 0]
        seen[tensor.shape.count] = order + 1
        if let factor = penalty.factor(of: tensor, order: order) { terms.append((penalty, tensor.range, factor)) }
      }
    }
  }

  var isEmpty: Bool { terms.isEmpty }

  /// Writes the gradients of all terms and returns the sum of their values.
  func evaluate(_ weights: FloatStorage, gradient: FloatStorage) -> Double {
    // Safety: the ranges come from the layout that both storages follow.
    for term in terms { (gradient.floats + term.range.lowerBound).update(repeating: 0, count: term.range.count) }
    return terms.reduce(0) { sum, term in
      let values = UnsafeBufferPointer(start: weights.floats + term.range.lowerBound, count: term.range.count)
      let room = UnsafeMutableBufferPointer(start: gradient.floats + term.range.lowerBound, count: term.range.count)
      return sum + term.penalty.add(values, factor: term.factor, to: room)
    }
  }
}

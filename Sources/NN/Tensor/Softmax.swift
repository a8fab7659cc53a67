import Foundation

/// Writes the softmax of `z` into `p` and returns `log Σ exp z`; the largest logit is taken off first.
@inline(__always)
func softmax(_ z: UnsafeBufferPointer<Float>, into p: UnsafeMutableBufferPointer<Float>) -> Float {
  var top = z[0]
  for value in z where value > top { top = value }
  var sum: Float = 0
  for j in z.indices {
    let e = expf(z[j] - top)
    p[j] = e
    sum += e
  }
  for j in z.indices { p[j] /= sum }
  return top + logf(sum)
}

extension Tensor {
  /// The softmax of each row of logits.
  public var softmax: Tensor {
    var out = self
    for row in 0..<rows {
      let range = row * rowCount..<(row + 1) * rowCount
      values.withUnsafeBufferPointer { z in
        out.values.withUnsafeMutableBufferPointer { p in  // Safety: the same range of two arrays of one length
          _ = NN.softmax(.init(rebasing: z[range]), into: .init(rebasing: p[range]))
        }
      }
    }
    return out
  }

  /// The index of the largest value of each row, the lowest of equals; `Outcome.noAnswer` where `[Float].answer` has none.
  public var answers: [Int] {
    values.withUnsafeBufferPointer { values in
      (0..<rows).map { UnsafeBufferPointer(rebasing: values[$0 * rowCount..<($0 + 1) * rowCount]).answer }
    }
  }
}

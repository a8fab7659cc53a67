import Foundation

/// A loss on each image together with its perturbed version, as TRADES, MART and gradient penalties minimise.
public protocol PairLoss: Sendable {
  /// The sum over the rows, and its gradients by the logits of both; no mean is taken.
  ///
  /// - Parameters:
  ///   - clean: `[n, classes]`, the logits of the images.
  ///   - changed: as many, those of the changed images.
  ///   - loss: the defense's loss of single images.
  func evaluate(clean: Tensor, changed: Tensor, labels: [Int], loss: any Loss) -> PairValue
}

/// What `PairLoss.evaluate` returns.
public struct PairValue {
  /// Over all rows.
  public var sum: Double
  /// `[n, classes]`.
  public var cleanGradient: Tensor
  /// `[n, classes]`.
  public var changedGradient: Tensor
}

/// `L(x) + β · KL(p(x) ‖ p(x'))`, gradients through both. TRADES: Zhang et al., ICML 2019 (arXiv:1901.08573), eq. 5.
public struct Consistency: PairLoss {
  /// What agreement weighs.
  public var beta: Float

  /// See the properties.
  public init(beta: Float) { self.beta = beta }

  /// See `PairLoss`.
  public func evaluate(clean: Tensor, changed: Tensor, labels: [Int], loss: any Loss) -> PairValue {
    let first = loss.evaluate(clean, labels: labels)
    let divergence = Divergence.evaluate(clean, changed, scale: beta)
    let sum = first.values.reduce(divergence.sum) { $0 + Double($1) }
    return PairValue(
      sum: sum, cleanGradient: first.gradient + divergence.firstGradient, changedGradient: divergence.secondGradient)
  }
}

/// `L(x') - log(1.0001 - max_{k≠y} p'[k]) + β · (1 - p[y]) · KL(p ‖ p')` with p of the image and p' of its changed form.
/// MART: Wang et al., ICLR 2020, eq. 10 and 11; 1.0001 is the authors' guard against log 0.
public struct MisclassificationAware: PairLoss {
  /// What agreement weighs.
  public var beta: Float
  private static let guardedOne: Float = 1.0001

  /// See the properties.
  public init(beta: Float) { self.beta = beta }

  /// See `PairLoss`.
  public func evaluate(clean: Tensor, changed: Tensor, labels: [Int], loss: any Loss) -> PairValue {
    let own = loss.evaluate(changed, labels: labels)
    var value = PairValue(
      sum: own.values.reduce(0) { $0 + Double($1) }, cleanGradient: clean, changedGradient: own.gradient)
    let (p, q, classes) = (clean.softmax, changed.softmax, clean.rowCount)
    for (row, label) in labels.enumerated() {
      let start = row * classes
      let divergence = Divergence.evaluate(clean.row(row), changed.row(row), scale: 1)
      let doubt = 1 - p.values[start + label]
      let kl = Float(divergence.sum)
      value.sum += Double(beta * doubt * kl)
      let rival = rival(of: label, in: q.values[start..<start + classes])
      let share = q.values[start + rival]
      let left = Self.guardedOne - share
      value.sum -= Double(logf(left))
      for j in 0..<classes {
        let here: Float = j == rival ? 1 : 0
        value.changedGradient.values[start + j] +=
          share * (here - q.values[start + j]) / left + beta * doubt * divergence.secondGradient.values[j]
        let rise = p.values[start + label] * ((j == label ? 1 : 0) - p.values[start + j])
        value.cleanGradient.values[start + j] = beta * (doubt * divergence.firstGradient.values[j] - kl * rise)
      }
    }
    return value
  }

  private func rival(of label: Int, in row: ArraySlice<Float>) -> Int {
    var best = label == 0 ? 1 : 0
    for j in 0..<row.count where j != label && row[row.startIndex + j] > row[row.startIndex + best] { best = j }
    return best
  }
}

/// `L(x) + λ · ((L(x') - L(x)) / h)²`, where x' lies h further along the gradient of L: about `λ · ‖∇L‖₂²`.
///
/// An approximation by finite differences of Ross & Doshi-Velez, AAAI 2018 (arXiv:1711.09404), as in Finlay & Oberman
/// (arXiv:1905.11468): the direction is taken as constant, so no second derivatives are needed.
public struct GradientNormPenalty: PairLoss {
  /// What the squared gradient weighs.
  public var weight: Float
  /// How far apart the two images are, in the L2 norm.
  public var length: Float

  /// See the properties.
  public init(weight: Float, length: Float) {
    self.weight = weight
    self.length = length
  }

  /// See `PairLoss`.
  public func evaluate(clean: Tensor, changed: Tensor, labels: [Int], loss: any Loss) -> PairValue {
    let (first, other) = (loss.evaluate(clean, labels: labels), loss.evaluate(changed, labels: labels))
    var value = PairValue(sum: 0, cleanGradient: first.gradient, changedGradient: other.gradient)
    let classes = clean.rowCount
    for row in labels.indices {
      let derivative = (other.values[row] - first.values[row]) / length
      value.sum += Double(first.values[row] + weight * derivative * derivative)
      let factor = 2 * weight * derivative / length
      for j in row * classes..<(row + 1) * classes {
        value.cleanGradient.values[j] *= 1 - factor
        value.changedGradient.values[j] *= factor
      }
    }
    return value
  }
}

extension Tensor {
  fileprivate static func + (a: Tensor, b: Tensor) -> Tensor {
    Tensor(shape: a.shape, values: zip(a.values, b.values).map { $0 + $1 })
  }

  fileprivate func row(_ row: Int) -> Tensor {
    Tensor(shape: [1, rowCount], values: Array(values[row * rowCount..<(row + 1) * rowCount]))
  }
}

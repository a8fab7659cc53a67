import Foundation

/// The objective that a gradient attack maximises: one value per image, and its gradient with respect to the logits.
///
/// All are written so that larger is better for the attacker, targeted or not. No mean is taken over a batch, so one
/// image's gradient never depends on its neighbours.
public enum AttackLoss: String, Sendable, CaseIterable {
  /// Cross-entropy of the true class; of the target, negated, when there is one.
  case ce
  /// The lead of the strongest wrong logit over the true one (Carlini and Wagner, arXiv:1608.04644).
  case margin
  /// The difference of logits ratio: the margin divided by the gap between the first and the third logit, so that
  /// neither shifting nor scaling the logits changes it (Croce and Hein, arXiv:2003.01690, eq. 6 and 7).
  case dlr

  /// The smallest number of classes for which the loss is defined.
  func classesNeeded(targeted: Bool) -> Int { self == .dlr ? (targeted ? 4 : 3) : 2 }

  /// The loss of one image and its gradient.
  func evaluate(_ logits: [Float], _ aim: Aim) -> (value: Float, gradient: [Float]) {
    switch self {
    case .ce: crossEntropy(logits, aim)
    case .margin: margin(logits, aim)
    case .dlr: aim.target.map { targetedRatio(logits, aim.label, $0) } ?? ratio(logits, aim.label)
    }
  }

  /// The loss alone.
  func value(_ logits: [Float], _ aim: Aim) -> Float { evaluate(logits, aim).value }

  private func crossEntropy(_ logits: [Float], _ aim: Aim) -> (Float, [Float]) {
    let wanted = aim.target ?? aim.label
    let top = Double(logits.max() ?? 0)
    let powers = logits.map { exp(Double($0) - top) }
    let sum = powers.reduce(0, +)
    let entropy = log(sum) + top - Double(logits[wanted])
    let sign: Double = aim.target == nil ? 1 : -1
    let gradient = powers.indices.map { Float(sign * (powers[$0] / sum - ($0 == wanted ? 1 : 0))) }
    return (Float(sign * entropy), gradient)
  }

  private func margin(_ logits: [Float], _ aim: Aim) -> (Float, [Float]) {
    let (wanted, rival) = (aim.target ?? aim.label, aim.rival(in: logits))
    let sign: Float = aim.target == nil ? 1 : -1
    var gradient = [Float](repeating: 0, count: logits.count)
    gradient[rival] += sign
    gradient[wanted] -= sign
    return (sign * (logits[rival] - logits[wanted]), gradient)
  }

  /// −(z_y − max_{i≠y} z_i) / (z_π1 − z_π3 + 1e-12).
  private func ratio(_ logits: [Float], _ label: Int) -> (Float, [Float]) {
    let order = Self.descending(logits)
    let rival = order[0] == label ? order[1] : order[0]
    return quotient(logits, top: [(rival, 1), (label, -1)], bottom: [(order[0], 1), (order[2], -1)])
  }

  /// −(z_y − z_t) / (z_π1 − ½(z_π3 + z_π4) + 1e-12).
  private func targetedRatio(_ logits: [Float], _ label: Int, _ target: Int) -> (Float, [Float]) {
    let order = Self.descending(logits)
    return quotient(
      logits, top: [(target, 1), (label, -1)], bottom: [(order[0], 1), (order[2], -0.5), (order[3], -0.5)])
  }

  /// A quotient of two sums of logits, with the gradient through both.
  private func quotient(
    _ logits: [Float], top: [(Int, Double)], bottom: [(Int, Double)]
  ) -> (Float, [Float]) {
    let above = top.reduce(0) { $0 + $1.1 * Double(logits[$1.0]) }
    let below = bottom.reduce(1e-12) { $0 + $1.1 * Double(logits[$1.0]) }
    var gradient = [Double](repeating: 0, count: logits.count)
    for (i, weight) in top { gradient[i] += weight / below }
    for (i, weight) in bottom { gradient[i] -= weight * above / (below * below) }
    return (Float(above / below), gradient.map { Float($0) })
  }

  /// The classes from the largest logit to the smallest; of equal ones the lowest class first.
  static func descending(_ logits: [Float]) -> [Int] {
    logits.indices.sorted { logits[$0] == logits[$1] ? $0 < $1 : logits[$0] > logits[$1] }
  }
}

extension Double {
  /// e to this power.
  var exponential: Double { exp(self) }
}

/// What an attack tries to achieve with each image.
public enum Goal: Sendable, Hashable {
  /// Any wrong answer.
  case untargeted
  /// This class; images that are of it are left alone.
  case target(Int)
  /// The class after the true one, the first after the last.
  case next
  /// The class that the model finds least likely on the clean image.
  case leastLikely
  /// A wrong class drawn for each image from its own random stream.
  case random
  /// The wrong answer that costs most; of equally costly ones the likeliest on the clean image.
  case mostCostly

  /// The word that a person types; `target` needs a class beside it.
  public var name: String {
    switch self {
    case .untargeted: "untargeted"
    case .target: "target"
    case .next: "next"
    case .leastLikely: "least_likely"
    case .random: "random"
    case .mostCostly: "most_costly"
    }
  }

  /// All words.
  public static let names = ["untargeted", "target", "next", "least_likely", "random", "most_costly"]

  /// The goal of a word; nil for a word that names none, or for `target` without a class.
  public init?(named name: String, class target: Int? = nil) {
    switch name {
    case "untargeted": self = .untargeted
    case "target":
      guard let target else { return nil }
      self = .target(target)
    case "next": self = .next
    case "least_likely": self = .leastLikely
    case "random": self = .random
    case "most_costly": self = .mostCostly
    default: return nil
    }
  }

  /// What to do with one image, or nil if there is nothing to do: it already is of the class to reach.
  func aim(label: Int, cleanLogits logits: [Float], costs: CostMatrix?, random: inout Random) -> Aim? {
    let classes = logits.count
    let target: Int
    switch self {
    case .untargeted: return Aim(label: label)
    case .target(let wanted): target = wanted
    case .next: target = (label + 1) % classes
    case .leastLikely:
      let wrong = (0..<classes).filter { $0 != label }
      target = wrong.dropFirst().reduce(wrong[0]) { logits[$1] < logits[$0] ? $1 : $0 }
    case .random:
      let draw = random.index(below: classes - 1)
      target = draw < label ? draw : draw + 1
    case .mostCostly: target = costliest(label, logits, costs)
    }
    return target == label ? nil : Aim(label: label, target: target)
  }

  private func costliest(_ label: Int, _ logits: [Float], _ costs: CostMatrix?) -> Int {
    let wrong = logits.indices.filter { $0 != label }
    func cost(_ answer: Int) -> Double { costs?[true: label, answered: answer] ?? 1 }
    return wrong.dropFirst().reduce(wrong[0]) { best, other in
      (cost(other), logits[other]) > (cost(best), logits[best]) ? other : best
    }
  }
}

/// The goal for one image: away from its true class, or towards a target.
public struct Aim: Sendable, Hashable {
  /// The true class.
  public let label: Int
  /// The class to reach; nil for any wrong one.
  public let target: Int?

  /// Away from `label`, or towards `target` if there is one.
  public init(label: Int, target: Int? = nil) {
    self.label = label
    self.target = target
  }

  /// Whether an answer is what was wanted.
  public func isReached(by answer: Int) -> Bool { target.map { $0 == answer } ?? (answer != label) }

  /// Whether the answer of these logits is.
  func isReached(by logits: [Float]) -> Bool { isReached(by: logits.answer) }

  /// The strongest logit among the others: of what is fled from, or of what is to be reached.
  func rival(in logits: [Float]) -> Int { logits.answer(except: target ?? label) }

  /// The class to get away from: the true one, or whichever is now strongest beside the target.
  func home(in logits: [Float]) -> Int { target == nil ? label : rival(in: logits) }

  /// How far the logits are beyond what is wanted: positive if and only if the aim is reached, apart from ties.
  func lead(of logits: [Float]) -> Float {
    let gap = logits[rival(in: logits)] - logits[target ?? label]
    return target == nil ? gap : -gap
  }
}

extension UnsafeBufferPointer<Float> {
  /// See `[Float].answer`.
  var answer: Int {
    var best = 0
    for i in indices {
      if self[i].isNaN { return Outcome.noAnswer }
      if self[i] > self[best] { best = i }
    }
    return self[best].isFinite ? best : Outcome.noAnswer
  }
}

extension [Float] {
  /// The class with the largest logit, the lowest of equal ones; `Outcome.noAnswer` if one is NaN, or the largest is
  /// infinite. Such logits decide nothing, and nothing that counts right answers may take them for one.
  var answer: Int { withUnsafeBufferPointer { $0.answer } }

  /// The same without one class.
  func answer(except left: Int) -> Int {
    var best = left == 0 ? 1 : 0
    for i in indices where i != left && self[i] > self[best] { best = i }
    return best
  }

  /// The probabilities that softmax gives.
  var softmax: [Float] {
    let top = self.max() ?? 0
    let powers = map { Double($0 - top).exponential }
    let sum = powers.reduce(0, +)
    return powers.map { Float($0 / sum) }
  }
}

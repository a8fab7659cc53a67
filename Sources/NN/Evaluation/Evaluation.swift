/// A model's performance on a selection of images, clean and under attack, overall and by class.
///
/// An image that is wrong while clean counts as wrong under every attack.
public struct Evaluation: Sendable {
  /// The model's name for a class, by class number.
  public let classNames: [String]
  /// What mistakes cost; nil for no costs.
  public let costs: CostMatrix?
  /// One for each image, in the order of the selection.
  public let outcomes: [Outcome]

  /// From outcomes that were recorded, or merged from several attacks.
  public init(classNames: [String], costs: CostMatrix?, outcomes: [Outcome]) {
    (self.classNames, self.costs, self.outcomes) = (classNames, costs, outcomes)
  }

  /// How many images.
  public var images: Int { outcomes.count }
  /// The share classified correctly without an attack.
  public var clean: Rate { rate(\.isCleanRight) }
  /// The share still classified correctly under attack.
  public var robust: Rate { rate(\.isRobust) }
  /// Accuracy while clean, each class counting alike: the mean over the classes that have images. NaN of no images.
  public var balancedClean: Double { balanced(\.isCleanRight) }
  /// The same under attack.
  public var balancedRobust: Double { balanced(\.isRobust) }
  /// Aims reached, of the images that were attacked.
  public var success: Rate {
    let attacked = outcomes.filter(\.attacked)
    return Rate(attacked.count(where: \.fooled), of: attacked.count)
  }

  /// Robust accuracy over the classes that the cost matrix protects; nil if it protects none, or no image is of one.
  public var protected: Rate? { protectedRate(\.isRobust) }
  /// The same while clean.
  public var protectedClean: Rate? { protectedRate(\.isCleanRight) }

  /// Mean cost of the answers under attack; without a cost matrix every mistake costs 1. NaN of no images.
  public var meanCost: Double { mean(answerCost(of:)) }

  /// Images for which the model's logits were NaN or infinite, clean or under attack: they count as wrong.
  public var withoutAnswer: Int { outcomes.count { $0.cleanAnswer < 0 || $0.answer < 0 } }

  /// Queries that the attack spent, in all.
  public var queries: Int { outcomes.reduce(0) { $0 + $1.queries } }
  /// Gradients that the attack spent, in all.
  public var gradients: Int { outcomes.reduce(0) { $0 + $1.gradients } }

  /// For a composed attack: how many images each of its parts broke, the most first.
  public var credits: [(name: String, images: Int)] {
    let names = outcomes.filter(\.fooled).flatMap(\.credits)
    let counts = Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +)
    return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { (name: $0.key, images: $0.value) }
  }

  /// The answers under attack: `counts[true class][answer]`. Images without an answer are in none.
  public var confusion: [[Int]] { confusion(\.finalAnswer) }

  /// The size of the change, in a norm, for every image whose aim was reached; ascending. Divide by `success` with
  /// care: images that withstood are not in it.
  public func distances(_ norm: Norm) -> [Float] { outcomes.filter(\.fooled).map { $0.distances[norm] }.sorted() }

  /// One row a class, classes without images included.
  public var byClass: [ClassRow] {
    let grouped = Dictionary(grouping: outcomes, by: \.label)
    return classNames.indices.map { number in
      let own = grouped[number] ?? []
      return ClassRow(
        number: number, name: classNames[number], isProtected: costs?.protected.contains(number) ?? false,
        clean: Rate(own.count(where: \.isCleanRight), of: own.count),
        robust: Rate(own.count(where: \.isRobust), of: own.count),
        meanCost: own.isEmpty ? .nan : own.reduce(0) { $0 + cost(number, $1.finalAnswer) } / Double(own.count),
        mostTakenFor: mostTakenFor(number, own))
    }
  }

  /// What the answer to an image costs under attack.
  func answerCost(of outcome: Outcome) -> Double { cost(outcome.label, outcome.finalAnswer) }

  private func mostTakenFor(_ number: Int, _ own: [Outcome]) -> ClassRow.Confusion? {
    let wrong = own.map(\.finalAnswer).filter { $0 != number && $0 >= 0 }
    let counts = Dictionary(wrong.map { ($0, 1) }, uniquingKeysWith: +)
    let best = counts.max { $0.value == $1.value ? $0.key > $1.key : $0.value < $1.value }
    return best.map { ClassRow.Confusion(number: $0.key, name: classNames[$0.key], count: $0.value) }
  }

  /// No answer costs as much as the dearest.
  private func cost(_ label: Int, _ answer: Int) -> Double {
    if label == answer { return 0 }
    guard let costs else { return 1 }
    return answer < 0 ? costs.rows[label].max() ?? 1 : costs[true: label, answered: answer]
  }

  private func mean(_ value: (Outcome) -> Double) -> Double {
    outcomes.reduce(0) { $0 + value($1) } / Double(outcomes.count)
  }

  private func rate(_ isHit: (Outcome) -> Bool) -> Rate { Rate(outcomes.count(where: isHit), of: images) }

  private func balanced(_ isHit: (Outcome) -> Bool) -> Double {
    let shares = Dictionary(grouping: outcomes, by: \.label).sorted { $0.key < $1.key }.map { _, own in
      Double(own.count(where: isHit)) / Double(own.count)
    }
    return shares.reduce(0, +) / Double(shares.count)
  }

  private func protectedRate(_ isHit: (Outcome) -> Bool) -> Rate? {
    guard let guarded = costs?.protected, !guarded.isEmpty else { return nil }
    let own = outcomes.filter { guarded.contains($0.label) }
    guard !own.isEmpty else { return nil }
    return Rate(own.count(where: isHit), of: own.count)
  }

  private func confusion(_ answer: (Outcome) -> Int) -> [[Int]] {
    var counts = Array(repeating: Array(repeating: 0, count: classNames.count), count: classNames.count)
    for outcome in outcomes where answer(outcome) >= 0 { counts[outcome.label][answer(outcome)] += 1 }
    return counts
  }
}

/// How a model does on one class.
public struct ClassRow: Sendable, Hashable {
  /// The wrong answer that is given most often.
  public struct Confusion: Sendable, Hashable {
    /// The class.
    public let number: Int
    /// Its name.
    public let name: String
    /// For how many images.
    public let count: Int
  }

  /// The class.
  public let number: Int
  /// Its name.
  public let name: String
  /// Whether the cost matrix protects it.
  public let isProtected: Bool
  /// Its images answered rightly while clean.
  public let clean: Rate
  /// Its images answered rightly whatever the attack did.
  public let robust: Rate
  /// Mean cost of the answers under attack; NaN without images.
  public let meanCost: Double
  /// What its images are taken for under attack; nil if all answers are right.
  public let mostTakenFor: Confusion?
}

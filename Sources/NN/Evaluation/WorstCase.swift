import Contract

extension Evaluation {
  /// The worst of several attacks on the same images, image by image: an image counts as robust only if it withstood all,
  /// and its goal as reached if one of them reached it.
  ///
  /// The mean or minimum of the accuracies would overestimate robustness (Carlini et al., arXiv:1902.06705). Queries
  /// and gradients are summed.
  public static func worst(of evaluations: [Evaluation]) -> Evaluation? {
    guard let first = evaluations.first else { return nil }
    require(evaluations.allSatisfy { $0.outcomes.map(\.index) == first.outcomes.map(\.index) }, "other images")
    let outcomes = first.outcomes.indices.map { i in
      let own = evaluations.map { $0.outcomes[i] }
      let reached = own.filter(\.fooled)
      let broken = reached.isEmpty ? own.filter { $0.attacked && !$0.isRobust } : reached
      // Of several wrong answers the dearest, the first of equally dear ones.
      let dearest = broken.dropFirst().reduce(broken.first) { best, next in
        best.map { first.answerCost(of: next) > first.answerCost(of: $0) ? next : $0 }
      }
      let worst = dearest ?? own[0]
      return worst.costing(own.reduce(0) { $0 + $1.queries }, own.reduce(0) { $0 + $1.gradients })
    }
    return Evaluation(classNames: first.classNames, costs: first.costs, outcomes: outcomes)
  }
}

extension Outcome {
  /// The same with other costs of getting there.
  func costing(_ queries: Int, _ gradients: Int) -> Outcome {
    Outcome(
      index: index, label: label, cleanAnswer: cleanAnswer, answer: answer, target: target, attacked: attacked,
      fooled: fooled, distances: distances, queries: queries, gradients: gradients, steps: steps, credits: credits,
      withinBudget: withinBudget)
  }

  /// The same judged by another radius: what a minimum-norm attack found counts or does not.
  func within(_ threat: ThreatModel) -> Outcome {
    let isAllowed = threat.allows(distances)
    let reached = attacked && (target.map { $0 == answer } ?? (answer != label))
    return Outcome(
      index: index, label: label, cleanAnswer: cleanAnswer, answer: answer, target: target, attacked: attacked,
      fooled: reached && isAllowed, distances: distances, queries: queries, gradients: gradients, steps: steps,
      credits: credits, withinBudget: isAllowed)
  }
}

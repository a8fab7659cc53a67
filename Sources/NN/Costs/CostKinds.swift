/// A rule by which a cost matrix can be made.
public protocol CostKind: Sendable {
  /// The matrix.
  ///
  /// - Parameter weight: what the costly mistake costs, of rules that have one.
  func matrix(classes: Int, weight: Double) throws(CostMatrixError) -> CostMatrix
}

/// All rules by name.
public enum CostKinds {
  /// In the order that help shows them.
  public static let all: [Entry<any CostKind>] = [
    Entry(UniformCosts(), "uniform", "every mistake costs 1") { $0 },
    Entry(DistanceCosts(), "distance", "|true - answer|, for classes in an order") { $0 },
    Entry(
      SmallerIsWorse(), "smaller_is_worse",
      "answering less than the truth costs how much less, answering more costs 1"
    ) { $0 },
    Entry(
      PairCosts(), "pair", "one mistake costs `weight`, all others 1",
      example: "costs fashion kind: pair(true: \"Shirt\", answered: \"Coat\") weight: 25",
      [
        Setting(class: "true", \.truth, "the true class, by name or number"),
        Setting(class: "answered", \.answer, "the answer, by name or number"),
      ]
    ) { $0 },
  ]

  /// What makes rules out of what is written.
  public static let family = Family("kind", all)
}

private struct UniformCosts: CostKind {
  func matrix(classes: Int, weight: Double) throws(CostMatrixError) -> CostMatrix { try .uniform(classes: classes) }
}

private struct DistanceCosts: CostKind {
  func matrix(classes: Int, weight: Double) throws(CostMatrixError) -> CostMatrix { try .distance(classes: classes) }
}

private struct SmallerIsWorse: CostKind {
  func matrix(classes: Int, weight: Double) throws(CostMatrixError) -> CostMatrix {
    try .smallerIsWorse(classes: classes)
  }
}

private struct PairCosts: CostKind {
  var truth: Int?
  var answer: Int?

  func matrix(classes: Int, weight: Double) throws(CostMatrixError) -> CostMatrix {
    try .pair(true: truth ?? 0, answered: answer ?? 0, weight: weight, classes: classes)
  }
}

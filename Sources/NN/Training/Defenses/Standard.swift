/// Cross-entropy on clean images; with costs, plus their expectation under the softmax.
public struct StandardTraining: Recipe {
  /// What the expected cost weighs beside the cross-entropy; used only when there are costs.
  public var weight: Float = 1

  /// The usual setting.
  public init() {}

  /// `standard`.
  public static let entry = Entry<any Recipe>(
    StandardTraining(), "standard", "cross-entropy on clean images; with costs, plus the expected cost",
    example: "train lenet on: fashion epochs: 5",
    [Setting("weight", \.weight, in: 0...1000, "what the expected cost weighs beside the cross-entropy")]
  ) { $0 }

  /// See `Recipe`.
  public func defense(for model: Model, costs: CostMatrix?) throws -> Defense {
    try model.check(costs)
    guard let costs else { return .standard }
    return Defense(loss: ExpectedCost(costs, weight: weight))
  }
}

/// Cross-entropy on clean images; with costs, plus their expectation under the softmax.
public struct StandardTraining: Defense {
  /// The usual setting.
  public init() {}

  /// `standard`.
  public static let entry: Entry<any Defense> = Entry(
    StandardTraining(), "standard", "cross-entropy on clean images; with costs, plus the expected cost",
    example: "train lenet on: fashion epochs: 5"
  ) { $0 }

  /// It is what there is without any other part.
  public func add(to parts: inout DefenseParts) {}
}

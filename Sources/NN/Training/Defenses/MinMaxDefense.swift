/// The Min-Max defense (the authors' CSE): cross-entropy + a·cost + b·(‖W₁‖₁ − ‖W₁‖₂) + c·(‖W₂‖₁ − ‖W₂‖₂), on clean images
/// unless combined with a defense that makes others. Shen et al., IEEE Trans. Cybernetics 2022, eq. 9 and 10.
public struct MinMaxDefense: Defense {
  /// Weight of the expected cost.
  public var a: Float = 0.1
  /// Weight of the penalty on the first convolution.
  public var b: Float = 5
  /// Weight of the penalty on the second convolution.
  public var c: Float = 0.1
  /// Weight of the penalty on every later convolution.
  public var rest: Float = 0
  /// What the penalty measures.
  public var penalty = MinMax.Form.l1MinusL2

  /// The values that reproduce the paper's figures on Fashion-MNIST.
  public init() {}

  /// `minmax`.
  public static let entry: Entry<any Defense> = Entry(
    MinMaxDefense(), "minmax", "pay for costly mistakes and for spread-out convolution weights, on clean images",
    paper: "arXiv:2101.12372", example: "defend normal with: minmax costs: guard epochs: 5",
    settings
  ) { $0 }

  private static let settings: [Setting<MinMaxDefense>] = [
    Setting("a", \.a, in: 0...1000, "weight of the expected cost; 0 needs no costs"),
    Setting("b", \.b, in: 0...1000, "weight of the penalty on the first convolution"),
    Setting("c", \.c, in: 0...1000, "weight of the penalty on the second convolution"),
    Setting("rest", \.rest, in: 0...1000, "weight of the penalty on every later convolution"),
    Setting("penalty", \.penalty, "how the spread of a convolution's weights is measured"),
  ]

  /// See `Defense`.
  public func add(to parts: inout DefenseParts) throws {
    try parts.addExpectedCost(a, neededBy: name)
    guard parts.model.layout.contains(where: { $0.shape.count == 4 }) else {
      throw DefenseError.noConvolutions(defense: name, architecture: parts.model.architecture.name)
    }
    parts.penalties.append(MinMax(factors: [b, c], rest: rest, form: penalty))
  }
}

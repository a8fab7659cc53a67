/// Half the squared L2 norm of the weights as a penalty; biases and normalisation parameters are exempt. Krogh & Hertz,
/// NIPS 1991.
public struct WeightDecay: Defense {
  /// Its factor.
  public var weight: Float = 5e-4

  /// A usual setting.
  public init() {}

  /// `weight_decay`.
  public static let entry: Entry<any Defense> = Entry(
    WeightDecay(), "weight_decay", "pay for the squared length of the weights", paper: "Krogh & Hertz, NIPS 1991",
    example: "train lenet on: fashion defense: [weight_decay, label_smoothing] epochs: 1",
    settings
  ) { $0 }

  private static let settings: [Setting<WeightDecay>] = [
    Setting("weight", \.weight, in: 0...100, "factor of half the squared length")
  ]

  /// See `Defense`.
  public func add(to parts: inout DefenseParts) { parts.penalties.append(SquaredLength(weight: weight)) }
}

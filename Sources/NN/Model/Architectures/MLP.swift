/// Dense layers with ReLU between them.
public struct MLP: Architecture {
  /// Units of the layers before the last.
  public var hidden = [256, 128]

  /// Two layers of 256 and 128 units.
  public init() {}

  /// `mlp`.
  public static let entry: Entry<any Architecture> = Entry(
    MLP(), "mlp", "dense layers with ReLU between them", paper: "Rumelhart, Hinton & Williams, Nature 1986",
    example: "train mlp(hidden: [128, 64]) on: fashion epochs: 3",
    settings
  ) { $0 }

  private static let settings: [Setting<MLP>] = [
    Setting("hidden", \.hidden, in: 1...16_384, "units of the layers before the last")
  ]

  /// See `Architecture`.
  public func network(for input: ImageShape, classes: Int) throws -> Network {
    var net = Network(input: input, classes: classes)
    try net.add("", Flatten())
    for (index, units) in hidden.enumerated() {
      try net.add("fc\(index + 1)", Dense(units))
      try net.add("", Activation(.relu))
    }
    try net.add("fc\(hidden.count + 1)", Dense())
    return net
  }
}

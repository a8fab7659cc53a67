/// Pairs of a 3×3 convolution and a 2×2 maximum, then one hidden dense layer.
public struct CNN: Architecture {
  /// Channels of the convolutions; each is followed by ReLU and a maximum that halves both extents.
  public var channels = [16, 32]
  /// Units of the dense layer before the last.
  public var hidden = 128
  /// Share of the hidden units dropped in training.
  public var dropout: Float = 0

  /// Two convolutions of 16 and 32 channels and 128 hidden units.
  public init() {}

  /// `cnn`.
  public static let entry: Entry<any Architecture> = Entry(
    CNN(), "cnn", "3×3 convolutions and maxima, then two dense layers", paper: "LeCun et al., Proc. IEEE 1998",
    example: "train cnn(channels: [8, 16, 32]) on: fashion epochs: 3",
    settings
  ) { $0 }

  private static let settings: [Setting<CNN>] = [
    Setting("channels", \.channels, in: 1...1024, "channels of the convolutions"),
    Setting("hidden", \.hidden, in: 1...16_384, "units of the dense layer before the last"),
    Setting("dropout", \.dropout, in: 0...0.95, "share of the hidden units dropped in training"),
  ]

  /// See `Architecture`.
  public func network(for input: ImageShape, classes: Int) throws -> Network {
    var net = Network(input: input, classes: classes)
    for (index, count) in channels.enumerated() {
      try net.add("conv\(index + 1)", Convolution(count, kernel: 3, padding: 1))
      try net.add("", Activation(.relu))
      try net.add("", MaxPool(2))
    }
    try net.add("", Flatten())
    try net.add("fc1", Dense(hidden))
    try net.add("", Activation(.relu))
    if dropout > 0 { try net.add("", Dropout(dropout)) }
    try net.add("fc2", Dense())
    return net
  }
}

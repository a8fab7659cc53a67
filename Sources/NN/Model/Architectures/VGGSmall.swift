/// Three pairs of 3×3 convolutions with batch normalisation, each pair followed by a maximum. After Simonyan &
/// Zisserman, ICLR 2015, cut to the size of small images.
public struct VGGSmall: Architecture {
  /// Channels of the first pair; the second has twice, the third four times as many.
  public var width = 32

  /// 32, 64 and 128 channels.
  public init() {}

  /// `vgg_small`.
  public static let entry: Entry<any Architecture> = Entry(
    VGGSmall(), "vgg_small", "three pairs of 3×3 convolutions with batch normalisation", paper: "arXiv:1409.1556",
    example: "train vgg_small(width: 16) on: fashion epochs: 3",
    settings
  ) { $0 }

  private static let settings: [Setting<VGGSmall>] = [
    Setting("width", \.width, in: 1...512, "channels of the first pair")
  ]

  /// See `Architecture`.
  public func network(for input: ImageShape, classes: Int) throws -> Network {
    var net = Network(input: input, classes: classes)
    for stage in 0..<3 {
      for number in 1...2 {
        let index = 2 * stage + number
        try net.add("conv\(index)", Convolution(width << stage, kernel: 3, padding: 1, bias: false))
        try net.add("bn\(index)", BatchNorm())
        try net.add("", Activation(.relu))
      }
      try net.add("", MaxPool(2))
    }
    try net.add("", GlobalAveragePool())
    try net.add("fc", Dense())
    return net
  }
}

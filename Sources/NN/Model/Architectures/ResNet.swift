/// A residual network for small images: 16, 32 and 64 channels in three stages. He et al., CVPR 2016, §4.2, with a 1×1
/// convolution where the extents change. Names are those of torchvision's networks.
struct ResidualNetwork {
  /// Blocks of two convolutions to a stage.
  let blocks: Int

  func network(for input: ImageShape, classes: Int) throws -> Network {
    var net = Network(input: input, classes: classes)
    try normalised(&net, "conv1", "bn1", Convolution(16, kernel: 3, padding: 1, bias: false))
    try net.add("", Activation(.relu))
    for stage in 0..<3 {
      for block in 0..<blocks {
        let stride = stage > 0 && block == 0 ? 2 : 1
        try add(&net, "layer\(stage + 1).\(block)", channels: 16 << stage, stride: stride)
      }
    }
    try net.add("", GlobalAveragePool())
    try net.add("fc", Dense())
    return net
  }

  private func add(_ net: inout Network, _ name: String, channels: Int, stride: Int) throws {
    let start = net.last
    let first = Convolution(channels, kernel: 3, stride: stride, padding: 1, bias: false)
    try normalised(&net, "\(name).conv1", "\(name).bn1", first)
    try net.add("", Activation(.relu))
    let second = Convolution(channels, kernel: 3, padding: 1, bias: false)
    let main = try normalised(&net, "\(name).conv2", "\(name).bn2", second)
    var shortcut = start
    if stride != 1 || net.shape(of: start).channels != channels {
      try net.add("\(name).downsample.0", Convolution(channels, kernel: 1, stride: stride, bias: false), after: [start])
      shortcut = try net.add("\(name).downsample.1", BatchNorm())
    }
    try net.add("", Add(), after: [main, shortcut])
    try net.add("", Activation(.relu))
  }

  @discardableResult
  private func normalised(
    _ net: inout Network, _ name: String, _ norm: String, _ convolution: Convolution
  ) throws -> Int {
    try net.add(name, convolution)
    return try net.add(norm, BatchNorm())
  }
}

/// One block a stage: 8 layers, 78 thousand parameters.
public struct ResNet8: Architecture {
  /// No settings.
  public init() {}

  /// `resnet8`.
  public static let entry: Entry<any Architecture> = Entry(
    ResNet8(), "resnet8", "a residual network of 8 layers", paper: "arXiv:1512.03385",
    example: "train resnet8 on: fashion epochs: 3"
  ) { $0 }

  /// See `Architecture`.
  public func network(for input: ImageShape, classes: Int) throws -> Network {
    try ResidualNetwork(blocks: 1).network(for: input, classes: classes)
  }
}

/// Three blocks a stage: 20 layers, 272 thousand parameters.
public struct ResNet20: Architecture {
  /// No settings.
  public init() {}

  /// `resnet20`.
  public static let entry: Entry<any Architecture> = Entry(
    ResNet20(), "resnet20", "a residual network of 20 layers", paper: "arXiv:1512.03385",
    example: "train resnet20 on: fashion epochs: 3"
  ) { $0 }

  /// See `Architecture`.
  public func network(for input: ImageShape, classes: Int) throws -> Network {
    try ResidualNetwork(blocks: 3).network(for: input, classes: classes)
  }
}

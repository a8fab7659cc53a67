/// LeNet-5 with ReLU and maxima: two 5×5 convolutions, three dense layers. LeCun et al., Proc. IEEE 1998.
///
/// On one channel the first convolution is padded by 2 (28×28 images keep their extent, as in the paper's 32×32 frame):
/// 61,706 parameters for ten classes. On colour images it is not, which is the usual CIFAR variant.
public struct LeNet: Architecture {
  /// No settings.
  public init() {}

  /// `lenet`.
  public static let entry: Entry<any Architecture> = Entry(
    LeNet(), "lenet", "two 5×5 convolutions and three dense layers", paper: "LeCun et al., Proc. IEEE 1998",
    example: "train lenet on: fashion epochs: 5"
  ) { $0 }

  /// See `Architecture`.
  public func network(for input: ImageShape, classes: Int) throws -> Network {
    var net = Network(input: input, classes: classes)
    try net.add("conv1", Convolution(6, kernel: 5, padding: input.channels == 1 ? 2 : 0))
    try net.add("", Activation(.relu))
    try net.add("", MaxPool(2))
    try net.add("conv2", Convolution(16, kernel: 5))
    try net.add("", Activation(.relu))
    try net.add("", MaxPool(2))
    try net.add("", Flatten())
    try net.add("fc1", Dense(120))
    try net.add("", Activation(.relu))
    try net.add("fc2", Dense(84))
    try net.add("", Activation(.relu))
    try net.add("fc3", Dense())
    return net
  }
}

/// Normal noise on the images, drawn anew each epoch: what a network for randomised smoothing is trained on.
/// Cohen, Rosenfeld & Kolter, ICML 2019.
public struct GaussianNoise: Defense {
  /// Deviation of a pixel, in pixel units.
  public var sigma: Float = 0.12

  /// The paper's smallest.
  public init() {}

  /// `gaussian_noise`.
  public static let entry: Entry<any Defense> = Entry(
    GaussianNoise(), "gaussian_noise", "train on images with normal noise", paper: "arXiv:1902.02918",
    example: "train lenet on: fashion defense: gaussian_noise sigma: 0.25 epochs: 1",
    settings
  ) { $0 }

  private static let settings: [Setting<GaussianNoise>] = [
    Setting("sigma", \.sigma, in: 0...10, "deviation of a pixel", unit: "pixel units")
  ]

  /// See `Defense`.
  public func add(to parts: inout DefenseParts) throws {
    try parts.makeImages(name, NormalNoise(sigma: sigma), .adversarial)
  }
}

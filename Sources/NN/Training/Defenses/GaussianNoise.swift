/// Normal noise on the images, drawn anew each epoch: what a network for randomised smoothing is trained on.
/// Cohen, Rosenfeld & Kolter, ICML 2019.
public struct GaussianNoise: Recipe {
  /// Deviation of a pixel, in pixel units.
  public var sigma: Float = 0.12

  /// The paper's smallest.
  public init() {}

  /// `gaussian_noise`.
  public static let entry = Entry<any Recipe>(
    GaussianNoise(), "gaussian_noise", "train on images with normal noise", paper: "arXiv:1902.02918",
    example: "train lenet on: fashion defense: gaussian_noise sigma: 0.25 epochs: 1",
    [Setting("sigma", \.sigma, in: 0...10, "deviation of a pixel", unit: "pixel units")]
  ) { $0 }

  /// See `Recipe`.
  public func add(to parts: inout DefenseParts) throws {
    try parts.makeImages(name, NormalNoise(sigma: sigma), .adversarial)
  }
}

import Contract

/// The first layer of every model: `(pixel - mean) / std` by channel, with pixels in [0, 1].
///
/// It belongs to the model, so ε and every distance are in pixel units whatever the data set.
public struct Normalisation: Sendable, Equatable {
  /// Mean of each channel.
  public let mean: [Float]
  /// Standard deviation of each channel, positive.
  public let std: [Float]
  /// `1 / std`.
  let inverseStd: [Float]

  /// One mean and one positive standard deviation a channel.
  public init(mean: [Float], std: [Float]) {
    require(mean.count == std.count && std.allSatisfy { $0 > 0 }, "mean \(mean) and std \(std)")
    self.mean = mean
    self.std = std
    inverseStd = std.map { 1 / $0 }
  }

  /// Leaves pixels as they are.
  public static func none(channels: Int) -> Normalisation {
    Normalisation(mean: Array(repeating: 0, count: channels), std: Array(repeating: 1, count: channels))
  }
}

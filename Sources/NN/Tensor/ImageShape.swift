import Contract

/// Extents of one image, or of one image's activations (a dense layer's have height and width 1).
public struct ImageShape: Sendable, Hashable, CustomStringConvertible {
  /// Colours, or feature maps.
  public let channels: Int
  /// Rows.
  public let height: Int
  /// Columns.
  public let width: Int

  /// All three extents are at least 1.
  public init(channels: Int, height: Int, width: Int) {
    require(channels > 0 && height > 0 && width > 0, "an image of \(channels)×\(height)×\(width)")
    self.channels = channels
    self.height = height
    self.width = width
  }

  /// Values to an image.
  public var count: Int { channels * height * width }

  /// `1×28×28`.
  public var description: String { "\(channels)×\(height)×\(width)" }
}

/// How the size of a change to an image is measured.
public enum Norm: String, Sendable, Hashable, CaseIterable {
  /// The largest change of a pixel.
  case linf
  /// The Euclidean length of the change.
  case l2
  /// The sum of the changes.
  case l1
  /// How many values change (of a colour image, each channel counts).
  case l0

  /// As it is written in a table: `L∞`, `L2`, `L1`, `L0`.
  public var symbol: String { self == .linf ? "L∞" : "L" + rawValue.dropFirst() }
}

/// The size of one change in all four norms, pixels from 0 to 1.
public struct Distances: Sendable, Hashable {
  /// How many values differ.
  public var l0: Int
  /// The sum of the differences.
  public var l1: Float
  /// The Euclidean distance.
  public var l2: Float
  /// The largest difference.
  public var linf: Float

  /// No change.
  public static let zero = Distances(l0: 0, l1: 0, l2: 0, linf: 0)

  /// One of the four.
  public subscript(norm: Norm) -> Float {
    switch norm {
    case .linf: linf
    case .l2: l2
    case .l1: l1
    case .l0: Float(l0)
    }
  }

  /// From `x` to `y`, summed in Double so that the order of pixels does not matter.
  static func between(_ x: Pixels, _ y: Pixels) -> Distances {
    var (l0, l1, l2, linf) = (0, 0.0, 0.0, Float(0))
    for i in 0..<x.count {
      let difference = abs(y[i] - x[i])
      if difference != 0 { l0 += 1 }
      l1 += Double(difference)
      l2 += Double(difference) * Double(difference)
      // Written so that a NaN is kept.
      linf = linf >= difference || linf.isNaN ? linf : difference
    }
    return Distances(l0: l0, l1: Float(l1), l2: Float(l2.squareRoot()), linf: linf)
  }
}

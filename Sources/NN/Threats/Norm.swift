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

  /// The radius that is taken where none is given: one that means about as much in each norm for pictures of 28×28 pixels.
  ///
  /// L∞ 0.1 as in arXiv:2101.12372 for Fashion-MNIST; L1 10 as Tramèr and Boneh (arXiv:1904.13000) take it for digits, and
  /// L2 1.5, a little less than their 2, as clothes are nearer to each other; L0 10, about one value in eighty.
  public var usualEpsilon: Double {
    switch self {
    case .linf: 0.1
    case .l2: 1.5
    case .l1: 10
    case .l0: 10
    }
  }

  /// The radii of a curve where none are given: from 0 to twice the usual one, in ten steps.
  public var usualRadii: [Double] { (0...10).map { usualEpsilon * Double($0) / 5 } }

  /// The usual radii of all norms, for help: `0.1 for linf, 1.5 for l2, 10 for l1 and l0`.
  public static let usualEpsilons = "0.1 for linf, 1.5 for l2, 10 for l1 and l0"
}

/// The size of one change in all four norms, pixels from 0 to 1.
public struct Distances: Sendable, Hashable {
  /// How many values differ.
  public var l0: Int
  /// The sum of the differences.
  public var l1: Double
  /// The Euclidean distance.
  public var l2: Double
  /// The largest difference.
  public var linf: Double

  /// No change.
  public static let zero = Distances(l0: 0, l1: 0, l2: 0, linf: 0)

  /// One of the four, rounded to the precision that attacks work in.
  public subscript(norm: Norm) -> Float { Float(exactly(norm)) }

  /// One of the four as it is stored, shown and held against a radius.
  public func exactly(_ norm: Norm) -> Double {
    switch norm {
    case .linf: linf
    case .l2: l2
    case .l1: l1
    case .l0: Double(l0)
    }
  }

  /// From `x` to `y`, in Double: single precision would round the differences themselves.
  static func between(_ x: Pixels, _ y: Pixels) -> Distances {
    var (changed, sums, largest) = (SIMD8<Double>.zero, SIMD2<Double>.zero, SIMD8<Double>.zero)
    Vector.eights(x, y) { x, y in
      let sizes = size(y - x)
      let squares = sizes * sizes
      changed += SIMD8<Double>.zero.replacing(with: 1, where: sizes .!= 0)
      largest = largest.replacing(with: sizes, where: sizes .> largest)
      // Both sums pixel after pixel: their last digits are in stores.
      for i in 0..<8 { sums += SIMD2(sizes[i], squares[i]) }
    }
    return Distances(
      l0: Int(changed.sum()), l1: sums.x, l2: sums.y.squareRoot(), linf: sums.x.isNaN ? .nan : largest.max())
  }

  /// The same in one norm, as `exactly` has it. The largest change needs no sum pixel after pixel.
  static func between(_ x: Pixels, _ y: Pixels, in norm: Norm) -> Double {
    guard norm == .linf else { return between(x, y).exactly(norm) }
    var (largest, total) = (SIMD8<Double>.zero, SIMD8<Double>.zero)
    Vector.eights(x, y) { x, y in
      let sizes = size(y - x)
      largest = largest.replacing(with: sizes, where: sizes .> largest)
      total += sizes
    }
    return total.sum().isNaN ? .nan : largest.max()
  }

  @inline(__always)
  private static func size(_ change: SIMD8<Double>) -> SIMD8<Double> {
    change.replacing(with: -change, where: change .< 0)
  }
}

extension Vector {
  /// The size of a change in a norm.
  static func size(_ change: Pixels, _ norm: Norm) -> Float {
    switch norm {
    case .linf: linf(change)
    case .l2: l2(change)
    case .l1: l1(change)
    case .l0: Float(change.count { $0 != 0 })
    }
  }
}

import Foundation

/// Reproducible random numbers: splitmix64 (Steele, Lea & Flood, OOPSLA 2014), one stream per key.
///
/// Streams are keyed rather than split from each other, so the numbers drawn for one image do not depend on its
/// neighbours.
public struct Random: RandomNumberGenerator, Sendable, Equatable {
  /// The whole state: a generator made from it continues where this one is.
  public private(set) var state: UInt64

  /// The stream of a seed and any number of keys, such as (image index, restart).
  public init(seed: Int, stream keys: Int...) { self.init(seed: seed, keys: keys) }

  /// The stream of one image of a data set in one restart of an attack.
  public init(seed: Int, image: Int, restart: Int = 0) { self.init(seed: seed, keys: [image, restart]) }

  /// Continues from a recorded state.
  public init(state: UInt64) { self.state = state }

  private init(seed: Int, keys: [Int]) {
    state = Self.mix(UInt64(bitPattern: Int64(seed)) &+ 0x9E37_79B9_7F4A_7C15)
    for key in keys { state = Self.mix(state ^ Self.mix(UInt64(bitPattern: Int64(key)) &+ 0xD1B5_4A32_D192_ED03)) }
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mix(state)
  }

  /// A number in [0, 1) out of 24 bits: every multiple of 2⁻²⁴ is equally likely.
  public mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

  /// A number in [low, high).
  public mutating func uniform(_ low: Float, _ high: Float) -> Float { low + (high - low) * uniform() }

  /// A normally distributed number, mean 0 and variance 1 (Box & Muller, 1958; the second one is not kept).
  public mutating func normal() -> Float {
    let radius = (-2 * log(1 - Double(next() >> 11) * 0x1p-53)).squareRoot()
    return Float(radius * cos(2 * Double.pi * Double(next() >> 11) * 0x1p-53))
  }

  /// A whole number in 0..<bound, by multiplication (Lemire, 2019, without the rejection: bound is far below 2⁶⁴).
  public mutating func index(below bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// The numbers 0..<count in random order (Fisher & Yates).
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    // Safety: the array lives through the closure; indices are below count.
    order.withUnsafeMutableBufferPointer { places in
      for place in stride(from: count - 1, to: 0, by: -1) { places.swapAt(place, index(below: place + 1)) }
    }
    return order
  }
}

import Foundation

/// Draws that attacks make, beside those that `Random` has itself.
extension Random {
  /// −1 or 1.
  @inline(__always)
  mutating func sign() -> Float { next() >> 63 == 0 ? 1 : -1 }

  /// `count` draws from the standard normal distribution (Box and Muller, both numbers of each pair used).
  mutating func normals(_ count: Int) -> Pixels {
    var values = Pixels()
    values.reserveCapacity(count + 1)
    while values.count < count {
      // Never zero, so that the logarithm is finite.
      let radius = (-2 * log((Double(next() >> 11) + 0.5) * 0x1p-53)).squareRoot()
      let angle = 2 * Double.pi * Double(next() >> 11) * 0x1p-53
      values.append(Float(radius * cos(angle)))
      values.append(Float(radius * sin(angle)))
    }
    if values.count > count { values.removeLast() }
    return values
  }

  /// `count` draws from −1 to 1.
  mutating func uniforms(_ count: Int) -> Pixels {
    var values = Pixels(repeating: 0, count: count)
    for i in 0..<count { values[i] = uniform(-1, 1) }
    return values
  }

  /// `count` times −1 or 1.
  mutating func signs(_ count: Int) -> Pixels {
    var values = Pixels(repeating: 0, count: count)
    for i in 0..<count { values[i] = sign() }
    return values
  }
}

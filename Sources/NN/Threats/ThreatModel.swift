import Foundation

/// What an attacker may do: move an image by at most `epsilon` in a norm, and never leave [0, 1].
///
/// The norm is a value, so a single PGD implementation covers all norms. `ThreatModel` knows the steepest step, the
/// projection and the random start of each norm (docs/decisions/0015-threat-models.md).
public struct ThreatModel: Sendable, Hashable {
  /// How a change is measured.
  public let norm: Norm
  /// The largest change allowed, in units of the norm with pixels from 0 to 1; infinite for no limit.
  public let epsilon: Float
  /// The same as it was typed: 0.1, where single precision has 0.10000000149. No returned image is farther away.
  public let bound: Double

  /// A norm and a radius. The runner of an attack refuses a radius that `check` refuses.
  public init(_ norm: Norm, epsilon: Float) {
    self.norm = norm
    self.epsilon = epsilon
    // By way of text: the shortest number that is read as `epsilon`.
    bound = Double("\(epsilon)") ?? Double(epsilon)
  }

  /// A norm and a radius as it was typed.
  public init(_ norm: Norm, bound: Double) {
    self.norm = norm
    self.bound = bound
    epsilon = Float(bound)
  }

  /// The same norm with another radius.
  public func with(epsilon: Float) -> ThreatModel { ThreatModel(norm, epsilon: epsilon) }
  /// The same norm with another radius as it was typed.
  public func with(bound: Double) -> ThreatModel { ThreatModel(norm, bound: bound) }

  /// A warning about a radius that is allowed but probably not intended, in one sentence; nil if nothing looks odd.
  public func doubt(_ shape: ImageShape) -> String? {
    guard bound > 0, epsilon <= largest(shape) else { return nil }
    let small: Double? = norm == .l2 ? 0.1 : norm == .l1 ? 1 : nil
    if let small, bound <= small {
      return "eps \(epsilon.short) is small for \(norm.symbol), though usual for L∞: hardly any answer changes"
    }
    if norm != .l0, epsilon >= largest(shape) / 2 {
      return "within eps \(epsilon.short) every image can become the same grey, so no model can withstand"
    }
    return nil
  }

  /// The size of the largest change there is: from black to white everywhere.
  func largest(_ shape: ImageShape?) -> Float {
    let values = shape.map { Float($0.count) } ?? .infinity
    return switch norm {
    case .linf: 1
    case .l2: values.squareRoot()
    case .l1, .l0: values
    }
  }

  /// The same of the length of a step.
  public func doubt(step: Float) -> String? {
    epsilon > 0 && step > epsilon
      ? "step \(step.short) is longer than eps \(epsilon.short): every step goes to the edge of what is allowed" : nil
  }

  /// Whether a change of this size is within the radius, to the last bit.
  public func allows(_ distances: Distances) -> Bool { distances.exactly(norm) <= bound }

  /// The distance between two images in this norm.
  public func distance(_ a: Pixels, _ b: Pixels) -> Float {
    Vector.size(Vector.difference(a, b), norm)
  }

  /// The steepest ascent step of length 1 along a gradient: its sign (L∞), its direction (L2), its largest coordinate
  /// (L1, L0). Zero where the gradient is zero.
  public func steepest(_ gradient: Pixels) -> Pixels {
    switch norm {
    case .linf: return Vector.map(gradient, gradient) { value, _ in Vector.sign(value) }
    case .l2: return Vector.scaled(gradient, by: 1 / max(Vector.l2(gradient), 1e-12))
    case .l1, .l0:
      var step = Pixels(repeating: 0, count: gradient.count)
      guard let best = gradient.indices.max(by: { abs(gradient[$0]) < abs(gradient[$1]) }) else { return step }
      step[best] = Vector.sign(gradient[best])
      return step
    }
  }

  /// The dual norm of a gradient: the rise of the loss per unit step in this norm (L∞ ↔ L1, L2 ↔ L2, L1 and L0 ↔ L∞).
  public func dual(_ gradient: Pixels) -> Float {
    switch norm {
    case .linf: Vector.l1(gradient)
    case .l2: Vector.l2(gradient)
    case .l1, .l0: Vector.linf(gradient)
    }
  }

  /// Moves `x` back into ball and box. Exact for L∞, L1 and L0; for L2 the ball first, then the box, which is in both
  /// but not always the nearest point.
  public func project(_ x: inout Pixels, around center: Pixels) {
    let radius = epsilon
    switch norm {
    case .linf:
      Vector.update(&x, center) { value, middle in
        let (low, high) = (max(middle - radius, 0), min(middle + radius, 1))
        return value < low ? low : (value > high ? high : value)
      }
    case .l2:
      let length = Vector.l2(x, center)
      let scale = length > radius ? radius / length : 1
      Vector.update(&x, center) { value, middle in Vector.clampToBox(middle + scale * (value - middle)) }
    case .l1:
      let change = Vector.difference(x, center)
      x = Vector.sum(center, L1Ball.project(change, around: center, radius: radius))
      Vector.clip(&x)
    case .l0: keepLargest(&x, around: center)
    }
  }

  /// `x` moved back into ball and box.
  public func projected(_ x: Pixels, around center: Pixels) -> Pixels {
    var copy = x
    project(&copy, around: center)
    return copy
  }

  /// The same with the rounding error removed: not a bit farther from `center` than the radius as typed.
  ///
  /// Attacks walk in single precision, in which 0.1 is a little more than 0.1, and a sum of pixels rounds again.
  public func confined(_ x: Pixels, around center: Pixels) -> Pixels {
    tightened(projected(x, around: center), around: center)
  }

  /// Whether a point is outside of the ball by no more than the rounding of single precision (docs/decisions/0015-threat-models.md).
  func almostAllows(_ distances: Distances) -> Bool { distances[norm] <= epsilon * (1 + 1e-6) + 1e-7 }

  /// A point moved back into the ball, wherever it lies by the box; in L0 it has to be in it already.
  func tightened(_ near: Pixels, around center: Pixels) -> Pixels {
    let size = Distances.between(center, near, in: norm)
    guard size > bound else { return near }
    // A share too small to be seen keeps the sum of the shrunk changes below the bound in spite of its own rounding.
    let share = norm == .linf ? 1 : bound / size * (1 - 1e-12)
    return Vector.map(near, center) { value, middle in
      let change = (Double(value) - Double(middle)) * share
      let allowed = norm == .linf ? min(max(change, -bound), bound) : change
      let moved = Float(Double(middle) + allowed)
      let isTooFar = abs(Double(moved) - Double(middle)) > abs(allowed)
      return isTooFar ? (allowed > 0 ? moved.nextDown : moved.nextUp) : moved
    }
  }

  /// Keeps the ⌊ε⌋ largest changes after clipping; of equal ones the first.
  private func keepLargest(_ x: inout Pixels, around center: Pixels) {
    Vector.clip(&x)
    // Written so that NaN allows nothing.
    let allowed = epsilon >= Float(x.count) ? x.count : (epsilon >= 0 ? Int(epsilon) : 0)
    let sizes = Vector.map(x, center) { abs($0 - $1) }
    let order = sizes.indices.sorted { sizes[$0] == sizes[$1] ? $0 < $1 : sizes[$0] > sizes[$1] }
    for i in order.dropFirst(allowed) { x[i] = center[i] }
  }

  /// A random point of the ball, clipped to the box: uniform in the cube (L∞), in the ball (L2, L1), or a random
  /// choice of ⌊ε⌋ values set at random (L0).
  public func start(at center: Pixels, using random: inout Random) -> Pixels {
    let n = center.count
    switch norm {
    case .linf:
      let radius = min(epsilon, 1)
      let draws = random.uniforms(n)
      return Vector.map(center, draws) { Vector.clampToBox($0 + radius * $1) }
    case .l2:
      let direction = random.normals(n)
      let radius = epsilon * Float(pow(Double(random.uniform()), 1 / Double(n)))
      return Vector.clipped(Vector.along(center, radius / max(Vector.l2(direction), 1e-12), direction))
    case .l1:
      return Vector.clipped(Vector.along(center, epsilon, L1Ball.uniform(n, using: &random)))
    case .l0:
      var x = center
      for i in random.permutation(n).prefix(Int(min(epsilon, Float(n)))) { x[i] = random.uniform() }
      return x
    }
  }
}

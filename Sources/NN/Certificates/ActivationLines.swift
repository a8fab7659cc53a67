import Foundation

/// Two lines that hold a function between them over an interval: `lower · z + lowerShift ≤ σ(z) ≤ upper · z + upperShift`.
struct Lines: Equatable {
  var lower = 0.0
  var lowerShift = 0.0
  var upper = 0.0
  var upperShift = 0.0
}

/// Which of the sound lower lines below a ReLU is taken. None is best for every image.
enum SlopeRule: Int32, CaseIterable, Sendable {
  /// 1 where more of the interval is above zero than below, else 0 (Zhang et al., 2018).
  case adaptive = 1
  /// 0: never looser than the box.
  case zero = 2
  /// Parallel to the upper line.
  case parallel = 3
}

extension Activation.Function {
  /// Where the function stops falling, and its value there; nil for one that only rises.
  var valley: (at: Float, value: Float)? {
    switch self {
    case .gelu: (-0.751791, -0.16997121)
    case .geluTanh: (-0.752461, -0.17004083)
    case .silu: (-1.2784645, -0.27846455)
    case .hardSwish: (-1.5, -0.375)
    case .leakyReLU(let slope) where slope < 0: (0, 0)
    case .elu(let alpha) where alpha < 0: (0, 0)
    default: nil
    }
  }

  /// Whether it falls everywhere.
  var falls: Bool { if case .hardSigmoid(let slope, _) = self { slope < 0 } else { false } }

  /// Whether training through intervals is possible: it only rises.
  var rises: Bool { valley == nil && !falls }

  /// The factor of values below zero, of functions whose lines are chosen by a `SlopeRule` in a kernel.
  var slopeBelowZero: Float? {
    switch self {
    case .relu: 0
    case .leakyReLU(let slope): slope
    default: nil
    }
  }

  /// The function in double precision.
  func value(_ x: Double) -> Double {
    switch self {
    case .relu: max(x, 0)
    case .leakyReLU(let slope): x > 0 ? x : x * Double(slope)
    case .gelu: 0.5 * x * (1 + erf(x * 0.5.squareRoot()))
    case .geluTanh: 0.5 * x * (1 + Foundation.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))
    case .tanh: Foundation.tanh(x)
    case .sigmoid: 1 / (1 + exp(-x))
    case .clip(let low, let high): min(max(x, Double(low)), Double(high))
    case .softplus: max(x, 0) + log1p(exp(-abs(x)))
    case .silu: x / (1 + exp(-x))
    case .hardSigmoid(let slope, let shift): min(max(Double(slope) * x + Double(shift), 0), 1)
    case .hardSwish: x * min(max(x / 6 + 0.5, 0), 1)
    case .elu(let alpha): x > 0 ? x : Double(alpha) * expm1(x)
    }
  }

  /// Lines over [l, u], l ≤ u. Functions without a shape that is known here get the constants of the box.
  ///
  /// Shifts are moved apart by what rounding may do to them.
  func lines(_ l: Double, _ u: Double, image: (low: Double, high: Double)) -> Lines {
    var lines = exactLines(l, u) ?? Lines(lowerShift: image.low, upperShift: image.high)
    let slack = 1e-6 * (1 + max(abs(l), abs(u)))
    lines.lowerShift -= slack
    lines.upperShift += slack
    return lines
  }

  private func exactLines(_ l: Double, _ u: Double) -> Lines? {
    if l == u { return nil }
    switch self {
    case .tanh: return bent(l, u) { 1 - Foundation.tanh($0) * Foundation.tanh($0) }
    case .sigmoid:
      return bent(l, u) { x in
        let s = 1 / (1 + exp(-x))
        return s * (1 - s)
      }
    case .gelu:
      return hollow(l, u, within: 2.0.squareRoot()) {
        0.5 * (1 + erf($0 * 0.5.squareRoot())) + $0 * exp(-$0 * $0 / 2) * 0.3989422804014327
      }
    case .geluTanh: return hollow(l, u, within: 1.4, numericalSlope)
    case .silu: return hollow(l, u, within: 2.399, numericalSlope)
    case .softplus: return hollow(l, u, within: .infinity) { 1 / (1 + exp(-$0)) }
    case .hardSwish: return hollow(l, u, within: 3) { $0 / 3 + 0.5 }
    case .elu(let alpha) where alpha >= 0 && alpha <= 1:
      return hollow(l, u, within: .infinity) { $0 > 0 ? 1 : Double(alpha) * exp($0) }
    case .clip(let low, let high): return clipped(l, u, Double(low), Double(high))
    case .hardSigmoid(let slope, let shift) where slope > 0:
      // The same as a clip of slope · z + shift.
      let (a, b) = (Double(slope), Double(shift))
      let inner = clipped(a * l + b, a * u + b, 0, 1)
      return Lines(
        lower: inner.lower * a, lowerShift: inner.lower * b + inner.lowerShift, upper: inner.upper * a,
        upperShift: inner.upper * b + inner.upperShift)
    default: return nil
    }
  }

  private func numericalSlope(_ x: Double) -> Double { (value(x + 1e-6) - value(x - 1e-6)) / 2e-6 }

  private func chord(_ l: Double, _ u: Double) -> (slope: Double, shift: Double) {
    let slope = (value(u) - value(l)) / (u - l)
    return (slope, value(l) - slope * l)
  }

  private func tangent(_ d: Double, _ slope: (Double) -> Double) -> (slope: Double, shift: Double) {
    (slope(d), value(d) - slope(d) * d)
  }

  /// Convex within ±`width`: a tangent below, the chord above. Nil elsewhere.
  private func hollow(_ l: Double, _ u: Double, within width: Double, _ slope: (Double) -> Double) -> Lines? {
    guard l >= -width, u <= width else { return nil }
    let (under, over) = (tangent((l + u) / 2, slope), chord(l, u))
    return Lines(lower: under.slope, lowerShift: under.shift, upper: over.slope, upperShift: over.shift)
  }

  /// An S: convex below 0, concave above.
  private func bent(_ l: Double, _ u: Double, _ slope: (Double) -> Double) -> Lines {
    let straight = chord(l, u)
    var (under, over) = (straight, straight)
    let middle = tangent((l + u) / 2, slope)
    if u <= 0 {
      under = middle
    } else if l < 0, slope(l) < straight.slope {
      // The tangent at d in [l, 0] that meets (u, σ(u)); of the last two points the one whose line is the lower.
      var (low, high) = (l, 0.0)
      for _ in 0..<60 {
        let d = (low + high) / 2
        if value(d) + slope(d) * (u - d) <= value(u) { low = d } else { high = d }
      }
      under = tangent(low, slope)
    }
    if l >= 0 {
      over = middle
    } else if u > 0, slope(u) < straight.slope {
      var (low, high) = (0.0, u)
      for _ in 0..<60 {
        let d = (low + high) / 2
        if value(d) + slope(d) * (l - d) >= value(l) { high = d } else { low = d }
      }
      over = tangent(high, slope)
    }
    return Lines(lower: under.slope, lowerShift: under.shift, upper: over.slope, upperShift: over.shift)
  }

  /// Flat, rising by 1, flat.
  private func clipped(_ l: Double, _ u: Double, _ low: Double, _ high: Double) -> Lines {
    if u <= low { return Lines(lowerShift: low, upperShift: low) }
    if l >= high { return Lines(lowerShift: high, upperShift: high) }
    var lines = Lines(lower: 1, upper: 1)
    if l < low {
      // Above: through (l, low) and the highest point. Below: as a ReLU, whose corner lies at (low, low).
      let top = min(u, high)
      lines.upper = (top - low) / (top - l)
      lines.upperShift = low - lines.upper * l
      if u > high {
        lines.lower = (high - low) / (u - low)
        lines.lowerShift = low - lines.lower * low
      } else if u - low <= low - l {
        lines.lower = 0
        lines.lowerShift = low
      }
    } else if u > high {
      lines.lower = (high - l) / (u - l)
      lines.lowerShift = l - lines.lower * l
      if u - high > high - l {
        lines.upper = 0
        lines.upperShift = high
      }
    }
    return lines
  }
}

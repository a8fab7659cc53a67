import Foundation

/// Exact intervals of a share, and the normal distribution's quantiles, in double precision.
enum Binomial {
  /// The Clopper–Pearson lower bound of a probability after `hits` of `count`: too high with probability `alpha` at most.
  static func lower(_ hits: Int, of count: Int, alpha: Double) -> Double {
    hits == 0 ? 0 : quantile(alpha, Double(hits), Double(count - hits + 1))
  }

  /// The upper bound, too low with probability `alpha` at most.
  static func upper(_ hits: Int, of count: Int, alpha: Double) -> Double {
    hits == count ? 1 : 1 - quantile(alpha, Double(count - hits), Double(hits + 1))
  }

  /// Where the beta distribution's share below is `p`.
  static func quantile(_ p: Double, _ a: Double, _ b: Double) -> Double {
    var (low, high) = (0.0, 1.0)
    for _ in 0..<200 where high - low > 1e-16 * high {
      let middle = (low + high) / 2
      if share(middle, a, b) < p { low = middle } else { high = middle }
    }
    return low
  }

  /// The regularised incomplete beta function, by its continued fraction (Lentz's method).
  static func share(_ x: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    if x > (a + 1) / (a + b + 2) { return 1 - share(1 - x, b, a) }
    let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    let tiny = 1e-300
    var c = 1.0
    var d = 1 - (a + b) * x / (a + 1)
    d = 1 / (abs(d) < tiny ? tiny : d)
    var result = d
    for m in 1...10_000 {
      let m = Double(m)
      for numerator in [
        m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
        -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
      ] {
        d = 1 + numerator * d
        d = 1 / (abs(d) < tiny ? tiny : d)
        c = 1 + numerator / c
        if abs(c) < tiny { c = tiny }
        result *= c * d
      }
      if abs(c * d - 1) < 1e-15 { break }
    }
    return front * result
  }

  /// The normal distribution's quantile; infinite at 0 and 1.
  static func normalQuantile(_ p: Double) -> Double {
    if p <= 0 { return -.infinity }
    if p >= 1 { return .infinity }
    if p > 0.5 { return -normalQuantile(1 - p) }
    var (low, high) = (-40.0, 0.0)
    for _ in 0..<200 where high - low > 1e-15 {
      let middle = (low + high) / 2
      if 0.5 * erfc(-middle * 0.5.squareRoot()) < p { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}

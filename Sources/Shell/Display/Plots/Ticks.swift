import Foundation

/// The scale of one axis on a terminal: from numbers to a share of its length, and where the ticks are.
struct AxisScale {
  let low: Double
  let high: Double
  let isLogarithmic: Bool
  let ticks: [Double]

  /// - Parameters:
  ///   - values: what is to be drawn; values that the axis cannot hold are left out.
  ///   - startsAtZero: whether zero belongs to it, as for bars and shares.
  init(
    _ values: [Double], isLogarithmic: Bool, startsAtZero: Bool = false, ticks wanted: Int, fits: Bool = false,
    isWhole: Bool = false
  ) {
    let values = values.filter { $0.isFinite && (!isLogarithmic || $0 > 0) }
    self.isLogarithmic = isLogarithmic
    var (low, high) = (values.min() ?? 0, values.max() ?? 1)
    if isLogarithmic {
      (low, high) = values.isEmpty ? (0.1, 1) : (low, high)
      // Half of the least value is still seen.
      let (first, last) = (floor(log10(low / 2)), max(ceil(log10(high)), floor(log10(low / 2)) + 1))
      let step = max(1, ((last - first) / Double(max(wanted, 1))).rounded(.up))
      (self.low, self.high) = (pow(10, first), pow(10, last))
      ticks = stride(from: first, through: last, by: step).map { pow(10, $0) }
      return
    }
    if startsAtZero { (low, high) = (min(low, 0), max(high, 0)) }
    if low == high { (low, high) = low == 0 ? (0, 1) : (low - abs(low) / 2, low + abs(low) / 2) }
    let step = max(Self.step(high - low, wanted), isWhole ? 1 : 0)
    // Ticks are multiples of the step, never sums of it.
    if !fits {
      (low, high) = ((low / step + 1e-9).rounded(.down) * step, (high / step - 1e-9).rounded(.up) * step)
    }
    (self.low, self.high) = (low, high)
    let (first, last) = ((low / step - 1e-9).rounded(.up), (high / step + 1e-9).rounded(.down))
    ticks = stride(from: first, through: max(first, last), by: 1).map { $0 * step + 0 }  // + 0: no -0
  }

  /// Where a value lies, from 0 to 1; nil where it cannot be drawn.
  func place(_ value: Double) -> Double? {
    guard value.isFinite else { return nil }
    if isLogarithmic { return value > 0 ? (log10(value) - log10(low)) / (log10(high) - log10(low)) : nil }
    return (value - low) / (high - low)
  }

  /// 1, 2 or 5 times a power of ten, so that about as many steps as wanted fit.
  private static func step(_ length: Double, _ wanted: Int) -> Double {
    let rough = length / Double(max(wanted, 1))
    let size = pow(10, floor(log10(rough)))
    let factor = [1.0, 2, 5, 10].first { $0 * size >= rough * (1 - 1e-9) } ?? 10
    return factor * size
  }
}

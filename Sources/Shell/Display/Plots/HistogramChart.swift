import Foundation

/// How numbers are spread: several series over the same bins.
enum Histogram {
  /// - Parameters:
  ///   - series: numbers by name; what is no finite number is left out.
  ///   - count: how many bins; nil to choose by how many numbers there are.
  ///   - what: what is counted, such as `weights`.
  /// - Returns: nil if there are no numbers.
  static func chart(
    _ series: [(name: String, values: [Double])], bins count: Int?, what: String, x: String, isLogarithmic: Bool
  ) -> Chart? {
    let series = series.map { ($0.name, values: $0.values.filter(\.isFinite)) }
    let all = series.flatMap(\.values)
    guard var low = all.min(), var high = all.max() else { return nil }
    // Weights are seen best with zero in the middle.
    if low < 0, high > 0 { (low, high) = (-max(-low, high), max(-low, high)) }
    if low == high { (low, high) = (low - 0.5, high + 0.5) }
    // Rice's rule (2·n^⅓) for the largest series, but enough for the tails of a hundred weights to be seen.
    let most = series.map(\.values.count).max() ?? 0
    let bins = count ?? min(max(Int(2 * pow(Double(most), 1 / 3.0)) | 1, most < 100 ? 11 : 31), 101)
    // Counts of one series can be read as they are; several are of different size, and compare as shares.
    let isShare = series.count > 1
    return Chart(
      title: "", x: Chart.Axis(label: x),
      y: Chart.Axis(
        label: (isShare ? "share of " : "number of ") + what, isLogarithmic: isLogarithmic, isShare: isShare),
      series: series.map { name, values in
        var counts = [Int](repeating: 0, count: bins)
        for value in values { counts[min(bins - 1, Int((value - low) / (high - low) * Double(bins)))] += 1 }
        let total = isShare ? Double(max(1, values.count)) : 1
        let edges = (0...bins).map { low + (high - low) * Double($0) / Double(bins) }
        let points = edges.indices.map { Chart.Point(x: edges[$0], y: $0 < bins ? Double(counts[$0]) / total : 0) }
        return Chart.Series(name: name, style: .steps, points: points)
      })
  }
}

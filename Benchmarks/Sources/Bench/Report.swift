import Foundation
import NN

/// What was measured for one piece of work on one number of threads.
struct Row {
  let work: Work
  let threads: Int
  /// Goals are set beside PyTorch's eager mode.
  let hasGoal: Bool
  var peaks: [Double] = []
  var ward: [Double] = []
  var torch: [Double] = []

  /// Same-round ratios: what else the machine does then touches both.
  var ratio: Double? { torch.count == ward.count ? median(zip(ward, torch).map { $0 / $1 }) : nil }
  var goal: Double? { hasGoal ? work.goals.map { threads == 1 ? $0.0 : $0.1 } : nil }
  var share: Double? { work.flop.map { flop in median(zip(ward, peaks).map { $0 * flop / $1 }) } }

  var line: String {
    let share = share.map { String(format: "%3.0f %%", 100 * $0) } ?? ""
    let torchRate = torch.isEmpty ? "–" : number(median(torch))
    let ratioText = ratio.map { String(format: "%.2f×", $0) } ?? "–"
    let goalText = goal.map { String(format: "%.1f×", $0) } ?? "–"
    return
      "| \(work.name) | \(threads) | \(number(median(ward))) \(work.unit) | \(share) | \(torchRate) | \(ratioText) | \(goalText) |"
  }

  private func number(_ value: Double) -> String {
    value >= 1000 ? Int(value.rounded()).formatted(.number.grouping(.automatic)) : String(format: "%.1f", value)
  }
}

/// The table.
struct Report {
  let rows: [Row]
  let torch: String?

  func print() {
    let peaks = rows.reduce(into: [Int: Double]()) { $0[$1.threads] = max($0[$1.threads] ?? 0, $1.peaks.max() ?? 0) }
    let peakText = peaks.keys.sorted().map { String(format: "%.0f GFLOP/s on %d", peaks[$0]! / 1e9, $0) }
    Swift.print(
      "Kernels: \(Engine.isa). FMA peak: \(peakText.joined(separator: ", ")). PyTorch: \(torch ?? "not found").\n")
    Swift.print("| work | threads | Ward | of peak | PyTorch | ratio | goal |")
    Swift.print("|---|--:|--:|--:|--:|--:|--:|")
    for row in rows { Swift.print(row.line) }
  }
}

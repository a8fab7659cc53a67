import Foundation

/// How sure a mean over seeds, or a difference between two settings, is. Images and seeds are different errors: tests here
/// pair by seed, or draw seeds and images anew; images of several seeds are never pooled as if they were independent.
public enum Significance {
  /// A mean with its spread over several runs.
  public struct Mean: Sendable, Equatable {
    /// How many runs.
    public let count: Int
    /// Their mean.
    public let mean: Double
    /// Their sample standard deviation (n − 1); NaN for one run.
    public let deviation: Double
    /// The 95 % interval of the mean by Student's t; the mean itself for one run.
    public let interval: (low: Double, high: Double)

    /// Equal are means of equal figures.
    public static func == (a: Mean, b: Mean) -> Bool { a.count == b.count && a.mean == b.mean }

    /// - Parameter values: one for each run; at least one.
    public init(_ values: [Double]) {
      count = values.count
      mean = values.reduce(0, +) / Double(values.count)
      let mean = mean
      deviation =
        values.count < 2
        ? .nan : (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
      let half =
        values.count < 2
        ? 0 : Significance.tQuantile(0.975, values.count - 1) * deviation / Double(values.count).squareRoot()
      interval = (mean - half, mean + half)
    }
  }

  /// The two-sided p-value of a paired t-test: whether the mean of differences is 0. 1 where all are 0. Where all are equal,
  /// as a few seeds on a few images may be, their deviation says nothing, and that of the sign test stands: 2 / 2ⁿ.
  ///
  /// - Parameter differences: one for each seed; at least two.
  public static func pairedT(_ differences: [Double]) -> Double {
    let mean = Mean(differences)
    // Differences of equal accuracies still differ by rounding.
    if mean.deviation <= 1e-9 * abs(mean.mean) { return mean.mean == 0 ? 1 : scalbn(2, -mean.count) }
    let t = mean.mean / (mean.deviation / Double(mean.count).squareRoot())
    let freedom = Double(mean.count - 1)
    return Binomial.share(freedom / (freedom + t * t), freedom / 2, 0.5)
  }

  /// The quantile of Student's t: where the share `p` lies below.
  static func tQuantile(_ p: Double, _ freedom: Int) -> Double {
    if p == 0.5 { return 0 }
    if p < 0.5 { return -tQuantile(1 - p, freedom) }
    let n = Double(freedom)
    // P(|T| > t) = I(n / (n + t²); n/2, 1/2)
    let x = Binomial.quantile(2 * (1 - p), n / 2, 0.5)
    return (n * (1 - x) / x).squareRoot()
  }

  /// McNemar's exact test (McNemar, 1947), two-sided: of the images on which exactly one of two models is right, whether
  /// each is as often right as the other.
  ///
  /// - Parameters:
  ///   - first: on how many only the first is right.
  ///   - second: on how many only the second is.
  public static func mcNemar(_ first: Int, _ second: Int) -> Double {
    let count = first + second
    if count == 0 { return 1 }
    // P[Bin(n, ½) ≤ k] = I(½; n − k, k + 1)
    let least = min(first, second)
    return min(1, 2 * Binomial.share(0.5, Double(count - least), Double(least + 1)))
  }

  /// The 95 % interval of a difference of accuracies, and the share of draws on the other side of 0, twice: a bootstrap that
  /// draws seeds anew, and for all of them one list of images.
  ///
  /// - Parameters:
  ///   - differences: for each seed and image +1 where only the first is right, −1 where only the second is, else 0; all
  ///     seeds have the same images in the same order.
  ///   - draws: how often.
  ///   - stop: asked once a draw; true ends it.
  /// - Returns: nil when it was stopped.
  public static func bootstrap(
    _ differences: [[Int8]], draws: Int = 10_000, seed: Int, stop: () -> Bool = { false }
  ) -> (low: Double, high: Double, p: Double)? {
    let images = differences.first?.count ?? 0
    if images == 0 { return nil }
    var random = Random(seed: seed, stream: 0x5157)
    var means: [Double] = []
    means.reserveCapacity(draws)
    // Of each image the sum over the seeds that were drawn, so that a draw costs seeds + images.
    for _ in 0..<draws {
      if stop() { return nil }
      var weights = [Int](repeating: 0, count: differences.count)
      for _ in differences { weights[random.index(below: differences.count)] += 1 }
      let drawn = weights.indices.filter { weights[$0] > 0 }
      var sum = 0
      for _ in 0..<images {
        let image = random.index(below: images)
        for seed in drawn { sum += weights[seed] * Int(differences[seed][image]) }
      }
      means.append(Double(sum) / Double(images * differences.count))
    }
    means.sort()
    func quantile(_ p: Double) -> Double { means[min(draws - 1, max(0, Int((p * Double(draws)).rounded(.down))))] }
    let (above, below) = (means.count { $0 >= 0 }, means.count { $0 <= 0 })
    // No draw on the other side is not "never".
    let p = min(1, 2 * Double(min(above, below) + 1) / Double(draws + 1))
    return (quantile(0.025), quantile(0.975), p)
  }

  /// Holm's correction (1979) for several tests at once.
  public static func holm(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var (corrected, largest) = (values, 0.0)
    for (rank, place) in order.enumerated() {
      largest = max(largest, min(1, Double(values.count - rank) * values[place]))
      corrected[place] = largest
    }
    return corrected
  }
}

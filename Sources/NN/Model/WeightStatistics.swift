/// How the weights of one layer are distributed; shows the Min-Max property (arXiv:2101.12372, §4.2).
public struct WeightStatistics: Sendable, Hashable, Codable {
  /// The layer's name, as in `conv1`.
  public let layer: String
  /// How many weights it has, biases not counted.
  public let count: Int
  /// The sum of the magnitudes.
  public let l1: Double
  /// The Euclidean length.
  public let l2: Double
  /// The largest magnitude.
  public let max: Double
  /// The standard deviation, of the weights and not of a sample.
  public let std: Double
  /// The share of weights below a thousandth of the largest.
  public let belowThousandth: Double
  /// The share of weights below a hundredth of the largest.
  public let belowHundredth: Double
  /// The fourth central moment over the squared second: 3 for a normal distribution, more for heavy tails.
  public let kurtosis: Double
  /// Hoyer's sparsity, `(√n − l1/l2) / (√n − 1)`: 0 for equal magnitudes, 1 for a single weight.
  public let hoyer: Double
  /// The Gini coefficient of the magnitudes: 0 for equal ones, near 1 for a single weight.
  public let gini: Double

  /// What the Min-Max defense makes small: 0 for a single weight.
  public var l1MinusL2: Double { l1 - l2 }

  /// The statistics of some weights.
  public init(layer: String, _ weights: [Float]) {
    let values = weights.map(Double.init)
    let sizes = Self.sortedMagnitudes(weights).map(Double.init)
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    let second = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
    let fourth = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) * ($1 - mean) * ($1 - mean) } / n
    let (sum, length, largest) = (sizes.reduce(0, +), sizes.reduce(0) { $0 + $1 * $1 }.squareRoot(), sizes.last ?? 0)
    self.layer = layer
    (count, l1, l2, max, std) = (values.count, sum, length, largest, second.squareRoot())
    belowThousandth = Double(sizes.count { $0 < largest / 1000 }) / n
    belowHundredth = Double(sizes.count { $0 < largest / 100 }) / n
    kurtosis = second > 0 ? fourth / (second * second) : .nan
    hoyer = n > 1 && length > 0 ? (n.squareRoot() - sum / length) / (n.squareRoot() - 1) : .nan
    let ranked = sizes.enumerated().reduce(0) { $0 + $1.element * (n - Double($1.offset) - 0.5) }
    gini = sum > 0 ? 1 - 2 * ranked / (sum * n) : .nan
  }

  /// The magnitudes, the smallest first. Their bits are in the order of the numbers, so they are sorted by digits, for
  /// every epoch asks for this.
  static func sortedMagnitudes(_ weights: [Float]) -> [Float] {
    var keys = weights.map(\.magnitude.bitPattern)
    var sorted = keys
    for shift in [0, 11, 22] {
      var places = [Int](repeating: 0, count: 1 << 11)
      for key in keys { places[Int(key >> UInt32(shift)) & 0x7ff] += 1 }
      var place = 0
      for digit in places.indices { (places[digit], place) = (place, place + places[digit]) }
      for key in keys {
        let digit = Int(key >> UInt32(shift)) & 0x7ff
        sorted[places[digit]] = key
        places[digit] += 1
      }
      swap(&keys, &sorted)
    }
    return keys.map(Float.init(bitPattern:))
  }
}

extension Model {
  /// The statistics of every layer that has weights, from the first to the last.
  public var weightStatistics: [WeightStatistics] { (try? weightStatistics(stop: .never)) ?? [] }

  /// The same, asked to stop between layers.
  ///
  /// - Throws: `Interrupted`.
  func weightStatistics(stop: Stop) throws -> [WeightStatistics] {
    try layout.filter { $0.isTrained && $0.shape.count > 1 }.map { place in
      try stop.check()
      let suffix = ".weight"
      let layer = place.name.hasSuffix(suffix) ? String(place.name.dropLast(suffix.count)) : place.name
      return WeightStatistics(layer: layer, Array(values[place.range]))
    }
  }
}

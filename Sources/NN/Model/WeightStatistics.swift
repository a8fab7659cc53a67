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
    let n = Double(weights.count)
    // Sums go on in the order of the weights, or of their sizes: another one would change last digits. One loop for several.
    var total = 0.0
    for weight in weights { total += Double(weight) }
    let mean = total / n
    var (second, fourth) = (0.0, 0.0)
    for weight in weights {
      let distance = Double(weight) - mean
      second += distance * distance
      fourth += distance * distance * distance * distance
    }
    second /= n
    fourth /= n
    let sizes = Self.sortedMagnitudes(weights)
    let largest = Double(sizes.last ?? 0)
    var (sum, squares, ranked) = (0.0, 0.0, 0.0)
    var (thousandths, hundredths) = (0, 0)
    for (rank, size) in sizes.enumerated() {
      let size = Double(size)
      sum += size
      squares += size * size
      ranked += size * (n - Double(rank) - 0.5)
      if size < largest / 1000 { thousandths += 1 }
      if size < largest / 100 { hundredths += 1 }
    }
    let length = squares.squareRoot()
    self.layer = layer
    (count, l1, l2, max, std) = (weights.count, sum, length, largest, second.squareRoot())
    belowThousandth = Double(thousandths) / n
    belowHundredth = Double(hundredths) / n
    kurtosis = second > 0 ? fourth / (second * second) : .nan
    hoyer = n > 1 && length > 0 ? (n.squareRoot() - sum / length) / (n.squareRoot() - 1) : .nan
    gini = sum > 0 ? 1 - 2 * ranked / (sum * n) : .nan
  }

  /// The magnitudes, the smallest first. Their bits are in the order of the numbers, so they are sorted by digits, for
  /// every epoch asks for this. The two halves take turns: many weights have the same digit, and each waits for the place
  /// that the one before it in its half moved on.
  static func sortedMagnitudes(_ weights: [Float]) -> [Float] {
    var keys = weights.map(\.magnitude)
    var sorted = keys
    for shift: UInt32 in [0, 11, 22] {
      keys.withUnsafeBufferPointer { keys in
        sorted.withUnsafeMutableBufferPointer { sorted in Self.sort(keys, by: shift, into: sorted) }
      }
      swap(&keys, &sorted)
    }
    return keys
  }

  /// Sorts by eleven bits from `shift` on, those that are equal in the order in which they were.
  private static func sort(
    _ keys: UnsafeBufferPointer<Float>, by shift: UInt32, into sorted: UnsafeMutableBufferPointer<Float>
  ) {
    let digits = 1 << 11
    let half = keys.count / 2
    func digit(_ place: Int) -> Int { Int(keys[place].bitPattern >> shift) & (digits - 1) }
    // How many of each digit, then where the next one belongs: of the first half, and of the rest.
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 2 * digits) { memory in
      memory.initialize(repeating: 0)
      let first = UnsafeMutableBufferPointer(rebasing: memory[..<digits])
      let rest = UnsafeMutableBufferPointer(rebasing: memory[digits...])
      for place in 0..<half {
        first[digit(place)] += 1
        rest[digit(half + place)] += 1
      }
      for place in 2 * half..<keys.count { rest[digit(place)] += 1 }
      var next = 0
      for digit in 0..<digits {
        let counts = (first[digit], rest[digit])
        (first[digit], rest[digit]) = (next, next + counts.0)
        next += counts.0 + counts.1
      }
      func move(_ place: Int, _ places: UnsafeMutableBufferPointer<Int>) {
        let digit = digit(place)
        sorted[places[digit]] = keys[place]
        places[digit] += 1
      }
      for place in 0..<half {
        move(place, first)
        move(half + place, rest)
      }
      for place in 2 * half..<keys.count { move(place, rest) }
    }
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

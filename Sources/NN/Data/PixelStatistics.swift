/// Means and deviations from the counts of the 256 byte values: exact, where a running sum of floats is not.
/// Those of floats are sums of doubles, in the order of the images.
enum PixelStatistics {
  static func meanAndDeviation(of values: PixelValues, shape: ImageShape) -> (mean: [Float], std: [Float]) {
    let moments = (0..<shape.channels).map { channel in
      switch values {
      case .bytes(let bytes): Self.moments(counts(of: bytes, channel: channel, shape: shape))
      case .floats(let floats): Self.moments(floats, channel: channel, shape: shape)
      }
    }
    return (moments.map { Float($0.mean) }, moments.map { Float($0.std) })
  }

  private static func moments(_ floats: [Float], channel: Int, shape: ImageShape) -> (mean: Double, std: Double) {
    let area = shape.height * shape.width
    func sum(_ of: (Double) -> Double) -> Double {
      var sum = 0.0
      for image in stride(from: channel * area, to: floats.count, by: shape.count) {
        for value in floats[image..<image + area] { sum += of(Double(value)) }
      }
      return sum
    }
    let total = Double(floats.count / shape.count * area)
    guard total > 0 else { return (0, 1) }
    let mean = sum { $0 } / total
    // Around the mean: the difference of two large sums would lose what little a nearly constant feature varies.
    let variance = sum { ($0 - mean) * ($0 - mean) } / total
    return (mean, variance > 1e-12 ? variance.squareRoot() : 1)
  }

  private static func moments(_ counts: [Int]) -> (mean: Double, std: Double) {
    let total = counts.reduce(0, +)
    guard total > 0 else { return (0, 1) }
    let sum = counts.indices.reduce(0) { $0 + $1 * counts[$1] }
    let squares = counts.indices.reduce(0) { $0 + $1 * $1 * counts[$1] }
    let mean = Double(sum) / Double(total)
    let variance = Double(squares) / Double(total) - mean * mean
    // Images of one colour have no deviation; 1 keeps normalisation a plain shift.
    return (mean / 255, variance > 0 ? variance.squareRoot() / 255 : 1)
  }

  /// How often each byte value occurs in a channel. Four tables, as equal neighbours would wait for one another.
  private static func counts(of bytes: [UInt8], channel: Int, shape: ImageShape) -> [Int] {
    let area = shape.height * shape.width
    var tables = [UInt32](repeating: 0, count: 4 * 256)
    var counts = [Int](repeating: 0, count: 256)
    // Safety: `image` walks whole images of `bytes`, and a byte plus 768 is the last entry of `tables`.
    bytes.withUnsafeBufferPointer { bytes in
      tables.withUnsafeMutableBufferPointer { tables in
        var image = channel * area
        while image + area <= bytes.count {
          var i = image
          let end = image + area
          while i + 4 <= end {
            tables[Int(bytes[i])] += 1
            tables[Int(bytes[i + 1]) + 256] += 1
            tables[Int(bytes[i + 2]) + 512] += 1
            tables[Int(bytes[i + 3]) + 768] += 1
            i += 4
          }
          while i < end {
            tables[Int(bytes[i])] += 1
            i += 1
          }
          image += shape.count
        }
      }
    }
    for value in 0..<256 {
      counts[value] = (0..<4).reduce(0) { $0 + Int(tables[$1 * 256 + value]) }
    }
    return counts
  }
}

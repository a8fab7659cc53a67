import Foundation

/// The L1 ball: projections onto it and draws from it.
enum L1Ball {
  /// The nearest point to `change` with L1 norm at most `radius` (Duchi et al., ICML 2008).
  static func project(_ change: Pixels, radius: Float) -> Pixels {
    guard Vector.l1(change) > radius else { return change }
    let sizes = change.map { Double(abs($0)) }.sorted(by: >)
    var (sum, threshold) = (0.0, 0.0)
    for (j, size) in sizes.enumerated() {
      sum += size
      let candidate = (sum - Double(radius)) / Double(j + 1)
      guard size > candidate else { break }
      threshold = candidate
    }
    return shrunk(change, by: Float(threshold), headroom: nil)
  }

  /// The nearest point to `change` with L1 norm at most `radius` for which `center` plus it stays in [0, 1].
  ///
  /// Croce and Hein, arXiv:2103.01208: `sign(y)·clamp(|y| − λ, 0, room)`, where the rooms are what is left to the
  /// edge of the box. The sum falls along straight pieces as λ grows; the pieces' ends are sorted, and λ is solved for
  /// exactly on the piece that crosses the radius.
  static func project(_ change: Pixels, around center: Pixels, radius: Float) -> Pixels {
    let headroom = Vector.map(change, center) { $0 > 0 ? 1 - $1 : $1 }
    let clipped = Vector.sum(change, headroom) { size, room in
      let size = size.replacing(with: -size, where: size .< 0)
      return size.replacing(with: room, where: room .< size)
    }
    guard clipped > Double(radius) else { return shrunk(change, by: 0, headroom: headroom) }
    return shrunk(change, by: threshold(change, headroom, total: clipped, radius: Double(radius)), headroom: headroom)
  }

  /// The λ at which the clamped sum is `radius`. `total` is the sum at λ = 0.
  private static func threshold(_ change: Pixels, _ headroom: Pixels, total: Double, radius: Double) -> Float {
    // A pixel loses nothing while λ < |y| − room, one per unit of λ until |y|, nothing afterwards.
    var ends: [(at: Double, slope: Double)] = []
    ends.reserveCapacity(2 * change.count)
    var (sum, slope, at) = (total, 0.0, 0.0)
    for i in change.indices where change[i] != 0 && headroom[i] > 0 {
      let (size, begin) = (Double(abs(change[i])), Double(abs(change[i])) - Double(headroom[i]))
      if begin > 0 { ends.append((begin, 1)) } else { slope += 1 }
      ends.append((size, -1))
    }
    ends.sort { $0.at < $1.at }
    for end in ends {
      let next = sum - slope * (end.at - at)
      if next <= radius { break }
      (sum, at, slope) = (next, end.at, slope + end.slope)
    }
    return Float(slope > 0 ? at + (sum - radius) / slope : at)
  }

  private static func shrunk(_ change: Pixels, by threshold: Float, headroom: Pixels?) -> Pixels {
    guard let headroom else {
      return Vector.map(change, change) { value, _ in
        let size = max(abs(value) - threshold, 0)
        return value < 0 ? -size : size
      }
    }
    return Vector.map(change, headroom) { value, room in
      let size = min(max(abs(value) - threshold, 0), room)
      return value < 0 ? -size : size
    }
  }

  /// A point drawn uniformly from the ball of radius 1: gaps between sorted uniform numbers, with random signs.
  static func uniform(_ count: Int, using random: inout Random) -> Pixels {
    let marks = (0..<count).map { _ in Double(random.uniform()) }.sorted()
    var previous = 0.0
    return marks.map { mark in
      defer { previous = mark }
      return Float(mark - previous) * random.sign()
    }
  }
}

/// The pixels of many images, one image after another.
public enum PixelValues: Sendable {
  /// 0 to 255, meaning 0 to 1.
  case bytes([UInt8])
  /// 0 to 1.
  case floats([Float])

  /// How many pixels there are.
  public var count: Int {
    switch self {
    case .bytes(let bytes): bytes.count
    case .floats(let floats): floats.count
    }
  }

  /// Those of some images of `each` pixels, in the order of `indices`.
  func picking(_ indices: [Int], of each: Int) -> PixelValues {
    switch self {
    case .bytes(let bytes): .bytes(Self.pick(indices, each, bytes))
    case .floats(let floats): .floats(Self.pick(indices, each, floats))
    }
  }

  private static func pick<Element>(_ indices: [Int], _ each: Int, _ all: [Element]) -> [Element] {
    var picked: [Element] = []
    picked.reserveCapacity(indices.count * each)
    for index in indices { picked += all[index * each..<(index + 1) * each] }
    return picked
  }
}

/// A column of a table, scaled to 0 to 1: what its values mean.
public struct Feature: Sendable, Hashable {
  /// The name of the column; `colour=red` for one word of a column of words.
  public let name: String
  /// The value that became 0: the smallest of the training part.
  public let lower: Double
  /// The value that became 1: the largest of the training part.
  public let upper: Double

  /// See the properties.
  public init(name: String, lower: Double = 0, upper: Double = 1) {
    (self.name, self.lower, self.upper) = (name, lower, upper)
  }

  /// A share of the range, 0 to 1, in the feature's own unit.
  public func value(of share: Float) -> Double { lower + Double(share) * (upper - lower) }

  /// A value in its own unit as a share of the range; below 0 or above 1 if it lies outside.
  public func share(of value: Double) -> Double {
    if upper > lower { return (value - lower) / (upper - lower) }
    return value == lower ? 0 : (value < lower ? -1 : 2)
  }
}

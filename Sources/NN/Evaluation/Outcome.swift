/// The outcome for one image.
public struct Outcome: Sendable, Hashable {
  /// Stands for an answer where a model's logits are NaN or infinite: it is never right, and never the target.
  public static let noAnswer = -1

  /// Its index in its part of the data set.
  public let index: Int
  /// Its true class.
  public let label: Int
  /// The model's answer to the clean image.
  public let cleanAnswer: Int
  /// The model's answer to the image that the attack returned; the clean answer if there was no attack.
  public let answer: Int
  /// The class that the attack was to reach, if it had one.
  public let target: Int?
  /// Whether the attack was run on it: not on images that were wrong while clean, or that already are of the target.
  public let attacked: Bool
  /// Whether the aim was reached within the radius: any wrong answer, or the target.
  public let fooled: Bool
  /// The size of the change.
  public let distances: Distances
  /// Forward passes that the attack spent on it, and backward ones.
  public let queries: Int
  /// Backward passes that the attack spent on it.
  public let gradients: Int
  /// Iterations of the attack.
  public let steps: Int

  /// The parts of a composed attack that fooled it, as `square` of `autoattack`: in a cascade one at most.
  public let credits: [String]
  /// Whether the returned image keeps within the radius: always, except where a minimum-norm attack needed more.
  public let withinBudget: Bool

  /// Whether the clean image is answered rightly.
  public var isCleanRight: Bool { cleanAnswer == label }
  /// The answer within the radius: a change that needed more has not been made.
  public var finalAnswer: Int { withinBudget ? answer : cleanAnswer }
  /// Whether the answer is still right after the attack; never for an image that was wrong while clean.
  public var isRobust: Bool { isCleanRight && !(attacked && withinBudget && answer != label) }
}

/// A share of a count, with the interval in which the true rate lies with 95 % confidence.
public struct Rate: Sendable, Hashable {
  /// How many.
  public let hits: Int
  /// Out of how many.
  public let count: Int

  /// `hits` of `count`.
  public init(_ hits: Int, of count: Int) {
    self.hits = hits
    self.count = count
  }

  /// From 0 to 1; NaN of nothing.
  public var value: Double { Double(hits) / Double(count) }

  /// Wilson's 95 % interval (Wilson, 1927); 0 to 1 of nothing.
  public var interval: (low: Double, high: Double) {
    guard count > 0 else { return (0, 1) }
    let (n, z) = (Double(count), 1.959963984540054)
    let middle = value + z * z / (2 * n)
    let half = z * (value * (1 - value) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 1 + z * z / n
    // At the ends the formula gives 0 and 1, but not to the last bit.
    return (
      hits == 0 ? 0 : max(0, (middle - half) / scale), hits == count ? 1 : min(1, (middle + half) / scale)
    )
  }
}

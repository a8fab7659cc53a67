/// What is proved about one image.
public struct Certificate: Sendable, Hashable {
  /// Its index in its part of the data set.
  public let index: Int
  /// Its true class.
  public let label: Int
  /// The answer to the clean image; of smoothing, that of the smoothed model, and `Outcome.noAnswer` where it abstains.
  public let cleanAnswer: Int
  /// How far the proof reaches: the smallest lower bound of `z[label] - z[other]` over the box, less what rounding may have
  /// added to it; of smoothing the radius. NaN where nothing is known.
  public let margin: Double
  /// The wrong answers that are not proved impossible within the radius; none means that the image is certified.
  public let unproved: [Int]
  /// Whether it would be certified if its bounds had been computed without rounding: they are positive, but by less than
  /// rounding may have added.
  public let isInBand: Bool

  /// See the properties.
  public init(index: Int, label: Int, cleanAnswer: Int, margin: Double, unproved: [Int], isInBand: Bool = false) {
    (self.index, self.label, self.cleanAnswer, self.margin) = (index, label, cleanAnswer, margin)
    (self.unproved, self.isInBand) = (unproved, isInBand)
  }

  /// Whether no change within the radius makes the answer wrong.
  public var isCertified: Bool { unproved.isEmpty }
  /// Whether the clean image is answered rightly.
  public var isCleanRight: Bool { cleanAnswer == label }
}

/// What is proved about a selection of images, overall, by class, and weighted by costs.
public struct Certification: Sendable {
  /// The model's name for a class, by class number.
  public let classNames: [String]
  /// What mistakes cost; nil for no costs.
  public let costs: CostMatrix?
  /// One for each image, in the order of the selection.
  public let certificates: [Certificate]

  /// See the properties.
  public init(classNames: [String], costs: CostMatrix?, certificates: [Certificate]) {
    (self.classNames, self.costs, self.certificates) = (classNames, costs, certificates)
  }

  /// How many images.
  public var images: Int { certificates.count }
  /// The share classified correctly without a change.
  public var clean: Rate { Rate(certificates.count(where: \.isCleanRight), of: images) }
  /// The share that is proved to be classified correctly whatever the change.
  public var certified: Rate { Rate(certificates.count(where: \.isCertified), of: images) }
  /// The same over the classes that the cost matrix protects; nil if it protects none, or no image is of one.
  public var protected: Rate? {
    guard let guarded = costs?.protected, !guarded.isEmpty else { return nil }
    let own = certificates.filter { guarded.contains($0.label) }
    return own.isEmpty ? nil : Rate(own.count(where: \.isCertified), of: own.count)
  }
  /// Images whose bounds are positive by less than rounding may have added; they count as not certified.
  public var inBand: Int { certificates.count(where: \.isInBand) }
  /// Images about which nothing is known: their bounds are infinite or no numbers.
  public var unbounded: Int { certificates.count { !$0.margin.isFinite } }

  /// Certified cost, over the images of classes whose mistakes cost anything (Zhang & Evans, arXiv:1810.09225).
  public struct Cost: Sendable, Equatable {
    /// The share of images for which a costly answer is not proved impossible: cost-sensitive robust error.
    public let error: Rate
    /// The mean over these images of the costs of all answers that are not proved impossible, added up.
    public let sum: Double
    /// The mean of the largest of them: a bound of what the worst change can cost, as only one answer is given.
    public let max: Double
  }

  /// Certified cost of all images; without a cost matrix every mistake costs 1.
  public var cost: Cost { cost(of: certificates) }

  private func cost(of certificates: [Certificate]) -> Cost {
    var (error, count, sum, largest) = (0, 0, 0.0, 0.0)
    for one in certificates where (costs?.rows[one.label].max() ?? 1) > 0 {
      let open = one.unproved.map { costs?[true: one.label, answered: $0] ?? 1 }
      count += 1
      if open.contains(where: { $0 > 0 }) { error += 1 }
      sum += open.reduce(0, +)
      largest += open.max() ?? 0
    }
    return Cost(error: Rate(error, of: count), sum: sum / Double(count), max: largest / Double(count))
  }

  /// One row a class, classes without images included.
  public var byClass: [Row] {
    let grouped = Dictionary(grouping: certificates, by: \.label)
    return classNames.indices.map { number in
      let own = grouped[number] ?? []
      let counts = Dictionary(own.flatMap(\.unproved).map { ($0, 1) }, uniquingKeysWith: +)
      let most = counts.max { $0.value == $1.value ? $0.key > $1.key : $0.value < $1.value }
      return Row(
        number: number, name: classNames[number], isProtected: costs?.protected.contains(number) ?? false,
        clean: Rate(own.count(where: \.isCleanRight), of: own.count),
        certified: Rate(own.count(where: \.isCertified), of: own.count), cost: cost(of: own), mayBeTakenFor: most?.key,
        mayBeTakenForCount: most?.value ?? 0)
    }
  }

  /// `counts[true class][answer]`: for how many images an answer is not proved impossible.
  public var unproved: [[Int]] {
    var counts = Array(repeating: Array(repeating: 0, count: classNames.count), count: classNames.count)
    for one in certificates { for answer in one.unproved { counts[one.label][answer] += 1 } }
    return counts
  }

  /// What is proved about one class.
  public struct Row: Sendable {
    /// The class.
    public let number: Int
    /// Its name.
    public let name: String
    /// Whether the cost matrix protects it.
    public let isProtected: Bool
    /// Its images answered rightly while clean.
    public let clean: Rate
    /// Its images proved to be answered rightly.
    public let certified: Rate
    /// What mistakes that are not proved impossible cost.
    public let cost: Cost
    /// The wrong answer that is not proved impossible most often.
    public let mayBeTakenFor: Int?
    /// For how many images.
    public let mayBeTakenForCount: Int
  }
}

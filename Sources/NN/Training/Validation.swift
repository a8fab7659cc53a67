/// What a training is judged by after each epoch: images that it does not learn from, and that are no test images.
public struct Validation: Sendable {
  /// What the best epoch is best at.
  public enum Measure: String, CaseIterable, Codable, Sendable {
    /// Robust accuracy under the attack that watches.
    case robust
    /// The same over the images of the protected classes.
    case protected
    /// Accuracy without an attack.
    case clean
    /// Accuracy without an attack, each class counting alike.
    case balanced
    /// The mean cost of the answers, under the attack if there is one: the lower, the better.
    case cost

    /// The measure of an epoch: the higher, the better; nil if it was not taken.
    func value(of figures: ValidationFigures) -> Double? {
      switch self {
      case .robust: figures.robust
      case .protected: figures.protected
      case .clean: figures.clean
      case .balanced: figures.balanced
      case .cost: figures.cost.map { -$0 }
      }
    }
  }

  /// The images.
  public var images: Images
  /// The attack they are judged under besides; nil for none.
  public var watch: AttackRun?
  /// What mistakes cost, and which classes are protected; nil for no costs.
  public var costs: CostMatrix?
  /// Which epoch's weights are kept; nil for the last.
  public var pick: Measure?
  /// After how many epochs without a better one the training ends; nil for never.
  public var patience: Int?

  /// See the properties.
  public init(
    _ images: Images, watch: AttackRun? = nil, costs: CostMatrix? = nil, pick: Measure? = nil, patience: Int? = nil
  ) {
    (self.images, self.watch, self.costs, self.pick, self.patience) = (images, watch, costs, pick, patience)
  }

  func figures(of model: Model, engine: Engine, stop: Stop) throws -> ValidationFigures {
    var run = watch
    run?.costs = costs
    let evaluation =
      try run?.run(against: model.target, on: images, engine: engine, stop: stop).evaluation
      ?? model.target.evaluate(on: images, costs: costs, engine: engine, stop: stop)
    return ValidationFigures(
      clean: evaluation.clean.value, balanced: evaluation.balancedClean,
      robust: run == nil ? nil : evaluation.robust.value, protected: evaluation.protected?.value,
      cost: costs == nil ? nil : evaluation.meanCost)
  }

  /// The epoch that is best so far, the first of several alike; nil if there is none.
  func best(of epochs: [EpochRecord]) -> Int? {
    guard let pick else { return nil }
    let measured = epochs.compactMap { record -> (epoch: Int, value: Double)? in
      guard let value = record.validation.flatMap(pick.value), !value.isNaN else { return nil }
      return (record.epoch, value)
    }
    return measured.max { $0.value == $1.value ? $0.epoch > $1.epoch : $0.value < $1.value }?.epoch
  }

  /// Whether the best epoch lies so far back that the training ends.
  func isOver(after epochs: [EpochRecord]) -> Bool {
    guard let patience, let best = best(of: epochs), let last = epochs.last?.epoch else { return false }
    return last - best >= patience
  }
}

/// How a model did on the validation images after an epoch.
public struct ValidationFigures: Sendable, Equatable, Codable {
  /// Accuracy without an attack, 0 to 1.
  public let clean: Double
  /// The same, each class counting alike.
  public let balanced: Double
  /// Accuracy under the attack that watches, 0 to 1; nil without one.
  public let robust: Double?
  /// Accuracy over the protected classes, under the attack if there is one; nil without such images.
  public let protected: Double?
  /// Mean cost of the answers, under the attack if there is one; nil without costs.
  public let cost: Double?
}

/// Which images a training sets apart to be judged by, as it is written down.
///
/// As JSON: `{"share":0.1}`, `{"count":600}`, `{"images":{"part":"validation"}}`.
public struct ValidationSpec: Codable, Sendable, Equatable {
  /// The share of the training images, class by class, chosen by the training's seed; 0 to 1.
  public var share: Double?
  /// How many of the training images, chosen so.
  public var count: Int?
  /// Images by their numbers, of the training or of the validation part.
  public var images: ImageSelection?

  /// See the properties; one of them is given.
  public init(share: Double? = nil, count: Int? = nil, images: ImageSelection? = nil) {
    (self.share, self.count, self.images) = (share, count, images)
  }

  /// The images to train on and those to judge by; no image is in both.
  ///
  /// - Throws: `DataError.selection` where that leaves none of one kind, or would choose by test images.
  public func parts(of dataset: Dataset, seed: Int) throws(DataError) -> (train: Images, validation: Images) {
    let all = dataset.train
    guard let images else {
      let wanted = count ?? Int((Double(all.count) * (share ?? 0)).rounded())
      guard wanted >= 1, wanted < all.count else {
        throw .selection(
          "\(wanted) of \(MessageText.count(all.count, dataset.noun)) cannot be set apart: "
            + "at least one is needed to choose by and one to train on")
      }
      let split = Split(all.labels.map(UInt8.init), wanted: wanted, seed: seed)
      return (all.at(split.train), all.at(split.test))
    }
    guard images.part != .test, images.result == nil else {
      throw .selection(
        images.result == nil
          ? "an epoch that is chosen by test images makes their accuracy mean nothing"
          : "the images to choose by are those of the data set, not changed ones")
    }
    let chosen = try images.images(of: dataset)
    let own = Set(chosen.indices)
    let left = images.part == .train ? all.at(all.indices.indices.filter { !own.contains(all.indices[$0]) }) : all
    guard !chosen.isEmpty, !left.isEmpty else {
      throw .selection("that leaves no image to \(chosen.isEmpty ? "choose by" : "train on")")
    }
    return (left, chosen)
  }
}

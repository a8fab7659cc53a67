/// All of a training after its last whole epoch: enough to go on to the same bits.
public struct TrainingState: Sendable {
  /// The weights.
  public internal(set) var model: Model
  /// What the optimiser keeps for each parameter, one array after the other.
  public internal(set) var moments: [[Float]]
  /// Steps taken.
  public internal(set) var steps: Int
  /// One record an epoch.
  public internal(set) var epochs: [EpochRecord]
  /// The mean of the weights over the steps, the last ones weighing most; nil where none is taken.
  public internal(set) var average: [Float]?
  /// The weights of the best epoch by the validation images; nil where none is picked.
  public internal(set) var best: Best?

  /// The weights after one of the epochs.
  public struct Best: Sendable {
    /// From 1.
    public let epoch: Int
    let values: [Float]
  }

  /// The start of a training.
  public init(_ model: Model) {
    self.model = model
    moments = []
    steps = 0
    epochs = []
  }

  /// The model after the last epoch: of the mean weights where a mean is taken.
  public var last: Model { model.with(average ?? model.values) }

  /// What the training comes to: the best epoch where one is picked, else the last.
  public var outcome: Model { best.map { model.with($0.values) } ?? last }

  /// The record of the epoch that `outcome` is of; nil before the first.
  public var outcomeEpoch: EpochRecord? { best.map { epochs[$0.epoch - 1] } ?? epochs.last }
}

extension Model {
  /// The same network with other weights.
  fileprivate func with(_ values: [Float]) -> Model {
    var copy = self
    copy.setValues(values)
    return copy
  }
}

/// What one epoch came to.
public struct EpochRecord: Sendable, Equatable, Codable {
  /// From 1.
  public let epoch: Int
  /// Mean over the epoch's steps, penalties included.
  public let loss: Double
  /// Share of right answers during the epoch, on the images as they were trained on.
  public let trainAccuracy: Double
  /// Share of right answers on the test images after it, if there were any.
  public let testAccuracy: Double?
  /// Learning rate of its last step.
  public let rate: Double
  /// Wall-clock time without the test.
  public let seconds: Double
  /// Clean images a second.
  public let imagesPerSecond: Double
  /// How each layer's weights were spread after it; none in files of earlier versions.
  public var weights: [WeightStatistics]?
  /// How the model did on the validation images after it; nil where there are none.
  public var validation: ValidationFigures?
  /// Of a training on images of one step: how it stands that step, and two of half the length; else nil.
  public var overfitting: OverfittingCheck?
}

/// How far a training has come.
public struct TrainingProgress: Sendable {
  /// From 1.
  public let epoch: Int
  /// Of the whole training.
  public let epochs: Int
  /// Batches done in this epoch.
  public let batch: Int
  /// Batches to an epoch.
  public let batches: Int
  /// Mean loss of the epoch so far.
  public let loss: Double
  /// Clean images a second, this epoch.
  public let imagesPerSecond: Double
  /// The epoch before; nil in the first.
  public var before: EpochRecord?
  /// Whether the batches are done, and the model is judged by the validation images.
  public var isValidating = false
}

/// A training that ended early. Both carry the last whole epoch, from which it can go on.
public enum TrainingError: Error, CustomStringConvertible {
  /// The loss became NaN or infinite.
  case diverged(epoch: Int, batch: Int, rate: Double, loss: Double, last: TrainingState)
  /// Somebody asked it to stop.
  case interrupted(epoch: Int, last: TrainingState)
  /// The images are not for this model.
  case mismatch(String)

  /// The state after the last whole epoch.
  public var last: TrainingState? {
    switch self {
    case .diverged(_, _, _, _, let last), .interrupted(_, let last): last
    case .mismatch: nil
    }
  }

  /// A sentence with what to try.
  public var description: String {
    switch self {
    case .diverged(let epoch, let batch, let rate, let loss, let last):
      "the loss became \(loss.isNaN ? "NaN" : "\(loss)") in epoch \(epoch), batch \(batch), at rate \(rate): try a smaller rate, smaller weights of the defense, or a bound on the gradient (clip: 5); "
        + (last.epochs.isEmpty ? "no epoch was whole yet" : "up to epoch \(last.epochs.count) it was finite")
    case .interrupted(let epoch, let last):
      "interrupted in epoch \(epoch); \(last.epochs.count) whole epochs are kept"
    case .mismatch(let detail): detail
    }
  }
}

import Foundation

/// The training loop; there is no other. Settings as the reference has them for LeNet.
public struct Trainer: Sendable {
  /// Passes over the images.
  public var epochs = 10
  /// Images to a step; the last batch of an epoch may be smaller.
  public var batch = 64
  /// What makes a step of a gradient.
  public var optimizer: any Optimizer = Adam()
  /// How the rate changes.
  public var schedule: any Schedule = Exponential()
  /// What is lowered.
  public var objective = TrainingObjective.standard
  /// Longest gradient, over all parameters together; longer ones are scaled down. Pascanu et al., ICML 2013.
  public var clip: Double?
  /// How much of the weights' mean a step leaves, close to 1; nil for no mean, and the last weights as they are.
  ///
  /// Over the first steps it leaves less, `(1 + t) / (10 + t)` of the mean after `t` steps, so that the random start is
  /// forgotten. Izmailov et al., UAI 2018, average the weights; against overfitting of adversarial training, Gowal et al.,
  /// arXiv:2010.03593, by this moving mean.
  public var average: Double?
  /// Whether each epoch shows as many images of each class as of every other: those of small classes several times, of large
  /// ones only some.
  public var balances = false
  /// The same seed gives the same bits, on any number of threads.
  public var seed = 0

  /// Adam at 0.001, times 0.95 an epoch, batches of 64, ten epochs.
  public init() {}

  /// Trains a copy of the model.
  ///
  /// - Parameters:
  ///   - testing: judged after each epoch, if given; nothing is chosen by it.
  ///   - validation: what epochs are chosen by, if given.
  ///   - progress: called after each batch, on this thread.
  /// - Throws: `TrainingError`, `MemoryShortage`, and what the adversary throws.
  public func train(
    _ model: Model, on images: Images, testing: Images? = nil, validation: Validation? = nil, engine: Engine,
    stop: Stop = .never, progress: (TrainingProgress) -> Void = { _ in }
  ) throws -> TrainingState {
    try resume(
      TrainingState(model), on: images, testing: testing, validation: validation, engine: engine, stop: stop,
      progress: progress)
  }

  /// Goes on from a state, up to `epochs` in all, or until patience ends: to the same bits as if it had not stopped.
  ///
  /// - Parameter whole: is given the state after each epoch, to be kept.
  public func resume(
    _ state: TrainingState, on images: Images, testing: Images? = nil, validation: Validation? = nil, engine: Engine,
    stop: Stop = .never, whole: (TrainingState) -> Void = { _ in }, progress: (TrainingProgress) -> Void = { _ in }
  ) throws -> TrainingState {
    try check(state.model, images)
    if let validation { try validation.watch?.check(state.model.target, validation.images) }
    var state = state
    let run = try TrainingRun(self, state, images: images, engine: engine, stop: stop)
    let overfitting = try OverfittingCheck.Runner(objective, images, seed: seed)
    while state.epochs.count < epochs, validation?.isOver(after: state.epochs) != true {
      let epoch = state.epochs.count + 1
      do {
        var done: TrainingProgress?
        let result = try run.epoch(epoch) {
          var report = $0
          report.before = state.epochs.last
          done = report
          progress(report)
        }
        // Whole or not at all: what is kept when the test is interrupted must not have these weights yet.
        var next = state
        run.save(into: &next)
        let model = next.last
        let test = try testing.map { try engine.accuracy(of: model, on: $0, stop: stop) }
        var record = result.record(epoch: epoch, testAccuracy: test)
        record.weights = try model.weightStatistics(stop: stop)
        record.overfitting = try overfitting?.run(on: model, engine: engine, stop: stop)
        if let validation {
          done?.isValidating = true
          if let done { progress(done) }
          record.validation = try validation.figures(of: model, engine: engine, stop: stop)
        }
        next.epochs.append(record)
        if validation?.best(of: next.epochs) == epoch { next.best = .init(epoch: epoch, values: model.values) }
        state = next
        whole(state)
      } catch is Interrupted {
        throw TrainingError.interrupted(epoch: epoch, last: state)
      } catch let problem as Diverged {
        throw TrainingError.diverged(
          epoch: epoch, batch: problem.batch, rate: problem.rate, loss: problem.loss, last: state)
      }
    }
    return state
  }

  private func check(_ model: Model, _ images: Images) throws {
    if images.shape != model.input {
      throw TrainingError.mismatch("the model takes \(model.input) images, these are \(images.shape)")
    }
    if images.classes.count != model.classes {
      throw TrainingError.mismatch(
        "the model has \(MessageText.classes(model.classes)), the images \(images.classes.count)")
    }
    if let place = model.values.firstIndex(where: { !$0.isFinite }) {
      let tensor = model.layout.first { $0.range.contains(place) }?.name ?? "the model"
      throw TrainingError.mismatch("\(tensor) holds a weight that is not a finite number")
    }
    if images.isEmpty { throw TrainingError.mismatch("there are no images to train on") }
  }
}

/// A loss that is NaN or infinite.
struct Diverged: Error {
  let batch: Int
  let rate: Double
  let loss: Double
}

/// What an epoch adds up.
struct EpochSums {
  var loss = 0.0
  var right = 0
  var seen = 0
  var images = 0
  var steps = 0
  var rate = 0.0
  var seconds = 0.0

  var meanLoss: Double { steps > 0 ? loss / Double(steps) : 0 }
  var imagesPerSecond: Double { seconds > 0 ? Double(images) / seconds : 0 }

  func record(epoch: Int, testAccuracy: Double?) -> EpochRecord {
    EpochRecord(
      epoch: epoch, loss: meanLoss, trainAccuracy: seen > 0 ? Double(right) / Double(seen) : 0,
      testAccuracy: testAccuracy, rate: rate, seconds: seconds, imagesPerSecond: imagesPerSecond)
  }
}

import CKernels
import Foundation

/// One training under way: weights, gradients and moments in memory that the threads share.
///
/// A batch is cut into shards of whole groups, how many depends on the batch alone. Threads take shards as they come;
/// gradients are summed in shard order, so the bits do not depend on threads.
final class TrainingRun {
  private let settings: Trainer
  private let images: Images
  private let labels: [Int]
  private let engine: Engine
  private let stop: Stop
  private let model: Model
  private let step: ShardedStep
  private let weights: FloatStorage
  private let moments: [FloatStorage]
  private let penalties: PenaltyTerms
  private let penaltyGradient: FloatStorage
  /// The mean of the weights over the steps.
  private let average: FloatStorage?
  private var steps: Int

  /// - Throws: `MemoryShortage`, before anything is allocated.
  init(
    _ settings: Trainer, _ state: TrainingState, images: Images, engine: Engine, stop: Stop
  ) throws(MemoryShortage) {
    try Self.checkMemory(settings, state.model, batch: min(settings.batch, images.count), engine)
    self.settings = settings
    self.images = images
    self.engine = engine
    self.stop = stop
    model = state.model
    labels = images.labels
    steps = state.steps
    weights = FloatStorage(state.model.values)
    let count = state.model.values.count
    let kept = settings.optimizer.rule.stateCount
    moments = (0..<kept).map {
      state.moments.indices.contains($0) ? FloatStorage(state.moments[$0]) : FloatStorage(count: count)
    }
    penalties = PenaltyTerms(settings.objective.penalties, layout: model.layout)
    penaltyGradient = FloatStorage(count: penalties.isEmpty ? 0 : count)
    average = settings.average == nil ? nil : FloatStorage(state.average ?? state.model.values)
    step = ShardedStep(model, weights: weights, batch: min(settings.batch, images.count), engine: engine)
  }

  private static func checkMemory(
    _ settings: Trainer, _ model: Model, batch: Int, _ engine: Engine
  ) throws(MemoryShortage) {
    let weights = 4 * Double(model.values.count)
    let kept = Double(settings.optimizer.rule.stateCount)
    let hasAdversary = settings.objective.adversary != nil
    let plan = Plan(model.network, training: true)
    let arenas =
      ShardedStep.arenaCount(plan, batch: batch, engine) * plan.arena.count
      + ShardedStep.leftCount(plan, batch: batch)
    let workspaces = hasAdversary ? engine.threads * model.plan.arena.count : 0
    let isBounded = settings.objective.bounds != nil
    let bounds = isBounded ? 2 * engine.threads * model.network.planForBounds(training: true).arena.count : 0
    // Best and mean weights are there as often as the weights themselves; those before an ascent once.
    let more =
      3.0 + (settings.average == nil ? 0 : 3) + (settings.objective.weightPerturbation == nil ? 0 : 1)
    let images = hasAdversary ? 8 * Double(batch * model.input.count) : 0
    try MemoryShortage.check(
      "training \(model.architecture.name) with \(batch) images to a step",
      [
        // The weights in use, those of the last whole epoch, and a copy on its way to the store.
        .init("weights", (3 + more) * weights), .init("what the optimiser keeps", 3 * kept * weights),
        .init(
          "gradients",
          weights
            * Double(
              (isBounded ? 2 : 1) * ShardedStep.shardCount(batch: batch)
                + (settings.objective.penalties.isEmpty ? 0 : 1))),
        .init("activations", 4 * Double(arenas + workspaces + bounds) + images),
      ],
      hint: "fewer images to a step (`batch:`), fewer threads (ward --threads 1), or a smaller network")
  }

  func save(into state: inout TrainingState) {
    state.model.setValues(weights.values)
    state.moments = moments.map(\.values)
    state.steps = steps
    state.average = average?.values
  }

  /// All batches of one epoch, in an order that depends on seed and epoch.
  func epoch(_ epoch: Int, progress: (TrainingProgress) -> Void) throws -> EpochSums {
    let order = order(of: epoch)
    step.forgetChange()
    let batches = (order.count + settings.batch - 1) / settings.batch
    var sums = EpochSums()
    let start = DispatchTime.now().uptimeNanoseconds
    for batch in 0..<batches {
      try stop.check()
      let rows = order[batch * settings.batch..<min((batch + 1) * settings.batch, order.count)]
      try take(Array(rows), epoch: epoch, batch: batch + 1, batches: batches, &sums)
      sums.images += rows.count
      sums.seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
      progress(
        TrainingProgress(
          epoch: epoch, epochs: settings.epochs, batch: batch + 1, batches: batches, loss: sums.meanLoss,
          imagesPerSecond: sums.imagesPerSecond))
    }
    // The last step's weights have not been seen by any loss.
    guard weights.values.allSatisfy({ $0.isFinite }) else {
      throw Diverged(batch: batches, rate: sums.rate, loss: .nan)
    }
    return sums
  }

  /// The rows of `images` in the order in which an epoch shows them.
  func order(of epoch: Int) -> [Int] {
    var random = Random(seed: settings.seed, stream: 0x5EED, epoch)
    guard settings.balances else { return random.permutation(images.count) }
    // Each class as often as every other, but for a remainder; no image twice before all of its class were shown.
    let members = Dictionary(grouping: labels.indices, by: { labels[$0] }).sorted { $0.key < $1.key }.map(\.value)
    var rows: [Int] = []
    for (place, own) in members.enumerated() {
      let quota = images.count * (place + 1) / members.count - images.count * place / members.count
      var shown: [Int] = []
      while shown.count < quota { shown += random.permutation(own.count).map { own[$0] } }
      rows += shown.prefix(quota)
    }
    return random.permutation(rows.count).map { rows[$0] }
  }

  /// The steps of one batch: one, or two where clean and adversarial ones take turns.
  private func take(_ rows: [Int], epoch: Int, batch: Int, batches: Int, _ sums: inout EpochSums) throws {
    let mix = settings.objective.mix
    // All steps of a batch belong to one place of the schedule.
    let stepsPerBatch = mix.stepsPerBatch
    let place = TrainingPosition(step: steps / stepsPerBatch, stepsPerEpoch: batches, epochs: settings.epochs)
    let rate = settings.optimizer.rate * settings.schedule.factor(at: place)
    let job = ShardedStep.Job(
      images: images, rows: rows, labels: rows.map { labels[$0] }, indices: rows.map { images.indices[$0] },
      objective: settings.objective, seed: settings.seed, epoch: epoch,
      progress: Double(epoch - 1) + Double(batch - 1) / Double(batches), stop: stop)
    for part in 0..<stepsPerBatch {
      let kind: ShardedStep.Kind =
        switch mix {
        case .clean: .clean
        case .adversarial: .adversarial
        case .alternating: part == 0 ? .clean : .adversarial
        case .blended(let clean): .blended(clean)
        case .paired(let loss): .paired(loss)
        case .free(_, let epsilon): .free(epsilon: epsilon)
        }
      let result = try gradient(of: job, kind, isLast: part == stepsPerBatch - 1)
      let penalty = penalties.isEmpty ? 0 : penalties.evaluate(weights, gradient: penaltyGradient)
      let loss = result.loss / Double(rows.count) + penalty
      guard loss.isFinite else { throw Diverged(batch: batch, rate: rate, loss: loss) }
      sums.loss += loss
      sums.right += result.right
      sums.seen += result.seen
      sums.steps += 1
      sums.rate = rate
      steps += 1
      update(rate: rate, images: rows.count)
    }
  }

  /// Where clean and changed images take turns, the weights are worst for the changed ones.
  private func gradient(of job: ShardedStep.Job, _ kind: ShardedStep.Kind, isLast: Bool) throws -> ShardedStep.Sums {
    guard let perturbation = settings.objective.weightPerturbation, perturbation.isOn(job.progress), isLast else {
      return try step.gradient(of: job, kind)
    }
    return try step.gradientAtWorstWeights(of: job, kind, perturbation)
  }

  private func update(rate: Double, images: Int) {
    step.update(
      settings.optimizer.rule, rate: rate, number: steps, scale: 1 / Double(images), clip: settings.clip,
      extra: penalties.isEmpty ? nil : penaltyGradient, moments: moments)
    if let average, let decay = settings.average {
      let kept = Float(min(decay, Double(1 + steps) / Double(10 + steps)))
      for i in 0..<average.count { average.floats[i] = kept * average.floats[i] + (1 - kept) * weights.floats[i] }
    }
  }
}

import CKernels
import Contract

/// The gradient of one batch by shards, and the optimiser's step over the sum.
final class ShardedStep {
  /// What a step is taken on.
  enum Kind {
    case clean
    case adversarial
    case blended(Float)
    case paired(any PairLoss)
    case free(epsilon: Float)
  }

  /// One batch.
  struct Job {
    let images: Images
    /// Positions in `images`.
    let rows: [Int]
    let labels: [Int]
    /// Indices in the data set.
    let indices: [Int]
    let objective: TrainingObjective
    let seed: Int
    let epoch: Int
    /// Epochs before this batch, the current one's share included.
    let progress: Double
    let stop: Stop
  }

  struct Sums: Sendable {
    var loss = 0.0
    var right = 0
    var seen = 0
  }

  /// More shards balance better, fewer leave less to sum.
  private static let maxShards = 8

  let model: Model
  let plan: Plan
  let engine: Engine
  private let weights: PreparedWeights
  /// The same values, prepared for crafting in evaluation mode.
  private let fixed: PreparedWeights
  private let gradients: FloatStorage
  /// What the groups of a batch leave for `late`.
  private let left: FloatStorage
  /// Gradients that are summed over all groups at once, into those of the first shard.
  private let late: [LateGradient]
  /// Whether they are: not where bounds add to the shards too.
  private var sumsLate = true
  private let stride: Int
  private let groupsPerShard: Int
  /// One a thread, or one a group where the network needs the whole batch at once.
  private let arenas: [Arena]
  /// One a thread, for crafting.
  private let workspaces: [Workspace]
  /// Adversarial images of the batch, one row an image.
  var crafted: FloatStorage?
  /// What free training adds to the images, one row a place in the batch.
  var change: FloatStorage?
  /// What goes through interval bounds, made when it is first needed.
  var bounding: BoundedStep?
  /// The weights before they were moved uphill, made when it is first needed.
  var before: FloatStorage?
  let batch: Int
  private var shards = 0
  /// The trained parameters in pieces for the threads: running averages are left out.
  private let pieces: [Piece]

  init(_ model: Model, weights: FloatStorage, batch: Int, engine: Engine) {
    self.model = model
    self.engine = engine
    self.batch = batch
    let plan = Plan(model.network, training: true)
    self.plan = plan
    self.weights = PreparedWeights(weights, for: plan, kernels: engine.kernels)
    let fixed = PreparedWeights(weights, for: model.plan, kernels: engine.kernels)
    self.fixed = fixed
    groupsPerShard = Self.groupsPerShard(batch: batch)
    stride = (plan.parameterCount + 15) / 16 * 16
    gradients = FloatStorage(count: stride * Self.shardCount(batch: batch))
    late = plan.operations.compactMap(\.late)
    left = FloatStorage(count: Self.leftCount(plan, batch: batch))
    pieces = Self.pieces(of: plan, late: late)
    arenas = (0..<Self.arenaCount(plan, batch: batch, engine)).map { _ in Arena(plan.arena) }
    workspaces = (0..<engine.threads).map { _ in Workspace(model, weights: fixed, kernels: engine.kernels) }
  }

  private static func groups(_ batch: Int) -> Int { (batch + WARD_LANES - 1) / WARD_LANES }

  private static func groupsPerShard(batch: Int) -> Int { (groups(batch) + maxShards - 1) / maxShards }

  /// How many sums of gradients a batch needs memory for.
  static func shardCount(batch: Int) -> Int {
    let each = groupsPerShard(batch: batch)
    return (groups(batch) + each - 1) / each
  }

  /// Floats of what all groups of a batch leave.
  static func leftCount(_ plan: Plan, batch: Int) -> Int { groups(batch) * plan.left.count }

  /// How many groups of images are in memory at once.
  static func arenaCount(_ plan: Plan, batch: Int, _ engine: Engine) -> Int {
    plan.hasPhases ? groups(batch) : engine.threads
  }

  // What `update` works on. Safety: the pointers live as long as this object.
  var kernels: ward_kernels { engine.kernels.table.pointee }
  var gradientStart: UnsafePointer<Float> { UnsafePointer(gradients.floats) }
  var weightStart: UnsafeMutablePointer<Float> { weights.values.floats }
  var weightCount: Int { weights.values.count }
  var shardCount: Int { shards }
  /// How many shards have a part of a tensor's gradient.
  func shardCount(of tensor: ParameterLayout) -> Int {
    sumsLate && late.contains { $0.weight == tensor.offset } ? 1 : shards
  }
  var shardStride: Int { stride }
  func gradients(of shard: Int) -> UnsafeMutablePointer<Float> { gradients.floats + shard * stride }
  func makeBoundedStep(lines: Bool) -> BoundedStep {
    BoundedStep(
      model, weights: weights.values, engine: engine, shards: Self.shardCount(batch: batch), stride: stride,
      lines: lines)
  }

  /// Calls `body` for pieces of the trained parameters, on all threads, with the number of shards that have gradients there.
  func inRanges(_ body: (_ from: Int64, _ to: Int64, _ shards: Int32) -> Void) {
    engine.run(pieces.count) { number, _ in
      let piece = self.pieces[number]
      body(Int64(piece.range.lowerBound), Int64(piece.range.upperBound), self.shards(of: piece))
    }
  }

  /// The same with results, added in order.
  func sumInRanges(_ body: (_ from: Int64, _ to: Int64, _ shards: Int32) -> Double) -> Double {
    pieces.reduce(0) { $0 + body(Int64($1.range.lowerBound), Int64($1.range.upperBound), shards(of: $1)) }
  }

  private func shards(of piece: Piece) -> Int32 { piece.isLate && sumsLate ? 1 : Int32(shards) }

  /// Fills the shards' gradients with the sum (not the mean) of the batch's gradients.
  ///
  /// - Parameter crafting: whether changed images are made first; else those of before are taken.
  /// - Throws: `Interrupted`, within one layer of one group of images; then neither they nor the running averages mean
  ///   anything, and the weights are those of no whole step.
  func gradient(of job: Job, _ kind: Kind, crafting: Bool = true) throws -> Sums {
    let groups = (job.rows.count + WARD_LANES - 1) / WARD_LANES
    shards = (groups + groupsPerShard - 1) / groupsPerShard
    weights.prepare(engine.kernels)
    sumsLate = job.objective.bounds == nil
    switch kind {
    case .clean: break
    case .free(let epsilon): addChange(job, epsilon)
    case .adversarial, .blended, .paired: if crafting { try craft(job) }
    }
    guard let bounds = job.objective.bounds, let now = bounds.now(job.progress) else {
      return try passes(job, kind, weight: 1)
    }
    var sums = try passes(job, kind, weight: 1 - now.share)
    sums.loss += try bounded(job, bounds, now).loss
    return sums
  }

  /// All of the loss but what goes through bounds, times `weight`.
  private func passes(_ job: Job, _ kind: Kind, weight: Float) throws -> Sums {
    switch kind {
    case .clean: return try pass(job, adversarial: false, weight: weight, accumulate: false)
    case .adversarial: return try pass(job, adversarial: true, weight: weight, accumulate: false)
    case .blended(let clean):
      let first = try pass(job, adversarial: false, weight: weight * clean, accumulate: false)
      let second = try pass(job, adversarial: true, weight: weight * (1 - clean), accumulate: true)
      return Sums(loss: first.loss + second.loss, right: first.right + second.right, seen: first.seen + second.seen)
    case .paired(let loss): return try paired(job, loss)
    case .free(let epsilon): return try free(job, epsilon)
    }
  }

  private struct Piece {
    var range: Range<Int>
    let isLate: Bool
  }

  /// Neighbouring trained tensors together, cut to at most 8,192 values.
  private static func pieces(of plan: Plan, late: [LateGradient]) -> [Piece] {
    var runs: [Piece] = []
    for tensor in plan.parameters where tensor.isTrained {
      let isLate = late.contains { $0.weight == tensor.offset }
      if let last = runs.last, last.range.upperBound == tensor.offset, last.isLate == isLate {
        runs[runs.count - 1].range = last.range.lowerBound..<tensor.range.upperBound
      } else {
        runs.append(Piece(range: tensor.range, isLate: isLate))
      }
    }
    return runs.flatMap { run in
      Swift.stride(from: run.range.lowerBound, to: run.range.upperBound, by: 8192).map {
        Piece(range: $0..<min($0 + 8192, run.range.upperBound), isLate: run.isLate)
      }
    }
  }

  func groupRows(_ group: Int, _ job: Job) -> Range<Int> {
    group * WARD_LANES..<min((group + 1) * WARD_LANES, job.rows.count)
  }

  func groups(of shard: Int, _ job: Job) -> Range<Int> {
    let all = (job.rows.count + WARD_LANES - 1) / WARD_LANES
    return shard * groupsPerShard..<min((shard + 1) * groupsPerShard, all)
  }

  private func frame(
    _ group: Int, thread: Int, shard: Int, _ job: Job, adds: Bool, needsInputGradient: Bool
  ) -> Frame {
    let rows = groupRows(group, job)
    let hasDropout = plan.hasDropout
    let first = group == shard * groupsPerShard
    return Frame(
      arena: arenas[plan.hasPhases ? group : thread], weights: weights,
      gradients: gradients.floats + shard * stride, accumulate: adds || !first,
      left: sumsLate && !late.isEmpty ? left.floats + group * plan.left.count : nil,
      wantsInputGradient: needsInputGradient,
      count: rows.count, isTraining: true,
      keys: hasDropout ? rows.map { dropoutKey(job, $0) } : [], kernels: engine.kernels, stop: job.stop)
  }

  private func dropoutKey(_ job: Job, _ row: Int) -> UInt64 {
    var random = Random(seed: job.seed, stream: 0xD20, job.epoch, job.indices[row])
    return random.next()
  }

  /// Adversarial images of the whole batch, by groups.
  private func craft(_ job: Job) throws {
    guard let adversary = job.objective.adversary else { unreachable("no adversary for \(job.objective.mix)") }
    let width = model.input.count
    let room = crafted ?? FloatStorage(count: batch * width)
    crafted = room
    fixed.prepare(engine.kernels)
    let groups = (job.rows.count + WARD_LANES - 1) / WARD_LANES
    var failures = [(any Error)?](repeating: nil, count: groups)
    failures.withUnsafeMutableBufferPointer { failures in
      // Safety: each group writes its own rows and its own failure; `run` waits for all of them.
      nonisolated(unsafe) let failures = failures
      engine.run(groups) { group, thread in
        do {
          try job.stop.check()
          workspaces[thread].setStop(job.stop)
          let rows = groupRows(group, job)
          let context = AdversaryContext(
            workspace: workspaces[thread], loss: job.objective.loss, indices: Array(job.indices[rows]),
            seed: job.seed &+ job.epoch &* 0x1000_0001, epochs: job.progress, stop: job.stop)
          let clean = cleanImages(rows, job)
          let made = try adversary.craft(clean, labels: Array(job.labels[rows]), in: context)
          require(made.shape == clean.shape, "an adversary made \(made.shape) of \(clean.shape)")
          made.values.withUnsafeBufferPointer {
            (room.floats + rows.lowerBound * width).update(from: $0.baseAddress!, count: made.count)
          }
        } catch { failures[group] = error }
      }
    }
    if let first = failures.compactMap({ $0 }).first { throw first }
    try job.stop.check()
  }

  /// Some of the batch's images as floats.
  func cleanImages(_ rows: Range<Int>, _ job: Job) -> Tensor { job.images.tensor(at: Array(job.rows[rows])) }

  private func load(_ rows: Range<Int>, _ job: Job, adversarial: Bool, _ frame: Frame) {
    if adversarial, let crafted {
      plan.load(crafted.floats + rows.lowerBound * model.input.count, into: frame, model.normalisation)
      return
    }
    plan.load(job.images, at: Array(job.rows[rows]), into: frame, model.normalisation)
  }

  /// One forward and backward pass of the whole batch.
  func pass(
    _ job: Job, adversarial: Bool, weight: Float, accumulate: Bool, after: ((Range<Int>, Frame) -> Void)? = nil
  ) throws -> Sums {
    try run(job, accumulate: accumulate, after: after) { rows, frame in
      load(rows, job, adversarial: adversarial, frame)
    } logitGradients: { rows, logits in
      let labels = Array(job.labels[rows])
      var value = job.objective.loss.evaluate(logits, labels: labels)
      if weight != 1 { for i in value.gradient.values.indices { value.gradient.values[i] *= weight } }
      var sums = Sums(seen: labels.count)
      for loss in value.values { sums.loss += Double(weight * loss) }
      for (answer, label) in zip(logits.answers, labels) where answer == label { sums.right += 1 }
      return (value.gradient, sums)
    }
  }

  /// Three passes, as each group's activations serve one image at a time.
  private func paired(_ job: Job, _ loss: any PairLoss) throws -> Sums {
    let classes = model.classes
    let clean = FloatStorage(count: batch * classes)
    let changed = FloatStorage(count: batch * classes)
    func read(_ from: FloatStorage, _ rows: Range<Int>) -> Tensor {
      let start = from.floats + rows.lowerBound * classes
      return Tensor(
        shape: [rows.count, classes], values: Array(UnsafeBufferPointer(start: start, count: rows.count * classes)))
    }
    func write(_ logits: Tensor, _ rows: Range<Int>, to: FloatStorage) {
      logits.values.withUnsafeBufferPointer {
        (to.floats + rows.lowerBound * classes).update(from: $0.baseAddress!, count: logits.count)
      }
    }
    // Clean logits first: the gradients at the changed images need them.
    _ = try run(job, accumulate: false, backward: false) { rows, frame in
      load(rows, job, adversarial: false, frame)
    } logitGradients: { rows, logits in
      write(logits, rows, to: clean)
      return (logits, Sums())
    }
    _ = try run(job, accumulate: false) { rows, frame in
      load(rows, job, adversarial: true, frame)
    } logitGradients: { rows, logits in
      write(logits, rows, to: changed)
      let value = loss.evaluate(
        clean: read(clean, rows), changed: logits, labels: Array(job.labels[rows]), loss: job.objective.loss)
      return (value.changedGradient, Sums())
    }
    return try run(job, accumulate: true) { rows, frame in
      load(rows, job, adversarial: false, frame)
    } logitGradients: { rows, logits in
      let labels = Array(job.labels[rows])
      let value = loss.evaluate(clean: logits, changed: read(changed, rows), labels: labels, loss: job.objective.loss)
      var sums = Sums(loss: value.sum, seen: labels.count)
      for (answer, label) in zip(logits.answers, labels) where answer == label { sums.right += 1 }
      return (value.cleanGradient, sums)
    }
  }

  /// Forward, gradients of the logits, backward, by shards; sums in shard order. `after` may read the gradients by the pixels.
  private func run(
    _ job: Job, accumulate: Bool, backward: Bool = true, after: ((Range<Int>, Frame) -> Void)? = nil,
    load: (Range<Int>, Frame) -> Void,
    logitGradients: (Range<Int>, Tensor) -> (gradient: Tensor, sums: Sums)
  ) throws -> Sums {
    let groups = (job.rows.count + WARD_LANES - 1) / WARD_LANES
    var sums = [Sums](repeating: Sums(), count: groups)
    try sums.withUnsafeMutableBufferPointer { sums in
      // Safety: each group writes its own sums; `run` waits for all of them.
      nonisolated(unsafe) let sums = sums
      func turn(_ group: Int, _ frame: Frame) {
        let rows = groupRows(group, job)
        var logits = Tensor(shape: [rows.count, model.classes])
        logits.values.withUnsafeMutableBufferPointer { plan.logits(of: frame, into: $0.baseAddress!) }
        let result = logitGradients(rows, logits)
        sums[group] = result.sums
        result.gradient.values.withUnsafeBufferPointer { plan.setOutputGradient($0.baseAddress!, of: frame) }
      }
      if plan.hasPhases {
        try inPhases(job, accumulate: accumulate, backward: backward, after: after, load: load, turn: turn)
      } else {
        engine.run(shards) { shard, thread in
          for group in self.groups(of: shard, job) {
            let frame = frame(
              group, thread: thread, shard: shard, job, adds: accumulate, needsInputGradient: after != nil)
            load(groupRows(group, job), frame)
            plan.forward(frame)
            if job.stop.isRequested { return }
            turn(group, frame)
            if backward { plan.backward(frame) }
            if job.stop.isRequested { return }
            after?(groupRows(group, job), frame)
          }
        }
        try job.stop.check()
      }
    }
    if backward, sumsLate { sumLate(groups: groups, adds: accumulate) }
    return sums.reduce(into: Sums()) { total, each in
      total.loss += each.loss
      total.right += each.right
      total.seen += each.seen
    }
  }

  private func sumLate(groups: Int, adds: Bool) {
    for each in late {
      // Safety: each part writes its own rows of the gradient; `run` waits for all of them.
      engine.run(each.parts) { part, _ in
        each.sum(
          part: part, groups: groups, left: self.left.floats, stride: self.plan.left.count,
          to: self.gradients.floats, adds: adds, self.engine.kernels)
      }
    }
  }

  /// The same where operations need the whole batch in between: all groups go through one stretch before the next.
  private func inPhases(
    _ job: Job, accumulate: Bool, backward: Bool, after: ((Range<Int>, Frame) -> Void)?,
    load: (Range<Int>, Frame) -> Void, turn: (Int, Frame) -> Void
  ) throws {
    let count = (job.rows.count + WARD_LANES - 1) / WARD_LANES
    let frames = (0..<count).map {
      frame($0, thread: 0, shard: $0 / groupsPerShard, job, adds: accumulate, needsInputGradient: after != nil)
    }
    func everywhere(_ body: (Int, _ thread: Int) -> Void) throws {
      engine.run(shards) { shard, thread in
        for group in self.groups(of: shard, job) where !job.stop.isRequested { body(group, thread) }
      }
      try job.stop.check()
    }
    func everywhere(_ stretch: [Plan.PhaseStep], _ body: (any Operation, Frame, Int) -> Void) throws {
      try everywhere { group, thread in
        var frame = frames[group]
        if engine.threads <= arenas.count { frame.scratch = arenas[thread].scratch }
        for turn in stretch where !job.stop.isRequested {
          body(plan.operations[turn.operation], frame, turn.phase)
        }
      }
    }
    try everywhere { group, _ in load(groupRows(group, job), frames[group]) }
    for stretch in plan.forwardSegments {
      try everywhere(stretch) { $0.forward($1, phase: $2) }
      if let end = stretch.last { plan.operations[end.operation].combineForward(frames, phase: end.phase) }
    }
    try everywhere { group, _ in turn(group, frames[group]) }
    guard backward else { return }
    for stretch in plan.backwardSegments {
      try everywhere(stretch) { $0.backward($1, phase: $2) }
      if let end = stretch.last { plan.operations[end.operation].combineBackward(frames, phase: end.phase) }
    }
    if let after { try everywhere { group, _ in after(groupRows(group, job), frames[group]) } }
  }
}

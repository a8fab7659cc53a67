import Contract
import Foundation
import Synchronization

/// One attack on one model and one selection of images: everything that decides its result.
public struct AttackRun: Sendable {
  /// What is run.
  public var attack: any Attack
  /// What it may do.
  public var threat: ThreatModel
  /// Which values may change; nil for all.
  public var mask: Mask?
  /// What it tries to achieve.
  public var goal: Goal = .untargeted
  /// What mistakes cost: for `mostCostly`, and for the evaluation.
  public var costs: CostMatrix?
  /// Determines every random choice.
  public var seed = 0
  /// Whether to keep the changed images.
  public var keepsImages = false
  /// Threads that work at once, unless `run` is given an engine. The result does not depend on it.
  public var threads = ProcessInfo.processInfo.activeProcessorCount
  /// Images to a block; nil for a size that keeps all threads busy. The result does not depend on it.
  public var blockSize: Int?

  private var donors: [Int: Pixels] = [:]
  /// What `mask` means for the images; nil where all may change.
  private var free: FreeValues?

  /// An attack within a threat model; untargeted and seed 0, if nothing else is set.
  public init(_ attack: any Attack, within threat: ThreatModel) {
    self.attack = attack
    self.threat = threat
  }

  /// Throws `AttackError` if this cannot be run on such a model and such images. `run` calls it first.
  public func check(_ target: Target, _ images: Images) throws {
    try target.check(images)
    let free = try freeValues(of: images)
    // Norms count what may change.
    let shape = free.map { ImageShape(channels: 1, height: 1, width: $0.count) } ?? target.shape
    try threat.check(shape)
    let (name, traits) = (attack.name, attack.traits)
    guard traits.norms.contains(threat.norm) else {
      throw AttackError.norm(attack: name, norm: threat.norm, supported: traits.norms)
    }
    guard traits.budget == .minimum || threat.epsilon.isFinite else { throw AttackError.needsEpsilon(attack: name) }
    if let step = attack.step { try threat.check(step: step, shape) }
    guard traits.canTarget || goal == .untargeted else {
      throw AttackError.goal(attack: name, goal: goal.name, supported: ["untargeted"])
    }
    if let costs, costs.classes != target.classes {
      throw AttackError.costsForOtherClasses(costs.classes, classes: target.classes)
    }
    try checkGoal(target, images)
    try attack.check(threat, goal: goal, classes: target.classes, shape: shape)
  }

  /// Warnings about a run that is possible but probably not intended, one sentence each.
  public func doubts(_ shape: ImageShape) -> [String] {
    [mask == nil ? threat.doubt(shape) : nil, attack.step.flatMap(threat.doubt(step:))].compactMap { $0 }
  }

  /// What `mask` lets change of such images; nil for everything.
  ///
  /// - Throws: `AttackError` if it does not fit them, or lets nothing change.
  public func freeValues(of images: Images) throws(AttackError) -> FreeValues? {
    guard let mask else { return nil }
    return try mask.freeValues(of: images.shape, features: images.dataset.featureNames)
  }

  private func checkGoal(_ target: Target, _ images: Images) throws(AttackError) {
    if case .target(let wanted) = goal {
      guard (0..<target.classes).contains(wanted) else { throw .noSuchTarget(wanted, classes: target.classes) }
      guard images.labels.contains(where: { $0 != wanted }) else { throw .targetIsTrue(wanted) }
    }
    if goal == .mostCostly, costs == nil { throw .noCosts }
  }

  /// Runs the attack.
  ///
  /// - Parameters:
  ///   - resuming: outcomes of an earlier, interrupted run of the same attack on these images: they are taken as they
  ///     are (unless images are to be kept), and only the others are attacked.
  ///   - finished: is given the outcomes of each block, to be resumed from.
  ///   - progress: is told how many images are done.
  ///
  /// Both are called from any thread, but one call at a time.
  /// - Throws: `AttackError` before anything runs, `Interrupted` when `stop` asks.
  public func run(
    against target: Target, on images: Images, engine: Engine? = nil, stop: Stop = .never,
    resuming: [Outcome] = [], finished: @escaping @Sendable ([Outcome]) -> Void = { _ in },
    progress: @escaping @Sendable (AttackProgress) -> Void = { _ in }
  ) throws -> AttackResult {
    try check(target, images)
    let start = ContinuousClock.now
    let known = keepsImages ? [:] : Dictionary(resuming.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
    let left = known.isEmpty ? images : images.at(images.indices.indices.filter { known[images.indices[$0]] == nil })
    let engine = engine ?? Engine(threads: threads)
    // A composed attack is long: smaller blocks, so that more is done and can be told when it is interrupted.
    let isLong = !attack.parts(threat.norm, classes: target.classes).isEmpty
    let size = blockSize ?? Blocks.size(of: left.count, threads: engine.threads, most: isLong ? 64 : 256)
    let (all, before) = (images.count, images.count - left.count)
    let blocks = Blocks(size: size, engine: engine, stop: stop) { done in
      progress(AttackProgress(done: before + done, images: all, elapsed: ContinuousClock.now - start))
    }
    let ready = try prepared(target, images, stop)
    let turn = Mutex(())
    let parts = try blocks.run(left.count, against: target) { range, responder in
      let part = try ready.attackBlock(
        left.pixels(range), left.labels(range), Array(left.indices[range]), responder, stop)
      turn.withLock { _ in finished(part.outcomes) }
      return part
    }
    var new = parts.flatMap(\.outcomes)[...]
    let outcomes = images.indices.map { index in known[index] ?? new.removeFirst() }
    let evaluation = Evaluation(classNames: images.classes, costs: costs, outcomes: outcomes)
    return AttackResult(
      run: self, evaluation: evaluation, selection: images.name,
      examples: keepsImages ? parts.flatMap(\.images) : nil, seconds: (ContinuousClock.now - start).seconds)
  }

  /// The same with an attack that knows what it has to of the whole selection.
  private func prepared(_ target: Target, _ images: Images, _ stop: Stop) throws -> AttackRun {
    var ready = self
    ready.free = try freeValues(of: images)
    ready.attack = try attack.prepared(
      for: target, images, within: threat, changing: ready.free, seed: seed, stop: stop)
    if attack.traits.access == .answers { ready.donors = try donors(target, images, stop) }
    return ready
  }

  /// For each class the first image of the data set that is answered as such, out of a few.
  private func donors(_ target: Target, _ images: Images, _ stop: Stop) throws -> [Int: Pixels] {
    let pool = images.dataset.train.isEmpty ? images : images.dataset.train.take(500)
    let pixels = pool.pixels(0..<min(pool.count, 500))
    let responder = target.makeResponder()
    responder.setStop(stop)
    let answers = responder.forward(pixels, keeping: false).map(\.answer)
    try stop.check()
    let right = zip(pixels, zip(answers, pool.labels)).filter { $0.1.0 == $0.1.1 }
    return Dictionary(right.map { ($0.1.0, $0.0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The whole attack on one block.
  func attackBlock(
    _ images: [Pixels], _ labels: [Int], _ indices: [Int], _ responder: any Responder, _ stop: Stop
  ) throws -> BlockResult {
    let clean = responder.forward(images, keeping: false)
    try stop.check()
    let (rows, aims) = attackableRows(clean, labels, indices)
    let surroundings = free.map { Surroundings(free: $0, images: rows.map { images[$0] }) }
    func changeable(_ image: Pixels) -> Pixels { free?.taken(from: image) ?? image }
    let batch = Batch(
      images: rows.map { changeable(images[$0]) }, aims: aims, indices: rows.map { indices[$0] }, seed: seed,
      donors: donors.mapValues(changeable))
    let victim = Victim(responder, count: rows.count, stop: stop, in: surroundings)
    let proposals = rows.isEmpty ? [] : try attack.perturb(batch, within: threat, against: victim)
    require(proposals.count == rows.count, "\(proposals.count) images for \(rows.count)")
    let judged = judge(
      images, labels, indices, clean.map(\.answer), rows, batch, proposals, surroundings, victim.efforts,
      responder)
    try stop.check()
    return judged
  }

  /// The positions that are attacked, with their aims: answered rightly while clean, and not of the target's class.
  private func attackableRows(_ clean: [[Float]], _ labels: [Int], _ indices: [Int]) -> (rows: [Int], aims: [Aim]) {
    var (rows, aims): ([Int], [Aim]) = ([], [])
    for row in labels.indices where clean[row].answer == labels[row] {
      var random = Random(seed: seed, image: indices[row], restart: -1)
      guard let aim = goal.aim(label: labels[row], cleanLogits: clean[row], costs: costs, random: &random) else {
        continue
      }
      rows.append(row)
      aims.append(aim)
    }
    return (rows, aims)
  }

  /// The final word, the same for every attack: project (unless the attack looks for the smallest change), clip, ask
  /// the model about exactly the images that are returned, and measure.
  private func judge(
    _ images: [Pixels], _ labels: [Int], _ indices: [Int], _ cleanAnswers: [Int], _ rows: [Int], _ batch: Batch,
    _ proposals: [Pixels], _ surroundings: Surroundings?, _ efforts: [Victim.Effort], _ responder: any Responder
  ) -> BlockResult {
    let constrained = zip(batch.images, proposals).map { attack.constrained($1, around: $0, within: threat) }
    let returned = surroundings?.whole(constrained, of: Array(rows.indices)) ?? constrained
    let answers = returned.isEmpty ? [] : responder.forward(returned, keeping: false).map(\.answer)
    var (final, outcomes) = (images, [Outcome]())
    var at = Array(repeating: -1, count: images.count)
    for (i, row) in rows.enumerated() {
      at[row] = i
      final[row] = returned[i]
    }
    for row in images.indices {
      let i = at[row]
      let distances = i < 0 ? .zero : Distances.between(images[row], final[row])
      let isAllowed = threat.allows(distances)
      let answer = i < 0 ? cleanAnswers[row] : answers[i]
      outcomes.append(
        Outcome(
          index: indices[row], label: labels[row], cleanAnswer: cleanAnswers[row], answer: answer,
          target: i < 0 ? nil : batch.aims[i].target, attacked: i >= 0,
          fooled: i >= 0 && isAllowed && batch.aims[i].isReached(by: answer), distances: distances,
          queries: i < 0 ? 0 : efforts[i].queries, gradients: i < 0 ? 0 : efforts[i].gradients,
          steps: i < 0 ? 0 : efforts[i].steps, credits: i < 0 ? [] : efforts[i].credits, withinBudget: isAllowed))
    }
    return BlockResult(outcomes: outcomes, images: keepsImages ? final : [])
  }
}

/// What one block comes to.
struct BlockResult: Sendable {
  let outcomes: [Outcome]
  let images: [Pixels]
}

/// The progress of an attack.
public struct AttackProgress: Sendable {
  /// Images that are done with.
  public let done: Int
  /// Images in all.
  public let images: Int
  /// Time since the start.
  public let elapsed: Duration
}

extension Duration {
  /// In seconds.
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

/// Checks whether a model's robustness is real, with several attacks that should agree and an inspection of the
/// gradients.
///
/// Carlini et al., "On Evaluating Adversarial Robustness", arXiv:1902.06705; Athalye, Carlini and Wagner, "Obfuscated
/// Gradients Give a False Sense of Security", ICML 2018, §3.1; Pintor et al., "Indicators of Attack Failure", NeurIPS
/// 2022.
public struct Audit: Sendable {
  /// How much is tried.
  public enum Form: String, Sendable, CaseIterable {
    /// Under half a minute for a small network and 500 images.
    case quick
    /// The attacks of AutoAttack at full length, more restarts, and more noise.
    case full
  }

  /// The radius at which robustness is claimed; L∞ or L2.
  public var threat: ThreatModel
  /// How much is tried.
  public var form = Form.quick
  /// An undefended model whose fooling images are tried as well; nil to leave that out.
  public var source: Target?
  /// What mistakes cost, for the evaluations in the report.
  public var costs: CostMatrix?
  /// Every random choice follows from it.
  public var seed = 0

  /// An audit at a radius.
  public init(within threat: ThreatModel) { self.threat = threat }

  /// Runs all checks.
  ///
  /// - Parameter progress: is told what is being tried, and which share is done.
  /// - Throws: `AttackError` if the images are not for the model, `Interrupted` when `stop` asks.
  public func run(
    against target: Target, on images: Images, engine: Engine? = nil, stop: Stop = .never,
    progress: @escaping @Sendable (_ what: String, _ share: Double) -> Void = { _, _ in }
  ) throws -> AuditReport {
    try target.check(images)
    try threat.check(target.shape)
    let start = ContinuousClock.now
    let trial = AuditTrial(
      audit: self, target: target, images: images, engine: engine ?? Engine(), stop: stop, progress: progress)
    var (checks, worst, gradients) = try trial.attacks()
    checks += try trial.probes()
    if worst.withoutAnswer > 0 { checks.insert(trial.noAnswer(worst), at: 0) }
    return AuditReport(
      checks: checks, worst: worst, gradients: gradients, threat: threat,
      seconds: (ContinuousClock.now - start).seconds)
  }
}

/// The attacks of one audit.
struct AuditTrial {
  let audit: Audit
  let target: Target
  let images: Images
  let engine: Engine
  let stop: Stop
  let progress: @Sendable (String, Double) -> Void

  var isFull: Bool { audit.form == .full }

  func run(_ attack: any Attack, _ what: String, _ share: Double, epsilon: Float? = nil) throws -> Evaluation {
    progress(what, share)
    var run = AttackRun(attack, within: audit.threat.with(epsilon: epsilon ?? audit.threat.epsilon))
    (run.seed, run.costs) = (audit.seed, audit.costs)
    return try run.run(against: target, on: images, engine: engine, stop: stop).evaluation
  }

  func pgd(steps: Int = 40, restarts: Int = 1) -> PGD {
    var pgd = PGD()
    (pgd.steps, pgd.restarts) = (steps, restarts)
    return pgd
  }

  func apgd(_ loss: APGD.Loss) -> APGD {
    var apgd = APGD()
    (apgd.loss, apgd.steps, apgd.targets) = (loss, isFull ? 100 : 50, isFull ? 9 : 4)
    return apgd
  }

  /// All comparisons of attacks; also the worst case over all, and over those that follow gradients.
  func attacks() throws -> ([AuditCheck], worst: Evaluation, gradients: Evaluation) {
    let fgsm = try run(FGSM(), "one step", 0)
    let many = try run(pgd(), "many steps", 0.05)
    let twice = try run(pgd(steps: 80), "twice as many steps", 0.1)
    let again = try run(pgd(restarts: isFull ? 10 : 4), "more restarts", 0.15)
    let radii = try [0.25, 0.5, 2].map { try run(pgd(), "other radii", 0.2, epsilon: radius(times: $0)) }
    let unbounded = try run(pgd(steps: 100), "a radius without limit", 0.3, epsilon: unboundedCheck)
    let entropy = try run(apgd(.ce), "Auto-PGD", 0.35)
    let ratio = try run(target.classes >= 4 ? apgd(.dlrTargeted) : apgd(.ce), "Auto-PGD towards classes", 0.45)
    let gradients = worst([fgsm, many, twice, again, entropy, ratio])
    var square = Square()
    square.queries = isFull ? 5000 : 1000
    let blackBox = try run(square, "Square", 0.6)
    var draws = Noise()
    draws.draws = isFull ? 1000 : 100
    let noise = try run(draws, "noise", 0.8)
    let transfer = try audit.source.map { try run(Transfer(from: $0, using: pgd()), "another model's images", 0.85) }
    let checks = [
      oneStep(fgsm, many), monotone([radii[0], radii[1], many, radii[2]]), unboundedCheck(unbounded),
      converged(many, twice), restarts(many, again), losses(worst([many, twice, again, entropy]), ratio),
      blackBoxes("black_box", "Square, which asks for logits only,", blackBox, gradients),
      blackBoxes("noise", "random noise", noise, gradients),
      transfer.map { blackBoxes("transfer", "images made against another model", $0, gradients) }
        ?? AuditCheck("transfer", .nan, .skipped, "no other model was given whose images could be tried"),
    ]
    return (checks, worst([gradients, blackBox, noise] + (transfer.map { [$0] } ?? [])), gradients)
  }

  private func worst(_ evaluations: [Evaluation]) -> Evaluation {
    Evaluation.worst(of: evaluations) ?? Evaluation(classNames: images.classes, costs: audit.costs, outcomes: [])
  }

  private func radius(times factor: Float) -> Float { min(audit.threat.epsilon * factor, unboundedCheck) }

  /// Far enough to turn any image into a uniform grey.
  private var unboundedCheck: Float {
    audit.threat.norm == .linf ? 0.5 : 0.5 * audit.threat.largest(target.shape)
  }

  // MARK: Judgements

  /// Comes before all other checks, and only where there is something to say: nothing else matters then.
  func noAnswer(_ worst: Evaluation) -> AuditCheck {
    let share = Double(worst.withoutAnswer) / Double(images.count)
    return AuditCheck(
      "no_answer", share, .failed,
      "for \(percent(share)) of the images the model's logits are NaN or infinite",
      advice: "train again, or look for weights that are far too large: this model is broken")
  }

  private func oneStep(_ one: Evaluation, _ many: Evaluation) -> AuditCheck {
    let gap = many.robust.value - one.robust.value
    return AuditCheck(
      "one_step", gap, gap > 1.5 / Double(images.count) ? .failed : .passed,
      "many small steps leave \(percent(many)), one large step \(percent(one)); many must not be weaker",
      advice: "smaller steps, a random start, or another loss: the gradient misleads near the image")
  }

  private func monotone(_ evaluations: [Evaluation]) -> AuditCheck {
    let values = evaluations.map(\.robust.value)
    let rise = zip(values, values.dropFirst()).map { $1 - $0 }.max() ?? 0
    return AuditCheck(
      "eps_monotone", rise, rise > 0.01 ? .failed : (rise > 1.5 / Double(images.count) ? .doubtful : .passed),
      "robust accuracy at ¼, ½, 1 and 2 times eps is " + evaluations.map(percent).joined(separator: ", ")
        + "; it must not rise", advice: "more steps and restarts: the attack does not use its radius")
  }

  private func unboundedCheck(_ unbounded: Evaluation) -> AuditCheck {
    let left = unbounded.robust.value
    let chance = 1 / Double(target.classes)
    return AuditCheck(
      "unbounded", left, left > chance + 0.05 ? .failed : (left > 0.02 ? .doubtful : .passed),
      "with a radius that allows any image, \(percent(unbounded)) still withstand; nothing should",
      advice: "gradients do not lead out of the class: try attacks without gradients, or another loss")
  }

  private func converged(_ many: Evaluation, _ twice: Evaluation) -> AuditCheck {
    let gain = many.robust.value - twice.robust.value
    return AuditCheck(
      "converged", gain, gain > 0.02 ? .failed : (gain > 0.005 ? .doubtful : .passed),
      "80 steps instead of 40 break \(percent(max(gain, 0))) more; half a percent would be nothing",
      advice: "more steps: the attack has not converged")
  }

  private func restarts(_ once: Evaluation, _ again: Evaluation) -> AuditCheck {
    let gain = once.robust.value - again.robust.value
    return AuditCheck(
      "restarts", gain, gain > 0.05 ? .failed : (gain > 0.015 ? .doubtful : .passed),
      "further random starts break \(percent(max(gain, 0))) more; many more mean a rugged loss",
      advice: "more restarts, or Auto-PGD: one start is not enough here")
  }

  private func losses(_ entropy: Evaluation, _ ratio: Evaluation) -> AuditCheck {
    let gain = entropy.robust.value - worst([entropy, ratio]).robust.value
    return AuditCheck(
      "losses", gain, gain > 0.05 ? .failed : (gain > 0.02 ? .doubtful : .passed),
      "steps towards each single class break \(percent(gain)) that cross-entropy cannot",
      advice: "report apgd with loss: dlr_t, or autoattack: cross-entropy alone is too kind")
  }

  private func blackBoxes(
    _ name: String, _ what: String, _ other: Evaluation, _ gradients: Evaluation
  ) -> AuditCheck {
    let alone = zip(other.outcomes, gradients.outcomes).count { !$0.isRobust && $1.isRobust }
    let share = Double(alone) / Double(images.count)
    let verdict: AuditCheck.Verdict = share > 0.01 ? .failed : (share > 0.002 ? .doubtful : .passed)
    let meaning =
      verdict == .passed
      ? "\(what) can break \(percent(share)) that gradients cannot: nothing is hidden from gradients here"
      : "\(what) can break \(percent(share)) that gradients cannot: a sign of masked gradients"
    return AuditCheck(
      name, share, verdict, meaning, advice: "do not trust gradient attacks on this model: report autoattack")
  }

  func percent(_ evaluation: Evaluation) -> String { percent(evaluation.robust.value) }
  func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
}

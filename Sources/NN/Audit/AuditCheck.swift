/// One question about an evaluation, with its answer.
public struct AuditCheck: Sendable, Hashable {
  /// What the result says about whether a robust accuracy can be trusted.
  public enum Verdict: String, Sendable, Hashable {
    /// As it should be.
    case passed
    /// The number may be too high, or a check could say little.
    case doubtful
    /// The number is too high.
    case failed
    /// It could not be asked.
    case skipped
  }

  /// A short name, as in `black_box`.
  public let name: String
  /// The number that decides; NaN where the check was skipped.
  public let value: Double
  /// What it decides.
  public let verdict: Verdict
  /// One sentence for a reader who does not know the check.
  public let meaning: String
  /// What to try next; empty if there is nothing to do.
  public let advice: String

  /// Whether this check found nothing against the evaluation.
  public var isPassed: Bool { verdict == .passed || verdict == .skipped }

  init(_ name: String, _ value: Double, _ verdict: Verdict, _ meaning: String, advice: String = "") {
    (self.name, self.value, self.verdict, self.meaning) = (name, value, verdict, meaning)
    self.advice = verdict == .passed || verdict == .skipped ? "" : advice
  }
}

/// What an audit found.
public struct AuditReport: Sendable {
  /// In the order in which they were asked.
  public let checks: [AuditCheck]
  /// How the model does under the strongest of all attacks, image by image.
  public let worst: Evaluation
  /// How it does under the attacks that follow its gradients.
  public let gradients: Evaluation
  /// The radius and norm of the attacks.
  public let threat: ThreatModel
  /// Wall-clock time.
  public let seconds: Double

  /// The checks that attacks which need no gradients decide.
  private static let blackBoxes = ["black_box", "noise", "transfer"]

  /// One or two sentences for a student, which say what the verdicts of the checks say.
  public var summary: String {
    let (unanswered, worst) = (self.worst.withoutAnswer, worst.robust.value)
    if unanswered > 0 {
      let share = percent(Double(unanswered) / Double(max(self.worst.images, 1)))
      return
        "the model is broken, and none of these figures means anything: for \(share) of the images its logits are NaN or "
        + "infinite, which counts as wrong"
    }
    let failed = names(.failed), doubtful = names(.doubtful)
    if let broken = checks.first(where: { $0.name == "non_finite" && $0.verdict == .failed }) {
      return
        "gradient attacks say nothing about this model: its gradients are NaN or infinite for \(percent(broken.value)) of the "
        + "images; \(percent(worst)) withstand every attack tried"
    }
    if worst <= 0.005 {
      return "not robust: attacks break nearly every image" + (failed.isEmpty ? "" : "; " + list(failed) + " failed")
    }
    if failed.contains(where: Self.blackBoxes.contains) {
      let hidden = gradients.robust.value - worst
      return "robustness is partly an illusion (\(list(failed)) failed): attacks that need no gradients break "
        + "\(percent(hidden)) of the images that gradients cannot; \(percent(worst)) remain"
    }
    if !failed.isEmpty {
      return "not to be trusted yet: \(list(failed)) failed; \(percent(worst)) withstand every attack tried"
    }
    if !doubtful.isEmpty {
      return "in doubt: nothing failed, but see \(list(doubtful)); \(percent(worst)) withstand every attack tried"
    }
    return "no sign of an illusion: \(percent(worst)) withstand every attack tried"
  }

  private func names(_ verdict: AuditCheck.Verdict) -> [String] {
    checks.filter { $0.verdict == verdict }.map(\.name)
  }

  private func list(_ names: [String]) -> String { names.joined(separator: ", ") }

  private func percent(_ share: Double) -> String {
    "\((share * 1000).rounded() / 10) %"
  }
}

extension AuditReport {
  /// The same with what is proved as its last word: true robustness lies between that and what withstood the attacks.
  ///
  /// - Parameter certification: of the same images at the same radius; nil where nothing can be proved.
  public func ending(with certification: Certification?, by method: String, because reason: String = "") -> AuditReport
  {
    AuditReport(
      checks: checks + [lastWord(certification, method, reason)], worst: worst, gradients: gradients, threat: threat,
      seconds: seconds)
  }

  private func lastWord(_ certification: Certification?, _ method: String, _ reason: String) -> AuditCheck {
    func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
    guard let certification else {
      return AuditCheck("certificate", .nan, .skipped, "nothing can be proved: \(reason)")
    }
    let (low, high) = (certification.certified.value, worst.robust.value)
    let broken = zip(certification.certificates, worst.outcomes).count { $0.isCertified && !$1.isRobust }
    if broken > 0 {
      return AuditCheck(
        "certificate", low, .failed, "\(broken) certified images were broken by an attack: this is a bug of Ward's",
        advice: "please report it")
    }
    return AuditCheck(
      "certificate", low, .passed,
      "at least \(percent(low)), at most \(percent(high)): the first is proved (\(method)), the second withstands every "
        + "attack tried; \(percent(high - low)) are not known")
  }
}

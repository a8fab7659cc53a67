import Testing

@testable import NN

/// Logits times a thousand: the same answers, but cross-entropy has no gradient any more.
private final class MaskedModel: RowResponder {
  private let inner: any Responder
  var classes: Int { inner.classes }
  var shape: ImageShape { inner.shape }

  init(_ inner: any Responder) { self.inner = inner }
  func forward(_ images: [Pixels]) -> [[Float]] { inner.forward(images).map { $0.map { $0 * 1000 } } }
  func backward(_ gradients: [[Float]]) -> [Pixels] { inner.backward(gradients).map { Vector.scaled($0, by: 1000) } }
}

/// One logit that is NaN, and right answers all the same.
private final class PartlyBrokenModel: RowResponder {
  private let inner: any Responder
  var classes: Int { inner.classes }
  var shape: ImageShape { inner.shape }

  init(_ inner: any Responder) { self.inner = inner }
  func forward(_ images: [Pixels]) -> [[Float]] { inner.forward(images).map { $0.dropLast() + [.nan] } }
  func backward(_ gradients: [[Float]]) -> [Pixels] { inner.backward(gradients) }
}

/// The checks must see what hides, and must not see what is not there.
@Suite struct AuditTests {
  private let shape = ImageShape(channels: 1, height: 6, width: 6)

  private func report(_ target: Target, epsilon: Float, source: Target? = nil) throws -> AuditReport {
    let images = try labelled(by: target, count: 40, seed: 2)
    var audit = Audit(within: ThreatModel(.linf, epsilon: epsilon))
    audit.source = source
    return try audit.run(against: target, on: images)
  }

  @Test func aPlainModelPasses() throws {
    let target = CurvedModel.drawn(classes: 5, shape: shape, seed: 4)
    let report = try report(target, epsilon: 0.02)
    let failed = report.checks.filter { $0.verdict == .failed }
    #expect(failed.isEmpty, "\(failed)")
    #expect(!report.checks.contains { $0.verdict == .failed } && report.checks.count >= 16)
    #expect(report.worst.robust.hits <= report.gradients.robust.hits)
    #expect(report.checks.allSatisfy { !$0.meaning.isEmpty && ($0.isPassed || !$0.advice.isEmpty) })
    #expect(report.checks.first { $0.name == "transfer" }?.verdict == .skipped)
  }

  @Test func theThreadsChangeNoCheck() throws {
    let target = CurvedModel.drawn(classes: 5, shape: shape, seed: 4)
    let images = try labelled(by: target, count: 150, seed: 2)
    let audit = Audit(within: ThreatModel(.linf, epsilon: 0.02))
    let reports = try [1, 2, 5].map { try audit.run(against: target, on: images, engine: Engine(threads: $0)) }
    for report in reports { #expect(report.checks.map { "\($0)" } == reports[0].checks.map { "\($0)" }) }
  }

  @Test func hiddenGradientsAreSeen() throws {
    let plain = CurvedModel.drawn(classes: 3, shape: shape, seed: 4)
    let masked = Target(classes: 3, shape: shape) { MaskedModel(plain.makeResponder()) }
    let report = try report(masked, epsilon: 0.05, source: plain)
    func verdict(_ name: String) -> AuditCheck.Verdict? { report.checks.first { $0.name == name }?.verdict }
    #expect(verdict("zero_gradients") == .failed && verdict("saturated") == .failed)
    #expect(verdict("black_box") == .failed && verdict("transfer") == .failed && verdict("unbounded") == .failed)
    #expect(
      report.checks.contains { $0.verdict == .failed } && report.summary.contains("partly an illusion (")
        && report.summary.contains("black_box"))
  }

  /// The headline may not be kinder than a row, nor harder than all of them.
  @Test func theHeadlineSaysWhatTheChecksSay() throws {
    let plain = try report(CurvedModel.drawn(classes: 5, shape: shape, seed: 4), epsilon: 0.02)
    func headline(_ checks: (String, AuditCheck.Verdict)...) -> String {
      let checks = checks.map { AuditCheck($0, 0.02, $1, "") }
      return AuditReport(
        checks: checks, worst: plain.worst, gradients: plain.gradients, threat: plain.threat, seconds: 0
      ).summary
    }
    #expect(plain.worst.robust.value > 0.005)
    #expect(headline(("one_step", .passed), ("transfer", .skipped)).hasPrefix("no sign of an illusion"))
    #expect(
      headline(("noise", .failed), ("losses", .doubtful)).hasPrefix("robustness is partly an illusion (noise failed)"))
    #expect(headline(("black_box", .doubtful)).hasPrefix("in doubt: nothing failed, but see black_box"))
    #expect(headline(("converged", .failed), ("noise", .passed)).hasPrefix("not to be trusted yet: converged failed"))
    #expect(headline(("noise", .failed), ("non_finite", .failed)).hasPrefix("gradient attacks say nothing"))
  }

  /// NaN is not equal to NaN, and yet it is the same answer twice.
  @Test func aBrokenModelIsNotCalledUnsteady() throws {
    let plain = CurvedModel.drawn(classes: 5, shape: shape, seed: 4)
    let broken = Target(classes: 5, shape: shape) { PartlyBrokenModel(plain.makeResponder()) }
    var audit = Audit(within: ThreatModel(.linf, epsilon: 0.02))
    audit.seed = 1
    let report = try audit.run(against: broken, on: try labelled(by: plain, count: 20, seed: 2))
    func verdict(_ name: String) -> AuditCheck.Verdict? { report.checks.first { $0.name == name }?.verdict }
    #expect(verdict("deterministic") == .passed && verdict("no_answer") == .failed)
    // One fault, told once.
    #expect(verdict("non_finite") == .passed)
    #expect(report.summary.hasPrefix("the model is broken"))
  }

  @Test func anAuditHearsAStop() throws {
    let target = CurvedModel.drawn(classes: 3, shape: shape, seed: 4)
    let images = try labelled(by: target, count: 5, seed: 2)
    #expect(throws: Interrupted.self) {
      try Audit(within: ThreatModel(.linf, epsilon: 0.1)).run(against: target, on: images, stop: Stop { true })
    }
  }
}

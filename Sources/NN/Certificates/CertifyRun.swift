import CKernels
import Foundation
import Synchronization

/// One proof about one model and one selection of images: everything that decides its result.
public struct CertifyRun: Sendable {
  /// How it is proved.
  public var certifier: any Certifier
  /// What changes are allowed.
  public var threat: ThreatModel
  /// What mistakes cost.
  public var costs: CostMatrix?
  /// Determines every random choice.
  public var seed = 0

  /// A proof within a threat model.
  public init(_ certifier: any Certifier, within threat: ThreatModel) {
    (self.certifier, self.threat) = (certifier, threat)
  }

  /// - Throws: `CertificateError` and `AttackError` for what cannot be proved, or not of such images.
  public func check(_ model: Model, _ images: Images) throws {
    try model.target.check(images)
    guard certifier.norms.contains(threat.norm) else {
      throw CertificateError.norm(method: certifier.name, norm: threat.norm, supported: certifier.norms)
    }
    try threat.check(model.input)
    try certifier.check()
    if let costs, costs.classes != model.classes {
      throw AttackError.costsForOtherClasses(costs.classes, classes: model.classes)
    }
  }

  /// Proves what it can.
  ///
  /// - Parameter progress: is told which share is done; from any thread, one call at a time.
  /// - Throws: what `check` throws, `MemoryShortage`, `Interrupted` when `stop` asks.
  public func run(
    _ model: Model, on images: Images, engine: Engine? = nil, stop: Stop = .never,
    progress: @escaping @Sendable (Double) -> Void = { _ in }
  ) throws -> CertifyResult {
    try check(model, images)
    let start = ContinuousClock.now
    let engine = engine ?? Engine()
    let prover = try certifier.prover(for: model, within: threat, seed: seed)
    try MemoryShortage.check(
      "proving on \(engine.threads) threads", [.init("bounds", Double(engine.threads * prover.bytes))],
      hint: "fewer threads (ward --threads 1), or a smaller network")
    let target = model.target
    let responders = ToolPool { target.makeResponder() }
    let groups = (images.count + WARD_LANES - 1) / WARD_LANES
    let done = Mutex([Int: Double]())
    let parts = try engine.map(blocks: groups, stop: stop) { number in
      let rows = number * WARD_LANES..<min((number + 1) * WARD_LANES, images.count)
      func report(_ share: Double) {
        done.withLock { done in
          done[number] = share
          progress(done.values.reduce(0, +) / Double(groups))
        }
      }
      return try responders.withTool { responder in
        responder.setStop(stop)
        let pixels = images.tensor(at: Array(rows))
        let answers = responder.forward(pixels, keeping: false).answers
        try stop.check()
        let group = CertificateGroup(
          images: pixels, labels: images.labels(rows), indices: Array(images.indices[rows]), answers: answers,
          responder: responder, stop: stop, progress: report)
        let found = try prover.prove(group)
        try stop.check()
        report(1)
        return found
      }
    }
    let certification = Certification(
      classNames: images.classes, costs: costs, certificates: parts.flatMap { $0 })
    return CertifyResult(run: self, certification: certification, seconds: (ContinuousClock.now - start).seconds)
  }
}

/// The result of a proof.
public struct CertifyResult: Sendable {
  /// What was run.
  public let run: CertifyRun
  /// Rates, costs and certificates.
  public let certification: Certification
  /// Wall-clock time.
  public let seconds: Double
}

/// Everything that determines what is proved of a model and its images, as typed, stored and rerun.
///
/// As JSON: `{"certificate":{"crown":{}},"norm":"linf","eps":0.1,"seed":0}`.
public struct CertifySpec: Codable, Sendable, Equatable {
  /// The method.
  public var certificate: Spec
  /// How a change is measured; nil for the method's usual norm.
  public var norm: Norm?
  /// The radius; nil for what is usual.
  public var eps: Double?
  /// Every random choice follows from it.
  public var seed = 0

  /// A method with its usual norm and radius, and seed 0.
  public init(_ certificate: Spec) { self.certificate = certificate }

  /// What a run was, with every setting spelled out; nil for a method that is not declared.
  public init?(_ run: CertifyRun) {
    guard let certificate = Certificates.family.spec(of: run.certifier) else { return nil }
    self.init(certificate)
    (norm, eps, seed) = (run.threat.norm, run.threat.bound, run.seed)
  }

  /// The run without costs, which are stored in rows of their own.
  ///
  /// - Throws: `SettingError`.
  public func make() throws -> CertifyRun {
    let certifier = try Certificates.family.make(certificate)
    let norm = norm ?? certifier.norms[0]
    var run = CertifyRun(certifier, within: ThreatModel(norm, bound: eps ?? certifier.usualEpsilon))
    run.seed = seed
    return run
  }

  private enum Key: String, CodingKey { case certificate, norm, eps, seed }

  /// Reads what `encode` writes.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    certificate = try container.decode(Spec.self, forKey: .certificate)
    norm = try container.decodeIfPresent(String.self, forKey: .norm).flatMap(Norm.init(rawValue:))
    eps = try container.decodeIfPresent(Double.self, forKey: .eps)
    seed = try container.decodeIfPresent(Int.self, forKey: .seed) ?? 0
  }

  /// Writes one object.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(certificate, forKey: .certificate)
    try container.encodeIfPresent(norm?.rawValue, forKey: .norm)
    try container.encodeIfPresent(eps, forKey: .eps)
    try container.encode(seed, forKey: .seed)
  }
}

import Lang
import NN
import Store

extension Command<Session> {
  static var audit: Command {
    Command(
      "audit", "Ask whether a model's robustness is real.", topic: Topic.attacking,
      examples: ["audit cse on: take(fashion.test, 500) eps: 0.1", "audit cse on: fashion.test eps: 0.1 form: full"],
      details: """
        Attacks that ought to agree are held against each other, and gradients and paths are looked at. A defense that only \
        hides its gradients is found out: attacks that need none break what gradients cannot. The quick form looks at the \
        first 500 images at most. The last check is no attack but a proof: at least as much is robust. The checks are stored: select name, passed, value, meaning from checks
        """
    ) { signature in
      let model = signature.model()
      let on = signature.images()
      let eps = signature.optional(
        "eps", .number(in: .all, unit: "pixel units"), "the radius that is claimed",
        shown: "0.1 for linf, 1.5 for l2")
      let norm = signature.optional(
        "norm", .oneOf([Norm.linf.rawValue, Norm.l2.rawValue]), "how a change is measured", default: Norm.linf.rawValue)
      let form = signature.optional(
        "form", .oneOf(Audit.Form.allCases.map(\.rawValue)), "how much is tried", default: "quick")
      let source = signature.optional(
        "source", .object(ModelValue.self), "an undefended model, whose fooling images are tried too",
        shown: "the model's parent")
      let seed = signature.seed()
      return { session, given in
        var images = try given[on] ?? given[model].testImages()
        let isQuick = given[form] == Audit.Form.quick.rawValue
        if isQuick, images.images.count > 500 { images = images.with(images.images.take(500)) }
        let norm = Norm(rawValue: given[norm]) ?? .linf
        var audit = Audit(within: ThreatModel(norm, bound: given[eps] ?? norm.usualEpsilon))
        audit.form = isQuick ? .quick : .full
        audit.source = (given[source] ?? given[model].origin.parent)?.model.target
        audit.costs = given[model].origin.costs?.costs
        audit.seed = given[seed] ?? session.seed
        return try session.run(audit, on: given[model], images)
      }
    }
  }

  static var curve: Command {
    Command(
      "curve", "Robust accuracy at several radii: how fast does it fall?", topic: Topic.attacking,
      examples: ["curve normal with: pgd on: take(fashion.test, 500) eps: 0..0.3 by 0.02"],
      details: """
        Minimum-norm attacks run once, and their distances are compared with each radius; others run at each radius on what no \
        smaller one broke.
        """, check: AttackParameters.check
    ) { signature in
      let model = signature.model("the model to attack")
      let with = signature.required("with", .choice(Attacks.family.name), "the attack")
      let shared = AttackParameters(signature, radii: true)
      return { session, given in
        let plan = try shared.plan(given, for: [given[model]], session)
        return .table(try session.curve(given[with], on: given[model], plan, at: shared.radii(given)))
      }
    }
  }
}

extension Session {
  fileprivate func run(_ audit: Audit, on model: ModelValue, _ images: ImagesValue) throws -> Value {
    if let text = audit.threat.doubt(model.model.input) { remark(text) }
    let progress = Progress(terminal: terminal, quiet: isQuiet)
    let report = try answeringInterrupts {
      defer { progress.finish() }
      let attacked = try audit.run(
        against: model.model.target, on: images.images, engine: engine, stop: stop
      ) { what, share in
        progress.update("audit: \(what)", fraction: share)
      }
      return try lastWord(of: attacked, audit, on: model, images) {
        progress.update("audit: proof", fraction: $0)
      }
    }
    made(.audit(AuditValue(report: report, audit: audit, model: model, images: images)))
    let rows = report.checks.map { check -> [Value] in
      let next = check.advice.isEmpty ? "" : "; try: " + check.advice
      return [
        .string(check.name), .string(check.verdict.rawValue), check.value.isNaN ? .none : .number(check.value),
        .string(check.meaning + next),
      ]
    }
    return .table(
      Table(
        columns: [.init("check"), .init("verdict"), .init("value"), .init("meaning")], rows: rows,
        preface: .string("\(model.identity.name) at \(audit.threat.text): \(report.summary)")))
  }

  /// The report with what is proved behind it. The quick form takes bounds inside of the network from boxes.
  private func lastWord(
    of report: AuditReport, _ audit: Audit, on model: ModelValue, _ images: ImagesValue,
    progress: @escaping @Sendable (Double) -> Void
  ) throws -> AuditReport {
    var crown = CROWN()
    if audit.form == .quick { crown.hidden = .ibp }
    do {
      let proof = try CertifyRun(crown, within: audit.threat).run(
        model.model, on: images.images, engine: engine, stop: stop, progress: progress)
      return report.ending(with: proof.certification, by: audit.form == .quick ? "crown(hidden: ibp)" : "crown")
    } catch let error as CertificateError {
      return report.ending(with: nil, by: crown.name, because: error.description)
    }
  }

  fileprivate func curve(
    _ choice: Choice, on model: ModelValue, _ plan: AttackParameters.Plan, at given: [Double]?
  ) throws -> Table {
    let (run, curve) = try points(of: choice, on: model, plan, at: given)
    let isTargeted = plan.goal != .untargeted
    let goal = isTargeted ? " " + plan.goal.text(plan.images.images.classes) : ""
    let subject = "\(model.identity.name), \(choice.unusual)\(goal), \(run.threat.norm.symbol)\(run.maskText)"
    let hasProtected = curve.points.contains { $0.evaluation.protected != nil }
    return Table(
      columns: [.init("eps", run.threat.norm == .l0 ? .plain : plan.images.images.dataset.distance)]
        + (isTargeted ? [.init("success", .share)] : []) + [.init("robust", .share)]
        + (hasProtected ? [.init("protected", .share)] : []),
      rows: curve.points.map { point in
        [.number(point.epsilon)] + (isTargeted ? [point.evaluation.success.known] : [])
          + [point.evaluation.robust.known]
          + (hasProtected ? [point.evaluation.protected?.known ?? .none] : [])
      }, subject: subject)
  }
}

extension Session {
  /// An attack at several radii, each of which is stored as soon as it is known.
  ///
  /// - Parameters:
  ///   - given: the radii; nil for the usual ones of the norm.
  ///   - positions: of the images that are to be kept at every radius.
  func points(
    of choice: Choice, on model: ModelValue, _ plan: AttackParameters.Plan, at given: [Double]?,
    keeping positions: [Int] = []
  ) throws -> (run: AttackRun, curve: Curve) {
    let costs = plan.costs ?? model.origin.costs
    let progress = Progress(terminal: terminal, quiet: isQuiet)
    let run = try answeringInterrupts { try self.run(of: choice, plan, costs: costs) }
    let radii = Set(given ?? run.threat.norm.usualRadii).sorted()
    var last = ContinuousClock.now
    let label = "\(choice.name) on \(model.identity.name)"
    let curve = try answeringInterrupts {
      defer { progress.finish() }
      for flag in try run.flags(of: model.model.target, on: plan.images.images, engine: engine, stop: stop) {
        warn(of: flag, label)
      }
      // Each point is kept when it is known: the largest radii take the longest.
      return try run.curve(
        at: radii, against: model.model.target, on: plan.images.images, keeping: positions, engine: engine, stop: stop,
        progress: { done in
          progress.update(label, fraction: Double(done) / Double(max(1, radii.count)))
        },
        found: { point in
          var there = run
          there.threat = run.threat.with(bound: point.epsilon)
          let now = ContinuousClock.now
          made(
            .result(
              ResultValue(
                model: model, images: plan.images, evaluation: point.evaluation, costs: costs, run: there,
                choice: choice,
                seconds: (now - last).inSeconds, radii: radii)))
          last = now
        })
    }
    if let widest = curve.points.last?.evaluation {
      for flag in run.flags(after: widest) { warn(of: flag, label) }
    }
    return (run, curve)
  }
}

/// What an audit found, for the store.
struct AuditValue {
  let report: AuditReport
  let audit: Audit
  let model: ModelValue
  let images: ImagesValue
}

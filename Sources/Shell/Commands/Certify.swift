import Lang
import NN

extension Command<Session> {
  static var certify: Command {
    Command(
      "certify", "Prove which answers no change of the images can make wrong.", topic: Topic.attacking,
      examples: [
        "certify normal on: take(fashion.test, 16) eps: 0.01 with: crown",
        "certify cse on: take(fashion.test, 500) eps: 0.01 with: ibp",
        "certify normal on: take(fashion.test, 2) norm: l2 with: smoothing(sigma: 0.25, samples: 100)",
      ],
      details: """
        An attack that fails proves nothing: another may succeed. A certificate is a proof: it bounds what the network can \
        answer to any image within eps, pixels kept in [0, 1]. The share that is certified is a lower bound of true \
        robustness, the share that withstands attacks an upper one. With costs, the answers that are proved impossible \
        count by what they cost. Bounds are computed in single precision: an image counts only if its bounds are positive \
        by more than rounding can have added. One row an image is stored: select * from certificates
        """
    ) { signature in
      let model = signature.model()
      let shared = CertifyParameters(signature)
      return { session, given in
        let plan = try shared.plan(given, for: given[model], session)
        return .object(try session.certify(given[model], plan))
      }
    }
  }
}

/// The parameters that `certify` and `bounds` share.
struct CertifyParameters {
  let on: Parameter<ImagesValue?>
  let with: Parameter<Choice?>
  let eps: Parameter<Double?>?
  let norm: Parameter<String?>
  let costs: Parameter<CostsValue?>
  let seed: Parameter<Int?>

  /// - Parameter radii: whether `eps` is declared elsewhere, as several.
  init(_ signature: Signature, radii: Bool = false) {
    on = signature.images()
    with = signature.optional("with", .choice(Certificates.family.name), "how it is proved", shown: "crown")
    eps =
      radii
      ? nil
      : signature.optional(
        "eps", .number(in: .all, unit: "pixel units"), "the largest change allowed, measured in the norm",
        shown: "0.1 for linf; of smoothing its sigma")
    norm = signature.optional(
      "norm", .oneOf([Norm.linf.rawValue, Norm.l2.rawValue]), "how a change is measured",
      shown: "linf; of smoothing l2")
    costs = signature.costs()
    seed = signature.seed()
  }

  /// Everything about a proof but the model.
  struct Plan {
    var images: ImagesValue
    var choice: Choice
    var epsilon: Double?
    var norm: Norm?
    var costs: CostsValue?
    var seed: Int
  }

  func plan(_ given: Arguments, for model: ModelValue, _ session: Session) throws -> Plan {
    let choice = try given[with] ?? session.usualCertificate
    return Plan(
      images: try given[on] ?? model.testImages(), choice: choice, epsilon: eps.flatMap { given[$0] },
      norm: given[norm].flatMap(Norm.init(rawValue:)), costs: given[costs] ?? model.origin.costs,
      seed: given[seed] ?? session.seed)
  }
}

extension Session {
  /// `crown` with its usual settings.
  var usualCertificate: Choice {
    get throws {
      guard let declaration = environment.choices[CROWN.entry.name] else {
        throw Problem(message: "there is no certificate `\(CROWN.entry.name)`")
      }
      return Choice(declaration)
    }
  }

  /// One proof about one model, stored, with progress.
  func certify(_ model: ModelValue, _ plan: CertifyParameters.Plan) throws -> CertificationValue {
    try plan.costs?.check(areAbout: plan.images.images.classes)
    let progress = Progress(terminal: terminal, quiet: isQuiet)
    defer { progress.finish() }
    let value = try answeringInterrupts {
      var spec = CertifySpec(plan.choice.spec)
      (spec.norm, spec.eps, spec.seed) = (plan.norm, plan.epsilon, plan.seed)
      var run = try spec.make()
      run.costs = plan.costs?.costs
      let label = "\(plan.choice.name) on \(model.identity.name)"
      progress.update(label, fraction: 0, details: [plan.images.images.counted])
      let result = try run.run(model.model, on: plan.images.images, engine: engine, stop: stop) { share in
        progress.update(label, fraction: share)
      }
      return CertificationValue(
        model: model, images: plan.images, certification: result.certification, costs: plan.costs, run: run,
        choice: plan.choice, seconds: result.seconds)
    }
    remark(about: value)
    made(.certification(value))
    return value
  }

  private func remark(about value: CertificationValue) {
    let found = value.certification
    let noun = value.images.images.dataset.noun
    if found.unbounded > 0 {
      remark(
        "the bounds of \(found.unbounded.of(noun)) are infinite or no numbers, and infinite bounds are no certificate: "
          + "a smaller eps, or another method")
    }
    if found.inBand > 0 {
      remark(
        "\(found.inBand.of(noun)) not counted: \(found.inBand == 1 ? "its bounds are" : "their bounds are") positive, "
          + "but by less than rounding in single precision may have added")
    }
    if let smoothing = value.run.certifier as? Smoothing, value.run.threat.bound > smoothing.largestRadius {
      remark(
        "no image can be certified at eps \(NumberText.reading(value.run.threat.bound)): with "
          + "\(smoothing.samples.of("sample")) the largest radius is \(NumberText.reading(smoothing.largestRadius))")
    }
  }
}

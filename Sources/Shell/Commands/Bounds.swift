import Lang
import NN

extension Command<Session> {
  static var bounds: Command {
    Command(
      "bounds", "Hold true robustness between a proof and an attack.", topic: Topic.attacking,
      examples: [
        "bounds normal on: take(fashion.test, 16) eps: 0.01 attack: pgd(steps: 10)",
        "plot (bounds normal on: take(fashion.test, 16) eps: [0, 0.005, 0.01] attack: pgd(steps: 10))",
      ],
      details: """
        What withstands an attack is an upper bound of what withstands all of them, what is certified a lower bound; what \
        lies between is not known. At one radius the table has a row for each class, at several a row for each radius; \
        plot draws clean, attacked and certified accuracy over the radius, with the gap shaded. Proofs and attacks are \
        stored as those of certify and attack are. A certified image that an attack breaks would be a bug of Ward's, and \
        is told as one.
        """
    ) { signature in
      let model = signature.model()
      let certify = CertifyParameters(signature, radii: true)
      let eps = signature.optional(
        "eps",
        .either(
          .number(in: .all, unit: "pixel units"),
          .list(of: .number(in: .all, unit: "pixel units"))),
        "one radius, or several", shown: "0.1")
      let attack = signature.optional(
        "attack", .oneOrMore(.choice(Attacks.family.name)), "the attacks; of several the worst case, image by image",
        shown: "autoattack")
      return { session, given in
        let plan = try certify.plan(given, for: given[model], session)
        var attacks = given[attack] ?? []
        if attacks.isEmpty, let usual = session.environment.choices["autoattack"] { attacks = [Choice(usual)] }
        let radii = Set(try given[eps].map(Self.radii) ?? [0.1]).sorted()
        let points = try radii.map { radius in
          try session.bounds(of: given[model], at: radius, plan, attacks: attacks)
        }
        return .object(
          BoundsValue(
            model: given[model], images: plan.images, method: plan.choice, attacks: attacks, costs: plan.costs,
            points: points))
      }
    }
  }
}

extension Command<Session> {
  /// One number, those of a list, or those of a range.
  private static func radii(_ value: Value) throws -> [Double] {
    if case .range(let range) = value { return try range.spelledOut() }
    return (value.asList ?? [value]).compactMap(\.asNumber)
  }
}

extension Session {
  /// Both bounds at one radius. At radius 0 there is nothing to attack.
  fileprivate func bounds(
    of model: ModelValue, at radius: Double, _ plan: CertifyParameters.Plan, attacks: [Choice]
  ) throws -> BoundsValue.Point {
    var proof = plan
    proof.epsilon = radius
    let certified = try certify(model, proof)
    let attack = AttackParameters.Plan(
      images: plan.images, epsilon: radius, norm: certified.run.threat.norm, mask: nil, goal: .untargeted,
      costs: plan.costs, seed: plan.seed, keepsImages: false)
    let results = try attacks.map { choice in
      let result = try run(choice, on: model, attack)
      made(.result(result))
      return result
    }
    guard let worst = Evaluation.worst(of: results.map(\.evaluation)) else {
      throw Problem(message: "there is no attack to compare with", argument: "attack")
    }
    let point = BoundsValue.Point(epsilon: radius, certification: certified.certification, attacked: worst)
    // Smoothing proves something about another model than the one that is attacked.
    if let broken = point.broken, !(certified.run.certifier is Smoothing) {
      throw Problem(
        code: ShellCode.badCertificate,
        message:
          "image \(broken) is certified at eps \(NumberText.reading(radius)), and yet an attack broke it: this is a "
          + "bug of Ward's",
        help: ["please report it with the model and the image"])
    }
    return point
  }
}

/// Certified, attacked and clean accuracy side by side.
struct BoundsValue: Object {
  static let type = ObjectType(
    "bounds", "True robustness, held between a proof and attacks.",
    members: [
      member("model", "the model") { .object($0.model) },
      member("clean", "share of images answered rightly without a change, from 0 to 1") {
        .number($0.last.certification.clean.value)
      },
      member("at_least", "share proved to be answered rightly at the largest radius") {
        .number($0.last.certification.certified.value)
      },
      member("at_most", "share that withstood the attacks there") { .number($0.last.attacked.robust.value) },
      member("gap", "the share between the two: not known") {
        .number($0.last.attacked.robust.value - $0.last.certification.certified.value)
      },
      member("table", "a row for each class, or of several radii a row for each") { .table($0.table) },
      member("classes", "a row for each class at the largest radius") { .table($0.classTable) },
    ])

  /// What is known at one radius.
  struct Point {
    let epsilon: Double
    let certification: Certification
    let attacked: Evaluation

    /// The index of an image that is certified and was broken.
    var broken: Int? {
      zip(certification.certificates, attacked.outcomes).first { $0.isCertified && !$1.isRobust }?.0.index
    }
  }

  let model: ModelValue
  let images: ImagesValue
  let method: Choice
  let attacks: [Choice]
  let costs: CostsValue?
  let points: [Point]

  fileprivate var last: Point { points[points.count - 1] }

  var table: Table { points.count == 1 ? classTable : radiusTable }

  private static let columns: [Table.Column] = [
    .init("clean", .share), .init("at_most", .share), .init("at_least", .share), .init("not_known", .share),
  ]

  private static func cells(_ clean: Rate, _ robust: Rate, _ certified: Rate) -> [Value] {
    let gap: Value = robust.count == 0 ? .none : .number(robust.value - certified.value)
    return [clean.known, robust.known, certified.known, gap]
  }

  /// One row a radius.
  private var radiusTable: Table {
    let hasProtected = points[0].certification.protected != nil
    return Table(
      columns: [.init("eps", images.images.dataset.distance)] + Self.columns
        + (hasProtected ? [.init("protected_at_most", .share), .init("protected_at_least", .share)] : []),
      rows: points.map { point in
        [.number(point.epsilon)]
          + Self.cells(point.certification.clean, point.attacked.robust, point.certification.certified)
          + (hasProtected
            ? [point.attacked.protected?.known ?? .none, point.certification.protected?.known ?? .none] : [])
      }, subject: subject)
  }

  /// One row a class, and one for all.
  var classTable: Table {
    let point = last
    let hasCosts = costs != nil
    var rows = zip(point.certification.byClass, point.attacked.byClass).map { proved, attacked -> [Value] in
      [.string(proved.name + (proved.isProtected ? " *" : "")), .integer(proved.clean.count)]
        + Self.cells(proved.clean, attacked.robust, proved.certified)
        + (hasCosts ? [.known(attacked.meanCost), .known(proved.cost.max)] : [])
    }
    rows.append(
      [.string("all"), .integer(point.certification.images)]
        + Self.cells(point.certification.clean, point.attacked.robust, point.certification.certified)
        + (hasCosts ? [.known(point.attacked.meanCost), .known(point.certification.cost.max)] : []))
    let hasProtected = costs?.costs.protected.isEmpty == false
    return Table(
      columns: [.init(hasProtected ? "class (* protected)" : "class"), .init("images", .count)] + Self.columns
        + (hasCosts ? [.init("cost_at_least"), .init("cost_at_most")] : []), rows: rows, subject: subject)
  }

  private var subject: String {
    "\(model.identity.name), \(method.unusual) against \(attacks.map(\.unusual).joined(separator: ", "))"
  }

  var summary: String {
    let (low, high) = (last.certification.certified, last.attacked.robust)
    return "\(subject): at eps \(NumberText.reading(last.epsilon)) at least \(NumberText.share(low.value)), at most "
      + "\(NumberText.share(high.value)), \(last.certification.images.of(images.images.dataset.noun))"
  }

  /// Over the radius, if there are several; else class by class.
  var chart: Chart {
    guard points.count > 1 else {
      let rows = last.certification.byClass
      func bars(_ name: String, _ rates: [Rate]) -> Chart.Series {
        Chart.Series(
          name: name, style: .bars,
          points: rates.enumerated().filter { $1.count > 0 }.map { Chart.Point(x: Double($0), y: $1.value) })
      }
      return Chart(
        title: summary, x: .init(label: "class", names: rows.map(\.name)),
        y: .init(label: "accuracy", isShare: true),
        series: [
          bars("clean", rows.map(\.clean)), bars("at most", last.attacked.byClass.map(\.robust)),
          bars("at least", rows.map(\.certified)),
        ])
    }
    func line(_ name: String, _ value: (Point) -> Double) -> Chart.Series {
      Chart.Series(name: name, points: points.map { Chart.Point(x: $0.epsilon, y: value($0)) })
    }
    var attacked = line("attacked (at most)") { $0.attacked.robust.value }
    // What lies between this line and the next is what nobody knows.
    for i in attacked.points.indices {
      attacked.points[i].low = points[i].certification.certified.value
      attacked.points[i].high = attacked.points[i].y
    }
    return Chart(
      title: "\(subject): what is known", x: .init(label: TablePlot.label("eps", images.images.dataset.distance)),
      y: .init(label: "accuracy", isShare: true),
      series: [
        line("clean") { $0.certification.clean.value }, attacked,
        line("certified (at least)") { $0.certification.certified.value },
      ])
  }

  func isEqual(to other: any Object) -> Bool {
    guard let other = other as? BoundsValue else { return false }
    return other.model.identity === model.identity && other.points.map(\.epsilon) == points.map(\.epsilon)
      && other.points.map(\.certification.certificates) == points.map(\.certification.certificates)
  }
}

import Lang
import NN
import Store

extension Command<Session> {
  static var `repeat`: Command {
    Command(
      "repeat", "Run a stored result again from its row alone, and say whether it agrees.", topic: Topic.attacking,
      examples: ["repeat result", "repeat (select id from results order by id desc limit 1)"],
      details: """
        Data, model, costs, settings and seed come from the store, nothing from the names of this session: the files must \
        have the SHA-256 that they had. It agrees when every image ends as it is stored, not only when the shares are \
        alike; on another kind of processor a few images in ten thousand may end otherwise. The repetition itself is not \
        stored as a result, which would count twice in every question.
        """
    ) { signature in
      let result = signature.subject("result", .any, "a result, a row of `results`, or its id")
      return { session, given in .object(try session.repetition(of: try session.storedResult(given[result]))) }
    }
  }
}

/// A stored result beside what it came to when it was run again.
struct RepetitionValue: Object {
  static let type = ObjectType(
    "repetition", "A stored result, run again from its row alone: `check repeat(3).agrees`.",
    members: [
      member("agrees", "whether every image ended as it is stored, and all figures are the same") { .bool($0.agrees) },
      member("differing", "how many images ended otherwise") { .integer($0.differing) },
      member("result", "the id of the stored result") { .integer(Int($0.id)) },
      member("version", "the version of Ward that stored it") { .string($0.version) },
      member("table", "the figures, stored and now") { .table($0.table) },
    ])

  let id: Int64
  let record: ResultRecord
  let version: String
  let model: String
  /// What an attack came to now; nil for a proof.
  let evaluation: Evaluation?
  /// What was proved now.
  var certification: Certification?
  /// What is counted: `image`, or `row`.
  let noun: String

  /// An evaluation stores no images: there its figures have to do.
  var differing: Int {
    if let certification {
      let pairs = zip(record.certificates, certification.certificates)
      return max(record.certificates.count, images) - pairs.count { $0.isLike(CertificateRecord($1)) }
    }
    guard let evaluation, !record.examples.isEmpty else { return 0 }
    let pairs = zip(record.examples, evaluation.outcomes)
    return max(record.examples.count, images) - pairs.count { $0.isLike($1) }
  }

  private var images: Int { evaluation?.images ?? certification?.images ?? 0 }

  var agrees: Bool { differing == 0 && figures.allSatisfy { $0.stored == $0.now } }

  /// Costs are sums in floating point; all else is counts and shares of them.
  private var figures: [(name: String, presentation: Table.Presentation, stored: Double?, now: Double?)] {
    func cost(_ value: Double?) -> Double? { value.map { ($0 * 1e9).rounded() / 1e9 } }
    if let certification {
      return [
        ("images", .count, Double(record.images), Double(images)),
        ("clean", .share, record.clean, certification.clean.value),
        ("certified", .share, record.certified, certification.certified.value),
        ("protected", .share, record.protected, certification.protected?.value),
        ("mean_cost", .plain, cost(record.meanCost), record.meanCost == nil ? nil : cost(certification.cost.max)),
      ]
    }
    guard let evaluation else { return [] }
    return [
      ("images", .count, Double(record.images), Double(evaluation.images)),
      ("clean", .share, record.clean, evaluation.clean.value),
      ("robust", .share, record.robust, evaluation.robust.value),
      ("protected", .share, record.protected, evaluation.protected?.value),
      ("success", .share, record.success, record.success == nil ? nil : evaluation.success.value),
      ("mean_cost", .plain, cost(record.meanCost), record.meanCost == nil ? nil : cost(evaluation.meanCost)),
      ("queries", .count, Double(record.queries), Double(evaluation.queries)),
    ]
  }

  private var table: Table {
    func shown(_ number: Double?, _ presentation: Table.Presentation) -> Value {
      guard let number else { return .none }
      switch presentation {
      case .share: return .string(NumberText.share(number))
      case .count: return .string(NumberText.count(Int(number)))
      default: return .string(NumberText.reading(number))
      }
    }
    let rows = figures.filter { $0.stored != nil || $0.now != nil }.map { figure -> [Value] in
      [
        .string(figure.name), shown(figure.stored, figure.presentation), shown(figure.now, figure.presentation),
        .string(figure.stored == figure.now ? "yes" : "no"),
      ]
    }
    return Table(columns: ["figure", "stored", "now", "agrees"].map { .init($0) }, rows: rows)
  }

  var summary: String {
    let what = "result \(id)"
    let images = images.of(noun)
    let goal = record.goal.map { $0 == "untargeted" ? "" : ", \($0)" } ?? ""
    let by = certification == nil ? "under" : "by"
    let attack = record.attack == "none" ? "" : " \(by) \(record.attack)\(goal)"
    let figure = record.attack == "none" ? "clean" : certification == nil ? "robust" : "certified"
    let share = "\(figure) \(NumberText.share(record.robust))"
    let now = evaluation?.robust.value ?? certification?.certified.value ?? 0
    let from = version == wardVersion ? "" : ", stored by ward \(version)"
    if agrees {
      let each = record.examples.isEmpty && record.certificates.isEmpty ? images : "each of \(images) as stored"
      return "\(what) agrees: \(model)\(attack), \(share), \(each)\(from)"
    }
    return "\(what) differs: \(model)\(attack), \(share) stored, \(NumberText.share(now)) now; "
      + "\(NumberText.count(differing)) of \(images) ended otherwise\(from)"
  }

  func isEqual(to other: any Object) -> Bool { (other as? RepetitionValue)?.id == id }
}

extension CertificateRecord {
  /// Bounds are sums, which another processor may add up in another order.
  fileprivate func isLike(_ other: CertificateRecord) -> Bool {
    var same = other
    same.margin = margin
    guard let margin, let now = other.margin else { return self == other }
    return self == same && abs(margin - now) <= 1e-3 * max(1, abs(margin))
  }
}

extension ExampleRecord {
  /// Distances are stored as they are; another processor may add up their terms in another order.
  fileprivate func isLike(_ outcome: NN.Outcome) -> Bool {
    func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-5 * max(1, abs(a)) }
    return (index, label, cleanAnswer, answer, fooled)
      == (outcome.index, outcome.label, outcome.cleanAnswer, outcome.answer, outcome.fooled)
      && near(linf, outcome.distances.linf) && near(l2, outcome.distances.l2) && near(l1, outcome.distances.l1)
  }
}

extension Session {
  /// The id that a result, a row or a number stands for.
  fileprivate func storedResult(_ value: Value) throws -> Int64 {
    func wrong(_ message: String) -> Problem {
      Problem(
        code: ShellCode.badAttack, message: message,
        help: ["for example repeat 3, where `select id, model, attack, eps from results` shows the ids"],
        argument: "result")
    }
    switch value {
    case .object(let result as ResultValue):
      guard let id = result.identity.storeID else { throw wrong("this result is not in the store") }
      return id
    case .object(let proof as CertificationValue):
      guard let id = proof.identity.storeID else { throw wrong("this result is not in the store") }
      return id
    case .record(let row):
      guard let id = row["id"]?.asInteger else { throw wrong("the row has no id") }
      return Int64(id)
    case .table(let table):
      guard table.count == 1 else {
        throw wrong("one result is repeated at a time, and the table has \(table.count) rows")
      }
      return try storedResult(.record(table.record(0)))
    default:
      guard let id = value.asInteger else { throw wrong("\(value.typePhrase) names no result") }
      return Int64(id)
    }
  }

  /// Runs a stored result again.
  fileprivate func repetition(of id: Int64) throws -> RepetitionValue {
    guard let stored = try store.result(id: id, examples: true) else {
      throw Problem(
        code: ShellCode.badAttack, message: "the store has no result \(id)",
        help: ["`select id, model, attack, eps from results` shows what there is"], argument: "result")
    }
    let record = stored.record
    guard let dataset = record.dataset else {
      throw Problem(code: ShellCode.data, message: "the row does not say which data it was run on")
    }
    let model = try restoredModel(record.model)
    guard let text = record.spec else {
      throw Problem(
        code: ShellCode.badAttack, message: "the row was stored by an earlier version, in a form that cannot be read")
    }
    let spec = try answeringInterrupts { try ResultSpec(json: text) }
    // A form without an attack is that of `evaluate`.
    guard spec.attack != nil || spec.certificate != nil || record.attack == "none" else {
      throw Problem(code: ShellCode.badAttack, message: "what the row keeps of \(record.attack) cannot be read")
    }
    let images = try restoredImages(spec, of: record, in: try restoredData(dataset))
    let costs = try record.costs.map { try restoredCosts($0) }
    let progress = Progress(terminal: terminal, quiet: isQuiet)
    var certification: Certification?
    let evaluation: Evaluation? = try answeringInterrupts {
      defer { progress.finish() }
      if let certificate = spec.certificate {
        var run = try certificate.make()
        run.costs = costs?.costs
        certification = try run.run(
          model.model, on: images, engine: engine, stop: stop,
          progress: { progress.update("result \(id) again", fraction: $0) }
        ).certification
        return nil
      }
      guard let attack = spec.attack else {
        return try model.model.target.evaluate(on: images, costs: costs?.costs, engine: engine, stop: stop)
      }
      return try again(attack, on: model, images, costs?.costs) { done, of in
        progress.update("result \(id) again", fraction: Double(done) / Double(max(1, of)))
      }
    }
    let version = try sql.query(
      "select version from results where id = :id", parameters: ["id": .integer(id)], shouldStop: { false })
    return RepetitionValue(
      id: id, record: record, version: version.rows.first?.first?.description ?? "", model: model.identity.name,
      evaluation: evaluation, certification: certification, noun: images.dataset.noun)
  }

  /// The images of a result. Those that an attack changed are made again by that attack.
  private func restoredImages(_ spec: ResultSpec, of record: ResultRecord, in data: DatasetValue) throws -> Images {
    guard let selection = spec.images, let id = selection.result else {
      return try restoredImages(spec.images, of: record, in: data)
    }
    func cannot(_ why: String) -> Problem {
      Problem(
        code: ShellCode.badAttack, message: "the images that result \(id) changed cannot be made again: \(why)",
        argument: "result")
    }
    guard let first = try store.result(id: id, examples: true)?.record, let text = first.spec else {
      throw cannot("the store does not have it")
    }
    let firstSpec = try answeringInterrupts { try ResultSpec(json: text) }
    guard let attack = firstSpec.attack else { throw cannot("it is of no attack") }
    let clean = try restoredImages(firstSpec, of: first, in: data)
    let model = try restoredModel(first.model)
    let costs = try first.costs.map { try restoredCosts($0) }
    var run = try made(attack)
    (run.costs, run.keepsImages) = (costs?.costs, true)
    let result = try answeringInterrupts {
      try run.run(against: model.model.target, on: clean, engine: engine, stop: stop)
    }
    let outcomes = result.evaluation.outcomes
    guard let changed = result.examples, first.examples.count == outcomes.count,
      zip(first.examples, outcomes).allSatisfy({ $0.isLike($1) })
    else { throw cannot("some of them end otherwise than they did, as they may on another kind of processor") }
    let all = try ChangedImages.images(clean, outcomes, changed, run, model: model.identity.name)
    do { return try selection.images(of: all.dataset) } catch { throw Problem.from(error) }
  }

  /// The run that a spec describes, with models of the store.
  private func made(_ spec: AttackSpec) throws -> AttackRun {
    try spec.make(
      resolving: Resolver(target: { [self] in
        guard let id = $0.id else { throw SettingError.noModel($0.name) }
        return try restoredModel(id).model.target
      }))
  }

  private func again(
    _ spec: AttackSpec, on model: ModelValue, _ images: Images, _ costs: CostMatrix?,
    progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void
  ) throws -> Evaluation {
    var run = try made(spec)
    run.costs = costs
    let target = model.model.target
    // A point of a curve rests on the smaller radii: what they broke stays broken.
    if let radii = spec.radii {
      let upTo = radii.filter { $0 <= spec.eps ?? .infinity }
      let curve = try run.curve(at: upTo, against: target, on: images, engine: engine, stop: stop) { done in
        progress(done, upTo.count)
      }
      return curve.points.last?.evaluation ?? Evaluation(classNames: images.classes, costs: costs, outcomes: [])
    }
    if spec.everyCostlyAnswer {
      let found = try run.costlyMistakes(against: target, on: images, engine: engine, stop: stop) { done in
        progress(done, target.classes)
      }
      return found.worst
    }
    let result = try run.run(
      against: target, on: images, engine: engine, stop: stop, progress: { progress($0.done, $0.images) })
    return result.evaluation
  }
}

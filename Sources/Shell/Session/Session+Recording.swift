import Foundation
import Lang
import NN
import Store

/// Something a cell made that the store keeps.
enum Artifact {
  case dataset(DatasetValue)
  case costs(CostsValue)
  case model(ModelValue)
  /// A training that has come to its end: its last epoch need not be kept any more.
  case trained(TrainingRecord)
  case result(ResultValue)
  case certification(CertificationValue)
  case audit(AuditValue)
  case weights(ModelValue)
  /// The name that a `let` gave to a model that is stored already.
  case name(String, ofModel: Int64)
}

extension Session {
  /// A command hands over what it made. When this returns it is in the store, in one transaction, so that whatever the
  /// cell does or shows next, the end of the process cannot take it back.
  ///
  /// A model without a name gets one from what it is and the cell that made it, until a `let` names it. Where the store
  /// cannot be written that is told, and tried once more when the cell ends.
  func made(_ things: Artifact...) {
    for case .model(let model) in things {
      cell.models += 1
      guard model.identity.name.isEmpty else { continue }
      let base = "\(model.model.architecture.name).\(nextCell - 1)"
      model.identity.name = cell.models == 1 ? base : "\(base).\(cell.models)"
    }
    cell.unstored += things
    guard let row = cell.row, !cell.cannotKeep else { return }
    do {
      try write { record in try store.keep(in: row, shown: shownByNow(), record: record) }
    } catch {
      cell.cannotKeep = true
      // The cell is about to end, and then it is tried again.
      if case StoreError.stopped = error { return }
      report("what this cell makes is not stored", error, more: "it is tried again when the cell ends")
    }
  }

  /// Writes how the cell ended and what of it is not stored yet, in one transaction.
  func finish(_ status: CellStatus, seconds: Double) {
    defer {
      cell.unstored.removeAll()
      cell.row = nil
      cell.cannotKeep = false
    }
    guard let row = cell.row else { return }
    do {
      try write { record in
        try store.finishCell(
          row, status: status, seconds: seconds, shown: output.shown, output: StoredBlock.json(output.blocks),
          record: record)
      }
      if cell.cannotKeep { notices.report(.note, "what this cell made is stored after all") }
    } catch {
      hasLost = true
      report(
        cell.unstored.isEmpty ? "how this cell ended is not stored" : "what this cell made is not stored", error,
        more: "the notebook still has it")
    }
  }

  /// Warns of what the store did not take; without `more` in short, as the same was said before.
  func report(_ what: String, _ error: any Error, more: String?) {
    let hint = (error as? StoreError).map { [$0.hint] } ?? []
    notices.report(.warning, "\(what): \(error)", help: more.map { hint + [$0] } ?? [])
  }

  /// What the running cell has shown, once in a while: to write it with each result would take longer with each.
  private func shownByNow() -> String? {
    let now = ContinuousClock.now
    guard now - cell.shownKept > .seconds(1), !output.shown.isEmpty else { return nil }
    cell.shownKept = now
    return output.shown
  }

  /// The row that a training will be kept in, with those of what it rests on; `nil` where the cell has no row itself.
  func beginKeeping(_ training: UnfinishedTraining) throws -> TrainingRecord? {
    guard let row = cell.row else { return nil }
    let (record, confirmations) = try store.keep(in: row, shown: shownByNow()) { writer in
      let recorder = Recorder(writer: writer, session: self)
      return (try recorder.record(of: training, cell: row), try recorder.write([]))
    }
    for confirm in confirmations { confirm() }
    return record
  }

  /// Runs a transaction that writes `cell.unstored`; ids are handed out only once it is through.
  private func write(_ transaction: ((CellWriter) throws -> [() -> Void]) throws -> [() -> Void]) throws {
    let things = cell.unstored
    let confirmations = try transaction { writer in try Recorder(writer: writer, session: self).write(things) }
    for confirm in confirmations { confirm() }
    cell.unstored.removeAll()
  }
}

/// Turns the notebook's values into rows, inside one transaction.
private final class Recorder {
  private let writer: CellWriter
  private var models: [ObjectIdentifier: Int64] = [:]
  /// To be run once the transaction is through: an id of a transaction that failed must not be kept.
  private var confirmations: [() -> Void] = []

  private weak var session: Session?

  init(writer: CellWriter, session: Session) {
    self.writer = writer
    self.session = session
  }

  func write(_ things: [Artifact]) throws -> [() -> Void] {
    for thing in things {
      switch thing {
      case .dataset(let dataset): _ = try row(of: dataset)
      case .costs(let costs): _ = try row(of: costs)
      case .model(let model): _ = try row(of: model)
      case .trained(let training): try writer.dropTraining(training.name, of: training.cell)
      case .result(let result): try add(result)
      case .certification(let value): try add(value)
      case .audit(let audit): try add(audit)
      case .weights(let model):
        try writer.add(model.model.weightStatistics.map { StoredWeights($0) }, of: try row(of: model))
      case .name(let name, let model): try writer.rename(model: model, to: name)
      }
    }
    return confirmations
  }

  private func row(of data: DatasetValue) throws -> Int64 {
    let dataset = data.dataset
    return try writer.add(
      DatasetRecord(
        name: dataset.name, path: dataset.path, sha256: dataset.sha256, selection: data.selection.typed,
        spec: data.selection.json, train: dataset.train.count,
        test: dataset.test.count, classNames: dataset.classes,
        shape: [dataset.shape.channels, dataset.shape.height, dataset.shape.width]))
  }

  private func row(of costs: CostsValue) throws -> Int64 {
    try writer.add(
      CostRecord(
        name: costs.name, classNames: costs.classes, protected: costs.costs.protected.map { costs.classes[$0] },
        matrix: costs.costs.rows, dataset: try costs.from.map { try row(of: $0) }))
  }

  private func row(of value: ModelValue) throws -> Int64 {
    if let known = value.identity.storeID ?? models[ObjectIdentifier(value.identity)] { return known }
    let (model, origin) = (value.model, value.origin)
    let id = try writer.add(
      ModelRecord(
        name: value.identity.name, architecture: model.architecture.name,
        parent: try origin.parent.map { try row(of: $0) },
        dataset: try origin.data.map { try row(of: $0) }, defense: origin.defense, spec: origin.spec?.json,
        costs: try origin.costs.map { try row(of: $0) }, seed: Int64(origin.seed), parameters: model.parameterCount,
        shape: [model.input.channels, model.input.height, model.input.width],
        normalisation: JSONText.object([
          ("mean", JSONText.value(.list(model.normalisation.mean.map { .number(Double("\($0)") ?? 0) }))),
          ("std", JSONText.value(.list(model.normalisation.std.map { .number(Double("\($0)") ?? 0) }))),
        ]),
        clean: origin.clean, seconds: origin.seconds, weights: model.weightsFile))
    try writer.add(origin.epochs, of: id)
    try writer.add(model.weightStatistics.map { StoredWeights($0) }, of: id)
    models[ObjectIdentifier(value.identity)] = id
    confirmations.append { [weak session] in
      value.identity.storeID = id
      value.identity.wasNamed = { session?.made(.name($0, ofModel: id)) }
    }
    return id
  }

  func record(of training: UnfinishedTraining, cell: Int64) throws -> TrainingRecord {
    let origin = training.origin
    return TrainingRecord(
      cell: cell, name: training.name, epoch: 0, epochs: training.trainer.epochs, state: Data(),
      dataset: try origin.data.map { try row(of: $0) }, costs: try origin.costs.map { try row(of: $0) },
      parent: try origin.parent.map { try row(of: $0) }, seed: Int64(origin.seed), defense: origin.defense,
      spec: origin.spec?.json)
  }

  private func add(_ result: ResultValue) throws {
    let (evaluation, run) = (result.evaluation, result.run)
    let id = try writer.add(
      ResultRecord(
        model: try row(of: result.model), attack: result.choice?.name ?? "none", norm: run?.threat.norm.rawValue ?? "",
        eps: run?.threat.bound ?? 0, goal: run == nil ? nil : result.goalText, spec: try spec(of: result).json,
        costs: try result.costs.map { try row(of: $0) }, dataset: try row(of: result.images.from),
        selection: result.images.described, seed: Int64(run?.seed ?? 0), images: evaluation.images,
        clean: evaluation.clean.value, robust: evaluation.robust.value, protected: evaluation.protected?.value,
        meanCost: evaluation.meanCost, attacked: run == nil ? nil : evaluation.success.count,
        success: run == nil || evaluation.success.count == 0 ? nil : evaluation.success.value,
        queries: evaluation.queries, seconds: result.seconds,
        classes: evaluation.byClass.map(record),
        examples: run == nil && result.images.images.isRange ? [] : evaluation.outcomes.map(record)))
    confirmations.append { result.identity.storeID = id }
  }

  private func add(_ value: CertificationValue) throws {
    let (found, run) = (value.certification, value.run)
    let id = try writer.add(
      ResultRecord(
        model: try row(of: value.model), attack: run.certifier.name, norm: run.threat.norm.rawValue,
        eps: run.threat.bound,
        spec: ResultSpec(attack: nil, certificate: CertifySpec(run), images: value.images.selection).json,
        costs: try value.costs.map { try row(of: $0) }, dataset: try row(of: value.images.from),
        selection: value.images.described, seed: Int64(run.seed), images: found.images, clean: found.clean.value,
        robust: found.certified.value, protected: found.protected?.value,
        meanCost: found.cost.max.isNaN ? nil : found.cost.max, seconds: value.seconds,
        certified: found.certified.value, classes: found.byClass.map { record($0, found.classNames) },
        certificates: found.certificates.map { CertificateRecord($0) }))
    confirmations.append { value.identity.storeID = id }
  }

  private func record(_ row: Certification.Row, _ names: [String]) -> ClassResultRecord {
    func share(_ rate: Rate) -> Double? { rate.count == 0 ? nil : rate.value }
    let interval = row.certified.interval
    return ClassResultRecord(
      label: row.number, name: row.name, protected: row.isProtected, images: row.certified.count,
      clean: share(row.clean), robust: nil, low: row.certified.count == 0 ? nil : interval.low,
      high: row.certified.count == 0 ? nil : interval.high, meanCost: row.cost.max.isNaN ? nil : row.cost.max,
      mostTakenFor: row.mayBeTakenFor.map { names[$0] } ?? "", certified: share(row.certified))
  }

  /// All that decided it, but for its model, data and costs: `repeat` runs it again from this and those rows.
  private func spec(of result: ResultValue) throws -> ResultSpec {
    let images = result.images.selection
    guard let run = result.run, let choice = result.choice, var attack = AttackSpec(run) else {
      return ResultSpec(attack: nil, images: images)
    }
    // A model among the settings is known by its row.
    attack.attack = try Attacks.family.completed(
      try choice.spec { ModelReference(name: $0.identity.name, id: try row(of: $0), target: $0.model.target) })
    attack.radii = result.radii
    attack.everyCostlyAnswer = result.goal == ResultValue.everyCostlyAnswer
    return ResultSpec(attack: attack, images: images)
  }

  private func record(_ row: ClassRow) -> ClassResultRecord {
    func share(_ rate: Rate) -> Double? { rate.count == 0 ? nil : rate.value }
    let interval = row.robust.interval
    return ClassResultRecord(
      label: row.number, name: row.name, protected: row.isProtected, images: row.robust.count, clean: share(row.clean),
      robust: share(row.robust), low: row.robust.count == 0 ? nil : interval.low,
      high: row.robust.count == 0 ? nil : interval.high, meanCost: row.meanCost.isNaN ? nil : row.meanCost,
      mostTakenFor: row.mostTakenFor?.name ?? "")
  }

  private func add(_ value: AuditValue) throws {
    let (audit, report) = (value.audit, value.report)
    let spec = AuditSpec(audit, images: value.images.selection)
    _ = try writer.add(
      AuditRecord(
        model: try row(of: value.model), dataset: try row(of: value.images.from), selection: value.images.described,
        spec: spec.json, seed: Int64(audit.seed), seconds: report.seconds,
        checks: report.checks.map { check in
          CheckRecord(
            name: check.name, passed: check.verdict == .skipped ? nil : check.isPassed,
            verdict: check.verdict.rawValue, value: check.value.isNaN ? nil : check.value,
            meaning: check.meaning + (check.advice.isEmpty ? "" : "; try: " + check.advice))
        }))
  }

  private func record(_ one: NN.Outcome) -> ExampleRecord {
    ExampleRecord(
      index: one.index, label: one.label, cleanAnswer: one.cleanAnswer, answer: one.answer, fooled: one.fooled,
      linf: one.distances.linf, l2: one.distances.l2, l1: one.distances.l1, l0: one.distances.l0,
      queries: one.queries, steps: one.steps)
  }
}

extension CertificateRecord {
  /// What `NN` proved, as it is stored.
  init(_ one: Certificate) {
    self.init(
      image: one.index, label: one.label, cleanAnswer: one.cleanAnswer, certified: one.isCertified,
      margin: one.margin.isFinite ? one.margin : nil, unproved: one.unproved, inBand: one.isInBand)
  }
}

extension WeightRecord {
  /// The statistics that `NN` computes, as they are stored.
  init(_ layer: WeightStatistics) {
    self.init(
      layer: layer.layer, parameters: layer.count, l1: layer.l1, l2: layer.l2, max: layer.max, std: layer.std,
      nearZero: layer.belowHundredth, kurtosis: layer.kurtosis, hoyer: layer.hoyer, gini: layer.gini)
  }
}

import Foundation
import Lang
import NN
import Store

/// Something a cell made that the store keeps.
enum Made {
  case dataset(DatasetValue)
  case costs(CostsValue)
  case model(ModelValue)
  /// A training that has come to its end: its last epoch need not be kept any more.
  case trained(TrainingRecord)
  case result(ResultValue)
  case audit(AuditValue)
  case weights(ModelValue)
}

extension Session {
  /// A command hands over what it made; it is stored, in one transaction, when the cell ends.
  ///
  /// A model without a name gets one from what it is and the cell that made it, until a `let` names it.
  func made(_ thing: Made) {
    if case .model(let model) = thing, model.identity.name.isEmpty {
      let base = "\(model.model.architecture.name).\(nextCell - 1)"
      let taken = unstored.count { if case .model = $0 { true } else { false } }
      model.identity.name = taken == 0 ? base : "\(base).\(taken + 1)"
    }
    unstored.append(thing)
  }

  /// Writes how the cell ended and all that it made, in one transaction.
  func finish(_ status: CellStatus, seconds: Double) {
    guard let row = cellRow else { return unstored.removeAll() }
    store(status: status, row: row) { record in
      try store.finishCell(
        row, status: status, seconds: seconds, shown: output.shown, output: StoredBlock.json(output.blocks),
        record: record)
    }
    cellRow = nil
  }

  /// Writes what the running cell has made so far, so that its own SQL sees it.
  func storeSoFar() {
    guard let row = cellRow, !unstored.isEmpty else { return }
    store(status: .running, row: row) { record in
      try store.finishCell(row, status: .running, seconds: 0, shown: output.shown, record: record)
    }
  }

  /// The row that a training will be kept in, with those of what it rests on; `nil` where the cell has no row itself.
  func beginKeeping(_ training: UnfinishedTraining) throws -> TrainingRecord? {
    guard let row = cellRow else { return nil }
    storeSoFar()
    let (record, confirmations) = try store.finishCell(row, status: .running, seconds: 0, shown: output.shown) {
      writer in
      let recorder = Recorder(writer: writer)
      return (try recorder.record(of: training, cell: row), try recorder.write([]))
    }
    for confirm in confirmations { confirm() }
    return record
  }

  /// Runs a transaction that writes `unstored`; ids are handed out only once it is through.
  private func store(
    status: CellStatus, row: Int64, _ transaction: ((CellWriter) throws -> [() -> Void]) throws -> [() -> Void]
  ) {
    do {
      let things = unstored
      let confirmations = try transaction { writer in try Recorder(writer: writer).write(things) }
      for confirm in confirmations { confirm() }
      unstored.removeAll()
    } catch {
      let hint = (error as? StoreError).map { [$0.hint] } ?? []
      notices.tell(
        .warning, "what this cell made is not stored: \(error)", help: hint + ["the notebook still has it"])
      unstored.removeAll()
    }
  }
}

/// Turns the notebook's values into rows, inside one transaction.
private final class Recorder {
  private let writer: CellWriter
  private var models: [ObjectIdentifier: Int64] = [:]
  /// To be run once the transaction is through: an id of a transaction that failed must not be kept.
  private var confirmations: [() -> Void] = []

  init(writer: CellWriter) { self.writer = writer }

  func write(_ things: [Made]) throws -> [() -> Void] {
    for thing in things {
      switch thing {
      case .dataset(let dataset): _ = try row(of: dataset)
      case .costs(let costs): _ = try row(of: costs)
      case .model(let model): _ = try row(of: model)
      case .trained(let training): try writer.dropTraining(training.name, of: training.cell)
      case .result(let result): try add(result)
      case .audit(let audit): try add(audit)
      case .weights(let model):
        try writer.add(model.model.weightStatistics.map { StoredWeights($0) }, of: try row(of: model))
      }
    }
    return confirmations
  }

  private func row(of data: DatasetValue) throws -> Int64 {
    let dataset = data.dataset
    return try writer.add(
      DatasetRecord(
        name: dataset.name, path: dataset.path, sha256: dataset.sha256, selection: data.selection,
        train: dataset.train.count,
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
        dataset: try origin.data.map { try row(of: $0) }, defense: origin.defense, settings: origin.settings,
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
    confirmations.append { value.identity.storeID = id }
    return id
  }

  func record(of training: UnfinishedTraining, cell: Int64) throws -> TrainingRecord {
    let origin = training.origin
    return TrainingRecord(
      cell: cell, name: training.name, epoch: 0, epochs: training.trainer.epochs, state: Data(),
      dataset: try origin.data.map { try row(of: $0) }, costs: try origin.costs.map { try row(of: $0) },
      parent: try origin.parent.map { try row(of: $0) }, seed: Int64(origin.seed), defense: origin.defense,
      settings: origin.settings)
  }

  private func add(_ result: ResultValue) throws {
    let (evaluation, run) = (result.evaluation, result.run)
    let id = try writer.add(
      ResultRecord(
        model: try row(of: result.model), attack: result.choice?.name ?? "none", norm: run?.threat.norm.rawValue ?? "",
        eps: run.map { Double("\($0.threat.epsilon)") ?? 0 } ?? 0, settings: try settings(of: result),
        costs: try result.costs.map { try row(of: $0) }, dataset: try row(of: result.images.from),
        selection: result.images.described, seed: Int64(run?.seed ?? 0), images: evaluation.images,
        clean: evaluation.clean.value, robust: evaluation.robust.value, protected: evaluation.protected?.value,
        meanCost: evaluation.meanCost, queries: evaluation.queries, seconds: result.seconds,
        classes: evaluation.byClass.map(record),
        examples: run == nil && result.images.isRange ? [] : evaluation.outcomes.map(record)))
    confirmations.append { result.identity.storeID = id }
  }

  /// With the row's own columns all that decided it: `repeat` runs it again from them.
  private func settings(of result: ResultValue) throws -> String {
    guard let run = result.run, let choice = result.choice else { return "{}" }
    // Of `transfer`, which is made with a model, what was typed; of the others every setting, defaults included.
    var settings = Attacks.entry(of: run.attack)?.values(of: run.attack) ?? choice.settingValues
    settings["goal"] = .choice(result.goal ?? run.goal.described)
    if let radii = result.radii { settings["radii"] = .numbers(radii) }
    if let source = choice["from"]?.asObject(ModelValue.self) {
      settings["from_id"] = .integer(Int(try row(of: source)))
    }
    return settings.json
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
    let settings: [String: SettingValue] = [
      "norm": .choice(audit.threat.norm.rawValue), "eps": .number(Double("\(audit.threat.epsilon)") ?? 0),
      "form": .choice(audit.form.rawValue),
    ]
    _ = try writer.add(
      AuditRecord(
        model: try row(of: value.model), dataset: try row(of: value.images.from), selection: value.images.described,
        settings: settings.json, seed: Int64(audit.seed), seconds: report.seconds,
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
      linf: Double(one.distances.linf), l2: Double(one.distances.l2), l1: Double(one.distances.l1),
      l0: one.distances.l0,
      queries: one.queries, steps: one.steps)
  }
}

extension Goal {
  /// The goal as it would be typed: `next`, `target(class: 8)`.
  var described: String { if case .target(let wanted) = self { "target(class: \(wanted))" } else { name } }
}

extension WeightRecord {
  /// The statistics that `NN` computes, as they are stored.
  init(_ layer: WeightStatistics) {
    self.init(
      layer: layer.layer, parameters: layer.count, l1: layer.l1, l2: layer.l2, max: layer.max, std: layer.std,
      nearZero: layer.belowHundredth, kurtosis: layer.kurtosis, hoyer: layer.hoyer, gini: layer.gini)
  }
}

import Foundation
import Lang
import NN
import Store

extension Command<Session> {
  static var resume: Command {
    Command(
      "resume", "Go on with a training that was stopped, or with the attack that Ctrl-C stopped.",
      topic: Topic.training, examples: ["resume", "let normal = resume normal"],
      details: """
        A training goes on from its last whole epoch. That is in the store, so that another session can go on with it too, \
        even when the program was killed. An attack goes on from the images that it was done with, in the same session. \
        What comes out is the same, to the last bit, as if it had not been stopped.
        """
    ) { signature in
      let name = signature.optionalSubject(
        "name", .word("training"), "the name its model was to get", shown: "the one that was stopped last")
      return { session, given in
        if given[name] == nil, let attack = session.unfinishedAttack {
          let result = try session.finish(attack)
          session.unfinishedAttack = nil
          return .object(result)
        }
        let training = try session.unfinishedTraining(named: given[name])
        let value = try session.finish(training)
        session.unfinished = nil
        session.environment.unfinished[training.name] = nil
        return value
      }
    }
  }
}

/// A training with everything that its model will remember of it; after an interrupt, what `resume` goes on from.
struct UnfinishedTraining {
  var trainer: Trainer
  var state: TrainingState
  var origin: ModelValue.Origin
  /// The name its model is to get, or one made of its network and its cell.
  var name: String
  var kept = Kept()

  /// Where the store keeps the last whole epoch, once there is one. Shared by all copies.
  final class Kept {
    var record: TrainingRecord?
    /// Whether it could not be written, and that was said.
    var failed = false
  }
}

extension Session {
  /// What a training is called in the store: as its model will be; numbered if the cell trains several.
  func trainingName(of model: Model) -> String {
    cell.trainings += 1
    let base = cell.binding ?? "\(model.architecture.name).\(nextCell - 1)"
    return cell.trainings == 1 ? base : "\(base).\(cell.trainings)"
  }

  /// Writes the state after a whole epoch to the store, so that the end of the program loses one epoch at most.
  func keep(_ state: TrainingState, of training: UnfinishedTraining, since started: ContinuousClock.Instant) {
    let kept = training.kept
    if kept.failed { return }
    do {
      if kept.record == nil { kept.record = try beginKeeping(training) }
      guard var record = kept.record else { return }
      record.epoch = state.epochs.count
      record.state = Foundation.Data(state.checkpoint.bytes)
      record.seconds = training.origin.seconds + (ContinuousClock.now - started).inSeconds
      try store.save(record)
    } catch {
      kept.failed = true
      notices.report(
        .warning, "the epochs of this training are not stored: \(error)",
        help: ["it goes on; Ctrl-C still keeps its last whole epoch for this session"])
    }
  }

  /// The training to go on with: one stopped in this session, else the newest the store has.
  fileprivate func unfinishedTraining(named name: String?) throws -> UnfinishedTraining {
    if let unfinished, name == nil || unfinished.name == name { return unfinished }
    let stopped = try store.unfinishedTrainings()
    if let record = stopped.first(where: { name == nil || $0.name == name }) { return try restored(record) }
    let names = stopped.map(\.name) + (unfinished.map { [$0.name] } ?? [])
    guard let name else {
      throw Problem(
        code: ShellCode.badTraining, message: "there is nothing to resume: no training and no attack was stopped")
    }
    throw Problem(
      code: ShellCode.badTraining, message: "no stopped training is called \(name)",
      label: Suggestions.hint(for: name, in: names),
      help: [names.isEmpty ? "there is none to resume" : "stopped were " + names.joined(separator: ", ")],
      argument: "name")
  }

  /// A training out of its row alone.
  private func restored(_ record: TrainingRecord) throws -> UnfinishedTraining {
    let place = "the training \(record.name)"
    guard let dataset = record.dataset else {
      throw Problem(code: ShellCode.badTraining, message: "\(place) was stored by an earlier version, without its data")
    }
    do {
      let state = try TrainingState(
        checkpoint: Safetensors(bytes: [UInt8](record.state), path: place), path: place)
      var origin = ModelValue.Origin(data: try restoredData(dataset))
      origin.parents = try record.parent.map { [try restoredModel($0)] } ?? []
      origin.costs = try record.costs.map { try restoredCosts($0) }
      guard let text = record.spec else {
        throw Problem(
          code: ShellCode.badTraining, message: "\(place) was stored by an earlier version, without its settings")
      }
      let spec = try translatingErrors { try TrainingSpec(json: text) }
      (origin.defense, origin.spec) = (record.defense, .trained(spec))
      (origin.seed, origin.seconds) = (Int(record.seed), record.seconds)
      // A defense sees the model that the training began with.
      let first = try origin.parent?.model ?? fresh(state.last, seed: spec.seed)
      let trainer = try translatingErrors { try spec.make(for: first, costs: origin.costs?.costs) }
      let training = UnfinishedTraining(trainer: trainer, state: state, origin: origin, name: record.name)
      training.kept.record = record
      return training
    } catch let error as CheckpointError {
      throw Problem(code: ShellCode.badTraining, message: error.description)
    }
  }

  /// The same network before its training.
  private func fresh(_ model: Model, seed: Int) throws -> Model {
    try Model(
      model.network, label: model.architecture, normalisation: model.normalisation, seed: seed)
  }
}

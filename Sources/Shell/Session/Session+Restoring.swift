import Foundation
import Lang
import NN
import Store

/// Values made again from their rows alone: what `repeat` and `resume` work with.
extension Session {
  /// The data set of a row, read from its files and narrowed as it was.
  ///
  /// - Throws: `Problem` if the files are gone, or their bytes are not those of the row.
  func restoredData(_ id: Int64) throws -> DatasetValue {
    let record = try row(store.dataset(id: id), "data set", id)
    let loaded = environment.variables.lazy.compactMap { $0.value.asObject(DatasetValue.self) }
    guard let selection = try? DataSelection(json: record.spec ?? "") else {
      throw Problem(code: ShellCode.data, message: "the store's selection `\(record.selection)` cannot be read")
    }
    let known = loaded.first { $0.dataset.sha256 == record.sha256 && $0.selection.typed == record.selection }
    if let known, known.dataset.name == record.name { return known }
    do {
      // The place it was read from, unless a set that has a name of its own stands elsewhere on this machine.
      let isThere = FileManager.default.fileExists(atPath: record.path)
      let place = isThere || !Dataset.knownNames.contains(record.name) ? record.path : record.name
      let dataset = try Interrupt.runDetached { try Dataset.load(place, options: selection.options ?? LoadOptions()) }
      guard dataset.sha256 == record.sha256 else {
        throw Problem(
          code: ShellCode.data,
          message: "the files of \(record.name) have changed since: their SHA-256 differs",
          help: ["they were read from \(record.path)"])
      }
      return DatasetValue(dataset: try selection.applied(to: dataset), selection: selection)
    } catch let error as DataError {
      throw Problem.from(error)
    }
  }

  /// The images of a result; in rows of early versions those that its examples name.
  func restoredImages(_ selection: ImageSelection?, of record: ResultRecord, in data: DatasetValue) throws -> Images {
    do {
      guard let selection = selection ?? ImageSelection(indices: record.examples.map(\.index), text: record.selection)
      else { throw DataError.selection("the row says `\(record.selection)`") }
      let images = try selection.images(of: data.dataset)
      guard images.count == record.images else { throw DataError.selection("the row has \(record.images.of("image"))") }
      return images
    } catch let error as DataError {
      throw Problem(
        code: ShellCode.data, message: "the row does not say which images of \(data.dataset.name) were used: \(error)")
    }
  }

  /// The cost matrix of a row.
  func restoredCosts(_ id: Int64) throws -> CostsValue {
    let record = try row(store.costs(id: id), "cost matrix", id)
    let protected = record.protected.compactMap { record.classNames.firstIndex(of: $0) }
    do {
      return CostsValue(
        costs: try CostMatrix(record.matrix, protected: protected), classes: record.classNames,
        from: try record.dataset.map { try restoredData($0) }, name: record.name)
    } catch let error as CostMatrixError {
      throw Problem.from(error, classes: record.classNames)
    }
  }

  /// The model of a row, with the weights that the store has.
  func restoredModel(_ id: Int64) throws -> ModelValue {
    let record = try row(store.model(id: id), "model", id)
    var origin = ModelValue.Origin(data: try record.dataset.map { try restoredData($0) })
    origin.parents = try record.parent.map { [try restoredModel($0)] } ?? []
    origin.costs = try record.costs.map { try restoredCosts($0) }
    origin.defense = record.defense
    // A model whose training an early version described otherwise is a model all the same: only `resume` needs to know.
    origin.spec = record.spec.flatMap { try? ModelSpec(json: $0) }
    (origin.seed, origin.clean, origin.seconds) = (Int(record.seed), record.clean, record.seconds)
    origin.epochs = try store.epochs(of: id)
    let value = ModelValue(try network(record, id), origin: origin, name: record.name)
    value.identity.isNamed = true
    value.identity.storeID = id
    return value
  }

  private func network(_ record: ModelRecord, _ id: Int64) throws -> Model {
    let place = "the model \(record.name) of the store"
    do {
      var file = try Safetensors(bytes: [UInt8](record.weights), path: place)
      // Early stores have the tensors alone; the row says the rest.
      if file.metadata["ward.architecture"] == nil { file.metadata = try notes(for: record) }
      return try Model(checkpoint: file, path: place)
    } catch let error as CheckpointError {
      throw Problem(code: ShellCode.wrongModel, message: error.description)
    }
  }

  private func notes(for record: ModelRecord) throws -> [String: String] {
    let normalisation = try [String: SettingValue](json: record.normalisation)
    func floats(_ name: String) -> String {
      switch normalisation[name] {
      case .numbers(let numbers): numbers.map { "\(Float($0))" }.joined(separator: " ")
      case .integers(let numbers): numbers.map { "\(Float($0))" }.joined(separator: " ")
      default: ""
      }
    }
    let answers = try record.dataset.flatMap { try store.dataset(id: $0)?.record.classNames.count } ?? 10
    return [
      "ward.architecture": record.architecture, "ward.classes": "\(answers)",
      "ward.input": record.shape.map(String.init).joined(separator: "x"), "ward.mean": floats("mean"),
      "ward.std": floats("std"),
    ]
  }

  private func row<Record>(_ found: Stored<Record>?, _ what: String, _ id: Int64) throws -> Record {
    guard let found else {
      throw Problem(code: ShellCode.sql, message: "the store has no \(what) \(id)")
    }
    return found.record
  }
}

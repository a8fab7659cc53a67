import Foundation
import Lang

@testable import NN

/// One form of file: what reads it, and a few whole ones. Whatever the bytes are, they are read or refused in words.
struct Reader: Sendable {
  let name: String
  let seeds: [[UInt8]]
  private let read: @Sendable ([UInt8]) throws -> Void

  /// Reads some bytes. A refusal must fit on a screen and be our own.
  func take(_ bytes: [UInt8]) {
    do { try read(bytes) } catch {
      let text = "\(error)"
      if text.isEmpty || text.utf8.count > 4000 || text.contains("NSCocoa") { fatalError("a refusal says: \(text)") }
    }
  }

  static let all: [Reader] = [
    Reader(name: "safetensors", seeds: [Seeds.model.checkpoint.bytes, Seeds.tensors]) {
      let file = try Safetensors(bytes: $0, path: "x")
      // Each number has bytes of its own.
      if file.tensors.reduce(0, { $0 + $1.tensor.count }) > $0.count { fatalError("more numbers than bytes") }
      _ = try Model(checkpoint: file, path: "x")
    },
    Reader(name: "state", seeds: [Seeds.state.checkpoint.bytes]) {
      _ = try TrainingState(checkpoint: Safetensors(bytes: $0, path: "x"), path: "x")
    },
    Reader(name: "settings", seeds: Seeds.settings.map { Array($0.utf8) }) {
      let text = String(decoding: $0, as: UTF8.self)
      if let spec = try? TrainingSpec(json: text) { _ = try? spec.completed() }
      if let spec = try? ResultSpec(json: text) { _ = try? spec.attack?.make() }
      let settings = try [String: SettingValue](json: text)
      for entry in Architectures.all { _ = try? entry.make(settings) }
      for entry in Attacks.all { _ = try? entry.make(settings) }
      for entry in Defenses.all { _ = try? entry.make(settings) }
    },
    Reader(name: "network", seeds: Seeds.networks.map { Array($0.utf8) }) {
      let text = String(decoding: $0, as: UTF8.self)
      let network = try Network(json: text)
      // What is written of what was read is read again, and means the same.
      guard try Network(json: network.json).json == network.json else { fatalError("another network") }
      try network.checkExtents(of: "x")
      let plans = [false, true].map { Plan(network, training: $0) }
      if plans.allSatisfy({ $0.parameterCount < 100_000 && $0.arena.count < 1_000_000 }) {
        let images = Tensor(shape: [1, network.input.count])
        let found = Workspace(try Model(network, label: Spec("x"))).ascend(images) { logits, _ in logits }
        if found.logits.shape != [1, network.classes] { fatalError("logits of \(found.logits.shape)") }
      }
    },
    Reader(name: "npz", seeds: Seeds.archives) {
      Scratch.file.write($0)
      try check(NPZ(Scratch.file.path).load())
    },
    Reader(name: "idx", seeds: [Seeds.images, Seeds.labels] + [Seeds.images, Seeds.labels].map(Seeds.gzip)) {
      Scratch.file.write($0)
      if let images = try? IDX.images(Scratch.file.path), images.bytes.count != images.count * images.shape.count {
        fatalError("\(images.count) images of \(images.shape) in \(images.bytes.count) bytes")
      }
      _ = try IDX.labels(Scratch.file.path)
    },
    Reader(name: "cifar", seeds: [Seeds.batch, Seeds.gzip(Seeds.batch)]) {
      Scratch.file.write($0)
      guard let folder = CIFARFolder(Scratch.cifar) else { fatalError("the folder is one of CIFAR") }
      try check(folder.load())
    },
    Reader(name: "csv", seeds: [Array("a,b\r\n\"x \"\"y\"\"\",2\n\n# 3\n".utf8)]) {
      for remarks in [false, true] {
        var reader = try CSVReader(Data($0), remarks: remarks)
        var line = 0
        while let record = try reader.next() {
          if record.line <= line || record.fields.isEmpty { fatalError("line \(record.line) after \(line)") }
          line = record.line
        }
      }
    },
    Reader(name: "features", seeds: Seeds.tables) {
      Scratch.file.write($0)
      let table = try CSVTable(Scratch.file.path, LoadWork())
      if table.fields.count != table.rows * table.columns { fatalError("rows of different lengths") }
      var options = LoadOptions()
      (options.target, options.share, options.missing) = ("\(table.columns)", 0.5, "mean")
      if let images = try? CSVImages([table], options) { try check(images.load("x", "x")) }
      var features = try FeatureTable([table], options)
      try check(features.load("x", "x", LoadWork()))
    },
    Reader(name: "picture", seeds: Seeds.pictures) {
      let picture = try DecodedPicture($0, path: "x")
      if picture.bytes.count != picture.width * picture.height * picture.channels {
        fatalError("\(picture.bytes.count) bytes for \(picture.width)×\(picture.height)×\(picture.channels)")
      }
      if picture.width * picture.height < 1 << 16, picture.scaled(width: 3, height: 5).planes(3).count != 45 {
        fatalError("a scaled picture of another size")
      }
    },
    Reader(name: "pickle", seeds: Seeds.pickles) {
      let pickle = try Pickle($0)
      if pickle.end > $0.count { fatalError("a pickle that ends behind its end") }
      walk(pickle.value, 4)
    },
    Reader(name: "costs", seeds: [Array(",a,b\na,0,2\nb,1,0\n".utf8), Array("0 , 2\n1,0\n".utf8)]) {
      let costs = try CostMatrix(csv: Data($0), classes: ["a", "b"])
      if costs.rows.count != 2 || costs.rows.contains(where: { $0.contains { !$0.isFinite || $0 < 0 } }) {
        fatalError("\(costs.rows) are no costs")
      }
    },
    Reader(
      name: "json", seeds: [Array("[{\"a\":1,\"b\":null},{\"a\":\"\\u00e9\",\"c\":[true,{\"d\":-1.5e3}]}]".utf8)]
    ) {
      try table($0, lines: false)
    },
    Reader(name: "jsonl", seeds: [Array("{\"a\":1}\n\n{\"b\":\"x\"}\n".utf8)]) { try table($0, lines: true) },
  ]

  private static func table(_ bytes: [UInt8], lines: Bool) throws {
    do {
      let table = try JSONTable.reading(bytes, lines: lines)
      if table.rows.contains(where: { $0.count != table.columns.count }) { fatalError("rows of different lengths") }
    } catch let mistake as JSONError { throw Refusal(description: mistake.what) }
  }

  private struct Refusal: Error { let description: String }

  private static func walk(_ value: Pickle.Value, _ depth: Int) {
    _ = (value.text, value.integer, value.bytes, value["a"]?.text)
    guard depth > 0 else { return }
    for inner in (value.items ?? []).prefix(8) { walk(inner, depth - 1) }
    for pair in (value.pairs ?? []).prefix(8) { walk(pair.value, depth - 1) }
    if case .object(let object) = value.content {
      walk(object.arguments, depth - 1)
      if let state = object.state { walk(state, depth - 1) }
    }
  }

  private static func check(_ data: Dataset) {
    for part in [data.train, data.test] where part.labels.contains(where: { $0 >= data.classes.count }) {
      fatalError("a label that names no class")
    }
    _ = data.warnings
  }
}

/// A file in memory that readers open by its path, and a folder of links to it.
final class Scratch {
  nonisolated(unsafe) static let file = Scratch()
  let descriptor: Int32
  let path: String

  /// The six files of CIFAR-10, all of them the one that is fuzzed.
  static let cifar: URL = {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ward-fuzz-\(getpid())")
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for name in (1...5).map({ "data_batch_\($0).bin" }) + ["test_batch.bin"] {
      let link = folder.appendingPathComponent(name).path
      try? FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file.path)
    }
    return folder
  }()

  private init() {
    var name = Array("/dev/shm/ward-fuzz-XXXXXX".utf8CString)
    descriptor = mkstemp(&name)
    if descriptor < 0 { fatalError("no file in memory: \(errno)") }
    unlink(name)
    path = "/proc/\(getpid())/fd/\(descriptor)"
  }

  func write(_ bytes: [UInt8]) {
    guard ftruncate(descriptor, off_t(bytes.count)) == 0, pwrite(descriptor, bytes, bytes.count, 0) == bytes.count
    else {
      fatalError("the file in memory is not written")
    }
  }
}

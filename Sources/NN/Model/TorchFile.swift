/// Reads what `torch.save` wrote: the zip form of today and the older one. Only tensors are read; what the file names is
/// never looked up or called.
///
/// A state dict may be the whole file or stand in a checkpoint's dictionary.
struct TorchFile {
  /// The tensors by their keys, in the file's order.
  let tensors: [(name: String, tensor: Tensor)]
  /// What should be said about which of them were taken.
  private(set) var notes: [String] = []

  /// Reads a file.
  ///
  /// - Throws: `ModelFileError`, `DataError`.
  init(_ path: String) throws {
    let head = try PlainFile(path)
    if head.size >= 4, try head.read(4, at: 0) == [0x50, 0x4B, 3, 4] {
      try self.init(TorchArchive(path), path: path)
    } else {
      guard let bytes = try head.contents(atMost: MemoryBound.bytes) else {
        throw ModelFileError(path, "'\(path)' is larger than the memory that can be had")
      }
      try self.init(LegacyTorchFile(bytes, path: path), path: path)
    }
  }

  init(_ storages: any TorchStorages, path: String) throws {
    let reader = TorchTensors(storages: storages, path: path)
    let (found, note) = try Self.stateDict(storages.value, path: path, reader)
    notes = note.map { [$0] } ?? []
    var (specs, total) = ([(String, TorchTensors.Spec)](), 0)
    for (key, value) in found {
      guard let name = key.text, let spec = try reader.spec(value, named: name) else { continue }
      specs.append((name, spec))
      total += spec.count
    }
    try MemoryBound.check(4 * total, path)
    tensors = try specs.map { ($0, try reader.tensor($1, named: $0)) }
  }

  private typealias Pairs = [(key: Pickle.Value, value: Pickle.Value)]

  /// The dictionary of tensors: the file itself, or one of its entries, and which.
  private static func stateDict(
    _ value: Pickle.Value, path: String, _ reader: TorchTensors
  ) throws -> (Pairs, note: String?) {
    guard let pairs = value.pairs else {
      if case .object(let object) = value.content { throw wholeModel(object, path) }
      throw ModelFileError(path, "'\(path)' holds no dictionary of tensors", help: [saveHint])
    }
    func holdsTensors(_ pairs: Pairs?) -> Bool {
      guard let pairs else { return false }
      return pairs.contains { $0.key.text != nil && reader.isTensor($0.value) }
    }
    if holdsTensors(pairs) { return (pairs, nil) }
    let named = ["state_dict", "model_state_dict", "model", "net", "network", "weights"]
    let inside = pairs.compactMap { pair in
      pair.key.text.flatMap { name in holdsTensors(pair.value.pairs) ? (name, pair.value.pairs ?? []) : nil }
    }
    let chosen =
      named.lazy.compactMap { name in inside.first { $0.0 == name } }.first ?? (inside.count == 1 ? inside[0] : nil)
    if let (name, found) = chosen {
      return (found, "its weights were taken from `\(MessageText.text(name))` of the checkpoint")
    }
    if inside.count > 1 {
      throw ModelFileError(
        path, "'\(path)' holds several dictionaries of tensors: \(MessageText.names(inside.map(\.0)))",
        help: ["save the one with the weights: \(saveLine("checkpoint[\"\(MessageText.text(inside[0].0))\"]"))"])
    }
    for pair in pairs {
      if case .object(let object) = pair.value.content, named.contains(pair.key.text ?? "") {
        throw wholeModel(object, path)
      }
    }
    throw ModelFileError(
      path, "'\(path)' holds no dictionary of tensors; it has \(MessageText.names(pairs.compactMap(\.key.text)))",
      help: [saveHint])
  }

  private static func wholeModel(_ object: Pickle.Object, _ path: String) -> ModelFileError {
    var kind = "an object"
    if case .global(let module, let name) = object.callable.content {
      // New objects of a class come by way of these.
      let own = ["_reconstructor", "__newobj__"].contains(name) ? object.arguments.items?.first : object.callable
      if case .global(let module, let name)? = own?.content {
        kind = "a whole \(module).\(name)"
      } else {
        kind = "a whole \(module).\(name)"
      }
    }
    return ModelFileError(
      path,
      "'\(path)' holds \(MessageText.text(String(kind.prefix(24)))), which only the program that made it can read: "
        + "Ward reads its weights",
      help: ["in Python, save them by themselves: `\(saveLine("model.state_dict()"))`"])
  }

  private static func saveLine(_ what: String) -> String { "torch.save(\(what), \"weights.pt\")" }
  private static var saveHint: String { "Ward reads a state dict: `\(saveLine("model.state_dict()"))`" }
}

/// Where the numbers of a file's tensors lie.
protocol TorchStorages {
  /// What was saved, tensors by reference.
  var value: Pickle.Value { get }
  /// How many bytes a storage has; nil if there is none of that name.
  func size(_ key: String) -> Int?
  /// Its bytes.
  func bytes(_ key: String) throws -> [UInt8]
}

/// A zip archive with the pickle and a member for each storage.
struct TorchArchive: TorchStorages {
  let value: Pickle.Value
  private let archive: ZipFile
  private let folder: String

  init(_ path: String) throws {
    let archive = try ZipFile(path)
    let names = archive.entries.keys
    guard let main = names.filter({ $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }).min(by: { $0.count < $1.count })
    else {
      throw ModelFileError(
        path,
        "'\(path)' is a zip archive, and none that `torch.save` wrote; it has \(MessageText.names(names.sorted()))")
    }
    let folder = String(main.dropLast("data.pkl".count))
    if names.contains(where: { $0.hasPrefix(folder + "code/") }) {
      throw ModelFileError(
        path, "'\(path)' is a TorchScript program, which Ward does not run: it reads weights",
        help: ["in Python: `torch.save(torch.jit.load(\"…\").state_dict(), \"weights.pt\")`"])
    }
    if names.contains(folder + "byteorder") {
      let order = String(decoding: try Self.read(archive, folder + "byteorder", atMost: 64), as: UTF8.self)
      guard order.hasPrefix("little") else {
        throw ModelFileError(path, "'\(path)' was written on a big-endian machine, and Ward reads little-endian files")
      }
    }
    (self.archive, self.folder) = (archive, folder)
    do {
      value = try Pickle(Self.read(archive, main, atMost: 256 << 20)).value
    } catch let error as PickleError { throw ModelFileError(path, "'\(path)': \(error)") }
  }

  func size(_ key: String) -> Int? { archive.entries[folder + "data/" + key]?.size }

  func bytes(_ key: String) throws -> [UInt8] { try Self.read(archive, folder + "data/" + key, atMost: .max) }

  private static func read(_ archive: ZipFile, _ name: String, atMost most: Int) throws -> [UInt8] {
    let place = "\(archive.file.path), \(MessageText.text(name))"
    guard let entry = archive.entries[name] else { throw DataError.corrupt(path: place, reason: "it is not there") }
    guard entry.size <= most else { throw DataError.tooLarge(path: place, announced: entry.size, possible: most) }
    try MemoryBound.check(entry.size, place)
    let member = try ZipMember(entry, in: archive.file, place: place)
    return try member.read(entry.size)
  }
}

/// The form before version 1.6: pickles one after another, then the storages.
struct LegacyTorchFile: TorchStorages {
  let value: Pickle.Value
  private let file: [UInt8]
  private var places: [String: Range<Int>] = [:]

  init(_ bytes: [UInt8], path: String) throws {
    file = bytes
    func broken(_ reason: String) -> ModelFileError { ModelFileError(path, "'\(path)': \(reason)") }
    do {
      let magic = try Pickle(bytes)
      guard case .long(let number) = magic.value.content, number == Self.magic else {
        throw broken("it is a Python pickle, and none that `torch.save` wrote")
      }
      let version = try Pickle(bytes, from: magic.end)
      let system = try Pickle(bytes, from: version.end)
      guard system.value["little_endian"]?.integer != 0 else {
        throw broken("it was written on a big-endian machine, and Ward reads little-endian files")
      }
      let main = try Pickle(bytes, from: system.end)
      let keys = try Pickle(bytes, from: main.end)
      value = main.value
      let widths = TorchTensors.storages(in: main.value)
      var at = keys.end
      for key in keys.value.items ?? [] {
        guard let name = key.text, let width = widths[name] else {
          throw broken("a storage in it belongs to no tensor")
        }
        guard at + 8 <= bytes.count else { throw broken("it is cut short") }
        let (size, overflow) = bytes.littleEndian(at, 8).multipliedReportingOverflow(by: width)
        guard !overflow, size <= bytes.count - at - 8 else { throw broken("it is cut short within its numbers") }
        places[name] = at + 8..<at + 8 + size
        at += 8 + size
      }
    } catch let error as PickleError { throw broken("\(error)") }
  }

  private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]

  func size(_ key: String) -> Int? { places[key]?.count }
  func bytes(_ key: String) throws -> [UInt8] { places[key].map { Array(file[$0]) } ?? [] }
}

import Foundation
import Testing

@testable import NN

/// Weights from elsewhere: PyTorch's own files, keys that are not quite the network's, and files that are something else.
@Suite struct ForeignWeightsTests {
  private static func random(_ shape: [Int], seed: Int) -> Tensor {
    Tensor(shape: shape, values: noise(shape.reduce(1, *), seed: seed))
  }

  private static let layout: [ParameterLayout] = {
    var network = Network(input: ImageShape(channels: 1, height: 6, width: 6), classes: 2)
    do {
      try network.add("conv1", Convolution(3, kernel: 3))
      try network.add("conv2", Convolution(4, kernel: 3))
      try network.add("", Flatten())
      try network.add("fc", Dense())
    } catch {}
    return Plan(network, training: false).parameters
  }()

  private static func tensors(_ rename: (String) -> String = { $0 }) -> KeyMatching.Tensors {
    layout.enumerated().map { (rename($1.name), random($1.shape, seed: $0)) }
  }

  private func check(_ file: KeyMatching.Tensors, keys: [(from: String, to: String)] = [], note: String) throws {
    let matching = try KeyMatching(file, to: Self.layout, keys: keys, path: "x")
    for (name, tensor) in Self.tensors() { #expect(matching.tensors[name] == tensor, "\(name)") }
    #expect(note.isEmpty ? matching.notes.isEmpty : matching.notes.joined().contains(note), "\(matching.notes)")
  }

  @Test(arguments: ["module.", "model.", "_orig_mod.", "_orig_mod.module.", "1.", "module.module."])
  func prefixesAreStrippedWhereThatMakesThemFit(prefix: String) throws {
    try check(Self.tensors { prefix + $0 }, note: "`\(prefix)`")
    // What stands beside the network in a wrapper is named.
    try check(Self.tensors { prefix + $0 } + [("0.mean", Tensor(shape: [1]))], note: "0.mean")
  }

  @Test func numbersOfASequenceAreMatchedByTheirOrder() throws {
    let numbers = ["conv1": "0", "conv2": "3", "fc": "11"]
    func number(_ name: String) -> String {
      let parts = name.split(separator: ".")
      return "\(numbers[String(parts[0])] ?? "").\(parts[1])"
    }
    try check(Self.tensors(number), note: "0 → conv1, 3 → conv2, 11 → fc")
    // As safetensors has them, by the alphabet: 0, 11, 3.
    try check(Self.tensors(number).sorted { $0.name < $1.name }, note: "11 → fc")
  }

  @Test func orderIsNotEnoughWhereShapesDiffer() {
    let numbers = ["conv1": "3", "conv2": "0", "fc": "11"]
    let file = Self.tensors { name in
      let parts = name.split(separator: ".")
      return "\(numbers[String(parts[0])] ?? "").\(parts[1])"
    }.sorted { $0.name < $1.name }
    let error = #expect(throws: CheckpointError.self) {
      try KeyMatching(file, to: Self.layout, path: "x")
    }
    #expect(error?.description.contains("conv1.weight [3, 1, 3, 3]") == true, "\(error?.description ?? "")")
    #expect(error?.hint?.contains("keys:") == true)
  }

  @Test func keysAreRenamedAsTheyAreTold() throws {
    let odd = Self.tensors {
      $0.replacingOccurrences(of: "conv1", with: "stem").replacingOccurrences(of: "fc.", with: "head.")
    }
    try check(odd, keys: [("stem", "conv1"), ("head.weight", "fc.weight"), ("head.bias", "fc.bias")], note: "")
    for (from, to) in [("steem", "conv1"), ("stem", "conv9")] {
      #expect(throws: CheckpointError.self) {
        try KeyMatching(odd, to: Self.layout, keys: [(from, to)], path: "x")
      }
    }
  }

  @Test func extraBuffersAreNamedAndExtraLayersRefused() throws {
    try check(
      Self.tensors() + [("mean", Tensor(shape: [1])), ("fc.num_batches_tracked", Tensor(shape: []))], note: "mean")
    #expect(throws: CheckpointError.unexpected(path: "x", names: ["fc2.weight"])) {
      try KeyMatching(Self.tensors() + [("fc2.weight", Tensor(shape: [1]))], to: Self.layout, path: "x")
    }
  }

  @Test func missingAndMisfittingTensorsAreNamedWithBothShapes() {
    var file = Self.tensors()
    file[0].tensor = Tensor(shape: [3, 3, 3, 3])
    file[2].name = "other.weight"
    let error = #expect(throws: CheckpointError.self) { try KeyMatching(file, to: Self.layout, path: "x") }
    let text = error?.description ?? ""
    #expect(text.contains("conv1.weight (needed [3, 1, 3, 3], in the file [3, 3, 3, 3])"), "\(text)")
    #expect(text.contains("no conv2.weight [4, 3, 3, 3]") && text.contains("other.weight [4, 3, 3, 3]"), "\(text)")
  }

  @Test(arguments: [
    ("version https://git-lfs.github.com/spec/v1\noid sha256:46\n", "Git LFS"),
    ("<!DOCTYPE html><html>404", "web page"),
    ("", "empty"), ("hello, this is a README\n", "text"),
  ]) func whatIsNoModelIsCalledByItsName(content: String, word: String) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("ward-\(UUID().uuidString).safetensors")
      .path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(content.utf8).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: CheckpointError.self) { try Model(contentsOf: path) }
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
  }

  // MARK: PyTorch

  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../../shared/reference").standardizedFileURL.path
  static var isThere: Bool { FileManager.default.fileExists(atPath: folder + "/onnx/lenet_state_dict.pt") }

  @Test(
    .enabled(if: isThere), arguments: ["lenet_state_dict.pt", "lenet_state_dict_legacy.pt", "lenet_checkpoint.pth"])
  func stateDictsThatPyTorchWroteHoldTheWeightsOfTheONNXFile(name: String) throws {
    let shape = ImageShape(channels: 1, height: 28, width: 28)
    let opened = try OpenedModel(
      weights: "\(Self.folder)/onnx/\(name)", as: LeNet(), input: shape, classes: 10,
      normalisation: Normalisation(mean: [0.2862], std: [0.3204]))
    let other = try OpenedModel(onnx: "\(Self.folder)/onnx/lenet_legacy_op13.onnx").model
    #expect(opened.model.values == other.values)
    #expect(opened.notes.isEmpty == !name.hasPrefix("lenet_checkpoint"))
  }

  /// A pickle of protocol 2, as `torch.save` writes it, of one tensor in a dictionary.
  struct TorchPickle {
    var size = [2, 3]
    var strides = [3, 1]
    var offset = 0
    var storage = "FloatStorage"

    private static func text(_ text: String) -> [UInt8] {
      [UInt8(ascii: "X")] + (0..<4).map { UInt8(truncatingIfNeeded: text.utf8.count >> (8 * $0)) } + Array(text.utf8)
    }
    private static func number(_ value: Int) -> [UInt8] {
      [UInt8(ascii: "J")] + (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    private static func list(_ values: [Int]) -> [UInt8] {
      [UInt8(ascii: "(")] + values.flatMap(number) + [UInt8(ascii: "t")]
    }

    /// What a dictionary's entry says of the tensor.
    var tensor: [UInt8] {
      Array("ctorch._utils\n_rebuild_tensor_v2\n((".utf8) + Self.text("storage") + Array("ctorch\n\(storage)\n".utf8)
        + Self.text("0") + Self.text("cpu") + Self.number(6) + Array("tQ".utf8) + Self.number(offset)
        + Self.list(size) + Self.list(strides) + [0x89] + Array("ccollections\nOrderedDict\n)RtR".utf8)
    }

    func dictionary(_ key: String = "w", _ value: [UInt8]? = nil) -> [UInt8] {
      [0x80, 2] + Array("}".utf8) + Self.text(key) + (value ?? tensor) + Array("s.".utf8)
    }

    func checkpoint(_ key: String) -> [UInt8] {
      [0x80, 2] + Array("}".utf8) + Self.text(key) + Array("}".utf8) + Self.text("w") + tensor + Array("ss.".utf8)
    }
  }

  struct Storages: TorchStorages {
    let value: Pickle.Value
    var numbers: [UInt8]
    init(_ bytes: [UInt8], _ numbers: [UInt8]) throws { (value, self.numbers) = (try Pickle(bytes).value, numbers) }
    func size(_ key: String) -> Int? { key == "0" ? numbers.count : nil }
    func bytes(_ key: String) -> [UInt8] { numbers }
  }

  private static func floats(_ values: [Float]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

  private func read(_ pickle: [UInt8], _ numbers: [UInt8] = floats([0, 1, 2, 3, 4, 5])) throws -> TorchFile {
    try TorchFile(Storages(pickle, numbers), path: "x.pt")
  }

  @Test func stridesAndOffsetsSayWhereNumbersAre() throws {
    #expect(try read(TorchPickle().dictionary()).tensors[0].tensor.values == [0, 1, 2, 3, 4, 5])
    let turned = TorchPickle(size: [3, 2], strides: [1, 3])
    #expect(try read(turned.dictionary()).tensors[0].tensor.values == [0, 3, 1, 4, 2, 5])
    let part = TorchPickle(size: [2], strides: [2], offset: 1)
    #expect(try read(part.dictionary()).tensors[0].tensor.values == [1, 3])
    for beyond in [
      TorchPickle(offset: 1), TorchPickle(strides: [4, 1]), TorchPickle(size: [1 << 30, 1 << 30], strides: [0, 0]),
      TorchPickle(size: [2, -1]), TorchPickle(strides: [-3, 1]), TorchPickle(storage: "ComplexFloatStorage"),
    ] {
      #expect(throws: ModelFileError.self) { try read(beyond.dictionary()) }
    }
  }

  @Test func otherTypesBecomeSinglePrecision() throws {
    func values(_ storage: String, _ bytes: [UInt8]) throws -> [Float] {
      let pickle = TorchPickle(size: [2], strides: [1], storage: storage)
      return try read(pickle.dictionary(), bytes).tensors[0].tensor.values
    }
    #expect(try values("HalfStorage", [0x00, 0x3C, 0x00, 0xC1]) == [1, -2.5])
    #expect(try values("BFloat16Storage", [0xC0, 0x3F, 0x80, 0xBF]) == [1.5, -1])
    #expect(
      try values("DoubleStorage", [0.5, -3.0].withUnsafeBytes { (raw: UnsafeRawBufferPointer) in Array(raw) }) == [
        0.5, -3,
      ])
    #expect(
      try values("LongStorage", [Int64(7), -9].withUnsafeBytes { (raw: UnsafeRawBufferPointer) in Array(raw) }) == [
        7, -9,
      ])
    #expect(try values("ByteStorage", [7, 200]) == [7, 200])
  }

  @Test func aCheckpointsWeightsAreFoundAndSaid() throws {
    for key in ["state_dict", "model", "model_state_dict", "anything"] {
      let file = try read(TorchPickle().checkpoint(key))
      #expect(file.tensors[0].name == "w" && file.notes.joined().contains("`\(key)`"))
    }
  }

  @Test func aPickledModelIsRefusedWithTheLineThatSavesItsWeights() {
    var bytes: [UInt8] = [0x80, 2] + Array("c__main__\nLeNet\n)".utf8)
    bytes += [0x81] + Array("}b.".utf8)
    let error = #expect(throws: ModelFileError.self) { try read(bytes) }
    #expect(error?.description.contains("a whole __main__.LeNet") == true, "\(error?.description ?? "")")
    #expect(error?.help.joined().contains("torch.save(model.state_dict(), \"weights.pt\")") == true)
    let other = #expect(throws: ModelFileError.self) { try read([0x80, 2] + Array("K\u{1}.".utf8)) }
    #expect(other?.description.contains("no dictionary of tensors") == true)
  }

  @Test func damagedPicklesAreReadOrRefusedInWords() {
    var random = Random(seed: 8, stream: 3)
    let numbers = Self.floats([0, 1, 2, 3, 4, 5])
    for round in 0..<3000 {
      var bytes = round % 2 == 0 ? TorchPickle().dictionary() : TorchPickle().checkpoint("model")
      for _ in 0...random.index(below: 3) { bytes[random.index(below: bytes.count)] = UInt8(random.index(below: 256)) }
      do {
        for (name, tensor) in try read(bytes, numbers).tensors {
          #expect(tensor.shape.reduce(1, *) == tensor.count, "\(name)")
        }
      } catch { #expect("\(error)".count < 4000 && !"\(error)".isEmpty, "round \(round): \(error)") }
    }
  }
}

import Foundation
import Testing

@testable import NN

@Suite struct CheckpointTests {
  private let folder = FileManager.default.temporaryDirectory.path

  private func fresh() throws -> Model {
    var model = try Model(
      LeNet(), input: ImageShape(channels: 1, height: 28, width: 28), classes: 10,
      normalisation: Normalisation(mean: [0.2862], std: [0.3204]), seed: 3)
    model.metadata = ["dataset": "fashion-mnist", "note": "a \"quoted\" name\nof two lines"]
    return model
  }

  @Test func aSavedModelComesBackWhole() throws {
    let path = folder + "/ward-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let model = try fresh()
    try model.save(to: path)
    let back = try Model(contentsOf: path)
    #expect(back.values == model.values)
    #expect(back.metadata == model.metadata)
    #expect(back.normalisation == model.normalisation)
    #expect(back.architecture.name == "lenet" && back.classes == 10 && back.input == model.input)
  }

  @Test func aPyTorchStateDictOpens() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures/models/normal_s0.safetensors").path
    let model = try Model(
      contentsOf: path, as: LeNet(), input: ImageShape(channels: 1, height: 28, width: 28), classes: 10,
      normalisation: Normalisation(mean: [0.2862], std: [0.3204]))
    #expect(model.parameterCount == 61_706)
    #expect(throws: CheckpointError.unknownArchitecture(path: path)) { try Model(contentsOf: path) }
    #expect(throws: CheckpointError.self) {
      try Model(
        contentsOf: path, as: LeNet(), input: ImageShape(channels: 3, height: 32, width: 32), classes: 10,
        normalisation: .none(channels: 3))
    }
  }

  @Test func aTrainingStateComesBackWhole() throws {
    var state = TrainingState(try fresh())
    state.moments = [state.model.values, state.model.values.map { $0 * $0 }]
    state.steps = 12
    state.epochs = [
      EpochRecord(
        epoch: 1, loss: 0.25, trainAccuracy: 0.5, testAccuracy: nil, rate: 0.001, seconds: 2, imagesPerSecond: 3)
    ]
    let back = try TrainingState(checkpoint: Safetensors(bytes: state.checkpoint.bytes, path: "state"), path: "state")
    #expect(back.model.values == state.model.values)
    #expect(back.moments == state.moments)
    #expect(back.steps == 12)
    #expect(back.epochs == state.epochs)
  }

  /// Every way in which a file can lie about itself is told apart, without a crash or a large allocation.
  @Test(arguments: CheckpointTests.lies) func aFileThatLiesIsRefused(header: String, body: Int, says: String) throws {
    var bytes = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    bytes += Array(header.utf8) + Array(repeating: 0, count: body)
    let error = #expect(throws: CheckpointError.self) { try Safetensors(bytes: bytes, path: "x.safetensors") }
    #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
  }

  static let lies: [(String, Int, String)] = [
    ("{\"w\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}", 12, "cut off"),
    ("{\"w\":{\"dtype\":\"F32\",\"shape\":[5],\"data_offsets\":[0,16]}}", 16, "needs 20 bytes"),
    ("{\"w\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,16]}}", 16, "impossible"),
    ("{\"w\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,16]}}", 16, "impossible"),
    ("{\"w\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[16,0]}}", 16, "cut off"),
    ("{\"w\":{\"dtype\":\"C64\",\"shape\":[2],\"data_offsets\":[0,16]}}", 16, "C64"),
    ("{\"w\":{\"shape\":[2]}}", 16, "lacks"),
    ("[1, 2]", 0, "JSON"), ("{", 0, "JSON"),
    // The format's own rules: tensors follow one another without a gap, and every name is there once.
    (two([0, 8], [4, 12]), 12, "'b' overlaps"), (two([0, 8], [0, 8]), 8, "'b' overlaps"),
    (two([0, 8], [12, 20]), 20, "'b' leaves a gap"), (two([4, 12], [12, 20]), 20, "'a' leaves a gap"),
    (two([0, 8], [8, 16]), 17, "end after 16 bytes"),
    ("{\"w\":\(entry([0, 8])),\"\\u0077\":\(entry([0, 8]))}", 8, "names w twice"),
    ("{\"w\":{\"dtype\":\"F32\",\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "names dtype twice"),
    ("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "names a twice"),
    ("{\"__metadata__\":{\"a\":1}}", 0, "not all text"),
  ]

  private static func entry(_ offsets: [Int]) -> String {
    "{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[\(offsets[0]),\(offsets[1])]}"
  }

  private static func two(_ first: [Int], _ second: [Int]) -> String {
    "{\"a\":\(entry(first)),\"b\":\(entry(second))}"
  }

  /// The file of the issue in small: each tensor is all of the data.
  @Test func tensorsThatShareTheirBytesAreRefusedWhereTheFileLies() throws {
    let path = folder + "/ward-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let header = "{" + (0..<200).map { "\"w\($0)\":\(Self.entry([0, 8]))" }.joined(separator: ",") + "}"
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    try Data(length + Array(header.utf8) + [UInt8](repeating: 0, count: 8)).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: CheckpointError.self) { try Safetensors(contentsOf: path) }
    #expect(error?.description.contains("overlaps") == true)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity]) func weightsThatAreNoNumbersAreRefused(_ value: Float) throws {
    var model = try fresh()
    var values = model.values
    values[values.count - 1] = value
    model.setValues(values)
    let error = #expect(throws: CheckpointError.self) { try Model(checkpoint: model.checkpoint, path: "x") }
    #expect(error == .notFinite(path: "x", name: "fc3.bias", count: 1, of: values.count))
    for key in ["ward.mean", "ward.std"] {
      var file = try fresh().checkpoint
      file.metadata[key] = "\(value)"
      #expect(throws: CheckpointError.self) { try Model(checkpoint: file, path: "x") }
    }
  }

  /// A few thousand files with bytes changed, mostly in their headers: each is read or refused.
  @Test func changedFilesAreReadOrRefused() throws {
    var state = TrainingState(
      try Model(MLP(), input: ImageShape(channels: 1, height: 2, width: 2), classes: 2, seed: 3))
    state.moments = [state.model.values]
    let head = state.checkpoint.bytes
    let length = 8 + head.littleEndian(0, 8)
    let pieces = [
      "{", "}", "[", "]", ",", ":", "\"", "0", "-1", "9", "99999999999999999999", "e5", "null", "\\u0000", "F16",
    ]
    for round in 0..<3000 {
      var random = Random(seed: 6, stream: round)
      var bytes = head
      for _ in 0...random.index(below: 3) {
        let at = 8 + random.index(below: length - 8)
        switch random.index(below: 4) {
        case 0: bytes[at] = UInt8(random.index(below: 256))
        case 1: bytes.remove(at: at)
        case 2: bytes[random.index(below: 8)] = UInt8(random.index(below: 256))
        default:
          let piece = Array(pieces[random.index(below: pieces.count)].utf8)
          bytes.replaceSubrange(at..<min(at + random.index(below: 4), bytes.count), with: piece)
        }
      }
      do { _ = try TrainingState(checkpoint: Safetensors(bytes: bytes, path: "x"), path: "x") } catch {
        #expect("\(error)".count < 2000 && !"\(error)".contains("NSCocoa"), "round \(round): \(error)")
      }
    }
  }

  @Test func aHeaderLongerThanTheFileIsRefusedBeforeAnythingIsRead() {
    for length: UInt64 in [1 << 62, 1 << 40, 9] {
      let bytes = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) } + [0x7B, 0x7D]
      #expect(throws: CheckpointError.self) { try Safetensors(bytes: bytes, path: "x") }
    }
    #expect(throws: CheckpointError.self) { try Safetensors(bytes: [1, 2, 3], path: "x") }
    #expect(throws: CheckpointError.unreadable(path: "/nowhere/x")) { try Safetensors(contentsOf: "/nowhere/x") }
  }

  @Test func missingAndUnknownTensorsAreNamed() throws {
    let model = try fresh()
    var file = model.checkpoint
    file.tensors[0].name = "conv9.weight"
    let missing = #expect(throws: CheckpointError.self) { try Model(checkpoint: file, path: "x") }
    #expect(missing?.description.contains("no tensor 'conv1.weight'") == true)
    file = model.checkpoint
    file.tensors.append(("extra", Tensor(shape: [1])))
    #expect(throws: CheckpointError.unexpected(path: "x", names: ["extra"])) { try Model(checkpoint: file, path: "x") }
    file = model.checkpoint
    file.metadata["ward.architecture"] = "lenot"
    // The name is only a label, unless it is all there is.
    #expect(try Model(checkpoint: file, path: "x").architecture.name == "lenot")
    file.metadata["ward.network"] = nil
    #expect(throws: CheckpointError.self) { try Model(checkpoint: file, path: "x") }
  }

  @Test func filesOfEarlierVersionsSayTheirArchitectureAlone() throws {
    let model = try fresh()
    var file = model.checkpoint
    file.metadata["ward.network"] = nil
    let back = try Model(checkpoint: file, path: "x")
    #expect(back.network.json == model.network.json && back.values == model.values)
  }

  @Test func aNetworkThatCannotBeReadIsNamed() throws {
    let model = try fresh()
    var file = model.checkpoint
    file.metadata["ward.network"] = model.network.json.replacingOccurrences(of: "\"conv\"", with: "\"fold\"")
    let error = #expect(throws: CheckpointError.self) { try Model(checkpoint: file, path: "x") }
    #expect(error?.description.contains("no layer `fold`") == true)
    file.metadata["ward.network"] = model.network.json.replacingOccurrences(of: "[1,28,28]", with: "[1,20,20]")
    #expect(throws: CheckpointError.self) { try Model(checkpoint: file, path: "x") }
  }

  @Test func halfPrecisionIsRead() throws {
    let header =
      "{\"h\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[0,6]},\"b\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[6,8]}}"
    var bytes = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) } + Array(header.utf8)
    bytes += [0x00, 0x3C, 0x00, 0xC1, 0x01, 0x00, 0xC0, 0x3F]
    let file = try Safetensors(bytes: bytes, path: "x")
    #expect(file["h"]?.values == [1, -2.5, 0x1p-24])
    #expect(file["b"]?.values == [1.5])
  }
}

import Foundation
import Testing

@testable import NN

/// Real networks of four producers, with what onnxruntime answers and PyTorch's gradients: `../shared`, if it is there.
@Suite struct GoldenONNXTests {
  struct Case: Sendable, CustomStringConvertible {
    let name: String
    var accuracy: Double?
    var mean: [Float]?
    var std: [Float]?
    /// How many of the layers are softmaxes that were taken off.
    var hasSoftmax = false

    var description: String { name }
  }

  static let cases: [Case] = [
    Case(name: "resnet_2b", accuracy: 0.77, mean: [0.4914, 0.4822, 0.4465], std: [0.2471, 0.2435, 0.2616]),
    Case(name: "cifar_base_kw", accuracy: 0.73, mean: [0.485, 0.456, 0.406], std: [0.225, 0.225, 0.225]),
    Case(name: "cifar10_small_nhwc", accuracy: 0.61), Case(name: "mnist_256x2", accuracy: 1),
    Case(name: "mnist_avgpool", accuracy: 0.97), Case(name: "mnist_maxpool", accuracy: 0.96),
    Case(name: "acasxu_1_1"), Case(name: "lenet_legacy_op13", accuracy: 0.11),
    Case(name: "lenet_dynamo_op20", accuracy: 0.11),
    Case(name: "everything_softmax_op17", accuracy: 0.07, hasSoftmax: true),
    Case(name: "resblock_bn_op11", accuracy: 0.06),
  ]

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../../shared/reference/onnx").standardizedFileURL.path
  static var isThere: Bool { FileManager.default.fileExists(atPath: folder + "/manifest.json") }

  @Test(.enabled(if: isThere), arguments: cases) func answersAndGradientsAreThoseOfTheOthers(example: Case) throws {
    let model = try OpenedModel(onnx: "\(Self.folder)/\(example.name).onnx").model
    let archive = try ZipFile("\(Self.folder)/\(example.name).expected.npz")
    var input = try #require(try Self.array("input", archive))
    if input.shape.suffix(3) == [32, 32, 3] { input = Self.channelsFirst(input) }
    let shape = model.input
    let images = Tensor(shape: [input.rows, shape.channels, shape.height, shape.width], values: input.values)
    let labels = try #require(try Self.array("labels", archive)).values.map { Int($0) }
    let found = Workspace(model).inputGradient(of: CrossEntropy(), at: images, labels: labels)
    let wanted = try #require(try Self.array("output", archive))
    let logits = example.hasSoftmax ? Self.probabilities(found.logits) : found.logits
    let error = Self.error(logits, wanted)
    #expect(error <= 1e-4, "\(example.name): outputs differ by \(error)")
    var report = "golden: \(example.name) output \(error)"
    if var gradient = try Self.array("grad", archive) {
      if gradient.shape.suffix(3) == [32, 32, 3] { gradient = Self.channelsFirst(gradient) }
      var error = Self.error(found.gradient, gradient)
      if error > 1e-3 {
        // A sum of `resblock_bn_op11` is -1.3e-7 before its ReLU, and comes out on the other side where the normalisation
        // is folded into the convolution, as attacks have it. PyTorch's gradient is that of the network as it is written.
        error = Self.error(Self.unfoldedGradient(model, images, labels), gradient)
      }
      #expect(error <= 1e-3, "\(example.name): gradients differ by \(error)")
      report += " gradient \(error)"
    }
    print(report)
  }

  @Test(.enabled(if: isThere), arguments: cases) func asManyAnswersAreRightAsInTheManifest(example: Case) throws {
    guard let accuracy = example.accuracy else { return }
    let model = try OpenedModel(onnx: "\(Self.folder)/\(example.name).onnx") { _ in
      example.mean.map { Normalisation(mean: $0, std: example.std ?? []) }
    }.model
    let file = model.input.channels == 3 ? "cifar10_test.csv" : "mnist_test.csv"
    let text = try String(contentsOfFile: "\(Self.folder)/\(file)", encoding: .utf8)
    let lines = text.split(separator: "\n").map { $0.split(separator: ",").compactMap { Float($0) } }
    var images = Tensor(
      shape: [lines.count, 28 * 28], values: lines.flatMap { $0.dropFirst().prefix(784).map { $0 / 255 } })
    if model.input.channels == 3 {
      let interleaved = Tensor(
        shape: [lines.count, 32, 32, 3], values: lines.flatMap { $0.dropFirst().map { $0 / 255 } })
      images = Self.channelsFirst(interleaved)
    }
    let answers = Workspace(model).logits(images).answers
    let right = zip(answers, lines).count { $0 == Int($1[0]) }
    #expect(Double(right) / Double(lines.count) == accuracy, "\(example.name)")
  }

  /// The gradient of the cross-entropy by the image through the plan that learns, where nothing is folded.
  private static func unfoldedGradient(_ model: Model, _ images: Tensor, _ labels: [Int]) -> Tensor {
    let parameters = model.layout.map { Tensor(shape: $0.shape, values: Array(model.values[$0.range])) }
    let nothing = Tensor(shape: [images.rows, model.classes])
    var slopes = probabilities(LayerRun(model.network, x: images, parameters: parameters, gy: nothing).y)
    for (row, label) in labels.enumerated() { slopes.values[row * model.classes + label] -= 1 }
    return LayerRun(model.network, x: images, parameters: parameters, gy: slopes).gx
  }

  /// The largest difference, in shares of the largest number of the same row.
  private static func error(_ found: Tensor, _ wanted: Tensor) -> Float {
    (0..<wanted.rows).map { row in
      let (a, b) = (Array(found[row: row]), Array(wanted[row: row]))
      let scale = max(b.map(abs).max() ?? 0, 1e-12)
      return zip(a, b).map { abs($0 - $1) / scale }.max() ?? .infinity
    }.max() ?? .infinity
  }

  private static func probabilities(_ logits: Tensor) -> Tensor {
    Tensor(
      logits.eachRow.map { row in
        let parts = row.map { exp($0 - (row.max() ?? 0)) }
        return parts.map { $0 / parts.reduce(0, +) }
      })
  }

  private static func channelsFirst(_ images: Tensor) -> Tensor {
    let (n, h, w, c) = (images.shape[0], images.shape[1], images.shape[2], images.shape[3])
    var out = Tensor(shape: [n, c, h, w])
    for i in 0..<n {
      for y in 0..<h {
        for x in 0..<w {
          for k in 0..<c {
            out.values[((i * c + k) * h + y) * w + x] = images.values[((i * h + y) * w + x) * c + k]
          }
        }
      }
    }
    return out
  }

  /// An array of an archive, nil where it has none of that name.
  private static func array(_ name: String, _ archive: ZipFile) throws -> Tensor? {
    guard let entry = archive.entries[name + ".npy"] else { return nil }
    let member = try ZipMember(entry, in: archive.file, place: name)
    let header = try NumPyHeader(member)
    let bytes = try member.read(header.count * header.type.width)
    let values = (0..<header.count).map { Float(header.type.number(bytes, $0 * header.type.width)) }
    return Tensor(shape: header.shape, values: values)
  }
}

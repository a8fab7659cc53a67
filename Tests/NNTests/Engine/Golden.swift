import Foundation
import Testing

@testable import NN

/// Numbers that PyTorch computed; `Tests/Fixtures/golden/manifest.json` says how.
struct Golden {
  let file: Safetensors

  init(_ name: String) throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    file = try Safetensors(contentsOf: tests.appendingPathComponent("Fixtures/\(name).safetensors").path)
  }

  /// The tensor of that name; the test fails if there is none.
  subscript(_ name: String) -> Tensor {
    get throws { try #require(file[name], "no tensor \(name)") }
  }

  /// The reference LeNet, its 16 images as pixels in [0, 1], and their labels.
  static func leNet(seed: Int) throws -> (golden: Golden, model: Model, images: Tensor, labels: [Int]) {
    let golden = try Golden("golden/lenet_init_seed\(seed)")
    var model = try Model(
      LeNet(), input: ImageShape(channels: 1, height: 28, width: 28), classes: 10,
      normalisation: Normalisation(mean: [0.2862], std: [0.3204]))
    for place in model.layout { model[place.name] = try golden["w." + place.name] }
    let bytes = try golden["images_u8"]
    let images = Tensor(shape: [16, 1, 28, 28], values: bytes.values.map { $0 / 255 })
    return (golden, model, images, try golden["labels"].values.map { Int($0) })
  }
}

/// The largest of |a - b| / (absolute + relative |b|): at most 1 means agreement.
func excess(_ a: [Float], _ b: [Float], relative: Float = 1e-5, absolute: Float = 2e-5) -> Float {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) { worst, pair in
    let off = abs(pair.0 - pair.1) / (absolute + relative * abs(pair.1))
    return off.isNaN ? .infinity : max(worst, off)
  }
}

/// Random numbers that are the same in every run.
func noise(_ count: Int, seed: Int, scale: Float = 1) -> [Float] {
  var random = Random(seed: seed, stream: 99)
  return (0..<count).map { _ in random.uniform(-scale, scale) }
}

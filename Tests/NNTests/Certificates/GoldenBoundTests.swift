import CKernels
import Foundation
import Testing

@testable import NN

/// Bounds beside those of implementations that share nothing with Ward's.
@Suite struct GoldenBoundTests {
  private struct Fixture: Decodable {
    let side: Int
    let label: Int
    let image: [Float]
    let logits: [Double]
    let parameters: [[Float]]
    let bounds: [String: [String: [Double]]]
  }

  /// `Tests/Fixtures/golden/certificates.py`: dense matrices, double precision.
  @Test func boundsAreThoseOfTheDenseImplementation() throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let fixture = try JSONDecoder().decode(
      Fixture.self, from: Foundation.Data(contentsOf: tests.appendingPathComponent("Fixtures/golden/certificates.json"))
    )
    var network = Network(input: ImageShape(channels: 1, height: fixture.side, width: fixture.side), classes: 3)
    try network.add("conv", Convolution(2, kernel: 3, padding: 1))
    try network.add("", Activation(.relu))
    try network.add("", MaxPool(2))
    try network.add("", Flatten())
    try network.add("dense1", Dense(7))
    try network.add("", Activation(.relu))
    try network.add("dense2", Dense(7))
    try network.add("", Activation(.relu))
    try network.add("dense3", Dense())
    var model = try Model(network, label: Spec("test"))
    model.setValues(fixture.parameters.flatMap { $0 })
    let plan = try BoundPlan(model)
    let image = Tensor(shape: [1, 1, fixture.side, fixture.side], values: fixture.image)
    for (epsilon, wanted) in fixture.bounds {
      let workspace = BoundWorkspace(plan)
      workspace.setBox(image, epsilon: try #require(Float(epsilon)))
      func check(_ name: String) throws {
        let found = try workspace.margins(labels: [fixture.label]).map { $0.low(0) }
        let wanted = try #require(wanted[name])
        for (a, b) in zip(found, wanted) {
          #expect(abs(a - b) <= 2e-5 * (1 + abs(b)), "\(name) at \(epsilon): \(a), \(b)")
        }
        #expect(found.count == wanted.count)
      }
      try workspace.spread()
      workspace.setLines(nil)
      try check("ibp")
      for rule in SlopeRule.allCases {
        workspace.setBox(image, epsilon: try #require(Float(epsilon)))
        try workspace.spread(refining: [rule])
        workspace.setLines(rule)
        try check("\(rule)")
      }
    }
  }

  struct Case: Sendable, CustomStringConvertible {
    let name: String
    let epsilon: Float
    let ibp: Int
    /// Of the adaptive slopes: with bounds inside that come from lines alone, and within their boxes.
    let plain: Int
    var within: Int?
    /// At least as many: the best of three slopes, everywhere.
    var best: Int?
    var smallest: [String: Double] = [:]
    var description: String { "\(name), eps \(epsilon)" }
  }

  static let cases = [
    Case(
      name: "mnist_256x2", epsilon: 0.005, ibp: 66, plain: 100, within: 100, best: 100,
      smallest: ["plain": 0.934605, "ibp": 0.084616]),
    Case(
      name: "mnist_256x2", epsilon: 0.01, ibp: 9, plain: 93, within: 93, best: 94,
      smallest: ["plain": 0.408942, "ibp": -1.080095]),
    Case(name: "mnist_256x2", epsilon: 0.02, ibp: 0, plain: 69, within: 70, best: 73),
    Case(name: "mnist_256x2", epsilon: 0.03, ibp: 0, plain: 30, within: 30, best: 33),
    Case(name: "mnist_maxpool", epsilon: 0.005, ibp: 93, plain: 95),
    Case(name: "mnist_maxpool", epsilon: 0.01, ibp: 83, plain: 90),
    Case(name: "mnist_maxpool", epsilon: 0.02, ibp: 38, plain: 61),
    Case(name: "mnist_maxpool", epsilon: 0.03, ibp: 7, plain: 22),
    Case(name: "cifar_base_kw", epsilon: 1 / 255, ibp: 0, plain: 68, within: 68),
    Case(name: "cifar_base_kw", epsilon: 2 / 255, ibp: 0, plain: 54, within: 54),
  ]

  /// Counts of certified images, and the smallest margin of image 0: `../shared`, if it is there.
  @Test(.enabled(if: GoldenONNXTests.isThere), arguments: cases) func asManyImagesAreCertified(example: Case) throws {
    var model = try OpenedModel(onnx: "\(GoldenONNXTests.folder)/\(example.name).onnx").model
    let isColour = model.input.channels == 3
    if isColour {
      model = model.normalised(by: Normalisation(mean: [0.485, 0.456, 0.406], std: [0.225, 0.225, 0.225]))
    }
    let (images, labels) = try Self.images(isColour ? "cifar10_test" : "mnist_test", model.input)
    let plan = try BoundPlan(model)
    var counts = ["ibp": 0, "plain": 0, "within": 0, "best": 0]
    for first in stride(from: 0, to: images.rows, by: WARD_LANES) {
      let rows = first..<min(first + WARD_LANES, images.rows)
      let own = Array(labels[rows])
      let workspace = BoundWorkspace(plan)
      workspace.setBox(images.rows(rows), epsilon: example.epsilon)
      func margins() throws -> [Double] {
        let bounds = try workspace.margins(labels: own)
        return own.indices.map { lane in bounds.map { $0.low(lane) }.min()! }
      }
      func count(_ name: String, _ margins: [Double]) {
        counts[name]! += margins.count { $0 > 0 }
        if first == 0, let wanted = example.smallest[name] { #expect(abs(margins[0] - wanted) < 2e-5, "\(name)") }
      }
      try workspace.spread()
      workspace.setLines(nil)
      count("ibp", try margins())
      try workspace.spread(refining: [.adaptive], intersecting: false)
      workspace.setLines(.adaptive)
      count("plain", try margins())
      workspace.setBox(images.rows(rows), epsilon: example.epsilon)
      try workspace.spread(refining: [.adaptive])
      workspace.setLines(.adaptive)
      count("within", try margins())
      if example.best != nil {
        try workspace.spread(refining: SlopeRule.allCases)
        var best = [Double](repeating: -.infinity, count: own.count)
        for rule in SlopeRule.allCases {
          workspace.setLines(rule)
          best = zip(best, try margins()).map { max($0, $1) }
        }
        count("best", best)
      }
    }
    #expect(counts["ibp"] == example.ibp)
    #expect(counts["plain"] == example.plain)
    if let within = example.within { #expect(counts["within"] == within) }
    if let best = example.best { #expect(counts["best"]! >= best) }
  }

  /// Rows of a label and bytes; of colour images red, green and blue by turns.
  static func images(_ name: String, _ shape: ImageShape) throws -> (Tensor, [Int]) {
    let text = try String(contentsOfFile: "\(GoldenONNXTests.folder)/\(name).csv", encoding: .utf8)
    var (values, labels): ([Float], [Int]) = ([], [])
    for line in text.split(whereSeparator: \.isNewline) {
      let numbers = line.split(separator: ",").compactMap { Float($0.trimmingCharacters(in: .whitespaces)) }
      labels.append(Int(numbers[0]))
      let area = shape.height * shape.width
      for c in 0..<shape.channels { for p in 0..<area { values.append(numbers[1 + p * shape.channels + c] / 255) } }
    }
    return (Tensor(shape: [labels.count, shape.channels, shape.height, shape.width], values: values), labels)
  }
}

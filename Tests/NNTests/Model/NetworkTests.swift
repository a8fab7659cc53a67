import CKernels
import Foundation
import Testing

@testable import NN

/// Networks as values: written down, read again, connected as they say, and compiled in two ways.
@Suite struct NetworkTests {
  private static let color = ImageShape(channels: 3, height: 32, width: 32)

  private func random(_ shape: [Int], seed: Int) -> Tensor {
    var random = Random(seed: seed, stream: 5)
    return Tensor(shape: shape, values: (0..<shape.reduce(1, *)).map { _ in random.uniform(-1, 1) })
  }

  @Test(arguments: Architectures.all.map(\.name)) func whatIsWrittenIsTheSameNetwork(name: String) throws {
    let model = try Model(try Architectures.sample(name), input: Self.color, classes: 7, seed: 3)
    let back = try Network(json: model.network.json)
    #expect(back.json == model.network.json)
    var again = try Model(back, label: Spec("another"), seed: 4)
    #expect(again.layout == model.layout && again.architecture.name == "another")
    again.setValues(model.values)
    let images = random([3, 3, 32, 32], seed: 1)
    #expect(Workspace(again).logits(images) == Workspace(model).logits(images))
  }

  @Test func theWrittenFormIsShortAndPlain() throws {
    var net = Network(input: ImageShape(channels: 1, height: 4, width: 4), classes: 3)
    let start = try net.add("a", Convolution(2, kernel: 3, padding: 1, bias: false))
    let other = try net.add("", Activation(.leakyReLU(slope: 0.1)))
    try net.add("", Concatenation(), after: [start, other, start])
    try net.add("", Flatten())
    try net.add("fc", Dense())
    let text = """
      {"classes":3,"input":[1,4,4],"layers":[\
      {"layer":{"conv":{"bias":false,"channels":2,"dilation":1,"groups":1,"kernel":3,"padding":1,"stride":1}},"name":"a"},\
      {"layer":{"leaky_relu":{"slope":0.1}}},{"after":[0,1,0],"layer":{"concat":{}}},{"layer":{"flatten":{}}},\
      {"layer":{"dense":{"bias":true,"units":3}},"name":"fc"}]}
      """
    #expect(net.json == text)
    #expect(try Network(json: text).json == text)
  }

  @Test(arguments: [
    ("no JSON", "{"), ("no layers", #"{"classes":1,"input":[1,1,1],"layers":[]}"#),
    ("a shape of two", #"{"classes":1,"input":[1,1],"layers":[{"layer":{"flatten":{}}}]}"#),
    ("a layer nobody knows", #"{"classes":1,"input":[1,1,1],"layers":[{"layer":{"fold":{}}}]}"#),
    ("a setting nobody knows", #"{"classes":1,"input":[1,1,1],"layers":[{"layer":{"dense":{"width":1}}}]}"#),
    ("a layer that reads itself", #"{"classes":1,"input":[1,1,1],"layers":[{"after":[0],"layer":{"flatten":{}}}]}"#),
    ("a layer before the image", #"{"classes":1,"input":[1,1,1],"layers":[{"after":[-2],"layer":{"flatten":{}}}]}"#),
    ("a sum of one", #"{"classes":1,"input":[1,1,1],"layers":[{"layer":{"add":{}}}]}"#),
    ("nothing to read", #"{"classes":1,"input":[1,1,1],"layers":[{"after":[],"layer":{"flatten":{}}}]}"#),
    ("other classes", #"{"classes":2,"input":[1,1,1],"layers":[{"layer":{"flatten":{}}}]}"#),
    (
      "names twice",
      #"{"classes":1,"input":[1,1,1],"layers":[{"name":"a","layer":{"dense":{}}},{"name":"a","layer":{"dense":{}}}]}"#
    ),
    (
      "a kernel of zero",
      #"{"classes":1,"input":[1,1,1],"layers":[{"layer":{"conv":{"channels":1,"kernel":0}}}]}"#
    ),
    (
      "more values than can be counted",
      #"{"classes":1,"input":[60000,60000,60000],"layers":[{"layer":{"flatten":{}}},{"after":[0,0],"layer":{"concat":{}}}]}"#
    ),
  ]) func whatIsNoNetworkIsRefused(_ what: String, _ text: String) {
    #expect(throws: (any Error).self, "\(what)") { try Network(json: text) }
  }

  @Test func paddingCountsWhereANetworkIsTooLarge() throws {
    var net = Network(input: ImageShape(channels: 1, height: 2, width: 60_000), classes: 2)
    var conv = Convolution(1, kernel: 1)
    conv.padding = (60_000, 0)
    try net.add("wide", conv)
    #expect(throws: NetworkError.self) { try net.checkExtents(of: "it") }
    var far = Convolution(1, kernel: 2)
    far.dilation = (1, 50_000)
    var other = Network(input: ImageShape(channels: 1, height: 4000, width: 60_000), classes: 2)
    try other.add("far", far)
    #expect(throws: NetworkError.self) { try other.checkExtents(of: "it") }
  }

  /// A small file may not ask for the memory of weights that it does not hold.
  @Test func weightsAreMadeOnlyWhereTheFileHasThem() throws {
    let model = try Model(MLP(), input: ImageShape(channels: 1, height: 2, width: 2), classes: 2)
    var file = model.checkpoint
    file.metadata["ward.network"] = model.network.json.replacingOccurrences(of: "256", with: "1000000")
      .replacingOccurrences(of: "128", with: "800")
    #expect(throws: (any Error).self) { try Model(checkpoint: file, path: "x") }
    file.metadata["ward.network"] = model.network.json.replacingOccurrences(of: "256", with: "257")
    let error = #expect(throws: CheckpointError.self) { try Model(checkpoint: file, path: "x") }
    #expect(error?.description.contains("257") == true)
  }

  @Test func everyLayerIsWrittenUnderItsOwnName() throws {
    for entry in Layers.all {
      let layer = try entry.make()
      #expect(Layers.family.spec(of: layer)?.name == entry.name)
      #expect(!entry.example.isEmpty && entry.example.hasPrefix(entry.name))
    }
  }

  /// A network with everything that the second plan changes: folded, pooled, with a bias, and read by two.
  private func normalised() throws -> Network {
    var net = Network(input: ImageShape(channels: 2, height: 8, width: 8), classes: 5)
    try net.add("c1", Convolution(4, kernel: 3, padding: 1, bias: false))
    try net.add("n1", BatchNorm())
    try net.add("", Activation(.relu))
    try net.add("", MaxPool(2))
    try net.add("c2", Convolution(3, kernel: 3, padding: 1))
    let fork = try net.add("n2", BatchNorm())
    try net.add("c3", Convolution(3, kernel: 1))
    let side = try net.add("n3", BatchNorm())
    try net.add("", Add(), after: [fork, side])
    try net.add("n4", BatchNorm())
    try net.add("", Activation(.relu))
    try net.add("", Flatten())
    try net.add("fc", Dense())
    return net
  }

  private func values(_ network: Network) -> [Tensor] {
    Plan(network, training: true).parameters.enumerated().map { number, place in
      let drawn = random(place.shape, seed: 20 + number)
      // A variance is positive.
      return place.name.hasSuffix("var") ? Tensor(shape: drawn.shape, values: drawn.values.map { 1.5 + $0 }) : drawn
    }
  }

  @Test(arguments: Kernels.all.map(\.name)) func aFoldedNormalisationAnswersAsThePlainOne(level: String) throws {
    let (network, kernels) = (try normalised(), try #require(Kernels.named(level)))
    let parameters = values(network)
    let (x, gy) = (random([19, 2, 8, 8], seed: 2), random([19, 5, 1, 1], seed: 3))
    let plain = LayerRun(network, at: kernels, x: x, parameters: parameters, gy: gy)
    let folded = LayerRun(network, at: kernels, x: x, parameters: parameters, gy: gy, answersOnly: true)
    #expect(Plan(network, training: false).operations.count < Plan(network, training: true).operations.count)
    #expect(excess(folded.y.values, plain.y.values, relative: 1e-5, absolute: 1e-5) <= 1)
    #expect(excess(folded.gx.values, plain.gx.values, relative: 1e-5, absolute: 1e-5) <= 1)
  }

  @Test func preparedWeightsFollowTheWeights() throws {
    let network = try normalised()
    let plan = Plan(network, training: false)
    let storage = FloatStorage(values(network).flatMap(\.values))
    let prepared = PreparedWeights(storage, for: plan, kernels: .chosen)
    let before = prepared.prepared.values
    storage.floats[0] += 1
    prepared.prepare(.chosen)
    #expect(prepared.prepared.values != before)
    storage.floats[0] -= 1
    prepared.prepare(.chosen)
    #expect(excess(prepared.prepared.values, before, absolute: 1e-5) <= 1)
  }

  @Test func concatenatedChannelsComeInTheOrderTheyAreNamed() throws {
    var net = Network(input: ImageShape(channels: 2, height: 3, width: 2), classes: 1)
    let one = try net.add("", Activation(.leakyReLU(slope: 10)))
    let joined = try net.add("", Concatenation(), after: [Network.image, one, Network.image])
    #expect(net.shape(of: joined) == ImageShape(channels: 6, height: 3, width: 2))
    let (x, gy) = (random([17, 2, 3, 2], seed: 7), random([17, 6, 3, 2], seed: 8))
    for answersOnly in [false, true] {
      let run = LayerRun(net, x: x, gy: gy, answersOnly: answersOnly)
      for row in 0..<17 {
        let (image, out) = (Array(x[row: row]), Array(run.y[row: row]))
        #expect(Array(out[0..<12]) == image && Array(out[24..<36]) == image)
        #expect(Array(out[12..<24]) == image.map { $0 > 0 ? $0 : 10 * $0 })
        let (given, found) = (Array(gy[row: row]), Array(run.gx[row: row]))
        for i in 0..<12 {
          let expected = given[i] + (image[i] > 0 ? 1 : 10) * given[12 + i] + given[24 + i]
          #expect(abs(found[i] - expected) < 1e-5)
        }
      }
    }
  }

  @Test func whatCannotBeJoinedIsRefused() throws {
    var net = Network(input: ImageShape(channels: 2, height: 4, width: 4), classes: 1)
    let pooled = try net.add("", MaxPool(2))
    #expect(throws: NetworkError.self) { try net.add("", Concatenation(), after: [Network.image, pooled]) }
    #expect(throws: NetworkError.self) { try net.add("", Add(), after: [Network.image, pooled]) }
    #expect(throws: NetworkError.self) { try net.add("", Activation(.relu), after: [Network.image, pooled]) }
  }
}

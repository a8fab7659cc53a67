import Testing

@testable import NN

/// Networks from lists of layers.
@Suite struct ListedNetworkTests {
  private static let image = ImageShape(channels: 1, height: 28, width: 28)

  private func layer(_ name: String, _ settings: [String: SettingValue] = [:]) -> Spec { Spec(name, settings) }

  private func network(_ layers: [Spec], _ image: ImageShape = image) throws -> Network {
    try Architectures.family.make(Spec("network", ["layers": .components(layers)])).network(for: image, classes: 10)
  }

  private var block: Spec {
    layer(
      "residual",
      ["layers": .components([layer("conv", ["channels": .integer(1), "padding": .integer(1)]), layer("batchnorm")])])
  }

  @Test func aListBecomesLayersThatReadOneAnother() throws {
    let net = try network([
      layer("conv", ["channels": .integer(8)]), layer("relu"), layer("maxpool"), layer("conv"), layer("flatten"),
      layer("dense", ["units": .integer(20)]), layer("dense"),
    ])
    #expect(net.layers.map(\.name) == ["conv1", "", "", "conv2", "", "dense1", "dense2"])
    #expect(
      net.layers.map(\.kind) == [
        "conv(8)", "relu", "maxpool(2)", "conv(16)", "flatten", "dense(20)", "dense(10)",
      ])
    #expect(net.layers.map(\.shape.description).suffix(3) == ["1936×1×1", "20×1×1", "10×1×1"])
    #expect(net.layers.map(\.parameters) == [80, 0, 0, 1168, 0, 38_740, 210])
    #expect(net.layers.map(\.multiplications) == [8 * 26 * 26 * 9, 0, 0, 16 * 11 * 11 * 72, 0, 38_720, 200])
  }

  /// Both the layers inside and the sum read the image itself.
  @Test func aResidualPartMayReadTheImage() throws {
    let net = try network([block, layer("flatten"), layer("dense")])
    #expect(net.layers.map(\.reads) == [[], [], [2, 0], [], []])
    let model = try Model(net, label: Spec("network"), seed: 1)
    var random = Random(seed: 3, stream: 1)
    let x = Tensor(shape: [2, 1, 28, 28], values: (0..<1568).map { _ in random.uniform(0, 1) })
    let workspace = Workspace(model)
    let gy = Tensor(shape: [2, 10], values: (0..<20).map { Float($0 % 7) - 3 })
    _ = workspace.forward(x, keeping: true)
    let gradient = workspace.backward(gy)
    for i in [0, 29, 400, 783, 1000] {
      func answers(_ change: Float) -> Double {
        var moved = x
        moved.values[i] += change
        return zip(workspace.forward(moved, keeping: false).values, gy.values).reduce(0) {
          $0 + Double($1.0) * Double($1.1)
        }
      }
      #expect(abs((answers(0.01) - answers(-0.01)) / 0.02 - Double(gradient.values[i])) < 0.01)
    }
  }

  @Test func branchesStandSideBySideInTheirOrder() throws {
    let net = try network([
      layer(
        "concat",
        [
          "branches": .components([
            layer("sequence", ["layers": .components([layer("conv", ["channels": .integer(3)]), layer("relu")])]),
            layer("conv", ["channels": .integer(2)]),
          ])
        ]), layer("global_avgpool"), layer("flatten"), layer("dense"),
    ])
    #expect(net.layers.map(\.reads).prefix(4) == [[], [], [0], [2, 3]])
    #expect(net.layers[3].shape.channels == 5)
  }

  @Test func theWrittenFormMakesTheSameNetwork() throws {
    let spec = Spec(
      "network",
      [
        "layers": .components([
          block, layer("conv", ["channels": .integer(4), "kernel": .integers([3, 5])]), layer("leaky_relu"),
          layer("adaptive_avgpool", ["size": .integer(3)]), layer("groupnorm", ["groups": .integer(2)]),
          layer("layernorm"), layer("flatten"), layer("dropout"), layer("dense"),
        ])
      ])
    let whole = try Architectures.family.completed(spec)
    let again = try Spec(json: whole.json)
    #expect(again == whole)
    let (one, other) = (try Architectures.family.make(spec), try Architectures.family.make(again))
    #expect(
      try one.network(for: Self.image, classes: 3).json == other.network(for: Self.image, classes: 3).json)
  }

  @Test func aMismatchSaysAtWhichLayerAndTheShapesSoFar() throws {
    let cases: [([Spec], String, String)] = [
      (
        [layer("conv"), layer("maxpool"), layer("dense")], "layer 3, dense: 16×13×13 has to be flattened first",
        "the shapes so far: 1×28×28 → conv 16×26×26 → maxpool 16×13×13"
      ),
      (
        [layer("relu"), layer("residual", ["layers": .components([layer("conv")])])],
        "layer 2, residual: 16×26×26 come out of its layers, but 1×28×28 go around them",
        "the shapes so far: 1×28×28 → conv 16×26×26"
      ),
      (
        [layer("flatten"), layer("dense", ["units": .integer(64)])],
        "64×1×1 values come out of the network, but the data has 10 classes",
        "end it with `dense`, which takes the number of classes; the shapes so far: "
          + "1×28×28 → flatten 784×1×1 → dense 64×1×1"
      ),
      (
        [layer("groupnorm", ["groups": .integer(3)])], "layer 1, groupnorm: 3 groups do not divide 1 channels",
        "the shapes so far: 1×28×28"
      ),
    ]
    for (layers, message, hint) in cases {
      let error = #expect(throws: NetworkError.self) { try network(layers) }
      #expect(error?.description == message)
      #expect(error?.hint == hint)
    }
    #expect(throws: NetworkError.self) { try network([]) }
    #expect(throws: NetworkError.self) { try network([layer("residual", ["layers": .components([])])]) }
    #expect(throws: NetworkError.self) { try network([layer("concat", ["branches": .components([layer("relu")])])]) }
  }
}

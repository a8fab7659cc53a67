import Testing

@testable import NN

/// The layers that networks from elsewhere bring along: values worked out by hand, and gradients by central differences.
@Suite struct ImportedLayerTests {
  private static func random(_ shape: [Int], seed: Int) -> Tensor {
    var random = Random(seed: seed, stream: 5)
    return Tensor(shape: shape, values: (0..<shape.reduce(1, *)).map { _ in random.uniform(-4, 4) })
  }

  /// Layers and the shape of one image that they are tried on.
  static let cases: [(name: String, layers: [any Layer], shape: [Int])] = [
    ("clip", [Activation(.clip(low: -1.5, high: 2))], [3, 4, 5]),
    ("clip above", [Activation(.clip(low: -.infinity, high: 2))], [3, 4, 5]),
    ("softplus", [Activation(.softplus)], [2, 3, 4]), ("silu", [Activation(.silu)], [2, 3, 4]),
    ("hardsigmoid", [Activation(.hardSigmoid(slope: 0.3, shift: 0.4))], [2, 3, 4]),
    ("hardswish", [Activation(.hardSwish)], [2, 3, 4]), ("elu", [Activation(.elu(alpha: 0.7))], [2, 3, 4]),
    ("pad", [Pad(rows: [1, 2], columns: [0, 3], channels: [2, 1], value: -0.5)], [3, 4, 5]),
    (
      "pad before a convolution", [Pad(rows: [0, 1], columns: [1, 0]), Convolution(2, kernel: 3, padding: 1)],
      [2, 5, 4]
    ),
    ("slice", [Slice(channels: [1, 3], rows: [0, 5, 2], columns: [1, 4])], [3, 6, 5]),
    (
      "slice after a convolution", [Convolution(4, kernel: 3, padding: 1), Slice(channels: [1, 4, 2], rows: [1, 3])],
      [2, 4, 5]
    ),
    ("scale of the image", [Scale(each: .image)], [2, 3, 4]), ("scale of channels", [Scale()], [2, 3, 4]),
    ("scale of values", [Scale(each: .value)], [2, 3, 4]),
    ("scale without sum", [Scale(each: .value, adds: false)], [2, 3, 4]),
    ("scale without product", [Scale(multiplies: false), Convolution(3, kernel: 3, padding: 1)], [2, 3, 4]),
    ("reshape", [Flatten(), Reshape(shape: [4, 3, 2])], [2, 3, 4]),
    (
      "reshape between convolutions",
      [
        Convolution(4, kernel: 3, padding: 1), Flatten(), Reshape(shape: [2, 4, 6]),
        Convolution(2, kernel: 3, padding: 1),
      ], [2, 3, 4]
    ),
    ("permute", [Permute(order: [2, 0, 1])], [2, 3, 4]),
    ("permute before a convolution", [Permute(order: [1, 2, 0]), Convolution(2, kernel: 3, padding: 1)], [2, 3, 4]),
    ("mean over channels", [ReduceMean(channels: true)], [3, 2, 4]),
    ("mean over rows", [ReduceMean(rows: true)], [2, 3, 4]),
    ("mean over channels and columns", [ReduceMean(channels: true, columns: true)], [3, 2, 4]),
    ("mean over everything", [ReduceMean(channels: true, rows: true, columns: true)], [3, 2, 4]),
    (
      "mean between convolutions",
      [Convolution(4, kernel: 3, padding: 1), ReduceMean(channels: true), Convolution(2, kernel: 3, padding: 1)],
      [2, 4, 3]
    ),
    ("expand rows", [Expand(rows: 3)], [2, 1, 4]),
    ("expand channels and columns", [Expand(channels: 4, columns: 3)], [1, 2, 1]),
    (
      "expand before a convolution", [Expand(channels: 3, rows: 4), Convolution(2, kernel: 3, padding: 1)], [1, 1, 5]
    ),
  ]

  @Test(arguments: cases.indices, Kernels.all.map(\.name))
  func gradientsAreThoseOfCentralDifferences(index: Int, level: String) throws {
    let (name, layers, shape) = Self.cases[index]
    var network = Network(input: ImageShape(channels: shape[0], height: shape[1], width: shape[2]), classes: 1)
    for (number, layer) in layers.enumerated() { try network.add("l\(number)", layer, after: [number - 1]) }
    try check(network, name, at: try #require(Kernels.named(level)))
  }

  @Test(arguments: Kernels.all.map(\.name)) func productsHaveGradientsToBothSides(level: String) throws {
    let kernels = try #require(Kernels.named(level))
    var network = Network(input: ImageShape(channels: 2, height: 3, width: 4), classes: 1)
    let left = try network.add("a", Convolution(3, kernel: 3, padding: 1))
    let right = try network.add("b", Convolution(3, kernel: 1), after: [Network.image])
    try network.add("", Multiply(), after: [left, right])
    try check(network, "a product", at: kernels)
    var gated = Network(input: ImageShape(channels: 2, height: 3, width: 4), classes: 1)
    let image = try gated.add("a", Convolution(3, kernel: 3, padding: 1))
    let gate = try gated.add("", GlobalAveragePool())
    try gated.add("", Multiply(), after: [image, gate])
    try check(gated, "a gate", at: kernels)
    var square = Network(input: ImageShape(channels: 2, height: 3, width: 4), classes: 1)
    try square.add("", Multiply(), after: [Network.image, Network.image])
    try check(square, "a square", at: kernels)
  }

  /// Sums of the outputs with random factors, moved a little in random directions of input and parameters.
  private func check(_ network: Network, _ name: String, at kernels: Kernels) throws {
    let (input, output) = (network.input, network.shape(of: network.last))
    let x = Self.random([17, input.channels, input.height, input.width], seed: 1)
    let gy = Self.random([17, output.channels, output.height, output.width], seed: 2)
    let parameters = Plan(network, training: true).parameters.enumerated().map {
      Self.random($1.shape, seed: 10 + $0)
    }
    let run = LayerRun(network, at: kernels, x: x, parameters: parameters, gy: gy)
    let answers = LayerRun(network, at: kernels, x: x, parameters: parameters, gy: gy, answersOnly: true)
    #expect(excess(answers.y.values, run.y.values, relative: 1e-5, absolute: 1e-5) <= 1)
    #expect(excess(answers.gx.values, run.gx.values, relative: 1e-5, absolute: 1e-5) <= 1)
    func loss(_ x: Tensor, _ parameters: [Tensor]) -> Double {
      let y = LayerRun(network, at: kernels, x: x, parameters: parameters, gy: gy).y
      return zip(y.values, gy.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    func moved(_ tensor: Tensor, _ direction: Tensor, _ step: Float) -> Tensor {
      Tensor(shape: tensor.shape, values: zip(tensor.values, direction.values).map { $0 + step * $1 })
    }
    func dot(_ a: Tensor, _ b: Tensor) -> Double {
      zip(a.values, b.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let step: Float = 1e-3
    for seed in 30..<33 {
      let direction = Self.random(x.shape, seed: seed)
      let slope =
        (loss(moved(x, direction, step), parameters) - loss(moved(x, direction, -step), parameters))
        / Double(2 * step)
      let expected = dot(run.gx, direction)
      #expect(abs(slope - expected) <= 2e-2 * max(abs(expected), 30), "\(name): \(slope) for \(expected) by the input")
      for (number, parameter) in parameters.enumerated() {
        let direction = Self.random(parameter.shape, seed: seed + 10 * number)
        func at(_ step: Float) -> Double {
          var all = parameters
          all[number] = moved(parameter, direction, step)
          return loss(x, all)
        }
        let slope = (at(step) - at(-step)) / Double(2 * step)
        let expected = dot(run.parameterGradients[number], direction)
        #expect(
          abs(slope - expected) <= 2e-2 * max(abs(expected), 30),
          "\(name): \(slope) for \(expected) by parameter \(number)")
      }
    }
  }

  private func values(_ layers: [any Layer], _ x: [Float], shape: [Int], parameters: [Tensor] = []) throws -> [Float] {
    var network = Network(input: ImageShape(channels: shape[0], height: shape[1], width: shape[2]), classes: 1)
    for (number, layer) in layers.enumerated() { try network.add("l\(number)", layer, after: [number - 1]) }
    let out = network.shape(of: network.last)
    return LayerRun(
      network, x: Tensor(shape: [1] + shape, values: x), parameters: parameters,
      gy: Tensor(shape: [1, out.channels, out.height, out.width])
    ).y.values
  }

  @Test func activationsHaveTheValuesOfTheirFormulas() throws {
    let x: [Float] = [-4, -1, 0, 1, 2, 7]
    func check(_ function: Activation.Function, _ wanted: [Float]) throws {
      let found = try values([Activation(function)], x, shape: [1, 1, 6])
      #expect(excess(found, wanted, relative: 1e-5, absolute: 1e-6) <= 1, "\(function): \(found)")
    }
    try check(.clip(low: 0, high: 6), [0, 0, 0, 1, 2, 6])
    try check(.softplus, [0.01814993, 0.31326169, 0.69314718, 1.31326169, 2.12692801, 7.00091147])
    try check(.silu, [-0.07194484, -0.26894142, 0, 0.73105858, 1.76159416, 6.99362264])
    try check(.hardSigmoid(slope: 0.2, shift: 0.5), [0, 0.3, 0.5, 0.7, 0.9, 1])
    try check(.hardSwish, [0, -1.0 / 3, 0, 2.0 / 3, 5.0 / 3, 7])
    try check(.elu(alpha: 2), [-1.96336872, -1.26424112, 0, 1, 2, 7])
  }

  @Test func largeValuesStayFinite() throws {
    let x: [Float] = [-1e30, -200, 200, 1e30]
    for function in [Activation.Function.softplus, .silu, .hardSwish, .elu(alpha: 1)] {
      #expect(try values([Activation(function)], x, shape: [1, 1, 4]).allSatisfy(\.isFinite), "\(function)")
    }
  }

  @Test func paddingAndSlicesArePlacedAsTheySay() throws {
    let x: [Float] = [1, 2, 3, 4, 5, 6]
    #expect(
      try values([Pad(rows: [1, 0], columns: [0, 1], value: 9)], x, shape: [1, 2, 3])
        == [9, 9, 9, 9, 1, 2, 3, 9, 4, 5, 6, 9])
    #expect(try values([Slice(rows: [1, 2], columns: [0, 3, 2])], x, shape: [1, 2, 3]) == [4, 6])
    #expect(try values([Slice(channels: [1, 2])], x, shape: [2, 1, 3]) == [4, 5, 6])
    #expect(try values([Permute(order: [2, 0, 1])], x, shape: [1, 2, 3]) == [1, 4, 2, 5, 3, 6])
  }

  @Test func meansAndRepetitionsAreOverWhatTheySay() throws {
    let x: [Float] = [1, 2, 3, 4, 5, 9]
    #expect(try values([ReduceMean(channels: true)], x, shape: [2, 1, 3]) == [2.5, 3.5, 6])
    #expect(try values([ReduceMean(rows: true)], x, shape: [1, 3, 2]) == [3, 5])
    #expect(try values([ReduceMean(columns: true)], x, shape: [1, 3, 2]) == [1.5, 3.5, 7])
    #expect(try values([Expand(rows: 2)], [1, 2], shape: [1, 1, 2]) == [1, 2, 1, 2])
    #expect(try values([Expand(columns: 2)], [1, 2], shape: [1, 2, 1]) == [1, 1, 2, 2])
    #expect(try values([Expand(channels: 2)], [1, 2], shape: [1, 2, 1]) == [1, 2, 1, 2])
  }

  @Test func scalesHaveANumberForWhatTheySay() throws {
    let x: [Float] = [1, 2, 3, 4]
    func scaled(_ each: Scale.Each, _ weight: [Float], _ bias: [Float], shape: [Int]) throws -> [Float] {
      try values(
        [Scale(each: each)], x, shape: [2, 1, 2],
        parameters: [
          Tensor(shape: shape, values: weight), Tensor(shape: shape, values: bias),
        ])
    }
    #expect(try scaled(.image, [2], [1], shape: [1]) == [3, 5, 7, 9])
    #expect(try scaled(.channel, [2, 3], [1, 0], shape: [2]) == [3, 5, 9, 12])
    #expect(try scaled(.value, [1, 2, 3, 4], [0, 0, 0, 1], shape: [2, 1, 2]) == [1, 4, 9, 17])
  }

  @Test(arguments: [
    (Pad(rows: [1]) as any Layer, "two numbers"), (Slice(rows: [0, 9]), "beyond"), (Slice(rows: [2, 2]), "nothing"),
    (Slice(rows: [0, 2, 0]), "step of 0"), (Permute(order: [0, 0, 1]), "once each"),
    (Reshape(shape: [1, 2, 3]), "flat"), (ReduceMean(), "neither"), (Expand(rows: 2), "a single one"),
    (Activation(.clip(low: 2, high: 1)), "above"),
  ]) func whatDoesNotFitIsSaid(layer: any Layer, word: String) {
    let error = #expect(throws: NetworkError.self) {
      try layer.outputShape(of: [ImageShape(channels: 1, height: 2, width: 3)])
    }
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
  }
}

import CKernels
import Testing

@testable import NN

/// 5×5 convolutions with fewer products against the plain loops: tiles of both directions where there are channels enough,
/// and what takes their place where there are few, under a maximum.
@Suite struct FewerProducts5Tests {
  struct Case: Sendable, CustomTestStringConvertible {
    let inputs, outputs, height, width, padding, images: Int

    init(_ inputs: Int, _ outputs: Int, _ height: Int, _ width: Int, padding: Int, images: Int) {
      (self.inputs, self.outputs, self.height, self.width) = (inputs, outputs, height, width)
      (self.padding, self.images) = (padding, images)
    }

    var testDescription: String { "\(inputs)→\(outputs) at \(height)×\(width), padding \(padding), \(images) images" }
    var layer: Convolution { Convolution(outputs, kernel: 5, padding: padding) }
    var shape: ImageShape { ImageShape(channels: inputs, height: height, width: width) }
    var x: Tensor { Tensor(shape: [images, inputs, height, width], values: noise(images * shape.count, seed: 2)) }
    var w: Tensor { Tensor(shape: [outputs, inputs, 5, 5], values: noise(outputs * inputs * 25, seed: 10)) }
    var b: Tensor { Tensor(shape: [outputs], values: noise(outputs, seed: 11)) }
    /// Of the convolution's output.
    var full: [Int] { [images, outputs, height + 2 * padding - 4, width + 2 * padding - 4] }
    var pooled: [Int] { [images, outputs, full[2] / 2, full[3] / 2] }

    func slopes(_ shape: [Int]) -> Tensor { Tensor(shape: shape, values: noise(shape.reduce(1, *), seed: 3)) }
  }

  /// Whole tiles and remainders, LeNet's second convolution first.
  static let tiled = [
    Case(6, 16, 14, 14, padding: 0, images: 1), Case(4, 8, 6, 10, padding: 0, images: 17),
    Case(7, 18, 6, 8, padding: 1, images: 1), Case(5, 33, 4, 2, padding: 2, images: 2),
    Case(17, 9, 4, 2, padding: 4, images: 1),
  ]
  /// LeNet's first convolutions first, then odd sides.
  static let narrow = [
    Case(1, 6, 28, 28, padding: 2, images: 1), Case(3, 6, 10, 12, padding: 0, images: 2),
    Case(2, 3, 7, 10, padding: 1, images: 17), Case(3, 5, 5, 6, padding: 3, images: 1),
    Case(1, 7, 9, 13, padding: 4, images: 1), Case(6, 7, 5, 7, padding: 2, images: 2),
  ]

  /// Errors of both gradients for slopes of the convolution's sums, as shares of the most that was added anywhere: a tile
  /// rounds all its numbers alike, and in small images some are sums of next to nothing. Plain sums have to do better.
  private func shares(_ run: LayerRun, _ example: Case, _ slopes: Planes) -> (gx: Double, gw: Double, gb: Double) {
    let (pixels, wide) = (Planes(example.x), example.w.values.map(Double.init))
    let exact = ReferenceLoops.convolutionGradients(example.layer, pixels, wide, slopes)
    let most = ReferenceLoops.convolutionGradients(
      example.layer, Planes(pixels.shape, magnitudes(pixels.values)), magnitudes(wide),
      Planes(slopes.shape, magnitudes(slopes.values)))
    func largest(_ products: [Double]) -> Double { products.max() ?? 0 }
    return (
      share(run.gx.values, exact.gx.values, of: most.gx.values, atLeast: largest(most.gx.values)),
      share(run.parameterGradients[0].values, exact.gw, of: most.gw, atLeast: largest(most.gw)),
      share(run.parameterGradients[1].values, exact.gb, of: most.gb)
    )
  }

  private func sums(_ example: Case) -> (exact: Planes, most: Planes) {
    let (pixels, w, b) = (
      Planes(example.x), example.w.values.map(Double.init), example.b.values.map(Double.init)
    )
    let sizes = Planes(pixels.shape, magnitudes(pixels.values))
    return (
      ReferenceLoops.convolution(example.layer, pixels, w, b, to: example.full),
      ReferenceLoops.convolution(example.layer, sizes, magnitudes(w), magnitudes(b), to: example.full)
    )
  }

  @Test(arguments: tiled, Kernels.all.map(\.name))
  func tilesAgreeWithThePlainLoops(_ example: Case, level: String) throws {
    let kernels = try #require(Kernels.named(level))
    #expect(example.layer.form(from: example.shape) == .tiles5)
    let gy = example.slopes(example.full)
    let run = try LayerRun([example.layer], at: kernels, x: example.x, parameters: [example.w, example.b], gy: gy)
    let (exact, most) = sums(example)
    #expect(share(run.y.values, exact.values, of: most.values) < 2e-5)
    let errors = shares(run, example, Planes(gy))
    #expect(errors.gx < 2e-5 && errors.gw < 2e-5 && errors.gb < 1e-6, "\(errors)")
    // With the ReLU on the way out; and what only answers takes the plain sums, forward.
    let relu = try LayerRun(
      [example.layer, Activation(.relu)], at: kernels, x: example.x, parameters: [example.w, example.b], gy: gy)
    #expect(relu.y.values == run.y.values.map { $0 < 0 ? 0 : $0 })
    let answer = try LayerRun(
      [example.layer], at: kernels, x: example.x, parameters: [example.w, example.b], gy: gy, answersOnly: true)
    #expect(share(answer.y.values, exact.values, of: most.values) < 1e-6)
    #expect(answer.gx.values == run.gx.values)
  }

  @Test(arguments: tiled + narrow, Kernels.all.map(\.name))
  func pooledGradientsAgreeWithThePlainLoops(_ example: Case, level: String) throws {
    let kernels = try #require(Kernels.named(level))
    let isTiled = example.layer.form(from: example.shape) == .tiles5
    let gy = example.slopes(example.pooled)
    let layers: [any Layer] = [example.layer, Activation(.relu), MaxPool(2)]
    let run = try LayerRun(layers, at: kernels, x: example.x, parameters: [example.w, example.b], gy: gy)
    let (exact, most) = sums(example)
    let (y, gz) = ReferenceLoops.pooledReLU(exact) { _ in Planes(gy) }
    let largest = most.values.max() ?? 0
    #expect(share(run.y.values, y.values, of: y.values.map { _ in largest }) < 1e-6)
    let errors = shares(run, example, gz)
    #expect(errors.gx < (isTiled ? 2e-5 : 1e-6) && errors.gw < 2e-5 && errors.gb < 1e-6, "\(errors)")
    let answer = try LayerRun(
      layers, at: kernels, x: example.x, parameters: [example.w, example.b], gy: gy, answersOnly: true)
    #expect(answer.y.values == run.y.values)
    #expect(answer.gx.values == run.gx.values)
  }

  /// Not next to the image, a layer that learns takes its tiles forward as well, and the same pixels win.
  @Test(arguments: tiled, Kernels.all.map(\.name))
  func pooledTilesForwardLetTheSamePixelsWin(_ example: Case, level: String) throws {
    let kernels = try #require(Kernels.named(level))
    let layers: [any Layer] = [BatchNorm(), example.layer, Activation(.relu), MaxPool(2)]
    let one = Tensor(shape: [example.inputs], values: Array(repeating: 1, count: example.inputs))
    let zero = Tensor(shape: [example.inputs])
    func run(answersOnly: Bool) throws -> LayerRun {
      try LayerRun(
        layers, at: kernels, x: example.x, parameters: [one, zero, zero, one, example.w, example.b],
        gy: example.slopes(example.pooled), answersOnly: answersOnly)
    }
    let (learns, answers) = (try run(answersOnly: false), try run(answersOnly: true))
    let most = sums(example).most.values.max() ?? 0
    #expect(learns.y.values != answers.y.values)
    #expect(share(learns.y.values, answers.y.values.map(Double.init), of: answers.y.values.map { _ in most }) < 4e-6)
    #expect(learns.gx.values == answers.gx.values)
  }

  /// What no output with a gradient sees has a gradient of exactly zero: a sign would make a step of anything else.
  @Test(arguments: tiled + narrow, Kernels.all.map(\.name)) func zerosStayZeros(_ example: Case, level: String) throws {
    let kernels = try #require(Kernels.named(level))
    func sparse(_ shape: [Int]) -> Tensor {
      var gy = example.slopes(shape)
      for i in gy.values.indices where i % (11 * example.outputs) > 1 { gy.values[i] = 0 }
      return gy
    }
    func check(_ layers: [any Layer], _ gy: Tensor, _ slopes: (Planes) -> Planes) throws {
      let run = try LayerRun(
        layers, at: kernels, x: example.x, parameters: [example.w, example.b], gy: gy, answersOnly: true)
      let wide = example.w.values.map(Double.init)
      let exact = ReferenceLoops.convolutionGradients(
        example.layer, Planes(example.x), wide, slopes(sums(example).exact)
      ).gx.values
      if example.padding < 3 { #expect(exact.contains(0)) }
      #expect(zip(run.gx.values, exact).allSatisfy { $1 != 0 || $0 == 0 })
    }
    let (full, pooled) = (sparse(example.full), sparse(example.pooled))
    try check([example.layer], full) { _ in Planes(full) }
    try check([example.layer, Activation(.relu), MaxPool(2)], pooled) {
      ReferenceLoops.pooledReLU($0) { _ in Planes(pooled) }.gz
    }
  }

  /// One pixel, one weight and two slopes that no mirror image or transposition leaves alone.
  @Test(arguments: Kernels.all.map(\.name)) func oneCaseByHand(level: String) throws {
    let (inputs, outputs, height, width) = (4, 8, 8, 10)
    func pixel(_ c: Int, _ y: Int, _ x: Int) -> Int { (c * height + y) * width + x }
    func sum(_ o: Int, _ y: Int, _ x: Int) -> Int { (o * (height - 4) + y) * (width - 4) + x }
    func weight(_ o: Int, _ c: Int, _ ky: Int, _ kx: Int) -> Int { ((o * inputs + c) * 5 + ky) * 5 + kx }
    var (x, gy) = (Tensor(shape: [1, inputs, height, width]), Tensor(shape: [1, outputs, height - 4, width - 4]))
    var w = Tensor(shape: [outputs, inputs, 5, 5])
    x.values[pixel(3, 2, 7)] = 2
    w.values[weight(5, 3, 1, 4)] = 3
    gy.values[sum(5, 1, 3)] = 4
    gy.values[sum(7, 0, 5)] = 10
    let run = try LayerRun(
      [Convolution(outputs, kernel: 5, bias: false)], at: try #require(Kernels.named(level)), x: x, parameters: [w],
      gy: gy)
    var (y, gx, gw) = (Tensor(shape: gy.shape), Tensor(shape: x.shape), Tensor(shape: w.shape))
    y.values[sum(5, 1, 3)] = 6
    gx.values[pixel(3, 2, 7)] = 12
    gw.values[weight(5, 3, 1, 4)] = 8
    gw.values[weight(7, 3, 2, 2)] = 20
    #expect(excess(run.y.values, y.values) <= 1)
    #expect(excess(run.gx.values, gx.values) <= 1)
    #expect(excess(run.parameterGradients[0].values, gw.values, absolute: 1e-4) <= 1)
  }

  /// The layer is linear in its pixels and in its weights: a difference over any distance is the slope.
  @Test(arguments: tiled) func slopesAreDifferences(_ example: Case) throws {
    let gy = example.slopes(example.full)
    func product(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
    func value(_ x: Tensor, _ w: Tensor) throws -> Double {
      let run = try LayerRun([example.layer], x: x, parameters: [w, example.b], gy: gy, answersOnly: true)
      return product(run.y.values, gy.values)
    }
    func moved(_ tensor: Tensor, _ by: [Float]) -> Tensor {
      Tensor(shape: tensor.shape, values: zip(tensor.values, by).map { $0 + $1 })
    }
    let run = try LayerRun([example.layer], x: example.x, parameters: [example.w, example.b], gy: gy)
    let scale = product(gy.values, gy.values).squareRoot() * Double(example.inputs * 25)
    let alongX = noise(example.x.count, seed: 21)
    let byX =
      try value(moved(example.x, alongX), example.w) - value(moved(example.x, alongX.map { -$0 }), example.w)
    #expect(abs(byX / 2 - product(run.gx.values, alongX)) < 1e-5 * scale)
    let alongW = noise(example.w.count, seed: 22)
    let byW =
      try value(example.x, moved(example.w, alongW)) - value(example.x, moved(example.w, alongW.map { -$0 }))
    #expect(abs(byW / 2 - product(run.parameterGradients[0].values, alongW)) < 1e-5 * scale)
  }

  /// Flat parts of what comes in: all four of a window are equal, and the first wins, whether the plan learns or not.
  @Test(arguments: Kernels.all.map(\.name)) func theFirstOfEqualsWins(level: String) throws {
    let kernels = try #require(Kernels.named(level))
    let flat = noise(6, seed: 1).flatMap { [Float](repeating: abs($0), count: 196) }
    let x = Tensor(shape: [1, 6, 14, 14], values: flat)
    let parameters = [
      Tensor(shape: [6], values: Array(repeating: 1, count: 6)), Tensor(shape: [6]), Tensor(shape: [6]),
      Tensor(shape: [6], values: Array(repeating: 1, count: 6)),
      Tensor(shape: [16, 6, 5, 5], values: noise(2400, seed: 2)), Tensor(shape: [16], values: noise(16, seed: 3)),
    ]
    let gy = Tensor(shape: [1, 16, 5, 5], values: noise(400, seed: 4))
    let layers: [any Layer] = [BatchNorm(), Convolution(16, kernel: 5), Activation(.relu), MaxPool(2)]
    let learns = try LayerRun(layers, at: kernels, x: x, parameters: parameters, gy: gy)
    let answers = try LayerRun(layers, at: kernels, x: x, parameters: parameters, gy: gy, answersOnly: true)
    #expect(learns.y.values.contains { $0 > 0 })
    #expect(learns.gx.values == answers.gx.values)
  }
}

import CKernels
import Testing

@testable import NN

/// Layers against plain loops in double precision, and their gradients against central differences of those loops.
@Suite struct NormalisationTests {
  /// Odd extents, so that rows, columns and channels cannot be taken for one another.
  private static let shape = [3, 4, 3, 5]

  private func random(_ count: Int, seed: Int, around centre: Float = 0) -> [Double] {
    var random = Random(seed: seed, stream: 9)
    return (0..<count).map { _ in Double(centre + random.uniform(-1, 1)) }
  }

  /// Group normalisation of one image of 4×3×5 values.
  private static func normalise(_ x: [Double], groups: Int, weight: [Double], bias: [Double]) -> [Double] {
    let (size, each) = (x.count / groups, x.count / weight.count)
    return x.indices.map { i in
      let group = Array(x[i / size * size..<(i / size + 1) * size])
      let mean = group.reduce(0, +) / Double(size)
      let variance = group.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(size)
      return (x[i] - mean) / (variance + 1e-5).squareRoot() * weight[i / each] + bias[i / each]
    }
  }

  /// The mean over the windows of `rows`×`columns`, by PyTorch's rule, of one image of 4×3×5 values.
  private static func adaptive(_ x: [Double], rows: Int, columns: Int) -> [Double] {
    func window(_ i: Int, _ count: Int, _ extent: Int) -> Range<Int> {
      i * extent / count..<((i + 1) * extent + count - 1) / count
    }
    var y: [Double] = []
    for c in 0..<4 {
      for row in 0..<rows {
        for column in 0..<columns {
          let (down, across) = (window(row, rows, 3), window(column, columns, 5))
          let values = down.flatMap { r in across.map { x[c * 15 + r * 5 + $0] } }
          y.append(values.reduce(0, +) / Double(values.count))
        }
      }
    }
    return y
  }

  /// Runs a layer on three images and compares everything with `plain`, a function of one image and the parameters.
  private func compare(
    _ layer: any Layer, _ parameters: [[Double]], output: [Int], level: String,
    _ plain: ([Double], [[Double]]) -> [Double]
  ) throws {
    let x = random(180, seed: 1, around: 0.5)
    let gy = random(3 * output.reduce(1, *), seed: 2)
    let shapes = layer.parameters(for: ImageShape(channels: 4, height: 3, width: 5)).map(\.shape)
    let run = try LayerRun(
      [layer], at: try #require(Kernels.named(level)), x: Tensor(shape: Self.shape, values: x.map(Float.init)),
      parameters: zip(shapes, parameters).map { Tensor(shape: $0, values: $1.map(Float.init)) },
      gy: Tensor(shape: [3] + output, values: gy.map(Float.init)))
    let images = (0..<3).map { Array(x[$0 * 60..<($0 + 1) * 60]) }
    let each = gy.count / 3
    func loss(_ images: [[Double]], _ parameters: [[Double]]) -> Double {
      images.enumerated().reduce(0) { sum, image in
        zip(plain(image.element, parameters), gy[image.offset * each..<(image.offset + 1) * each]).reduce(sum) {
          $0 + $1.0 * $1.1
        }
      }
    }
    expectClose(run.y.values, images.flatMap { plain($0, parameters) })
    var slopes: [Double] = []
    for i in x.indices {
      var (up, down) = (images, images)
      up[i / 60][i % 60] += 1e-5
      down[i / 60][i % 60] -= 1e-5
      slopes.append((loss(up, parameters) - loss(down, parameters)) / 2e-5)
    }
    expectClose(run.gx.values, slopes)
    for (number, values) in parameters.enumerated() {
      let slopes = values.indices.map { i -> Double in
        var (up, down) = (parameters, parameters)
        up[number][i] += 1e-5
        down[number][i] -= 1e-5
        return (loss(images, up) - loss(images, down)) / 2e-5
      }
      expectClose(run.parameterGradients[number].values, slopes)
    }
  }

  private func expectClose(_ found: [Float], _ expected: [Double], location: SourceLocation = #_sourceLocation) {
    #expect(found.count == expected.count, sourceLocation: location)
    let worst = zip(found, expected).map { abs(Double($0) - $1) / (1 + abs($1)) }.max() ?? 1
    #expect(worst < 2e-5, sourceLocation: location)
  }

  @Test(arguments: Kernels.all.map(\.name)) func groupsOfChannelsAreNormalisedInEachImage(level: String) throws {
    let parameters = [random(4, seed: 3, around: 1), random(4, seed: 4)]
    try compare(GroupNorm(groups: 2), parameters, output: [4, 3, 5], level: level) {
      Self.normalise($0, groups: 2, weight: $1[0], bias: $1[1])
    }
  }

  @Test(arguments: Kernels.all.map(\.name)) func layerNormalisationHasAWeightForEachValue(level: String) throws {
    let parameters = [random(60, seed: 3, around: 1), random(60, seed: 4)]
    try compare(LayerNorm(), parameters, output: [4, 3, 5], level: level) {
      Self.normalise($0, groups: 1, weight: $1[0], bias: $1[1])
    }
  }

  /// Two rows of three and three columns of five: windows that overlap, and differ in size.
  @Test(arguments: Kernels.all.map(\.name)) func adaptiveWindowsAreSpreadEvenly(level: String) throws {
    try compare(AdaptiveAveragePool(size: (2, 3)), [], output: [4, 2, 3], level: level) { x, _ in
      Self.adaptive(x, rows: 2, columns: 3)
    }
  }

  @Test func adaptiveWindowsMayBeMoreThanThePixels() throws {
    try compare(AdaptiveAveragePool(size: (7, 2)), [], output: [4, 7, 2], level: Kernels.chosen.name) { x, _ in
      Self.adaptive(x, rows: 7, columns: 2)
    }
  }

  /// Gradients of 20 images, in two groups of lanes, are those of each image added up.
  @Test func gradientsOfManyImagesAddUp() throws {
    let x = Tensor(shape: [20, 4, 3, 5], values: random(1200, seed: 5).map(Float.init))
    let gy = Tensor(shape: [20, 4, 3, 5], values: random(1200, seed: 6).map(Float.init))
    let all = try LayerRun([GroupNorm(groups: 4)], x: x, parameters: [], gy: gy)
    var sum = [Float](repeating: 0, count: 4)
    for i in 0..<20 {
      func one(_ t: Tensor) -> Tensor {
        Tensor(shape: [1, 4, 3, 5], values: Array(t.values[i * 60..<(i + 1) * 60]))
      }
      let alone = try LayerRun([GroupNorm(groups: 4)], x: one(x), parameters: [], gy: one(gy))
      for c in 0..<4 { sum[c] += alone.parameterGradients[0].values[c] }
    }
    expectClose(all.parameterGradients[0].values, sum.map(Double.init))
  }

  /// One pass finds mean and variance of a batch of two groups, one of them not full: also of values far from zero, and where
  /// the first row, around which the kernel sums, is not like the others.
  @Test(arguments: Kernels.all.map(\.name)) func batchStatisticsAreThoseOfTwoPasses(level: String) throws {
    let (images, channels, height, width) = (20, 4, 3, 5)
    let jumps: [(all: Double, first: Double)] = [(0, 0), (1000, 0), (-7, 300), (0.5, -0.01)]
    var x = random(images * channels * height * width, seed: 3)
    for i in x.indices {
      let (row, channel) = (i / width % height, i / (width * height) % channels)
      x[i] += jumps[channel].all + (row == 0 ? jumps[channel].first : 0)
    }
    let given = x.map(Float.init)
    let run = try LayerRun(
      [BatchNorm(momentum: 1)], at: try #require(Kernels.named(level)),
      x: Tensor(shape: [images, channels, height, width], values: given),
      gy: Tensor(shape: [images, channels, height, width]), training: true)
    for channel in 0..<channels {
      let values = given.indices.filter { $0 / (width * height) % channels == channel }.map { Double(given[$0]) }
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
      #expect(abs(Double(run.state[2].values[channel]) - mean) <= 1e-6 * max(abs(mean), 0.1), "channel \(channel)")
      #expect(abs(Double(run.state[3].values[channel]) - variance) <= 2e-6 * variance, "channel \(channel)")
    }
  }

  /// Residual blocks in small: what is added is the image, a convolution, or itself normalised; before or after.
  private static func sums() throws -> [(name: String, network: Network)] {
    var all: [(String, Network)] = []
    for (name, branch, isFirst, hasReLU) in [
      ("the image", [], true, true), ("the image, no ReLU", [], false, false),
      ("a convolution", [Convolution(4, kernel: 1)], false, true),
      ("a normalised convolution", [Convolution(4, kernel: 1), BatchNorm()], true, false),
    ] as [(String, [any Layer], Bool, Bool)] {
      var network = Network(input: ImageShape(channels: 4, height: 3, width: 5), classes: 1)
      var other = Network.image
      for (number, layer) in branch.enumerated() {
        other = try network.add("branch\(number)", layer, after: [other])
      }
      let sums = try network.add("conv", Convolution(4, kernel: 3, padding: 1), after: [Network.image])
      let normal = try network.add("norm", BatchNorm(), after: [sums])
      try network.add("", Add(), after: isFirst ? [other, normal] : [normal, other])
      if hasReLU { try network.add("", Activation(.relu)) }
      try network.add("last", Convolution(2, kernel: 3, padding: 1))
      all.append((name, network))
    }
    return all
  }

  /// The sum is made where the values are normalised. Not a bit may show it, forward or back, in either mode.
  @Test(arguments: Kernels.all.map(\.name)) func aNormalisationAddsTheOtherBranch(level: String) throws {
    let kernels = try #require(Kernels.named(level))
    let x = Tensor(shape: [20, 4, 3, 5], values: random(1200, seed: 3).map(Float.init))
    let gy = Tensor(shape: [20, 2, 3, 5], values: random(600, seed: 4).map(Float.init))
    for (name, network) in try Self.sums() {
      let apart = Plan(network, training: true, apart: { $0 })
      let adding = network.nodes.filter { $0.layer is Add || $0.layer is Activation }.count
      #expect(Plan(network, training: true).operations.count == apart.operations.count - adding, "\(name)")
      let parameters = apart.parameters.enumerated().map { number, place in
        let centre: Float = place.name.hasSuffix("running_var") ? 2 : 0.5
        return Tensor(
          shape: place.shape, values: random(place.count, seed: 10 + number, around: centre).map(Float.init))
      }
      for training in [true, false] {
        func run(apart: Bool) -> LayerRun {
          LayerRun(network, at: kernels, x: x, parameters: parameters, gy: gy, training: training, apart: apart)
        }
        let (together, each) = (run(apart: false), run(apart: true))
        let how = "\(name), training: \(training)"
        #expect(together.y == each.y, "\(how)")
        #expect(together.gx == each.gx && together.gx.values.contains { $0 != 0 }, "\(how)")
        #expect(together.parameterGradients == each.parameterGradients, "\(how)")
        #expect(together.state == each.state, "\(how)")
      }
    }
  }

  @Test func aChannelOfOneValueHasNoVariance() throws {
    let run = try LayerRun(
      [BatchNorm(epsilon: 0, momentum: 1)], x: Tensor(shape: [3, 1, 2, 3], values: Array(repeating: 0.1, count: 18)),
      gy: Tensor(shape: [3, 1, 2, 3]), training: true)
    #expect(run.state[3].values == [0])
  }
}

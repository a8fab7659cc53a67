import CKernels
import Testing

@testable import NN

/// Kernels against the plain loops, over shapes that leave every kind of remainder.
@Suite struct ReferenceTests {
  /// A convolution and the images it is tried on.
  struct Case: Sendable, CustomStringConvertible {
    var inputs: Int
    var outputs: Int
    var extent: (height: Int, width: Int)
    var kernel: (height: Int, width: Int)
    var stride = (height: 1, width: 1)
    var padding = (height: 0, width: 0)
    var dilation = (height: 1, width: 1)
    var groups = 1
    var images = 3
    var bias = true

    var description: String {
      "\(inputs)→\(outputs) on \(extent), kernel \(kernel), stride \(stride), padding \(padding), "
        + "dilation \(dilation), groups \(groups), \(images) images"
    }

    var layer: Convolution {
      var layer = Convolution(outputs, kernel: 1, bias: bias)
      (layer.kernel, layer.stride, layer.padding, layer.dilation) = (kernel, stride, padding, dilation)
      layer.groups = groups
      return layer
    }
  }

  static let cases: [Case] = [
    Case(inputs: 1, outputs: 6, extent: (28, 28), kernel: (5, 5), padding: (2, 2), images: 1),
    Case(inputs: 6, outputs: 16, extent: (15, 14), kernel: (5, 5), images: 17),
    Case(inputs: 3, outputs: 10, extent: (9, 13), kernel: (3, 3), padding: (1, 1)),
    Case(inputs: 2, outputs: 18, extent: (7, 5), kernel: (1, 1)),
    Case(inputs: 5, outputs: 7, extent: (8, 8), kernel: (3, 3), stride: (2, 2), padding: (1, 1)),
    Case(inputs: 4, outputs: 3, extent: (11, 10), kernel: (5, 5), stride: (3, 2), padding: (2, 1)),
    Case(inputs: 4, outputs: 4, extent: (6, 6), kernel: (1, 1), stride: (2, 2), bias: false),
    Case(inputs: 6, outputs: 9, extent: (7, 9), kernel: (3, 3), padding: (1, 1), groups: 3),
    Case(inputs: 8, outputs: 8, extent: (6, 7), kernel: (3, 3), padding: (1, 1), groups: 8),
    Case(inputs: 2, outputs: 3, extent: (12, 11), kernel: (3, 3), padding: (2, 2), dilation: (2, 2)),
    Case(inputs: 2, outputs: 5, extent: (13, 12), kernel: (3, 2), stride: (2, 2), padding: (2, 3), dilation: (3, 2)),
    Case(inputs: 1, outputs: 1, extent: (5, 40), kernel: (2, 4), padding: (1, 2)),
    Case(inputs: 3, outputs: 2, extent: (5, 5), kernel: (5, 5)),
    Case(inputs: 1, outputs: 4, extent: (3, 3), kernel: (3, 3), padding: (2, 2), images: 33),
    Case(inputs: 2, outputs: 2, extent: (4, 4), kernel: (4, 4), stride: (4, 4)),
    Case(inputs: 2, outputs: 6, extent: (5, 5), kernel: (2, 2), stride: (3, 3)),
    Case(inputs: 3, outputs: 5, extent: (6, 15), kernel: (3, 3), padding: (1, 1)),
    // So large that several blocks of outputs share what they read.
    Case(inputs: 9, outputs: 19, extent: (22, 23), kernel: (3, 3), stride: (2, 2), padding: (1, 1)),
    Case(inputs: 29, outputs: 22, extent: (24, 20), kernel: (1, 1), stride: (2, 2)),
  ]

  @Test(arguments: cases, Kernels.all.map(\.name))
  func convolutionsAgreeWithThePlainLoops(example: Case, level: String) throws {
    let kernels = try #require(Kernels.named(level))
    let (layer, x) = (example.layer, images(example))
    let out = try layer.outputShape(of: [shape(example)])
    let parameters = layer.parameters(for: shape(example)).enumerated().map {
      Tensor(shape: $1.shape, values: noise($1.count, seed: 10 + $0))
    }
    let full = [example.images, out.channels, out.height, out.width]
    let gy = Tensor(shape: full, values: noise(full.reduce(1, *), seed: 3))
    let run = try LayerRun([layer], at: kernels, x: x, parameters: parameters, gy: gy)
    let w = parameters[0].values.map(Double.init)
    let b = example.bias ? parameters[1].values.map(Double.init) : []
    let y = ReferenceLoops.convolution(layer, Planes(x), w, b, to: full)
    let back = ReferenceLoops.convolutionGradients(layer, Planes(x), w, Planes(gy))
    #expect(excess(run.y.values, y.floats) <= 1)
    #expect(excess(run.gx.values, back.gx.floats) <= 1)
    #expect(excess(run.parameterGradients[0].values, back.gw.map { Float($0) }) <= 1)
    if example.bias { #expect(excess(run.parameterGradients[1].values, back.gb.map { Float($0) }) <= 1) }
  }

  @Test(
    arguments: cases.filter { $0.groups == 1 && $0.stride == (1, 1) && $0.dilation == (1, 1) }, Kernels.all.map(\.name))
  func theFusedMaximumAgreesWithThePlainLoops(example: Case, level: String) throws {
    let kernels = try #require(Kernels.named(level))
    let (layer, x) = (example.layer, images(example))
    let out = try layer.outputShape(of: [shape(example)])
    guard out.height >= 2, out.width >= 2 else { return }
    let parameters = layer.parameters(for: shape(example)).enumerated().map {
      Tensor(shape: $1.shape, values: noise($1.count, seed: 20 + $0))
    }
    let pooled = [example.images, out.channels, out.height / 2, out.width / 2]
    let gy = Tensor(shape: pooled, values: noise(pooled.reduce(1, *), seed: 5))
    let w = parameters[0].values.map(Double.init)
    let b = example.bias ? parameters[1].values.map(Double.init) : []
    let full = [example.images, out.channels, out.height, out.width]
    let z = ReferenceLoops.convolution(layer, Planes(x), w, b, to: full)
    let (y, gz) = ReferenceLoops.pooledReLU(z) { _ in Planes(gy) }
    let back = ReferenceLoops.convolutionGradients(layer, Planes(x), w, gz)
    // Either order of ReLU and maximum is the same function and the same kernel.
    for layers: [any Layer] in [[layer, Activation(.relu), MaxPool(2)], [layer, MaxPool(2), Activation(.relu)]] {
      let run = try LayerRun(layers, at: kernels, x: x, parameters: parameters, gy: gy)
      #expect(excess(run.y.values, y.floats) <= 1)
      #expect(excess(run.gx.values, back.gx.floats) <= 1)
      #expect(excess(run.parameterGradients[0].values, back.gw.map { Float($0) }) <= 1)
      if example.bias { #expect(excess(run.parameterGradients[1].values, back.gb.map { Float($0) }) <= 1) }
    }
  }

  /// Buffers around a layer in a network have halos that the layer alone does not see.
  @Test(arguments: Kernels.all.map(\.name)) func paddedLayersInARowAgreeWithThePlainLoops(level: String) throws {
    let kernels = try #require(Kernels.named(level))
    let x = Tensor(shape: [2, 2, 8, 10], values: noise(320, seed: 31))
    let (first, second) = (Convolution(3, kernel: 3, padding: 1), Convolution(4, kernel: 5, padding: 2))
    let w = [noise(54, seed: 1), noise(300, seed: 2)].map { $0.map(Double.init) }
    let b = [noise(3, seed: 3), noise(4, seed: 4)].map { $0.map(Double.init) }
    let gy = Tensor(shape: [2, 4, 2, 2], values: noise(32, seed: 5))
    let z1 = ReferenceLoops.convolution(first, Planes(x), w[0], b[0], to: [2, 3, 8, 10])
    var inner: (gx: Planes, gw: [Double], gb: [Double])?
    var last = Planes(gy)
    let (_, gz1) = ReferenceLoops.pooledReLU(z1) { y1 in
      let z2 = ReferenceLoops.convolution(second, y1, w[1], b[1], to: [2, 4, 4, 5])
      let (y2, gz2) = ReferenceLoops.pooledReLU(z2) { _ in Planes(gy) }
      last = y2
      let back = ReferenceLoops.convolutionGradients(second, y1, w[1], gz2)
      inner = back
      return back.gx
    }
    let outer = ReferenceLoops.convolutionGradients(first, Planes(x), w[0], gz1)
    let run = try LayerRun(
      [first, Activation(.relu), MaxPool(2), second, Activation(.relu), MaxPool(2)], at: kernels, x: x,
      parameters: zip(w, b).flatMap { [$0, $1] }.map { Tensor(shape: [$0.count], values: $0.map { Float($0) }) }, gy: gy
    )
    #expect(excess(run.y.values, last.floats) <= 1)
    #expect(excess(run.gx.values, outer.gx.floats) <= 1)
    for (found, expected) in zip(run.parameterGradients, [outer.gw, outer.gb, inner?.gw ?? [], inner?.gb ?? []]) {
      #expect(excess(found.values, expected.map { Float($0) }) <= 1)
    }
  }

  @Test func theFusedKernelIsUsedWhereTheNetworkHasIt() throws {
    let network = try LeNet().network(for: ImageShape(channels: 1, height: 28, width: 28), classes: 10)
    let kinds = Plan(network, training: true).operations.map { String(describing: type(of: $0)) }
    #expect(
      kinds == ["PooledConvolutionOperation", "PooledConvolutionOperation"]
        + .init(repeating: "DenseOperation", count: 3))
  }

  @Test(
    arguments: [(7, 5, 3), (400, 120, 16), (120, 84, 17), (84, 10, 40), (1, 1, 1), (33, 29, 5)], Kernels.all.map(\.name)
  )
  func denseLayersAgreeWithThePlainLoops(extents: (inputs: Int, outputs: Int, images: Int), level: String) throws {
    let kernels = try #require(Kernels.named(level))
    let (inputs, outputs, count) = extents
    let x = Tensor(shape: [count, inputs, 1, 1], values: noise(count * inputs, seed: 1))
    let w = noise(inputs * outputs, seed: 2)
    let b = noise(outputs, seed: 3)
    let gy = Tensor(shape: [count, outputs, 1, 1], values: noise(count * outputs, seed: 4))
    let run = try LayerRun(
      [Dense(outputs)], at: kernels, x: x,
      parameters: [Tensor(shape: [outputs, inputs], values: w), Tensor(shape: [outputs], values: b)], gy: gy)
    let y = ReferenceLoops.dense(Planes(x), w.map(Double.init), b.map(Double.init))
    #expect(excess(run.y.values, y.floats) <= 1)
    let asImages = Convolution(outputs, kernel: 1)  // the same sums, written as a 1×1 convolution
    let back = ReferenceLoops.convolutionGradients(asImages, Planes(x), w.map(Double.init), Planes(gy))
    #expect(excess(run.gx.values, back.gx.floats) <= 1)
    #expect(excess(run.parameterGradients[0].values, back.gw.map { Float($0) }) <= 1)
    #expect(excess(run.parameterGradients[1].values, back.gb.map { Float($0) }) <= 1)
  }

  @Test func tiesOfTheMaximumGoToTheFirstAndNothingFlowsToZero() throws {
    // Constant images: every window ties. Each of the four windows gives its gradient to its first pixel alone.
    let x = Tensor(shape: [1, 1, 4, 4], repeating: 2)
    let gy = Tensor(shape: [1, 1, 2, 2], values: [1, 2, 3, 4])
    let run = try LayerRun([MaxPool(2)], x: x, gy: gy)
    #expect(run.gx.values == [1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0])
    let identity = Tensor(shape: [1, 1, 1, 1], values: [1])
    let fused = try LayerRun(
      [Convolution(1, kernel: 1, bias: false), Activation(.relu), MaxPool(2)], x: x, parameters: [identity], gy: gy)
    #expect(fused.gx.values == run.gx.values)
    let zero = try LayerRun(
      [Convolution(1, kernel: 1, bias: false), Activation(.relu), MaxPool(2)],
      x: Tensor(shape: [1, 1, 4, 4]), parameters: [identity], gy: gy)
    #expect(zero.gx.values.allSatisfy { $0 == 0 })
    #expect(zero.parameterGradients[0].values == [0])
  }

  /// Also where a side is odd, so that no window reaches the last row or column: what lay there before is gone.
  @Test(arguments: Kernels.all.map(\.name), [(8, 6), (7, 5)])
  func aMaximumOfWindowsSideBySideGivesItsGradientToItsPixelAlone(level: String, extent: (Int, Int)) throws {
    let table = try #require(Kernels.named(level)).table.pointee
    var pool = ward_pool()
    (pool.kernel_h, pool.kernel_w, pool.stride_h, pool.stride_w) = (2, 2, 2, 2)
    var layout = ArenaLayout()
    let shape = ImageShape(channels: 2, height: extent.0, width: extent.1)
    let small = ImageShape(channels: 2, height: extent.0 / 2, width: extent.1 / 2)
    let x = layout.slot(shape, halo: Halo(height: 1, width: 1))
    let gx = layout.slot(shape, halo: Halo(height: 0, width: 3))
    let (y, gy, winners) = (layout.slot(small), layout.slot(small), layout.floats(small.count * WARD_LANES))
    let arena = Arena(layout)
    let at = arena.floats
    for (slot, seed) in [(x, 1), (gy, 2), (gx, 3)] {
      noise(slot.shape.count * WARD_LANES, seed: seed).withUnsafeBufferPointer {
        table.load_rows($0.baseAddress!, 16, slot.planes, at + slot.offset)
      }
    }
    let which = UnsafeMutableRawPointer(at + winners).assumingMemoryBound(to: UInt8.self)
    table.max_pool_forward(&pool, x.planes, at + x.offset, y.planes, at + y.offset, which, 0)
    table.max_pool_backward(&pool, gy.planes, at + gy.offset, which, gx.planes, at + gx.offset)
    func value(_ slot: Slot, _ channel: Int, _ row: Int, _ column: Int, _ lane: Int) -> Float {
      let planes = slot.planes
      return at[slot.offset + (channel * Int(planes.plane) + row * Int(planes.row) + column) * WARD_LANES + lane]
    }
    var (found, expected, highest, maxima) = ([Float](), [Float](), [Float](), [Float]())
    for place in 0..<shape.count * WARD_LANES {
      let (pixel, lane) = (place / WARD_LANES, place % WARD_LANES)
      let (line, column) = (pixel / shape.width, pixel % shape.width)
      let (channel, row) = (line / shape.height, line % shape.height)
      let (i, j) = (row / 2, column / 2)
      found.append(value(gx, channel, row, column, lane))
      guard i < small.height, j < small.width else {
        expected.append(0)
        continue
      }
      var most = -Float.infinity
      for (down, across) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        most = max(most, value(x, channel, 2 * i + down, 2 * j + across, lane))
      }
      let isHighest = value(x, channel, row, column, lane) == most
      expected.append(isHighest ? value(gy, channel, i, j, lane) : 0)
      highest.append(value(y, channel, i, j, lane))
      maxima.append(most)
    }
    #expect(found == expected)
    #expect(highest == maxima)
  }

  @Test func notANumberPassesThroughReLUAndMaximum() throws {
    var x = Tensor(shape: [1, 1, 4, 4], repeating: 1)
    x.values[5] = .nan
    let gy = Tensor(shape: [1, 1, 2, 2], repeating: 1)
    let identity = Tensor(shape: [1, 1, 1, 1], values: [1])
    for layers: [any Layer] in [[Activation(.relu), MaxPool(2)], [MaxPool(2), Activation(.relu)]] {
      #expect(try LayerRun(layers, x: x, gy: gy).y.values[0].isNaN)
    }
    let first = Tensor(shape: [1, 1, 4, 4], values: [.nan] + Array(repeating: 1, count: 15))
    let run = try LayerRun(
      [Convolution(1, kernel: 1, bias: false), Activation(.relu), MaxPool(2)], x: first, parameters: [identity], gy: gy)
    #expect(run.y.values[0].isNaN)
  }

  /// Levels with FMA give the same bits, so that a result does not depend on the processor: the terms of each pixel's gradient
  /// are summed over output channels, then rows of the kernel, then its columns; where a single input channel is left over,
  /// the columns come from the last to the first.
  @Test(
    arguments: cases + [
      Case(inputs: 1, outputs: 3, extent: (6, 33), kernel: (3, 3), padding: (1, 1)),
      Case(inputs: 5, outputs: 3, extent: (7, 9), kernel: (5, 5), padding: (2, 2)),
    ], Kernels.all.map(\.name).filter { $0 != "base" })
  func gradientsOfImagesAreSummedInOneOrder(example: Case, level: String) throws {
    let (layer, x) = (example.layer, images(example))
    let out = try layer.outputShape(of: [shape(example)])
    let parameters = layer.parameters(for: shape(example)).enumerated().map {
      Tensor(shape: $1.shape, values: noise($1.count, seed: 10 + $0))
    }
    let full = [example.images, out.channels, out.height, out.width]
    let gy = Tensor(shape: full, values: noise(full.reduce(1, *), seed: 3))
    let run = try LayerRun([layer], at: try #require(Kernels.named(level)), x: x, parameters: parameters, gy: gy)
    #expect(run.gx.values == gradients(example, parameters[0].values, gy))
  }

  private func gradients(_ example: Case, _ w: [Float], _ gy: Tensor) -> [Float] {
    let (inputs, outputs) = (example.inputs / example.groups, example.outputs / example.groups)
    let (height, width) = example.extent, (kernelHeight, kernelWidth) = example.kernel
    let (rows, columns) = (gy.shape[2], gy.shape[3])
    var found: [Float] = []
    for n in 0..<example.images {
      for channel in 0..<example.inputs {
        let (group, c) = (channel / inputs, channel % inputs)
        let isSingle = c == inputs - 1 && inputs % 4 == 1
        for y in 0..<height {
          for x in 0..<width {
            var sum: Float = 0
            for o in group * outputs..<(group + 1) * outputs {
              for ky in 0..<kernelHeight {
                for k in 0..<kernelWidth {
                  let kx = isSingle ? kernelWidth - 1 - k : k
                  let up = y + example.padding.height - ky * example.dilation.height
                  let left = x + example.padding.width - kx * example.dilation.width
                  guard up >= 0, left >= 0, up % example.stride.height == 0, left % example.stride.width == 0 else {
                    continue
                  }
                  let (row, column) = (up / example.stride.height, left / example.stride.width)
                  guard row < rows, column < columns else { continue }
                  sum.addProduct(
                    w[((o * inputs + c) * kernelHeight + ky) * kernelWidth + kx],
                    gy.values[((n * example.outputs + o) * rows + row) * columns + column])
                }
              }
            }
            found.append(sum)
          }
        }
      }
    }
    return found
  }

  private func shape(_ example: Case) -> ImageShape {
    ImageShape(channels: example.inputs, height: example.extent.height, width: example.extent.width)
  }

  private func images(_ example: Case) -> Tensor {
    let shape = shape(example)
    return Tensor(
      shape: [example.images, shape.channels, shape.height, shape.width],
      values: noise(example.images * shape.count, seed: 2))
  }
}

/// A layer with the ReLU fused into it against the two by themselves.
@Suite struct FusedReLUTests {
  private let x = Tensor(shape: [19, 3, 6, 7], values: noise(19 * 126, seed: 1))
  private let gy = Tensor(shape: [19, 3, 6, 7], values: noise(19 * 126, seed: 2))

  /// A ReLU that the plan cannot fuse: the function is the same, the name is not.
  private let apart = Activation(.leakyReLU(slope: 0))

  @Test(arguments: [true, false], Kernels.all.map(\.name))
  func batchNormalisation(training: Bool, level: String) throws {
    let kernels = try #require(Kernels.named(level))
    let parameters = [[Float(1), -0.5, 2], [0.1, 0, -0.2], [0.05, 0, 0], [0.4, 0.3, 0.5]].map {
      Tensor(shape: [3], values: $0)
    }
    let fused = try LayerRun(
      [BatchNorm(), Activation(.relu)], at: kernels, x: x, parameters: parameters, gy: gy, training: training)
    let plain = try LayerRun(
      [BatchNorm(), apart], at: kernels, x: x, parameters: parameters, gy: gy, training: training)
    #expect(excess(fused.y.values, plain.y.values) <= 1)
    #expect(excess(fused.gx.values, plain.gx.values) <= 1)
    for (a, b) in zip(fused.parameterGradients, plain.parameterGradients) { #expect(excess(a.values, b.values) <= 1) }
    #expect(fused.state == plain.state)
  }

  @Test(arguments: Kernels.all.map(\.name)) func residualSumsAndWhatFlowsBackToBothBranches(level: String) throws {
    let kernels = try #require(Kernels.named(level))
    func network(_ last: Activation) throws -> Network {
      var net = Network(input: ImageShape(channels: 3, height: 6, width: 7), classes: 1)
      let branch = try net.add("conv", Convolution(3, kernel: 3, padding: 1), after: [Network.image])
      try net.add("", Add(), after: [branch, Network.image])
      try net.add("", last)
      return net
    }
    let parameters = [
      Tensor(shape: [3, 3, 3, 3], values: noise(81, seed: 5)), Tensor(shape: [3], values: [0.1, 0, -0.1]),
    ]
    let fused = LayerRun(try network(Activation(.relu)), at: kernels, x: x, parameters: parameters, gy: gy)
    let plain = LayerRun(try network(apart), at: kernels, x: x, parameters: parameters, gy: gy)
    #expect(excess(fused.y.values, plain.y.values) <= 1)
    #expect(excess(fused.gx.values, plain.gx.values) <= 1)
    for (a, b) in zip(fused.parameterGradients, plain.parameterGradients) { #expect(excess(a.values, b.values) <= 1) }
    // By hand where the plain loops reach: the sum's gradient through the convolution plus the gradient itself.
    let layer = Convolution(3, kernel: 3, padding: 1)
    let w = parameters[0].values.map(Double.init)
    let y = ReferenceLoops.convolution(layer, Planes(x), w, parameters[1].values.map(Double.init), to: x.shape)
    var gradient = Planes(gy)
    for i in gradient.values.indices where y.values[i] + Double(x.values[i]) <= 0 { gradient.values[i] = 0 }
    let back = ReferenceLoops.convolutionGradients(layer, Planes(x), w, gradient)
    #expect(excess(fused.gx.values, zip(back.gx.values, gradient.values).map { Float($0 + $1) }) <= 1)
    #expect(excess(fused.parameterGradients[0].values, back.gw.map { Float($0) }) <= 1)
  }
}

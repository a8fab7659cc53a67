import CKernels
import Testing

@testable import NN

/// 3×3 convolutions with fewer products against the plain loops. Rounding is measured against the sum of the products'
/// magnitudes: the transforms round parts that later cancel.
@Suite struct FewerProductsTests {
  /// Channels in, channels out, rows, columns, images: whole blocks and remainders of each.
  static let cases = [
    (16, 16, 4, 4, 1), (16, 16, 8, 20, 17), (20, 37, 8, 12, 3), (32, 16, 16, 4, 16), (33, 18, 12, 8, 5),
    (48, 64, 8, 8, 2), (16, 20, 14, 14, 1), (17, 16, 7, 10, 2), (16, 16, 6, 13, 1),
  ]

  @Test(arguments: cases, Kernels.all.map(\.name))
  func agreeWithThePlainLoops(_ example: (Int, Int, Int, Int, Int), level: String) throws {
    let (inputs, outputs, height, width, images) = example
    let kernels = try #require(Kernels.named(level))
    let layer = Convolution(outputs, kernel: 3, padding: 1)
    #expect(layer.form(from: ImageShape(channels: inputs, height: height, width: width)) == .tiles3)
    let x = Tensor(shape: [images, inputs, height, width], values: noise(images * inputs * height * width, seed: 2))
    let full = [images, outputs, height, width]
    let gy = Tensor(shape: full, values: noise(full.reduce(1, *), seed: 3))
    let w = Tensor(shape: [outputs, inputs, 3, 3], values: noise(outputs * inputs * 9, seed: 10))
    let b = Tensor(shape: [outputs], values: noise(outputs, seed: 11))
    let run = try LayerRun([layer], at: kernels, x: x, parameters: [w, b], gy: gy)
    let (wide, bias) = (w.values.map(Double.init), b.values.map(Double.init))
    let (pixels, slopes) = (Planes(x), Planes(gy))
    let y = ReferenceLoops.convolution(layer, pixels, wide, bias, to: full)
    let back = ReferenceLoops.convolutionGradients(layer, pixels, wide, slopes)
    let sizes = (Planes(x.shape, magnitudes(pixels.values)), Planes(full, magnitudes(slopes.values)))
    let most = ReferenceLoops.convolution(layer, sizes.0, magnitudes(wide), magnitudes(bias), to: full)
    let mostBack = ReferenceLoops.convolutionGradients(layer, sizes.0, magnitudes(wide), sizes.1)
    #expect(share(run.y.values, y.values, of: most.values) < 2e-5)
    #expect(share(run.gx.values, back.gx.values, of: mostBack.gx.values) < 1e-5)
    #expect(share(run.parameterGradients[0].values, back.gw, of: mostBack.gw) < 1e-5)
    #expect(share(run.parameterGradients[1].values, back.gb, of: mostBack.gb) < 1e-6)
    // With the ReLU on the way out; and what only answers takes the plain sums, forward.
    let relu = try LayerRun([layer, Activation(.relu)], at: kernels, x: x, parameters: [w, b], gy: gy)
    #expect(relu.y.values == run.y.values.map { $0 < 0 ? 0 : $0 })
    let answer = try LayerRun([layer], at: kernels, x: x, parameters: [w, b], gy: gy, answersOnly: true)
    #expect(share(answer.y.values, y.values, of: most.values) < 1e-6)
    #expect(answer.gx.values == run.gx.values)
  }

  /// Under a 2×2 maximum, and not next to the image, a layer that learns takes tiles forward as well: the same pixels win.
  @Test(arguments: [(16, 16, 8, 8), (18, 33, 14, 10), (16, 17, 7, 7)], Kernels.all.map(\.name))
  func pooledTilesLetTheSamePixelsWin(_ example: (Int, Int, Int, Int), level: String) throws {
    let (inputs, outputs, height, width) = example
    let kernels = try #require(Kernels.named(level))
    let (one, zero) = (Tensor(shape: [inputs], values: Array(repeating: 1, count: inputs)), Tensor(shape: [inputs]))
    let x = Tensor(shape: [2, inputs, height, width], values: noise(2 * inputs * height * width, seed: 2))
    let pooled = [2, outputs, height / 2, width / 2]
    let gy = Tensor(shape: pooled, values: noise(pooled.reduce(1, *), seed: 3))
    let w = Tensor(shape: [outputs, inputs, 3, 3], values: noise(outputs * inputs * 9, seed: 10))
    let b = Tensor(shape: [outputs], values: noise(outputs, seed: 11))
    func run(answersOnly: Bool) throws -> LayerRun {
      try LayerRun(
        [BatchNorm(), Convolution(outputs, kernel: 3, padding: 1), Activation(.relu), MaxPool(2)], at: kernels, x: x,
        parameters: [one, zero, zero, one, w, b], gy: gy, answersOnly: answersOnly)
    }
    let (learns, answers) = (try run(answersOnly: false), try run(answersOnly: true))
    let most = Double(inputs * 9) / 4
    #expect(learns.y.values != answers.y.values)
    #expect(share(learns.y.values, answers.y.values.map(Double.init), of: answers.y.values.map { _ in most }) < 3e-6)
    #expect(learns.gx.values == answers.gx.values)
  }

  /// What no output with a gradient sees has a gradient of exactly zero: a sign would make a step of anything else.
  @Test(arguments: Kernels.all.map(\.name)) func zerosStayZeros(level: String) throws {
    let (channels, height, width) = (16, 10, 12)
    let shape = [1, channels, height, width]
    var gy = Tensor(shape: shape)
    for i in [5 * 120 + 13, 9 * 120 + 14, 2 * 120 + 118] { gy.values[i] = 1.7 }
    let run = try LayerRun(
      [Convolution(channels, kernel: 3, padding: 1, bias: false)], at: try #require(Kernels.named(level)),
      x: Tensor(shape: shape, values: noise(channels * 120, seed: 1)),
      parameters: [Tensor(shape: [channels, channels, 3, 3], values: noise(channels * channels * 9, seed: 2))], gy: gy)
    // Around (1, 1) and (1, 2), and around (9, 10).
    let seen =
      (0..<3).flatMap { y in (0..<4).map { y * width + $0 } }
      + (8..<10).flatMap { y in (9..<12).map { y * width + $0 } }
    for (i, value) in run.gx.values.enumerated() { #expect((value != 0) == seen.contains(i % 120)) }
  }

  /// One pixel, one weight and two slopes that no mirror image or transposition leaves alone.
  @Test(arguments: Kernels.all.map(\.name)) func oneCaseByHand(level: String) throws {
    let (side, channels) = (4, 16)
    func at(_ c: Int, _ y: Int, _ x: Int) -> Int { (c * side + y) * side + x }
    func weight(_ o: Int, _ c: Int, _ ky: Int, _ kx: Int) -> Int { ((o * channels + c) * 3 + ky) * 3 + kx }
    let shape = [1, channels, side, side]
    var (x, gy) = (Tensor(shape: shape), Tensor(shape: shape))
    var w = Tensor(shape: [channels, channels, 3, 3])
    x.values[at(3, 1, 2)] = 2
    w.values[weight(5, 3, 0, 2)] = 3
    gy.values[at(5, 2, 1)] = 4
    gy.values[at(7, 0, 3)] = 10
    let run = try LayerRun(
      [Convolution(channels, kernel: 3, padding: 1, bias: false)], at: try #require(Kernels.named(level)), x: x,
      parameters: [w], gy: gy)
    var (y, gx, gw) = (Tensor(shape: shape), Tensor(shape: shape), Tensor(shape: w.shape))
    y.values[at(5, 2, 1)] = 6
    gx.values[at(3, 1, 2)] = 12
    gw.values[weight(5, 3, 0, 2)] = 8
    gw.values[weight(7, 3, 2, 0)] = 20
    #expect(excess(run.y.values, y.values) <= 1)
    #expect(excess(run.gx.values, gx.values) <= 1)
    #expect(excess(run.parameterGradients[0].values, gw.values) <= 1)
  }

  /// Either gradient alone is the same number as with the other, and a second group's is added to the first's.
  @Test(arguments: Kernels.all.map(\.name)) func gradientsDoNotDependOnWhatElseIsAskedFor(level: String) throws {
    let table = try #require(Kernels.named(level)).table.pointee
    var conv = Convolution(16, kernel: 3, padding: 1).descriptor(inputs: 18)
    var layout = ArenaLayout()
    let x = layout.slot(ImageShape(channels: 18, height: 8, width: 12), halo: Halo(height: 1, width: 1))
    let gy = layout.slot(ImageShape(channels: 16, height: 8, width: 12), halo: Halo(height: 0, width: 3))
    let gx = layout.slot(x.shape)
    let (u, first, second) = (
      layout.floats(Int(ward_winograd_weights(16, 18))), layout.floats(16 * 18 * 9), layout.floats(16 * 18 * 9)
    )
    layout.shared(Int(ward_winograd_scratch(&conv, 96, 1)))
    let arena = Arena(layout)
    let at = arena.floats
    for slot in [x, gy] {
      let values = noise(slot.shape.count * WARD_LANES, seed: slot.offset)
      values.withUnsafeBufferPointer { table.load_rows($0.baseAddress!, 16, slot.planes, at + slot.offset) }
    }
    noise(16 * 18 * 9, seed: 5).withUnsafeBufferPointer { table.winograd_pack(&conv, $0.baseAddress!, nil, at + u) }
    func run(input: Bool, weights: Int?, adds: Int32 = 0) -> [Float] {
      table.winograd_backward(
        &conv, x.planes, at + x.offset, gy.planes, at + gy.offset, gy.planes, nil, at + u, gx.planes,
        input ? at + gx.offset : nil, weights.map { at + $0 }, adds, arena.scratch)
      let count = input ? gx.shape.count * WARD_LANES : 16 * 18 * 9
      return Array(UnsafeBufferPointer(start: at + (input ? gx.offset : weights!), count: count))
    }
    let both = run(input: true, weights: first)
    let gradient = Array(UnsafeBufferPointer(start: at + first, count: 16 * 18 * 9))
    #expect(run(input: true, weights: nil) == both)
    #expect(run(input: false, weights: second) == gradient)
    #expect(run(input: false, weights: second, adds: 1) == gradient.map { $0 + $0 })
  }

  /// A ReLU taken inside changes no bit, in images whose sides are a multiple of 4 and in others.
  @Test(arguments: Kernels.all.map(\.name), [8, 11])
  func aReLUInTheKernelIsTheOneBeforeIt(level: String, side: Int) throws {
    let table = try #require(Kernels.named(level)).table.pointee
    var conv = Convolution(20, kernel: 3, padding: 1).descriptor(inputs: 16)
    var layout = ArenaLayout()
    let shape = ImageShape(channels: 20, height: side, width: side)
    let x = layout.slot(ImageShape(channels: 16, height: side, width: side), halo: Halo(height: 1, width: 1))
    // The output lies otherwise than its gradient, as the next layer wants it.
    let (y, gy, masked) = (layout.slot(shape, halo: Halo(height: 1, width: 1)), layout.slot(shape), layout.slot(shape))
    let gx = layout.slot(x.shape)
    let (u, gw) = (layout.floats(Int(ward_winograd_weights(20, 16))), layout.floats(20 * 16 * 9))
    layout.shared(Int(ward_winograd_scratch(&conv, Int32(side * side), 1)))
    let arena = Arena(layout)
    let at = arena.floats
    for slot in [x, y, gy] {
      var values = noise(slot.shape.count * WARD_LANES, seed: slot.offset)
      // Most outputs are dead, and those around one corner in every image: no gradient may arrive there.
      if slot.offset == y.offset { values = values.map { max(0, $0 - 0.3) } }
      values.withUnsafeBufferPointer { table.load_rows($0.baseAddress!, 16, slot.planes, at + slot.offset) }
    }
    for channel in 0..<20 {
      for (row, column) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let pixel = y.offset + (channel * Int(y.planes.plane) + row * Int(y.planes.row) + column) * WARD_LANES
        for lane in 0..<WARD_LANES { at[pixel + lane] = 0 }
      }
    }
    noise(20 * 16 * 9, seed: 5).withUnsafeBufferPointer { table.winograd_pack(&conv, $0.baseAddress!, nil, at + u) }
    func run(from gradient: Slot, rectified: Slot?) -> (input: [Float], weights: [Float]) {
      table.winograd_backward(
        &conv, x.planes, at + x.offset, gradient.planes, at + gradient.offset, y.planes,
        rectified.map { UnsafePointer(at + $0.offset) }, at + u, gx.planes, at + gx.offset, at + gw, 0, arena.scratch)
      let input = UnsafeBufferPointer(start: at + gx.offset, count: gx.shape.count * WARD_LANES)
      return (Array(input), Array(UnsafeBufferPointer(start: at + gw, count: 20 * 16 * 9)))
    }
    table.activation_backward(
      WARD_RELU, 0, 0, y.planes, at + y.offset, gy.planes, at + gy.offset, masked.planes, at + masked.offset)
    let (apart, inside) = (run(from: masked, rectified: nil), run(from: gy, rectified: y))
    #expect(inside.input == apart.input)
    #expect(inside.weights == apart.weights)
    #expect(!inside.input[0..<WARD_LANES].contains { $0 != 0 })
    #expect(inside.input.contains { $0 != 0 })
  }

  /// Equal pixels give equal answers, so that the first of equals wins under a maximum: in what answers, and in training
  /// where a maximum follows.
  @Test(arguments: Kernels.all.map(\.name)) func flatImagesStayFlatWhereItMatters(level: String) throws {
    let kernels = try #require(Kernels.named(level))
    let x = Tensor(shape: [1, 16, 8, 8], values: noise(16, seed: 1).flatMap { [Float](repeating: $0, count: 64) })
    let w = Tensor(shape: [16, 16, 3, 3], values: noise(16 * 16 * 9, seed: 2))
    let conv = Convolution(16, kernel: 3, padding: 1, bias: false)
    let answer = try LayerRun([conv], at: kernels, x: x, parameters: [w], gy: Tensor(shape: x.shape), answersOnly: true)
    for channel in 0..<16 {
      let inner = (1..<7).flatMap { y in (1..<7).map { answer.y.values[channel * 64 + y * 8 + $0] } }
      #expect(Set(inner).count == 1)
    }
    var network = Network(input: ImageShape(channels: 16, height: 8, width: 8), classes: 1)
    for layer: any Layer in [conv, BatchNorm(), Activation(.relu), MaxPool(2)] { try network.add("", layer) }
    #expect(Plan(network, training: true).prepared.count == Int(ward_winograd_weights(16, 16)))
  }

  /// After sums that are rounded more, pixels that were equal are not: the first of them is still to win.
  @Test(arguments: Kernels.all.map(\.name)) func aLaterPixelWinsOnlyByMoreThanRounding(level: String) throws {
    let kernels = try #require(Kernels.named(level)).table.pointee
    let windows: [(values: [Float], plain: Int, rounded: Int)] = [
      ([1, 1.000001, 0.5, 1], 1, 0), ([1, 1.00001, 0.5, 1.00002], 3, 3), ([-2, -3, -1.999999, -2], 2, 0),
      ([0, 1e-7, 5e-7, 2e-6], 3, 3), ([-.infinity, -4, -.infinity, -3.999999], 3, 1), ([1, .infinity, 2, 3], 1, 1),
    ]
    var pool = ward_pool()
    (pool.kernel_h, pool.kernel_w, pool.stride_h, pool.stride_w) = (2, 2, 2, 2)
    let full = ward_planes(channels: 1, height: 2, width: 2, row: 2, plane: 4)
    let one = ward_planes(channels: 1, height: 1, width: 1, row: 1, plane: 1)
    var layout = ArenaLayout()
    let (x, y, winners) = (layout.floats(4 * WARD_LANES), layout.floats(WARD_LANES), layout.floats(WARD_LANES))
    let arena = Arena(layout)
    for (lane, window) in windows.enumerated() {
      for (i, value) in window.values.enumerated() { arena.floats[x + i * WARD_LANES + lane] = value }
    }
    for rounded in [false, true] {
      let which = UnsafeMutableRawPointer(arena.floats + winners).assumingMemoryBound(to: UInt8.self)
      kernels.max_pool_forward(&pool, full, arena.floats + x, one, arena.floats + y, which, rounded ? 1 : 0)
      for (lane, window) in windows.enumerated() {
        let expected = rounded ? window.rounded : window.plain
        #expect(
          Int(which[lane]) == expected && arena.floats[y + lane] == window.values[expected], "\(window), \(rounded)")
      }
    }
  }
}

import CKernels
import Testing

@testable import NN

/// A box through a 5×5 convolution, a ReLU and a maximum in one kernel, against the plain loops.
@Suite struct BoxConvolutionTests {
  /// Few channels, whole tiles and remainders; sides of which the last row and column stay outside of every window.
  static let cases = FewerProducts5Tests.narrow.map {
    FewerProducts5Tests.Case($0.inputs, $0.outputs, $0.height, $0.width, padding: $0.padding, images: 16)
  }

  /// One group of images in the kernels' layout, with a halo.
  private struct Group {
    let planes: ward_planes
    let storage: FloatStorage
    let start: UnsafeMutablePointer<Float>

    init(_ shape: [Int], halo: Int, rows: [Float]? = nil, _ kernels: Kernels) {
      let (width, height) = (shape[3] + 2 * halo, shape[2] + 2 * halo)
      planes = ward_planes(
        channels: Int32(shape[1]), height: Int32(shape[2]), width: Int32(shape[3]), row: Int32(width),
        plane: Int32(width * height))
      storage = FloatStorage(count: shape[1] * width * height * WARD_LANES)
      start = storage.floats + (halo * width + halo) * WARD_LANES
      if let rows {
        rows.withUnsafeBufferPointer { kernels.table.pointee.load_rows($0.baseAddress, 16, planes, start) }
      }
    }

    func rows(_ kernels: Kernels) -> [Float] {
      var rows = [Float](repeating: 0, count: 16 * Int(planes.channels * planes.height * planes.width))
      rows.withUnsafeMutableBufferPointer { kernels.table.pointee.store_rows(start, planes, 16, nil, $0.baseAddress) }
      return rows
    }
  }

  /// Everything that both passes of one case take and make.
  private struct Run {
    let example: FewerProducts5Tests.Case
    let (centre, radius): ([Float], [Float])
    let (pooledCentre, pooledRadius): ([Float], [Float])
    /// Of each pooled pixel: which of its window each end is, by image.
    let (low, high): ([UInt8], [UInt8])
    let (byCentre, byRadius): ([Float], [Float])
    let (gw, gAbsolute, gb): ([Float], [Float], [Float])

    init(_ example: FewerProducts5Tests.Case, _ kernels: Kernels, adds: Bool) {
      self.example = example
      let count = 16 * example.shape.count
      centre = noise(count, seed: 2)
      radius = noise(count, seed: 4).map { abs($0) * 0.3 }
      let (inputShape, shape) = ([16, example.inputs, example.height, example.width], example.pooled)
      let pixels = shape.dropFirst().reduce(1, *)
      byCentre = noise(16 * pixels, seed: 5)
      byRadius = noise(16 * pixels, seed: 6)
      let table = kernels.table.pointee
      let (c, r) = (
        Group(inputShape, halo: example.padding, rows: centre, kernels),
        Group(inputShape, halo: example.padding, rows: radius, kernels)
      )
      // A halo of its own would show what is written outside.
      let (yc, yr) = (Group(shape, halo: 1, kernels), Group(shape, halo: 1, kernels))
      let gc = Group(shape, halo: 1, rows: byCentre, kernels)
      let gr = Group(shape, halo: 1, rows: byRadius, kernels)
      let ends = FloatStorage(count: 2 * pixels * WARD_LANES / 4)
      let bytes = UnsafeMutableRawPointer(ends.floats).assumingMemoryBound(to: UInt8.self)
      let conv = example.layer.descriptor(inputs: example.inputs)
      let scratch = FloatStorage(
        count: withUnsafePointer(to: conv) { Int(ward_box5_scratch($0, Int32(shape[3]))) })
      var gw = [Float](repeating: adds ? 1 : .nan, count: example.w.count)
      var (gAbsolute, gb) = (gw, [Float](repeating: 1, count: example.outputs))
      withUnsafePointer(to: conv) {
        table.box5_forward(
          $0, c.planes, c.start, r.start, example.w.values, example.w.values.map(abs), example.b.values, yc.planes,
          yc.start, yr.start,
          bytes, bytes + pixels * WARD_LANES, scratch.floats)
        table.box5_weight_gradients(
          $0, c.planes, c.start, r.start, gc.planes, gc.start, gr.start, bytes, bytes + pixels * WARD_LANES, &gw,
          adds ? 1 : 0, &gAbsolute, adds ? 1 : 0, &gb, scratch.floats)
      }
      (pooledCentre, pooledRadius) = (yc.rows(kernels), yr.rows(kernels))
      func places(_ from: UnsafeMutablePointer<UInt8>) -> [UInt8] {
        (0..<16).flatMap { image in (0..<pixels).map { from[$0 * WARD_LANES + image] } }
      }
      (low, high) = (places(bytes), places(bytes + pixels * WARD_LANES))
      if adds {
        gw = gw.map { $0 - 1 }
        gAbsolute = gAbsolute.map { $0 - 1 }
      }
      (self.gw, self.gAbsolute, self.gb) = (gw, gAbsolute, gb.map { $0 - 1 })
    }

    /// Of a pooled pixel, counted over images and channels: its pixels among the convolution's sums, row by row.
    func window(_ i: Int) -> [Int] {
      let (full, pooled) = (example.full, example.pooled)
      let (x, y, plane) = (i % pooled[3], i / pooled[3] % pooled[2], i / (pooled[3] * pooled[2]))
      return (0..<4).map { (plane * full[2] + 2 * y + $0 / 2) * full[3] + 2 * x + $0 % 2 }
    }

    /// The convolution's sums for centre and radius, and the magnitudes of what was added.
    var sums: (centre: Planes, radius: Planes, most: [Double]) {
      let shape = [16, example.inputs, example.height, example.width]
      let (w, b) = (example.w.values.map(Double.init), example.b.values.map(Double.init))
      let mid = Planes(shape, centre.map(Double.init))
      let centres = ReferenceLoops.convolution(example.layer, mid, w, b, to: example.full)
      let radii = ReferenceLoops.convolution(
        example.layer, Planes(shape, radius.map(Double.init)), magnitudes(w), [], to: example.full)
      let most = ReferenceLoops.convolution(
        example.layer, Planes(shape, magnitudes(mid.values)), magnitudes(w), magnitudes(b), to: example.full)
      return (centres, radii, zip(most.values, radii.values).map(+))
    }
  }

  @Test(arguments: cases, Kernels.all.map(\.name))
  func boxesAreThoseOfThePlainLoops(_ example: FewerProducts5Tests.Case, level: String) throws {
    let run = Run(example, try #require(Kernels.named(level)), adds: false)
    let (centre, radius, most) = run.sums
    var worst = 0.0
    for i in run.pooledCentre.indices {
      let window = run.window(i)
      let (lows, highs) = (
        window.map { centre.values[$0] - radius.values[$0] }, window.map { centre.values[$0] + radius.values[$0] }
      )
      let (low, high) = (max(0, lows.max()!), max(0, highs.max()!))
      let scale = window.map { most[$0] }.max()!
      worst = max(worst, abs(Double(run.pooledCentre[i]) - (low + high) / 2) / scale)
      worst = max(worst, abs(Double(run.pooledRadius[i]) - (high - low) / 2) / scale)
      // Which pixel an end is: one that comes as near as rounding tells.
      for (which, values, best) in [(run.low[i], lows, low), (run.high[i], highs, high)] {
        let found = which == 4 ? 0 : values[Int(which)]
        worst = max(worst, (best - found) / scale)
      }
    }
    #expect(worst < 1e-5, "\(worst)")
    #expect(Set(run.low).count == 5 && Set(run.high).count >= 4)
  }

  @Test(arguments: cases, Kernels.all.map(\.name))
  func gradientsAreThoseOfThePlainLoops(_ example: FewerProducts5Tests.Case, level: String) throws {
    let kernels = try #require(Kernels.named(level))
    let run = Run(example, kernels, adds: true)
    let shape = [16, example.inputs, example.height, example.width]
    var (byCentre, byRadius) = (Planes(example.full), Planes(example.full))
    for i in run.byCentre.indices {
      let (c, r, window) = (Double(run.byCentre[i]), Double(run.byRadius[i]), run.window(i))
      if run.low[i] < 4 {
        byCentre.values[window[Int(run.low[i])]] += (c - r) / 2
        byRadius.values[window[Int(run.low[i])]] -= (c - r) / 2
      }
      if run.high[i] < 4 {
        byCentre.values[window[Int(run.high[i])]] += (c + r) / 2
        byRadius.values[window[Int(run.high[i])]] += (c + r) / 2
      }
    }
    func gradients(_ x: [Float], _ g: Planes) -> (exact: [Double], most: [Double], bias: [Double]) {
      let (pixels, w) = (Planes(shape, x.map(Double.init)), example.w.values.map(Double.init))
      let exact = ReferenceLoops.convolutionGradients(example.layer, pixels, w, g)
      let most = ReferenceLoops.convolutionGradients(
        example.layer, Planes(shape, magnitudes(pixels.values)), w, Planes(g.shape, magnitudes(g.values)))
      return (exact.gw, most.gw, exact.gb)
    }
    let (own, spread) = (gradients(run.centre, byCentre), gradients(run.radius, byRadius))
    #expect(share(run.gw, own.exact, of: own.most) < 2e-5)
    #expect(share(run.gAbsolute, spread.exact, of: spread.most) < 2e-5)
    #expect(share(run.gb, own.bias, of: own.bias.map { max(abs($0), 1) }) < 1e-5)
    // Overwritten rather than added to: the same.
    let fresh = Run(example, kernels, adds: false)
    #expect(
      share(fresh.gw, own.exact, of: own.most) < 2e-5 && share(fresh.gAbsolute, spread.exact, of: spread.most) < 2e-5)
  }

  /// What one kernel has is the same on every processor with AVX2 and FMA.
  @Test(arguments: cases) func wideAndNarrowRegistersGiveTheSameBits(_ example: FewerProducts5Tests.Case) {
    let runs = ["v3", "v4"].compactMap(Kernels.named).map { Run(example, $0, adds: true) }
    guard runs.count == 2 else { return }
    #expect(runs[0].pooledCentre == runs[1].pooledCentre && runs[0].pooledRadius == runs[1].pooledRadius)
    #expect(runs[0].low == runs[1].low && runs[0].high == runs[1].high)
    #expect(runs[0].gw == runs[1].gw && runs[0].gAbsolute == runs[1].gAbsolute && runs[0].gb == runs[1].gb)
  }
}

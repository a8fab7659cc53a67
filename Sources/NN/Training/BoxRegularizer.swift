import CKernels
import Contract

/// What keeps boxes tight and ReLUs alive while the radius grows: the two terms of Shi et al., arXiv:2103.17268, §4.
///
/// Of the box with centre c and radius r that enters a ReLU, over all units of the layer:
/// - tightness: max(0, τ - δ₀/δ) / τ, where δ is the mean radius and δ₀ that of the image's box;
/// - balance: max(0, τ - min(ρ, 1/ρ)) / τ for each of two ratios of active units, whose lower end is positive, to inactive ones,
///   whose upper end is negative: of the magnitudes that their centres sum to, and of their centres' squared distances from
///   the layer's mean.
///
/// The term is the mean over the layers. Theirs takes its means over the batch; here they are over the up to 16 images that go
/// through together, so that no image waits for another. Terms that divide by zero are left out.
struct BoxRegularizer {
  /// The τ of the paper.
  private static let threshold = 0.5

  private let image: Slot
  /// The ReLUs, by their operations.
  private let layers: [Int: BendingOperation]

  init(_ plan: Plan) {
    image = plan.input
    layers = Dictionary(
      uniqueKeysWithValues: plan.operations.enumerated().compactMap { number, operation in
        guard let bending = operation as? BendingOperation, case .activation(.relu) = bending.bounding else {
          return nil
        }
        return (number, bending)
      })
  }

  /// The gradient of one layer's terms: by each radius, and by a centre c `all`, and `first + second * (c - mean)` where the
  /// unit is active or inactive.
  struct Gradient {
    var radius: Float = 0
    var all: Float = 0
    var mean: Float = 0
    var active = (first: Float(0), second: Float(0))
    var inactive = (first: Float(0), second: Float(0))
  }

  /// The terms of a group that has gone forward.
  ///
  /// - Parameter weight: what the terms weigh, times the images of the group.
  /// - Returns: their value, and their gradients by the operation of the ReLU.
  func terms(_ centres: Frame, _ radii: Frame, weight: Double) -> (value: Double, gradients: [Int: Gradient]) {
    let share = weight / Double(max(layers.count, 1))
    let start = sums(image, centres, radii)
    let found = layers.mapValues {
      Self.terms(of: sums($0.input, centres, radii), imageRadius: start.radius / start.count, share)
    }
    // In the network's order: a dictionary's own changes from run to run, and the sum's last bit with it.
    let value = found.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value.value }
    return (value, found.mapValues(\.gradient))
  }

  /// Adds a ReLU's part to the gradients by its input.
  func add(_ gradient: Gradient, of operation: Int, _ centres: Frame, _ radii: Frame) {
    guard let layer = layers[operation] else { return }
    let lanes = Self.lanes(centres.count)
    let radius = SIMD16<Float>(repeating: 0).replacing(with: gradient.radius, where: lanes)
    let all = SIMD16<Float>(repeating: 0).replacing(with: gradient.all, where: lanes)
    rows(layer.input, centres, radii, also: layer.inputGradient) { width, c, r, byCentre, byRadius in
      for i in 0..<width {
        let distance = c[i] - gradient.mean
        let on = gradient.active.first + gradient.active.second * distance
        let off = gradient.inactive.first + gradient.inactive.second * distance
        let (active, inactive) = (lanes .& (c[i] .> r[i]), lanes .& (c[i] .< -r[i]))
        byCentre[i] += all.replacing(with: all + on, where: active).replacing(with: all + off, where: inactive)
        byRadius[i] += radius
      }
    }
  }

  // MARK: - One layer

  /// What the terms need of a layer, over its units and the images of a group.
  struct Sums {
    var count = 0.0
    var radius = 0.0
    var centre = 0.0
    var active = Part()
    var inactive = Part()

    struct Part {
      var count = 0.0
      var sum = 0.0
      var squares = 0.0

      /// The squared distances of its centres from a mean.
      func spread(around mean: Double) -> Double { squares - 2 * mean * sum + count * mean * mean }
    }
  }

  static func terms(of sums: Sums, imageRadius: Double, _ share: Double) -> (value: Double, gradient: Gradient) {
    var (value, gradient) = (0.0, Gradient())
    let radius = sums.radius / sums.count
    if radius > 0, imageRadius / radius < threshold {
      value += share * (threshold - imageRadius / radius) / threshold
      gradient.radius = Float(share * imageRadius / (radius * radius) / threshold / sums.count)
    }
    if let found = balance(sums.active.sum, -sums.inactive.sum, share) {
      value += found.value
      gradient.active.first += Float(found.first)
      gradient.inactive.first -= Float(found.second)
    }
    let mean = sums.centre / sums.count
    let spreads = (sums.active.spread(around: mean), sums.inactive.spread(around: mean))
    if let found = balance(spreads.0, spreads.1, share) {
      value += found.value
      gradient.mean = Float(mean)
      gradient.active.second = Float(2 * found.first)
      gradient.inactive.second = Float(2 * found.second)
      // Each centre moves the mean.
      let toMean =
        found.first * (sums.active.sum - sums.active.count * mean)
        + found.second * (sums.inactive.sum - sums.inactive.count * mean)
      gradient.all = Float(-2 * toMean / sums.count)
    }
    return (value, gradient)
  }

  /// `share` times max(0, τ - min(a/b, b/a)) / τ, and its derivatives; nil where that is nothing.
  private static func balance(_ a: Double, _ b: Double, _ share: Double) -> (
    value: Double, first: Double, second: Double
  )? {
    guard a > 0, b > 0 else { return nil }
    let (small, large) = (min(a, b), max(a, b))
    let ratio = small / large
    guard ratio < threshold else { return nil }
    let (bySmall, byLarge) = (-share / threshold / large, share / threshold * ratio / large)
    return (share * (threshold - ratio) / threshold, a < b ? bySmall : byLarge, a < b ? byLarge : bySmall)
  }

  // MARK: - Memory

  /// Which lanes hold an image.
  private static func lanes(_ count: Int) -> SIMDMask<SIMD16<Int32>> {
    var lanes = SIMDMask<SIMD16<Int32>>(repeating: false)
    for lane in 0..<count { lanes[lane] = true }
    return lanes
  }

  private func sums(_ slot: Slot, _ centres: Frame, _ radii: Frame) -> Sums {
    typealias Vector = SIMD16<Float>
    let lanes = Self.lanes(centres.count)
    var sums = Sums(count: Double(slot.shape.count * centres.count))
    rows(slot, centres, radii, also: slot) { width, c, r, _, _ in
      let zero = Vector(repeating: 0)
      var (radius, centre, a, a1, a2, b, b1, b2) = (zero, zero, zero, zero, zero, zero, zero, zero)
      for i in 0..<width {
        let (x, y) = (zero.replacing(with: c[i], where: lanes), zero.replacing(with: r[i], where: lanes))
        let (active, inactive) = (x .> y, x .< -y)
        radius += y
        centre += x
        let (on, off) = (zero.replacing(with: x, where: active), zero.replacing(with: x, where: inactive))
        a += zero.replacing(with: 1, where: active)
        a1 += on
        a2 += on * on
        b += zero.replacing(with: 1, where: inactive)
        b1 += off
        b2 += off * off
      }
      sums.radius += Double(radius.sum())
      sums.centre += Double(centre.sum())
      sums.active.count += Double(a.sum())
      sums.active.sum += Double(a1.sum())
      sums.active.squares += Double(a2.sum())
      sums.inactive.count += Double(b.sum())
      sums.inactive.sum += Double(b1.sum())
      sums.inactive.squares += Double(b2.sum())
    }
    return sums
  }

  private typealias Row = UnsafeMutablePointer<SIMD16<Float>>

  /// Calls `body` with each row of pixels: centres, radii, and the same of another slot of the same shape.
  ///
  /// Safety: slots lie in the frames' arenas, in whole vectors.
  private func rows(
    _ slot: Slot, _ centres: Frame, _ radii: Frame, also other: Slot, _ body: (Int, Row, Row, Row, Row) -> Void
  ) {
    func row(_ frame: Frame, _ slot: Slot, _ channel: Int, _ y: Int) -> Row {
      let vectors = channel * Int(slot.planes.plane) + y * Int(slot.planes.row)
      return UnsafeMutableRawPointer(frame.at(slot)).assumingMemoryBound(to: SIMD16<Float>.self) + vectors
    }
    for channel in 0..<Int(slot.planes.channels) {
      for y in 0..<Int(slot.planes.height) {
        body(
          Int(slot.planes.width), row(centres, slot, channel, y), row(radii, slot, channel, y),
          row(centres, other, channel, y), row(radii, other, channel, y))
      }
    }
  }
}

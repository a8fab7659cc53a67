import Contract
import Foundation

/// The smallest L2 change, by weighing distance against the margin and searching for the weight.
///
/// Carlini and Wagner, "Towards Evaluating the Robustness of Neural Networks", IEEE S&P 2017, §V–VI. The box is met by
/// optimising in tanh space. Their 9 searches of 10,000 steps of 0.01 are far more than small networks need: ours are 6
/// of 200 steps of 0.05, so that black pixels, which are far out in tanh space, can still move.
struct CarliniWagner: Attack {
  /// Steps for each weight.
  var steps = 200
  /// Weights that are tried for each image.
  var searches = 6
  /// Adam's step, in tanh space.
  var rate: Float = 0.05
  /// The first weight of the margin.
  var weight: Float = 1
  /// How far beyond the boundary to go, in logits.
  var confidence: Float = 0
  /// Whether to end a search in which a fifth of the steps brought neither a lower loss nor a smaller change. Off, since it
  /// costs some percent of the distance: the loss of a single image swings as the hinge opens and shuts. (The authors' code
  /// looks at the loss of a whole batch, which would make an image's result depend on its neighbours.)
  var abort = false

  static let traits = AttackTraits(.gradients, .minimum, norms: [.l2])

  private static let settings: [Setting<CarliniWagner>] = [
    Setting("steps", \.steps, in: 1...100_000, "steps for each weight"),
    Setting("searches", \.searches, in: 1...50, "weights tried for each image"),
    Setting("rate", \.rate, in: 1e-6...1, "Adam's step, in tanh space"),
    Setting("weight", \.weight, in: 1e-9...1e9, "first weight of the margin"),
    Setting("confidence", \.confidence, in: 0...1000, "how far beyond the boundary to go", unit: "logits"),
    Setting("abort", \.abort, "end searches that get no further: faster, but the change is a little larger"),
  ]

  static let entry: Entry<any Attack> = Entry(
    CarliniWagner(), "cw", "the smallest L2 change, by weighing it against the margin", paper: "arXiv:1608.04644",
    details: ReturnRule.smallest,
    example: "attack normal with: cw on: take(fashion.test, 100) norm: l2 eps: 1 steps: 100", settings
  ) { $0 }

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    var searches = batch.images.map { WeightSearch(weight, clean: $0) }
    let start = TanhDescents(batch.images, rate: rate, watchesLoss: abort)
    for search in 0..<self.searches {
      if search == self.searches - 1, self.searches >= 10 { for i in searches.indices { searches[i].useUpper() } }
      try minimise(&searches, from: start, batch, victim)
      for i in searches.indices { searches[i].narrow() }
    }
    return searches.map(\.best)
  }

  /// Adam from the clean image, for every image with its own weight.
  private func minimise(
    _ searches: inout [WeightSearch], from start: TanhDescents, _ batch: Batch, _ victim: Victim
  ) throws {
    var descents = start
    var open = Array(0..<batch.count)
    let pause = max((steps + 9) / 10, 1)
    for step in 0..<steps where !open.isEmpty {
      victim.step(open)
      var seen = [Hinge?](repeating: nil, count: open.count)
      let found = try victim.ascend(descents.points.rows(open), of: open) { position, logits in
        let hinge = Hinge(logits, batch.aims[open[position]], confidence)
        seen[position] = hinge
        return hinge.gradient
      }
      let hinges = seen.compactMap(\.self)
      for (position, row) in open.enumerated() where hinges[position].isReached {
        searches[row].offer(descents.point(row), isReached: true)
      }
      descents.advance(open, hinges, found.gradient, weights: open.map { searches[$0].weight })
      if abort && step % pause == 0 { open.removeAll { descents.isStuck($0, searches[$0].smallest) } }
      // Images that need no gradient stand together, as far as can be foreseen: it costs nothing where no image of a group needs one.
      open.sort { descents.expectedLead($0) < descents.expectedLead($1) }
    }
    let logits = try victim.logits(open.map(descents.point), of: open)
    for (i, row) in open.enumerated() {
      let hinge = Hinge(logits[i], batch.aims[row], confidence)
      searches[row].offer(descents.point(row), isReached: hinge.isReached)
    }
  }
}

/// `max(0, margin + confidence)`, the part of the loss that wants another answer, with its gradient in the logits.
struct Hinge {
  /// How much further than the confidence asks, in logits.
  let lead: Float
  let value: Float
  let gradient: [Float]
  /// Whether the aim is reached by as much as the confidence asks.
  let isReached: Bool

  init(_ logits: [Float], _ aim: Aim, _ confidence: Float) {
    let (lead, rise) = AttackLoss.margin.evaluate(logits, aim)
    self.lead = lead - confidence
    value = max(0, confidence - lead)
    gradient = value > 0 ? rise.map { -$0 } : rise.map { _ in 0 }
    isReached = aim.isReached(by: logits) && lead >= confidence
  }
}

/// The search for the smallest weight of the margin that still reaches the aim, and the smallest change so far.
struct WeightSearch {
  private(set) var weight: Float
  private(set) var best: Pixels
  private let clean: Pixels
  private(set) var smallest = Float.infinity
  private var bounds: (low: Float, high: Float) = (0, .infinity)
  private var hasReached = false
  private let size: @Sendable (Pixels, Pixels) -> Float

  /// `size` is what is to be small: L2 unless told otherwise.
  init(_ weight: Float, clean: Pixels, size: @escaping @Sendable (Pixels, Pixels) -> Float = { Vector.l2($0, $1) }) {
    (self.weight, self.clean, self.size) = (weight, clean, size)
    best = clean
  }

  /// Looks at a point of this search.
  mutating func offer(_ point: Pixels, isReached: Bool) {
    guard isReached else { return }
    hasReached = true
    let now = size(point, clean)
    if now < smallest { (best, smallest) = (point, now) }
  }

  /// Chooses the next weight: halfway between one that was enough and one that was not; ten times more while none was.
  mutating func narrow() {
    if hasReached { bounds.high = min(bounds.high, weight) } else { bounds.low = max(bounds.low, weight) }
    weight = bounds.high.isFinite ? (bounds.low + bounds.high) / 2 : min(weight * 10, 1e10)
    hasReached = false
  }

  /// Takes the smallest weight that was enough once more.
  mutating func useUpper() { if bounds.high.isFinite { weight = bounds.high } }
}

/// The descents of a batch in tanh space, in which every point lies in the box; one row an image.
private struct TanhDescents {
  private(set) var points: Tensor
  private let starts: Tensor
  private var inner: Tensor
  /// By the places in tanh space.
  private var slopes: Tensor
  private var adam: PixelAdam
  private var paths: [Path]
  private let watchesLoss: Bool

  /// What is remembered of one image.
  private struct Path {
    /// How far the last two points led beyond the aim.
    var lead: Float?
    var leadBefore: Float?
    var lowest = Float.infinity
    /// The lowest loss and the smallest change when last asked, and how often in a row they were no gain.
    var last = (loss: Float.infinity, change: Float.infinity)
    var rests = 0
  }

  init(_ images: [Pixels], rate: Float, watchesLoss: Bool) {
    // Without the factor, pixels at exactly 0 or 1 would lie at infinity and could never move.
    inner = Tensor(images.map { $0.map { atanh(0.999999 * (2 * $0 - 1)) } })
    slopes = inner
    adam = PixelAdam(inner.count, rate: rate)
    paths = Array(repeating: Path(), count: images.count)
    self.watchesLoss = watchesLoss
    starts = Self.inBox(inner)
    points = starts
  }

  /// Where an image is.
  func point(_ row: Int) -> Pixels { Pixels(points[row: row]) }

  /// One step down `‖x − x₀‖² + weight · hinge` of each of `rows`, whose gradients of the hinges these are. The others are not asked
  /// about any more.
  mutating func advance(_ rows: [Int], _ hinges: [Hinge], _ gradients: Tensor, weights: [Float]) {
    for (position, row) in rows.enumerated() {
      let hinge = hinges[position]
      (paths[row].leadBefore, paths[row].lead) = (paths[row].lead, hinge.lead)
      if watchesLoss {
        let change = Float(Vector.sumOfSquares(Vector.difference(point(row), Pixels(starts[row: row]))))
        paths[row].lowest = min(paths[row].lowest, change + weights[position] * hinge.value)
      }
      setSlope(row, gradients[row: position], weights[position])
    }
    adam.move(&inner.values, against: slopes.values)
    points = Self.inBox(inner)
  }

  private mutating func setSlope(_ row: Int, _ gradient: ArraySlice<Float>, _ weight: Float) {
    let places = row * points.rowCount..<(row + 1) * points.rowCount
    require(gradient.count == places.count, "\(gradient.count) pixels for \(places.count)")
    let (points, starts) = (points, starts)
    // Safety: three arrays of one length, in which `places` lie, and as many gradients.
    slopes.values.withUnsafeMutableBufferPointer { slopes in
      points.values.withUnsafeBufferPointer { points in
        starts.values.withUnsafeBufferPointer { starts in
          gradient.withUnsafeBufferPointer { gradient in
            guard let slopes = slopes.baseAddress, let points = points.baseAddress, let starts = starts.baseAddress,
              let gradient = gradient.baseAddress
            else { return }
            let first = places.lowerBound
            let (slope, point, start) = (slopes + first, points + first, starts + first)
            for i in 0..<places.count {
              let x = point[i]
              // dx/dw = ½(1 − tanh²) = 2·x·(1 − x).
              slope[i] = (2 * (x - start[i]) + weight * gradient[i]) * 2 * x * (1 - x)
            }
          }
        }
      }
    }
  }

  /// The images of points in tanh space, `½ + ½·tanh(w)` for each pixel.
  private static func inBox(_ inner: Tensor) -> Tensor {
    let values = Pixels(unsafeUninitializedCapacity: inner.count) { out, initialized in
      // Safety: two buffers of one length.
      inner.values.withUnsafeBufferPointer {
        Kernels.chosen.table.pointee.tanh_box(Int64($0.count), $0.baseAddress, out.baseAddress)
      }
      initialized = inner.count
    }
    return Tensor(shape: inner.shape, values: values)
  }

  /// How far the next point of a row may lead beyond its aim, by the last two.
  func expectedLead(_ row: Int) -> Float {
    let lead = paths[row].lead ?? 0
    return lead + 0.5 * (lead - (paths[row].leadBefore ?? lead))
  }

  /// Whether neither the lowest loss nor the smallest change is well below what it was, this time and the last that this
  /// was asked.
  mutating func isStuck(_ row: Int, _ change: Float) -> Bool {
    let (lowest, last) = (paths[row].lowest, paths[row].last)
    let hasGained = lowest <= 0.9999 * last.loss || change.isFinite && change <= 0.9999 * last.change
    paths[row].last = (lowest, change)
    paths[row].rests = hasGained ? 0 : paths[row].rests + 1
    return paths[row].rests >= 2
  }
}

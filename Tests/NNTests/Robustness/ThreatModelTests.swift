import Foundation
import Testing

@testable import NN

@Suite struct ThreatModelTests {
  private var random = Random(seed: 3, image: 1)

  private mutating func image(_ n: Int) -> Pixels {
    (0..<n).map { _ in random.index(below: 5) == 0 ? 0 : random.uniform() }
  }

  /// In ball and box, and no feasible point is nearer. (L2 ∩ box is not the exact projection: only feasible.)
  @Test(arguments: [Norm.linf, .l1, .l0]) mutating func projectionIsTheNearestFeasiblePoint(_ norm: Norm) {
    for _ in 0..<20 {
      let n = 1 + random.index(below: 40)
      let center = image(n)
      let wild = Vector.along(center, 0.8, random.normals(n))
      let epsilon: Float =
        norm == .linf
        ? 0.3 * random.uniform() : (norm == .l0 ? Float(random.index(below: n + 1)) : 3 * random.uniform())
      let threat = ThreatModel(norm, epsilon: epsilon)
      let near = threat.projected(wild, around: center)
      #expect(threat.almostAllows(Distances.between(center, near)) && near.allSatisfy { $0 >= 0 && $0 <= 1 })
      let reach = Vector.l2(wild, near)
      for _ in 0..<200 {
        let other = threat.start(at: center, using: &random)
        guard threat.almostAllows(Distances.between(center, other)) else { continue }
        #expect(Vector.l2(wild, other) >= reach - 1e-5)
      }
    }
  }

  /// A radius is compared as it was typed: in single precision 0.1 is more than 0.1, and a sum of pixels rounds again.
  @Test(arguments: [(Norm.linf, 0.1), (.linf, 4.0 / 255), (.linf, 0.3), (.l2, 1.5), (.l2, 0.1), (.l1, 10), (.l1, 0.7)])
  mutating func whatIsReturnedIsNoBitFartherThanTheRadiusAsTyped(_ norm: Norm, _ bound: Double) {
    let threat = ThreatModel(norm, bound: bound)
    var worst = 0.0
    for _ in 0..<30 {
      let center = (0..<400).map { _ in Float(random.index(below: 256)) / 255 }
      let wild = Vector.clipped(Vector.along(center, 1, random.normals(400)))
      worst = max(worst, Distances.between(center, threat.projected(wild, around: center)).exactly(norm))
      let near = threat.confined(wild, around: center)
      let size = Distances.between(center, near).exactly(norm)
      #expect(size <= bound && size > bound * (1 - 1e-5), "\(size)")
      #expect(threat.allows(Distances.between(center, near)) && near.allSatisfy { $0 >= 0 && $0 <= 1 })
      let inside = Vector.along(center, 1e-4, random.normals(400)).map(Vector.clampToBox)
      #expect(threat.confined(inside, around: center) == threat.projected(inside, around: center))
    }
    #expect(worst > bound, "the plain projection is not exact, else this tests nothing")
  }

  /// What stands on the edge by rounding alone, as the ends of minimum-norm searches do, is no farther than the edge.
  @Test func aSearchThatEndsOnTheEdgeIsWithinIt() {
    let threat = ThreatModel(.linf, bound: 0.1)
    let center: Pixels = [0.2, 0.5]
    let edge: Pixels = [0.2 + 0.1, 0.5 - 0.1]
    #expect(!threat.allows(Distances.between(center, edge)) && threat.almostAllows(Distances.between(center, edge)))
    #expect(threat.allows(Distances.between(center, DeepFool().constrained(edge, around: center, within: threat))))
    let far: Pixels = [0.31, 0.5]
    #expect(DeepFool().constrained(far, around: center, within: threat) == far)
  }

  @Test mutating func l1WithBoxAgreesWithBisection() {
    for _ in 0..<50 {
      let n = 1 + random.index(below: 60)
      let center = image(n)
      let change = random.normals(n)
      let radius = 4 * random.uniform()
      let headroom = zip(change, center).map { Double($0 > 0 ? 1 - $1 : $1) }
      func total(_ threshold: Double) -> Double {
        zip(change, headroom).reduce(0) { $0 + min(max(Double(abs($1.0)) - threshold, 0), $1.1) }
      }
      var (low, high) = (0.0, 10.0)
      for _ in 0..<80 {
        let middle = (low + high) / 2
        if total(middle) > Double(radius) { low = middle } else { high = middle }
      }
      let threshold = total(0) <= Double(radius) ? 0 : high
      let projected = L1Ball.project(change, around: center, radius: radius)
      for i in 0..<n {
        let size = min(max(Double(abs(change[i])) - threshold, 0), headroom[i])
        #expect(abs(Double(projected[i]) - (change[i] < 0 ? -size : size)) < 1e-6)
      }
    }
  }

  @Test mutating func duchisProjectionMatchesAHandWorkedCase() {
    // θ = (3 + 1 − 2)/2 = 1 for (3, −1, 0.5): only 3 stays above it.
    #expect(L1Ball.project([3, -1, 0.5], radius: 2) == [2, 0, 0])
    #expect(L1Ball.project([0.5, -0.5], radius: 2) == [0.5, -0.5])
  }

  @Test func l2ShrinksTheChangeAndThenClips() {
    let threat = ThreatModel(.l2, epsilon: 0.5)
    let moved = threat.projected([0.5 + 0.6, 0.5 - 0.8], around: [0.5, 0.5])
    #expect(zip(moved, [0.8, 0.1] as Pixels).allSatisfy { abs($0 - $1) < 1e-6 })
    let edge = threat.projected([1.6, -0.3], around: [1, 0.5])
    #expect(edge[0] == 1 && edge[1] > 0 && edge[1] < 0.5)
  }

  @Test func theSteepestStepIsAsLongAsTheGradientsDualNorm() {
    let gradient: Pixels = [3, 0, -4]
    for (norm, step, dual) in [
      (Norm.linf, [1, 0, -1] as Pixels, Float(7)), (.l2, [0.6, 0, -0.8], 5), (.l1, [0, 0, -1], 4),
      (.l0, [0, 0, -1], 4),
    ] {
      let threat = ThreatModel(norm, epsilon: 1)
      #expect(zip(threat.steepest(gradient), step).allSatisfy { abs($0 - $1) < 1e-6 })
      #expect(abs(threat.dual(gradient) - dual) < 1e-6)
      #expect(abs(Vector.dot(threat.steepest(gradient), gradient) - Double(dual)) < 1e-5)
    }
    #expect(ThreatModel(.l2, epsilon: 1).steepest([0, 0]) == [0, 0])
  }

  @Test(arguments: Norm.allCases) mutating func randomStartsFillTheBall(_ norm: Norm) {
    let center = Pixels(repeating: 0.5, count: 12)
    let threat = ThreatModel(norm, epsilon: norm == .l0 ? 3 : 0.4)
    let distances = (0..<400).map { _ in
      Distances.between(center, threat.start(at: center, using: &random))[norm]
    }
    #expect(distances.allSatisfy { $0 <= threat.epsilon * 1.000001 })
    #expect((distances.max() ?? 0) > 0.9 * threat.epsilon)
    #expect(Set(distances).count > (norm == .l0 ? 0 : 300))
  }

  @Test func aBudgetOfZeroChangesNothing() {
    var random = Random(seed: 1, image: 1)
    let center: Pixels = [0, 0.25, 1]
    for norm in Norm.allCases {
      let threat = ThreatModel(norm, epsilon: 0)
      #expect(threat.start(at: center, using: &random) == center)
      #expect(threat.projected([1, 1, 0], around: center) == center)
    }
  }

  @Test func distancesAreMeasuredInAllNorms() {
    let far = Distances.between([0, 0.5, 1], [0.3, 0.5, 0.6])
    #expect(far.l0 == 2 && abs(far.l1 - 0.7) < 1e-6 && abs(far.l2 - 0.5) < 1e-6 && abs(far.linf - 0.4) < 1e-6)
    #expect(Distances.between([0, 0], [.nan, 0.1]).linf.isNaN)
  }

  /// Last digits are stored, and compared when a result is repeated.
  @Test(arguments: [0, 1, 7, 8, 9, 784]) func distancesAreThoseOfAPlainLoopToTheLastBit(count: Int) {
    var random = Random(seed: 4, stream: count)
    let x = random.uniforms(count)
    var y = random.uniforms(count)
    for i in y.indices where i % 3 == 0 { y[i] = x[i] }
    func loop(_ y: Pixels) -> Distances {
      zip(x, y).reduce(.zero) { all, pixels in
        let change = abs(Double(pixels.1) - Double(pixels.0))
        return Distances(
          l0: all.l0 + (change == 0 ? 0 : 1), l1: all.l1 + change, l2: all.l2 + change * change,
          linf: change.isNaN || all.linf.isNaN ? .nan : max(all.linf, change))
      }
    }
    let (found, plain) = (Distances.between(x, y), loop(y))
    #expect(found.l0 == plain.l0 && found.l1 == plain.l1 && found.linf == plain.linf)
    #expect(found.l2 == plain.l2.squareRoot())
    for norm in Norm.allCases { #expect(Distances.between(x, y, in: norm) == found.exactly(norm)) }
    for i in [0, count / 2, count - 1] where i >= 0 && i < count {
      var broken = y
      broken[i] = .nan
      #expect(Distances.between(x, broken).linf.isNaN && Distances.between(x, broken, in: .linf).isNaN)
      #expect(Distances.between(x, broken).l0 == loop(broken).l0)
    }
  }

  @Test func radiiThatMakeNoSenseAreRefusedWithAHint() {
    let shape = ImageShape(channels: 1, height: 2, width: 2)
    func refusal(_ norm: Norm, _ epsilon: Float) -> AttackError? {
      problem(AttackError.self) { try ThreatModel(norm, epsilon: epsilon).check(shape) }
    }
    #expect(refusal(.linf, 8)?.hint?.contains("8/255") == true)
    #expect(refusal(.linf, -0.1) != nil && refusal(.linf, .nan) != nil && refusal(.l2, 2.5) != nil)
    #expect(refusal(.linf, 1) == nil && refusal(.l2, 2) == nil && refusal(.l2, .infinity) == nil)
    #expect(refusal(.l0, 0.1) == .lessThanAPixel(0.1) && refusal(.l0, 0) == nil && refusal(.l0, 1) == nil)
  }

  @Test func stepsAndRadiiThatSayLittleAreDoubted() throws {
    let shape = ImageShape(channels: 1, height: 28, width: 28)
    func threat(_ norm: Norm, _ epsilon: Float) -> ThreatModel { ThreatModel(norm, epsilon: epsilon) }
    for norm in Norm.allCases { #expect(threat(norm, Float(norm.usualEpsilon)).doubt(shape) == nil) }
    #expect(threat(.l2, 0.1).doubt(shape) != nil && threat(.l1, 0.1).doubt(shape) != nil)
    #expect(threat(.linf, 0.5).doubt(shape)?.contains("grey") == true && threat(.linf, 0.4).doubt(shape) == nil)
    #expect(threat(.linf, 0.1).doubt(step: 0.2) != nil && threat(.linf, 0.1).doubt(step: 0.1) == nil)
    #expect(problem(AttackError.self) { try threat(.linf, 0.1).check(step: 2, shape) }?.hint?.contains("2/255") == true)
    #expect(problem(AttackError.self) { try threat(.l2, 1).check(step: 30, shape) } != nil)
    try threat(.l2, 1).check(step: 2, shape)
    var pgd = PGD()
    pgd.step = 2
    let target = CurvedModel.drawn(classes: 3, shape: ImageShape(channels: 1, height: 4, width: 4), seed: 1)
    let images = try labelled(by: target, count: 2, seed: 1)
    for attack in [pgd, Transfer(from: target, using: pgd)] as [any Attack] {
      let run = AttackRun(attack, within: threat(.linf, 0.03))
      #expect(problem(AttackError.self) { try run.check(target, images) } == .step(2, .linf, largest: 1))
    }
  }

  @Test func vectorSumsMatchPlainOnes() {
    for n in [0, 1, 7, 8, 9, 100] {
      let a = (0..<n).map { Float($0) * 0.25 - 3 }
      let b = (0..<n).map { 1 / Float($0 + 1) }
      let plain = zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      #expect(abs(Vector.dot(a, b) - plain) < 1e-9)
      #expect(abs(Double(Vector.l1(a)) - a.reduce(0) { $0 + Double(abs($1)) }) < 1e-4)
    }
  }
}

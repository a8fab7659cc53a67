import Testing

@testable import NN

/// On a linear model of two classes the smallest change is margin / dual norm of the gradient.
@Suite struct MinimumNormTests {
  private let shape = ImageShape(channels: 1, height: 5, width: 8)
  private let target: Target
  private let images: Images

  init() throws {
    target = LinearModel.drawn(classes: 2, shape: shape, seed: 21)
    images = try labelled(by: target, count: 24, seed: 22)
  }

  /// For each image that is fooled and whose exact projection does not meet the box: the distance found over the exact
  /// one.
  private func ratios(_ attack: any Attack, _ norm: Norm, _ some: Images? = nil) throws -> [Double] {
    let images = some ?? images
    let result = try AttackRun(attack, within: ThreatModel(norm, epsilon: .infinity)).run(against: target, on: images)
    let linear = try #require(target.makeResponder() as? LinearModel)
    return try result.evaluation.outcomes.enumerated().compactMap { i, outcome in
      try #require(outcome.fooled, "image \(i)")
      let (image, y) = (images.pixels(at: i), outcome.label)
      let gradient = Vector.difference(linear.weights[1 - y], linear.weights[y])
      let logits = linear.forward([image])[0]
      let threat = ThreatModel(norm, epsilon: 1)
      let exact = (logits[y] - logits[1 - y]) / threat.dual(gradient)
      let nearest = Vector.along(image, exact, threat.steepest(gradient))
      guard nearest.allSatisfy({ $0 >= 0 && $0 <= 1 }) else { return nil }
      return Double(outcome.distances[norm] / exact)
    }
  }

  private func expect(_ ratios: [Double], upTo most: Double) {
    #expect(ratios.count >= 3)
    #expect(ratios.allSatisfy { $0 > 0.999 && $0 <= most }, "\(ratios)")
  }

  @Test(arguments: [Norm.l2, .linf]) func deepFoolStopsJustBehindTheBoundary(_ norm: Norm) throws {
    // The step goes 1e-4 further than the boundary, and everything 2 % further; a second step is seldom needed.
    var exact = DeepFool()
    exact.overshoot = 0
    let (found, bare) = (try ratios(DeepFool(), norm), try ratios(exact, norm))
    expect(found, upTo: 1.15)
    #expect(zip(found, bare).allSatisfy { $0 <= 1.0201 * $1 })
  }

  @Test(arguments: [Norm.l2, .linf, .l1], [0, 1]) func fabFindsTheExactDistance(_ norm: Norm, _ targets: Int) throws {
    var fab = FAB()
    fab.targets = targets
    expect(try ratios(fab, norm), upTo: 1.01)
  }

  @Test func carliniAndWagnerComesWithinOnePercent() throws {
    var cw = CarliniWagner()
    (cw.searches, cw.steps, cw.rate, cw.abort) = (10, 1500, 0.002, false)
    expect(try ratios(cw, .l2, images.take(10)), upTo: 1.01)
  }

  @Test func carliniAndWagnerMovesPixelsThatAreExactlyBlackOrWhite() throws {
    let flat = ImageShape(channels: 1, height: 1, width: 4)
    let weights: [[Float]] = [[1, -1, 1, -1], [-1, 1, -1, 1]]
    let corner = Target(classes: 2, shape: flat) { LinearModel(weights, bias: [0, 0], shape: flat) }
    let dataset = try Dataset(
      name: "corner", classes: ["a", "b"], shape: flat, train: .init(bytes: [], labels: []),
      test: .init(bytes: [255, 0, 255, 0], labels: [0]))
    var cw = CarliniWagner()
    (cw.searches, cw.steps, cw.rate) = (6, 400, 0.1)
    let run = AttackRun(cw, within: ThreatModel(.l2, epsilon: .infinity))
    let outcome = try run.run(against: corner, on: dataset.test).evaluation.outcomes[0]
    // Half of every pixel, that is 4 · 0.5² under the root.
    #expect(outcome.fooled && abs(outcome.distances.l2 - 1) < 0.02)
  }

  @Test func decoupledAndAdaptiveRadiiComeClose() throws {
    expect(try ratios(DDN(), .l2), upTo: 1.1)
    for norm in [Norm.l2, .linf, .l1] { expect(try ratios(FMN(), norm), upTo: 1.3) }
  }

  @Test func walksThatSeeOnlyAnswersComeCloser() throws {
    var boundary = Boundary()
    (boundary.steps, boundary.spherical, boundary.source) = (3000, 0.1, 0.1)
    let walked = try ratios(boundary, .l2)
    #expect(walked.allSatisfy { $0 > 0.999 && $0 < 1.5 }, "\(walked)")
    var jumps = HopSkipJump()
    jumps.steps = 15
    for norm in [Norm.l2, .linf] {
      let jumped = try ratios(jumps, norm)
      #expect(jumped.allSatisfy { $0 > 0.999 && $0 < 1.5 }, "\(norm) \(jumped)")
    }
  }

  /// The projections of FAB: in the box, on the plane, and no feasible point is nearer.
  @Test(arguments: [Norm.l2, .linf, .l1]) func planesAreMetAtTheNearestPoint(_ norm: Norm) {
    var random = Random(seed: 4, image: 0)
    for _ in 0..<40 {
      let point = (0..<11).map { _ in random.index(below: 3) == 0 ? 0 : random.uniform() }
      let inside = (0..<11).map { _ in random.uniform() }
      let normal = random.normals(11)
      let plane = Plane(normal: normal, offset: Vector.dot(normal, inside))
      let found = plane.projection(of: point, norm)
      #expect(found.allSatisfy { $0 >= 0 && $0 <= 1 })
      #expect(abs(Vector.dot(normal, found) - plane.offset) < 1e-4)
      let reach = ThreatModel(norm, epsilon: 1).distance(point, found)
      #expect(reach <= ThreatModel(norm, epsilon: 1).distance(point, inside) + 1e-5)
      // Along the line to any other point of the plane in the box, the distance does not fall.
      for share in [0.01, 0.1] as [Float] {
        let other = Vector.blend(found, inside, share)
        #expect(ThreatModel(norm, epsilon: 1).distance(point, other) >= reach - 1e-5)
      }
    }
  }

  @Test func aPlaneThatMissesTheBoxIsApproachedToTheCorner() {
    for norm in [Norm.l2, .linf, .l1] {
      #expect(Plane(normal: [1, -2], offset: 5).projection(of: [0.5, 0.5], norm) == [1, 0])
    }
  }

  /// Half of the pixels are black, as the background of a picture is, and cannot become darker: a radius that counted them would
  /// shrink faster than it grows again, and the search end far from the nearest place of the boundary.
  @Test func fmnSpendsNothingOnPixelsThatCannotMove() throws {
    let target = CurvedModel.drawn(classes: 4, shape: shape, seed: 31)
    var random = Random(seed: 32, image: 0)
    let count = 24
    let bytes = (0..<count * shape.count).map { UInt8($0 % 2 == 0 ? 0 : random.index(below: 256)) }
    let pixels = (0..<count).map { image in
      bytes[image * shape.count..<(image + 1) * shape.count].map { Float($0) / 255 }
    }
    let labels = target.makeResponder().forward(pixels).map { UInt8($0.answer) }
    let data = try Dataset(
      name: "half black", classes: ClassNames.digits(4), shape: shape, train: .init(bytes: [], labels: []),
      test: .init(bytes: bytes, labels: labels))
    func length(_ attack: any Attack) throws -> Float {
      let result = try AttackRun(attack, within: ThreatModel(.l2, epsilon: .infinity)).run(
        against: target, on: data.test)
      let fooled = result.evaluation.outcomes.count { $0.fooled }
      #expect(fooled == count)
      return result.evaluation.outcomes.reduce(0) { $0 + Float($1.distances.l2) }
    }
    var cw = CarliniWagner()
    (cw.searches, cw.steps, cw.abort) = (9, 400, false)
    let (own, other) = (try length(FMN()), try length(cw))
    #expect(own <= 1.01 * other, "\(own) against \(other)")
  }

  /// Of a row of features one may be moved to either end of its range: the answer turns exactly where the largest gain is more
  /// than the margin.
  @Test func onePixelOfATableIsOneFeature() throws {
    let row = ImageShape(channels: 12, height: 1, width: 1)
    let target = LinearModel.drawn(classes: 2, shape: row, seed: 5)
    let images = try labelled(by: target, count: 60, seed: 6)
    let linear = try #require(target.makeResponder() as? LinearModel)
    let possible = (0..<images.count).map { position -> Bool in
      let (image, y) = (images.pixels(at: position), images.label(at: position))
      let gradient = Vector.difference(linear.weights[1 - y], linear.weights[y])
      let logits = linear.forward([image])[0]
      return zip(image, gradient).map { max((1 - $0) * $1, -$0 * $1) }.max() ?? 0 > logits[y] - logits[1 - y]
    }
    #expect(possible.contains(true) && possible.contains(false))
    let result = try AttackRun(OnePixel(), within: ThreatModel(.l0, epsilon: 1)).run(against: target, on: images)
    let fooled = result.evaluation.outcomes.map(\.fooled)
    #expect(zip(fooled, possible).allSatisfy { !$0 || $1 }, "one feature cannot do more")
    #expect(fooled.count { $0 } >= possible.count { $0 } - 2, "and evolution finds nearly all that it can")
    #expect(result.evaluation.outcomes.allSatisfy { $0.distances.l0 <= 1 })
    // The usual share of 12 values is less than a pair: one pair may change all the same.
    let pairs = try AttackRun(JSMA(), within: ThreatModel(.l0, epsilon: 2)).run(against: target, on: images)
    #expect(pairs.evaluation.outcomes.contains { $0.fooled && $0.distances.l0 == 2 })
  }

  @Test func aBudgetInWhichAnAttackCanDoNothingIsRefused() throws {
    let colour = ImageShape(channels: 3, height: 4, width: 4)
    let target = LinearModel.drawn(classes: 2, shape: colour, seed: 5)
    let images = try labelled(by: target, count: 4, seed: 6)
    func check(_ attack: any Attack, _ epsilon: Float) throws {
      try AttackRun(attack, within: ThreatModel(.l0, epsilon: epsilon)).check(target, images)
    }
    #expect(throws: AttackError.self) { try check(OnePixel(), 2) }
    #expect(throws: AttackError.self) { try check(JSMA(), 1) }
    try check(OnePixel(), 3)
    try check(JSMA(), 2)
    let curve = try AttackRun(OnePixel(), within: ThreatModel(.l0, epsilon: 3)).curve(
      at: [0, 2, 6], against: target, on: images)
    #expect(curve.points.map(\.epsilon) == [0, 2, 6], "a radius of a curve may be too small for it")
  }
}

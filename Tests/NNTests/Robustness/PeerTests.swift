import Testing

@testable import NN

/// Where attacks fell short of those of other libraries at equal settings.
@Suite struct PeerTests {
  private let shape = ImageShape(channels: 1, height: 8, width: 8)

  private func run(_ attack: any Attack, _ threat: ThreatModel, _ target: Target, _ images: Images) throws -> [Outcome]
  {
    try AttackRun(attack, within: threat).run(against: target, on: images).evaluation.outcomes
  }

  /// To end searches early is faster and costs distance, so cw does it only when told to.
  @Test func cwSearchesToTheEndUnlessToldOtherwise() throws {
    let target = CurvedModel.drawn(classes: 5, shape: shape, seed: 12)
    let images = try labelled(by: target, count: 24, seed: 13)
    var cw = CarliniWagner()
    (cw.steps, cw.searches) = (100, 5)
    let threat = ThreatModel(.l2, epsilon: .infinity)
    let whole = try run(cw, threat, target, images)
    cw.abort = true
    let early = try run(cw, threat, target, images)
    #expect(whole.allSatisfy { $0.fooled && $0.gradients == 500 } && early.allSatisfy(\.fooled))
    #expect(early.reduce(0) { $0 + $1.gradients } < whole.reduce(0) { $0 + $1.gradients })
    #expect(early.reduce(0) { $0 + $1.distances.l2 } >= whole.reduce(0) { $0 + $1.distances.l2 })
  }

  @Test func elasticNetKeepsTheSmallestChangeOfTheNormAskedFor() throws {
    let target = CurvedModel.drawn(classes: 4, shape: shape, seed: 14)
    let images = try labelled(by: target, count: 12, seed: 15)
    func distances(_ norm: Norm, _ rule: EAD.Rule?) throws -> [Distances] {
      var ead = EAD()
      (ead.steps, ead.searches, ead.rule) = (60, 4, rule)
      return try run(ead, ThreatModel(norm, epsilon: .infinity), target, images).map(\.distances)
    }
    let (l1, l2) = (try distances(.l1, nil), try distances(.l2, nil))
    #expect(try l1 == distances(.l1, .l1) && l2 == distances(.l2, .l2))
    #expect(try distances(.l2, .l1) == l1, "a rule that is given holds whatever the norm")
    #expect(zip(l1, l2).allSatisfy { $0.l1 <= $1.l1 && $0.l2 >= $1.l2 } && l1 != l2)
  }

  // MARK: Universal changes

  /// One image, one pass, a linear model: the change is DeepFool's L2 step, cut off at the radius.
  @Test func deepFoolInsideAUniversalChangeStepsInL2() throws {
    let flat = ImageShape(channels: 1, height: 1, width: 4)
    let weights: Pixels = [4, 2, -1, 0.5]
    let target = Target(classes: 2, shape: flat) {
      LinearModel([Vector.scaled(weights, by: -1), weights], bias: [3.2, -3.2], shape: flat)
    }
    let dataset = try Dataset(
      name: "grey", classes: ["a", "b"], shape: flat, train: .init(bytes: [], labels: []),
      test: .init(bytes: [127, 127, 127, 127], labels: [0]))
    let attack = try #require(Attacks.family.named("universal")).make([
      "rule": .choice("deepfool"), "passes": .integer(1),
    ])
    let ready = try attack.prepared(
      for: target, dataset.test, within: ThreatModel(.linf, epsilon: 0.05), changing: nil, seed: 0, stop: .never)
    let change = try #require((ready as? Universal)?.change)
    // 2·(3.2 − 5.5·127/255) over the length 2·√21.25 of the gradients' difference is 0.1; along the weights, over that length:
    let scale = change[1] / weights[1]
    #expect(abs(scale - 0.0219 * 1.02) < 0.001, "\(scale)")
    #expect(change[0] == 0.05 && abs(change[2] + scale) < 1e-5 && abs(change[3] - scale / 2) < 1e-5, "\(change)")
  }

  /// The best change after any pass is kept, so that more passes never fool fewer of the images that it is made from.
  @Test(arguments: ["ascent", "deepfool"]) func morePassesNeverLoseWhatWasFound(_ rule: String) throws {
    let target = CurvedModel.drawn(classes: 4, shape: shape, seed: 6)
    let images = try labelled(by: target, count: 24, seed: 7)
    let (threat, responder) = (ThreatModel(.linf, epsilon: 0.06), target.makeResponder())
    let pixels = (0..<images.count).map { images.pixels(at: $0) }
    var last = 0
    for passes in 1...8 {
      let attack = try #require(Attacks.family.named("universal")).make([
        "rule": .choice(rule), "passes": .integer(passes), "rate": .number(1),
      ])
      let ready = try attack.prepared(for: target, images, within: threat, changing: nil, seed: 1, stop: .never)
      let change = try #require((ready as? Universal)?.change)
      let moved = pixels.map { Vector.clipped(Vector.sum($0, change)) }
      let fooled = responder.forward(moved).enumerated().count { $1.answer != images.label(at: $0) }
      #expect(fooled >= last, "after \(passes) passes")
      last = fooled
    }
    #expect(last > 0)
  }

  /// The manual says of every attack which of the images on its way it returns.
  @Test func everyAttackSaysWhatItReturns() {
    for entry in Attacks.all { #expect(entry.details.hasPrefix("Returns "), "\(entry.name)") }
  }
}

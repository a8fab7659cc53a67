import CKernels
import Foundation
import Synchronization
import Testing

@testable import NN

@Suite struct CertifyTests {
  /// A small network that has learnt the squares, and images that are hard enough that some proofs fail.
  private static func learnt() throws -> (Model, Images) {
    let data = try SmallData.squares(256)
    var trainer = Trainer()
    (trainer.epochs, trainer.batch) = (2, 32)
    let model = try Model(CNN(), input: data.shape, classes: 4, seed: 2)
    let state = try trainer.train(model, on: data.train, engine: Engine(threads: 1))
    return (state.model, data.test)
  }

  private static func run(
    _ certifier: any Certifier, _ model: Model, _ images: Images, epsilon: Float, threads: Int = 1
  ) throws -> Certification {
    try CertifyRun(certifier, within: ThreatModel(.linf, epsilon: epsilon)).run(
      model, on: images, engine: Engine(threads: threads)
    ).certification
  }

  @Test func eachMethodProvesWhatTheWeakerOneProves() throws {
    let (model, images) = try Self.learnt()
    let some = images.take(32)
    var before: [Certificate]?
    for epsilon in [Float(0.01), 0.03, 0.06] {
      var sets: [Set<Int>] = []
      for certifier in [IntervalBounds(), CROWN(), AlphaCROWN()] as [any Certifier] {
        let found = try Self.run(certifier, model, some, epsilon: epsilon)
        sets.append(Set(found.certificates.filter(\.isCertified).map(\.index)))
        #expect(found.certificates.allSatisfy { !$0.isCertified || $0.isCleanRight })
        // Answers that are proved impossible, too.
        if let before, !(certifier is IntervalBounds) {
          for (weaker, stronger) in zip(before, found.certificates) {
            #expect(Set(stronger.unproved).isSubset(of: weaker.unproved))
          }
        }
        before = found.certificates
      }
      #expect(sets[0].isSubset(of: sets[1]) && sets[1].isSubset(of: sets[2]))
    }
  }

  @Test func withoutARadiusTheRightImagesAreCertified() throws {
    let (model, images) = try Self.learnt()
    let found = try Self.run(CROWN(), model, images, epsilon: 0)
    #expect(found.certified == found.clean)
  }

  /// One broken certificate is a bug: attacks of the list, at radii at which some images are certified and some break.
  @Test func noAttackBreaksACertifiedImage() throws {
    let data = try SmallData.squares(512)
    var trainer = Trainer()
    (trainer.epochs, trainer.batch, trainer.clip) = (6, 32, 10)
    let fresh = try Model(CNN(), input: data.shape, classes: 4, seed: 1)
    var defense = IBPTraining()
    (defense.warmup, defense.ramp) = (1, 3)
    trainer.objective = try Defenses.combined([defense], for: fresh, costs: nil)
    let model = try trainer.train(
      trainer.objective.start(fresh, seed: 1), on: data.train, engine: Engine(threads: 1)
    ).model
    let some = data.test.take(24)
    var (certified, broken) = (0, 0)
    for epsilon in [Float(0.16), 0.26] {
      let threat = ThreatModel(.linf, epsilon: epsilon)
      let proved = try CertifyRun(CROWN(), within: threat).run(model, on: some, engine: Engine(threads: 1))
      let safe = Set(proved.certification.certificates.filter(\.isCertified).map(\.index))
      certified += safe.count
      for entry in Attacks.all {
        guard let attack = try? entry.make(), attack.traits.norms.contains(.linf) else { continue }
        let run = AttackRun(attack, within: threat)
        guard (try? run.check(model.target, some)) != nil else { continue }
        let result = try run.run(against: model.target, on: some, engine: Engine(threads: 1))
        let fallen = result.evaluation.outcomes.filter { !$0.isRobust && $0.attacked }.map(\.index)
        broken += fallen.count
        #expect(safe.isDisjoint(with: fallen), "\(entry.name) at \(epsilon)")
      }
    }
    #expect(certified > 0 && certified < 2 * some.count && broken > 0, "\(certified) certified, \(broken) broken")
  }

  @Test(arguments: Certificates.all.map(\.name)) func certificatesDoNotDependOnThreads(name: String) throws {
    let (model, images) = try Self.learnt()
    var certifier = try Certificates.family.make(Spec(name))
    if var smoothing = certifier as? Smoothing {
      smoothing.samples = 64
      certifier = smoothing
    }
    var run = CertifyRun(certifier, within: ThreatModel(certifier.norms[0], epsilon: 0.02))
    run.seed = 5
    let some = images.take(20)
    let one = try run.run(model, on: some, engine: Engine(threads: 1)).certification.certificates
    let two = try run.run(model, on: some, engine: Engine(threads: 2)).certification.certificates
    #expect(one == two)
    // And an image's certificate not on the others.
    let alone = try run.run(model, on: some.at([7]), engine: Engine(threads: 1)).certification.certificates
    #expect(alone == [one[7]])
  }

  @Test(arguments: Certificates.all.map(\.name)) func aProofStopsWhenItIsAsked(name: String) throws {
    let (model, images) = try Self.learnt()
    let certifier = try Certificates.family.make(Spec(name))
    let asked = Atomic<Int>(0)
    let stop = Stop { asked.add(1, ordering: .relaxed).newValue > 5 }
    #expect(throws: Interrupted()) {
      _ = try CertifyRun(certifier, within: ThreatModel(certifier.norms[0], epsilon: 0.05)).run(
        model, on: images, engine: Engine(threads: 1), stop: stop)
    }
  }

  @Test(arguments: Certificates.all.map(\.name)) func theWrittenFormMakesTheSameRun(name: String) throws {
    let certifier = try Certificates.family.make(Spec(name))
    var run = CertifyRun(certifier, within: ThreatModel(certifier.norms[0], bound: 0.07))
    run.seed = 9
    let spec = try #require(CertifySpec(run))
    var whole = try ResultSpec(json: "{\"images\":{\"part\":\"test\"}}")
    whole.certificate = spec
    let back = try ResultSpec(json: whole.json)
    #expect(back == whole && back.certificate == spec)
    let again = try spec.make()
    #expect(CertifySpec(again) == CertifySpec(run))
  }

  /// Numbers that cancel: 26 + 51 - 77 is 0, but not in single precision as shares of 255 times ten thousand. What is left
  /// over must not certify an image that lies on the wrong side.
  @Test(arguments: [Float(1), 1e4, 1e6]) func whatRoundingMayHaveAddedIsNoCertificate(weight: Float) throws {
    var network = Network(input: ImageShape(channels: 1, height: 1, width: 3), classes: 2)
    try network.add("", Flatten())
    try network.add("dense", Dense())
    var model = try Model(network, label: Spec("test"))
    let images = try Dataset(
      name: "three", classes: ["a", "b"], shape: model.input, train: .init(bytes: [26, 51, 77], labels: [0]),
      test: .init(bytes: [], labels: [])
    ).train
    func found(_ weights: [Float], _ bias: Float) throws -> [Certification] {
      model["dense.weight"] = Tensor(shape: [2, 3], values: weights + [0, 0, 0])
      model["dense.bias"] = Tensor(shape: [2], values: [bias, 0])
      let methods: [any Certifier] = [IntervalBounds(), CROWN()]
      return try methods.map { try Self.run($0, model, images, epsilon: 0) }
    }
    // Of the two signs one adds to the margin.
    for sign in [Float(1), -1] {
      let weights = [sign * weight, sign * weight, -sign * weight]
      for one in try found(weights, -1e-7 * weight) { #expect(one.certified.hits == 0) }
      for one in try found(weights, 1e-7 * weight) {
        #expect(one.certified.hits == 0)
        #expect(one.inBand == one.clean.hits)
      }
      for one in try found(weights, 0.01 * weight + 0.01) { #expect(one.certified.hits == 1 && one.inBand == 0) }
    }
  }

  @Test func whatCannotBeProvedIsRefused() throws {
    let (model, images) = try Self.learnt()
    func problem(_ certifier: any Certifier, _ threat: ThreatModel) -> CertificateError? {
      do {
        _ = try CertifyRun(certifier, within: threat).run(model, on: images)
        return nil
      } catch { return error as? CertificateError }
    }
    #expect(
      problem(CROWN(), ThreatModel(.l2, epsilon: 1)) == .norm(method: "crown", norm: .l2, supported: [.linf]))
    var smoothing = Smoothing()
    smoothing.sigma = 0
    #expect(problem(smoothing, ThreatModel(.l2, epsilon: 0.1)) == .sigma(0))
    smoothing.sigma = 0.25
    smoothing.samples = 9
    #expect(problem(smoothing, ThreatModel(.l2, epsilon: 0.1)) == .samples(9, needed: 10))
    #expect(throws: AttackError.self) {
      _ = try CertifyRun(CROWN(), within: ThreatModel(.linf, epsilon: 8)).run(model, on: images)
    }
  }
}

@Suite struct CertifiedCostTests {
  /// Three images of two rows with costs and one without; by hand.
  @Test func costsAreThoseOfTheAnswersThatAreNotProvedImpossible() throws {
    let costs = try CostMatrix([[0, 2, 7], [1, 0, 0], [0, 0, 0]], protected: [0])
    let certificates = [
      Certificate(index: 0, label: 0, cleanAnswer: 0, margin: -1, unproved: [1, 2]),
      Certificate(index: 1, label: 1, cleanAnswer: 1, margin: -1, unproved: [2]),
      Certificate(index: 2, label: 2, cleanAnswer: 2, margin: -1, unproved: [0, 1]),
      Certificate(index: 3, label: 0, cleanAnswer: 0, margin: 1, unproved: []),
    ]
    let found = Certification(classNames: ["a", "b", "c"], costs: costs, certificates: certificates)
    // Class c costs nothing: three images count. Their sums are 9, 0, 0, the largest costs 7, 0, 0.
    #expect(found.cost == .init(error: Rate(1, of: 3), sum: 3, max: 7 / 3))
    #expect(found.certified == Rate(1, of: 4))
    #expect(found.protected == Rate(1, of: 2))
    #expect(found.unproved == [[0, 1, 1], [0, 0, 1], [1, 1, 0]])
    #expect(found.byClass[0].cost == .init(error: Rate(1, of: 2), sum: 4.5, max: 3.5))
  }

  @Test func withoutCostsTheHighestIsTheShareThatIsNotCertified() {
    let certificates = (0..<5).map {
      Certificate(index: $0, label: 0, cleanAnswer: 0, margin: 0, unproved: $0 < 2 ? [] : [1, 2])
    }
    let found = Certification(classNames: ["a", "b", "c"], costs: nil, certificates: certificates)
    #expect(found.cost == .init(error: Rate(3, of: 5), sum: 1.2, max: 0.6))
  }
}

@Suite struct SmoothingTests {
  /// SciPy's `beta.ppf` and `norm.ppf`.
  @Test func boundsOfAShareAreThoseOfClopperAndPearson() {
    #expect(abs(Binomial.lower(9000, of: 10_000, alpha: 0.001) - 0.890410) < 1e-6)
    #expect(abs(Binomial.lower(560, of: 1000, alpha: 0.001) - 0.510716) < 1e-6)
    #expect(abs(Binomial.lower(549, of: 1000, alpha: 0.001) - 0.499673) < 1e-6)
    #expect(Binomial.lower(0, of: 10, alpha: 0.05) == 0 && Binomial.upper(10, of: 10, alpha: 0.05) == 1)
    #expect(abs(Binomial.normalQuantile(0.975) - 1.959963984540054) < 1e-12)
  }

  @Test(arguments: [(100, 66, 1.5005), (1000, 550, 2.4633), (10_000, 5156, 3.1986), (100_000, 50_490, 3.8115)])
  func abstentionEndsWhereItShould(samples: Int, least: Int, largest: Double) {
    #expect(Binomial.lower(least, of: samples, alpha: 0.001) > 0.5)
    #expect(Binomial.lower(least - 1, of: samples, alpha: 0.001) <= 0.5)
    var smoothing = Smoothing()
    (smoothing.samples, smoothing.sigma) = (samples, 2)
    #expect(abs(smoothing.largestRadius / 2 - largest) < 1e-4)
  }

  /// 700, 20 and 10 of 1,000: the radius against the second alone is more than twice the usual one.
  @Test func aWrongAnswerHasARadiusOfItsOwn() {
    var smoothing = Smoothing()
    (smoothing.samples, smoothing.sigma) = (1000, 1)
    let proof = smoothing.proof(chosen: 0, counts: [700, 20, 10])
    #expect(proof.answer == 0)
    #expect(abs(proof.radii[1] - 1.066743) < 1e-5)
    #expect(proof.radii[2] > proof.radii[1] && proof.radii[0] == 0)
    #expect(abs(proof.radius - 0.394711) < 1e-5)
    let unsure = smoothing.proof(chosen: 0, counts: [520, 470, 10])
    #expect(unsure.answer == nil && unsure.radius == 0)
    // And yet the third answer is out of reach.
    #expect(unsure.radii[2] > 0 && unsure.radii[1] == 0)
  }
}

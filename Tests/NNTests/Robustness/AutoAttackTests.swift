import Testing

@testable import NN

/// The published collections, and what AutoAttack warns of.
@Suite struct AutoAttackTests {
  private let shape = ImageShape(channels: 1, height: 8, width: 8)

  private func parts(_ version: AutoAttack.Version, _ norm: Norm, classes: Int = 10) -> [String] {
    var auto = AutoAttack()
    auto.version = version
    return auto.stages(norm, classes: classes).map { name, attack in
      switch attack {
      case let attack as APGD:
        "\(name) \(attack.restarts)x\(attack.loss == .dlrTargeted ? attack.targets : 1) \(attack.eot)"
      case let attack as FAB: "\(name) \(attack.restarts)x\(attack.targets)"
      case let attack as Square: "\(name) \(attack.queries) \(attack.rescale)"
      default: name
      }
    }
  }

  /// As in the authors' code: restarts and targets, passes averaged over, queries.
  @Test func theCollectionsAreThePublishedOnes() {
    let most = ["apgd-ce 1x1 1", "apgd-t 1x9 1", "fab-t 1x9", "square 5000 false"]
    #expect(parts(.standard, .linf) == most && parts(.standard, .l2) == most)
    #expect(parts(.standard, .l1) == ["apgd-ce 5x1 1", "apgd-t 1x5 1", "fab-t 1x9", "square 5000 false"])
    let plus = ["apgd-ce 5x1 1", "apgd-dlr 5x1 1", "fab 5x0", "square 5000 false", "apgd-t 1x9 1", "fab-t 1x9"]
    for norm in [Norm.linf, .l2, .l1] {
      #expect(parts(.plus, norm) == plus)
      #expect(parts(.rand, norm) == ["apgd-ce 1x1 20", "apgd-dlr 1x1 20"])
    }
    #expect(parts(.rand, .linf, classes: 2) == ["apgd-ce 1x1 20"])
  }

  @Test func squareAloneShrinksItsPatchesOverItsQueries() throws {
    let square = try #require(Attacks.family.named("square")?.make(["queries": .integer(1000)]) as? Square)
    #expect(square.rescale && square.share(999) == 0.8 / 512)
    #expect(parts(.standard, .linf).last == "square 5000 false")
  }

  /// The L1 bump of the authors' code.
  @Test func thePatternsOfL1AreTheAuthors() {
    let bump: Pixels = [0.0082, 0.0499, 0.0499, 0.0499, 0.0082, 0.0082, 0.0499, 0.7173, 0.0499, 0.0082]
    #expect(zip(SquarePatches.bump(2, 5, .l1), bump).allSatisfy { abs($0 - $1) < 1e-4 })
    let three = SquarePatches.bump(3, 5, .l1)
    #expect(abs(three[7] - 0.6150) < 1e-4 && abs(three[0] - 0.0071) < 1e-4 && abs(Vector.l1(three) - 1) < 1e-6)
  }

  // MARK: Averages over passes

  /// A model whose gradients are far off, one question to this side and the next to the other: the mean of two is right.
  private final class Swaying: RowResponder {
    let inner: any Responder
    private let off: Pixels
    private var side: Float = 4
    var classes: Int { inner.classes }
    var shape: ImageShape { inner.shape }

    init(_ inner: any Responder) {
      self.inner = inner
      var random = Random(seed: 1, image: 0)
      off = random.normals(inner.shape.count)
    }

    func forward(_ images: [Pixels]) -> [[Float]] { inner.forward(images) }

    func backward(_ gradients: [[Float]]) -> [Pixels] {
      side = -side
      return inner.backward(gradients).map { Vector.along($0, side, off) }
    }
  }

  @Test func gradientsOfARandomModelAreAveraged() throws {
    let calm = LinearModel.drawn(classes: 3, shape: shape, seed: 8)
    let images = try labelled(by: calm, count: 30, seed: 2)
    let swaying = Target(classes: 3, shape: shape) { Swaying(calm.makeResponder()) }
    func attacked(_ eot: Int, _ target: Target) throws -> Evaluation {
      var apgd = APGD()
      (apgd.steps, apgd.eot, apgd.loss) = (10, eot, .dlr)
      var run = AttackRun(apgd, within: ThreatModel(.linf, epsilon: 0.03))
      run.blockSize = 64
      return try run.run(against: target, on: images, engine: Engine(threads: 1)).evaluation
    }
    let (once, twice, exact) = (try attacked(1, swaying), try attacked(2, swaying), try attacked(1, calm))
    #expect(twice.outcomes.map(\.answer) == exact.outcomes.map(\.answer))
    #expect(once.success.hits < twice.success.hits)
    // Of a model that does not answer at random the mean of many passes is the one, at so many times the price.
    let same = try attacked(4, calm)
    #expect(same.outcomes.map(\.answer) == exact.outcomes.map(\.answer) && same.gradients == 4 * exact.gradients)
  }

  /// Other logits at every question.
  private final class Shaky: RowResponder {
    let inner: any Responder
    private var random = Random(seed: 1, image: 0)
    var classes: Int { inner.classes }
    var shape: ImageShape { inner.shape }

    init(_ inner: any Responder) { self.inner = inner }

    func forward(_ images: [Pixels]) -> [[Float]] {
      inner.forward(images).map { Vector.along($0, 0.01, random.normals($0.count)) }
    }

    func backward(_ gradients: [[Float]]) -> [Pixels] { inner.backward(gradients) }
  }

  // MARK: Flags

  private func flags(_ target: Target, _ images: Images, _ version: AutoAttack.Version = .standard, norm: Norm = .linf)
    throws -> [AttackFlag]
  {
    var auto = AutoAttack()
    auto.version = version
    let run = AttackRun(auto, within: ThreatModel(norm, epsilon: 0.03))
    return try run.flags(of: target, on: images, engine: Engine(threads: 1), stop: .never)
  }

  @Test func aModelThatAnswersAtRandomIsNamed() throws {
    let calm = LinearModel.drawn(classes: 10, shape: shape, seed: 8)
    let images = try labelled(by: calm, count: 40, seed: 2)
    let shaky = Target(classes: 10, shape: shape) { Shaky(calm.makeResponder()) }
    #expect(try flags(calm, images) == [])
    #expect(try flags(shaky, images) == [.random])
    #expect(AttackFlag.random.hint?.contains("rand") == true)
    #expect(try flags(shaky, images, .rand) == [])
    let pgd = AttackRun(PGD(), within: ThreatModel(.linf, epsilon: 0.03))
    #expect(try pgd.flags(of: shaky, on: images, engine: Engine(threads: 1), stop: .never) == [])
  }

  /// Answers that went through softmax, and those of a model that is flat at some images.
  private final class Softened: RowResponder {
    let inner: any Responder
    private let isFlat: Bool
    var classes: Int { inner.classes }
    var shape: ImageShape { inner.shape }

    init(_ inner: any Responder, isFlat: Bool) { (self.inner, self.isFlat) = (inner, isFlat) }

    func forward(_ images: [Pixels]) -> [[Float]] {
      isFlat ? inner.forward(images) : inner.forward(images).map(\.softmax)
    }

    func backward(_ gradients: [[Float]]) -> [Pixels] {
      let all = inner.backward(gradients)
      return isFlat ? all.enumerated().map { $0 == 0 ? Vector.scaled($1, by: 0) : $1 } : all
    }
  }

  @Test func probabilitiesAndFlatGradientsAreNamed() throws {
    let calm = LinearModel.drawn(classes: 10, shape: shape, seed: 8)
    let images = try labelled(by: calm, count: 32, seed: 2)
    let soft = Target(classes: 10, shape: shape) { Softened(calm.makeResponder(), isFlat: false) }
    let flat = Target(classes: 10, shape: shape) { Softened(calm.makeResponder(), isFlat: true) }
    #expect(try flags(soft, images) == [.probabilities])
    #expect(try flags(flat, images) == [.zeroGradients(1, of: 32)])
  }

  @Test func partsThatFewClassesCutShortAreNamed() throws {
    func few(_ classes: Int, _ version: AutoAttack.Version = .standard, _ norm: Norm = .linf) throws -> [AttackFlag] {
      let target = LinearModel.drawn(classes: classes, shape: shape, seed: 8)
      return try flags(target, try labelled(by: target, count: 8, seed: 2), version, norm: norm)
    }
    #expect(
      try few(6) == [
        .fewClasses(classes: 6, part: "apgd-t", targets: 9), .fewClasses(classes: 6, part: "fab-t", targets: 9),
      ])
    #expect(try few(6, .standard, .l1) == [.fewClasses(classes: 6, part: "fab-t", targets: 9)])
    #expect(try few(3).first?.description == "with 3 classes apgd-t is left out: its loss needs four")
    #expect(try few(2, .rand) == [.fewClasses(classes: 2, part: "apgd-dlr", targets: 0)])
    #expect(try few(10) == [] && few(10, .plus) == [])
  }

  @Test func squareThatBreaksWhatGradientsCannotIsNamed() {
    func outcome(_ credits: [String]) -> Outcome {
      Outcome(
        index: 0, label: 0, cleanAnswer: 0, answer: credits.isEmpty ? 0 : 1, target: nil, attacked: true,
        fooled: !credits.isEmpty, distances: .zero, queries: 1, gradients: 1, steps: 1, credits: credits,
        withinBudget: true)
    }
    let run = AttackRun(AutoAttack(), within: ThreatModel(.linf, epsilon: 0.1))
    func flags(_ credits: [[String]]) -> [AttackFlag] {
      run.flags(after: Evaluation(classNames: ["a", "b"], costs: nil, outcomes: credits.map(outcome)))
    }
    #expect(flags([["square"], ["apgd-ce"], [], []]) == [.square(0.25)])
    #expect(flags([["apgd-ce", "square"], ["apgd-ce"], [], []]) == [])
    #expect(flags([]) == [])
  }
}

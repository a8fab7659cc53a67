import Testing

@testable import NN

/// Defenses by name: what each and what combinations of them come to.
@Suite struct DefenseTests {
  private static let costs = CostMatrix.fixture([[0, 9, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [1, 1, 2, 0]])

  private func model(_ architecture: any Architecture = LeNet()) throws -> Model {
    try Model(architecture, input: ImageShape(channels: 1, height: 16, width: 16), classes: 4)
  }

  private func objective(
    _ defenses: [any Defense], _ costs: CostMatrix? = DefenseTests.costs, for model: Model? = nil
  ) throws -> TrainingObjective {
    try Defenses.combined(defenses, for: try model ?? self.model(), costs: costs)
  }

  @Test(arguments: Defenses.all.map(\.name)) func everyDeclarationMakesItsDefault(name: String) throws {
    let entry = try #require(Defenses.family.named(name))
    let defense = try entry.make()
    #expect(defense.name == name)
    #expect(entry.values(of: defense)?.count == entry.settings.count)
    _ = try objective([defense])
  }

  @Test(arguments: Defenses.all.map(\.name)) func everyDefenseTrainsToTheSameBitsOnAnyNumberOfThreads(
    name: String
  ) throws {
    let data = try SmallData.squares(70, shape: ImageShape(channels: 1, height: 16, width: 16))
    var trainer = Trainer()
    trainer.epochs = 2
    trainer.batch = 40
    trainer.objective = try objective([try #require(Defenses.family.named(name)).make()])
    let results = try [1, 2].map { try trainer.train(try model(), on: data.train, engine: Engine(threads: $0)) }
    #expect(results[0].model.values == results[1].model.values)
    #expect(results[0].model.values.allSatisfy { $0.isFinite })
    #expect(results[0].epochs.map(\.loss) == results[1].epochs.map(\.loss))
  }

  @Test func aCombinationAddsItsParts() throws {
    var minmax = MinMaxDefense()
    (minmax.a, minmax.b) = (0.25, 3)
    var adversarial = AdversarialTraining()
    adversarial.mix = .replaced
    let whole = try objective([minmax, adversarial])
    let loss = try #require(whole.loss as? ExpectedCost)
    #expect(loss.weight == 0.25 && loss.entropy == 1)
    #expect((whole.penalties.first as? MinMax)?.factors == [3, 0.1])
    #expect(whole.adversary is GradientSign)
    if case .adversarial = whole.mix {} else { Issue.record("\(whole.mix)") }
  }

  @Test func costsThatNoPartSpeaksOfEnterAsTheExpectedCost() throws {
    func loss(_ defenses: any Defense..., costs: CostMatrix? = DefenseTests.costs) throws -> any Loss {
      try objective(defenses, costs).loss
    }
    let (plain, adversarial) = (try loss(StandardTraining()), try loss(AdversarialTraining()))
    #expect((plain as? ExpectedCost)?.weight == 1 && (adversarial as? ExpectedCost)?.weight == 1)
    let weighted = try loss(CostWeightedDefense())
    #expect(weighted is ClassWeighted)
    let adjusted = try loss(LogitAdjustedDefense(), AdversarialTraining())
    #expect(adjusted is LogitAdjusted)
    let both = try loss(ExpectedCostDefense(), LogitAdjustedDefense())
    #expect(both is LossSum)
    let bare = try loss(AdversarialTraining(), costs: nil)
    #expect(bare is CrossEntropy)
  }

  @Test func whatEachAddsDoesNotDependOnTheOrder() throws {
    let logits = Tensor(shape: [2, 4], values: [1, 2, 0.5, -1, 0, 3, -2, 0.25])
    let smooth = LabelSmoothing()
    let both: [any Defense] = [CostWeightedDefense(), smooth, ExpectedCostDefense(), LogitAdjustedDefense()]
    let first = try objective(both).loss.evaluate(logits, labels: [0, 3])
    let last = try objective(both.reversed()).loss.evaluate(logits, labels: [0, 3])
    #expect(first.values == last.values && first.gradient.values == last.gradient.values)
    // And each is there: without one of them the loss is another.
    for left in both.indices {
      var fewer = both
      fewer.remove(at: left)
      #expect(try objective(fewer).loss.evaluate(logits, labels: [0, 3]).values != first.values, "\(both[left].name)")
    }
    var sum: [any Defense] = [CostSensitiveAdversarial(), ExpectedCostDefense()]
    #expect((try objective(sum).loss as? ExpectedCost)?.weight == 2, "two weights of one cost are one term")
    sum = [ExpectedCostDefense(), smooth]
    #expect(try objective(sum).loss is LossSum)
  }

  /// A defense that nothing in `NN` knows of.
  private struct Foreign: Defense {
    struct Square: Loss {
      func evaluate(_ logits: Tensor, labels: [Int]) -> LossValue {
        eachRow(logits, labels) { z, label, gradient in
          for j in z.indices { gradient[j] = 2 * z[j] }
          return z.reduce(0) { $0 + $1 * $1 }
        }
      }
    }

    static let entry: Entry<any Defense> = Entry(Foreign(), "foreign", "squares of the logits") { $0 }
    func add(to parts: inout DefenseParts) { parts.addLoss(Square()) }
  }

  @Test func aDefenseBringsItsOwnLoss() throws {
    let loss = try objective([Foreign(), LabelSmoothing()], nil).loss
    let logits = Tensor(shape: [1, 4], values: [1, 2, 0.5, -1])
    let (whole, plain) = (
      loss.evaluate(logits, labels: [1]), CrossEntropy(smoothing: 0.1).evaluate(logits, labels: [1])
    )
    #expect(whole.values[0] == plain.values[0] + 6.25)
    #expect(whole.gradient.values[3] == plain.gradient.values[3] - 2)
  }

  @Test func theMinMaxDefenseAloneTrainsOnCleanImages() throws {
    let found = try objective([MinMaxDefense()])
    #expect(found.adversary == nil)
    if case .clean = found.mix {} else { Issue.record("\(found.mix)") }
  }

  @Test func whatCannotBeCombinedIsRefused() throws {
    #expect(throws: DefenseError.twoMakers("adversarial", "csa")) {
      try objective([AdversarialTraining(), CostSensitiveAdversarial()])
    }
    #expect(throws: DefenseError.twice("minmax")) { try objective([MinMaxDefense(), MinMaxDefense()]) }
    #expect(throws: DefenseError.needsCosts(defense: "cost_weighted")) { try objective([CostWeightedDefense()], nil) }
    #expect(throws: DefenseError.otherClasses(costs: 2, model: 4)) {
      try objective([StandardTraining()], CostMatrix.fixture([[0, 1], [1, 0]]))
    }
    #expect(throws: DefenseError.noConvolutions(defense: "minmax", architecture: "mlp")) {
      try objective([MinMaxDefense()], for: try model(MLP()))
    }
    var blind = AdversarialTraining()
    blind.attack = try #require(Attacks.family.named("square")).make()
    let square = blind
    #expect(throws: DefenseError.notByGradient(attack: "square")) { try objective([square]) }
    var wide = AdversarialTraining()
    wide.eps = 8
    let tooWide = wide
    #expect(throws: AttackError.self) { try objective([tooWide]) }
  }

  /// Tells how far its images are from the clean ones.
  private struct Watched: Adversary {
    let inner: any Adversary
    let largest: @Sendable (Double, Float) -> Void

    func craft(_ images: Tensor, labels: [Int], in context: AdversaryContext) throws -> Tensor {
      let made = try inner.craft(images, labels: labels, in: context)
      let change = zip(made.values, images.values).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      largest(context.epochs, change)
      return made
    }
  }

  @Test(arguments: ["fgsm", "pgd"]) func aRampLetsTheRadiusGrow(attack: String) throws {
    var defense = AdversarialTraining()
    defense.attack = try #require(Attacks.family.named(attack)).make(attack == "pgd" ? ["steps": .integer(3)] : [:])
    (defense.eps, defense.ramp, defense.mix) = (0.2, 2, .replaced)
    var whole = try objective([defense])
    let inner = try #require(whole.adversary)
    whole.adversary = Watched(inner: inner) { epochs, change in
      #expect(change <= 0.2 * Float(min(1, epochs / 2)) + 1e-6)
      if epochs >= 2 { #expect(change > 0.15) }
    }
    var trainer = Trainer()
    trainer.epochs = 3
    trainer.objective = whole
    let data = try SmallData.squares(32, shape: ImageShape(channels: 1, height: 16, width: 16))
    _ = try trainer.train(try model(), on: data.train, engine: Engine(threads: 1))
  }
}

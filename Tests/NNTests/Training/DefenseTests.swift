import Testing

@testable import NN

/// Defenses by name: what each and what combinations of them come to.
@Suite struct DefenseTests {
  private static let costs = CostMatrix.fixture([[0, 9, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [1, 1, 2, 0]])

  private func model(_ architecture: any Architecture = LeNet()) throws -> Model {
    try Model(architecture, input: ImageShape(channels: 1, height: 16, width: 16), classes: 4)
  }

  private func defense(
    _ recipes: [any Recipe], _ costs: CostMatrix? = DefenseTests.costs, for model: Model? = nil
  ) throws -> Defense {
    try Defenses.combined(recipes, for: try model ?? self.model(), costs: costs)
  }

  @Test(arguments: Defenses.all.map(\.name)) func everyDeclarationMakesItsDefault(name: String) throws {
    let entry = try #require(Defenses.named(name))
    let recipe = try entry.make()
    #expect(recipe.name == name)
    #expect(entry.values(of: recipe)?.count == entry.settings.count)
    _ = try defense([recipe])
  }

  @Test(arguments: Defenses.all.map(\.name)) func everyDefenseTrainsToTheSameBitsOnAnyNumberOfThreads(
    name: String
  ) throws {
    let data = try SmallData.squares(70, shape: ImageShape(channels: 1, height: 16, width: 16))
    var trainer = Trainer()
    trainer.epochs = 2
    trainer.batch = 40
    trainer.defense = try defense([try #require(Defenses.named(name)).make()])
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
    let whole = try defense([minmax, adversarial])
    let loss = try #require(whole.loss as? ExpectedCost)
    #expect(loss.weight == 0.25 && loss.entropy == 1)
    #expect((whole.penalties.first as? MinMax)?.factors == [3, 0.1])
    #expect(whole.adversary is GradientSign)
    if case .adversarial = whole.mix {} else { Issue.record("\(whole.mix)") }
  }

  @Test func costsThatNoPartSpeaksOfEnterAsTheExpectedCost() throws {
    func loss(_ recipes: any Recipe..., costs: CostMatrix? = DefenseTests.costs) throws -> any Loss {
      try defense(recipes, costs).loss
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

  @Test func theMinMaxDefenseAloneTrainsOnCleanImages() throws {
    let found = try defense([MinMaxDefense()])
    #expect(found.adversary == nil)
    if case .clean = found.mix {} else { Issue.record("\(found.mix)") }
  }

  @Test func whatCannotBeCombinedIsRefused() throws {
    #expect(throws: RecipeError.twoMakers("adversarial", "csa")) {
      try defense([AdversarialTraining(), CostSensitiveAdversarial()])
    }
    #expect(throws: RecipeError.twice("minmax")) { try defense([MinMaxDefense(), MinMaxDefense()]) }
    #expect(throws: RecipeError.needsCosts(defense: "cost_weighted")) { try defense([CostWeightedDefense()], nil) }
    #expect(throws: RecipeError.otherClasses(costs: 2, model: 4)) {
      try defense([StandardTraining()], CostMatrix.fixture([[0, 1], [1, 0]]))
    }
    #expect(throws: RecipeError.noConvolutions(defense: "minmax", architecture: "mlp")) {
      try defense([MinMaxDefense()], for: try model(MLP()))
    }
    var blind = AdversarialTraining()
    blind.attack = try #require(Attacks.named("square")).make()
    let square = blind
    #expect(throws: RecipeError.notByGradient(attack: "square")) { try defense([square]) }
    var wide = AdversarialTraining()
    wide.eps = 8
    let tooWide = wide
    #expect(throws: AttackError.self) { try defense([tooWide]) }
  }

  /// Tells how far its images are from the clean ones.
  private struct Watched: Adversary {
    let inner: any Adversary
    let largest: @Sendable (Double, Float) -> Void

    func craft(_ images: Tensor, labels: [Int], in context: Crafting) throws -> Tensor {
      let made = try inner.craft(images, labels: labels, in: context)
      let change = zip(made.values, images.values).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      largest(context.epochs, change)
      return made
    }
  }

  @Test(arguments: ["fgsm", "pgd"]) func aRampLetsTheRadiusGrow(attack: String) throws {
    var recipe = AdversarialTraining()
    recipe.attack = try #require(Attacks.named(attack)).make(attack == "pgd" ? ["steps": .integer(3)] : [:])
    (recipe.eps, recipe.ramp, recipe.mix) = (0.2, 2, .replaced)
    var whole = try defense([recipe])
    let inner = try #require(whole.adversary)
    whole.adversary = Watched(inner: inner) { epochs, change in
      #expect(change <= 0.2 * Float(min(1, epochs / 2)) + 1e-6)
      if epochs >= 2 { #expect(change > 0.15) }
    }
    var trainer = Trainer()
    trainer.epochs = 3
    trainer.defense = whole
    let data = try SmallData.squares(32, shape: ImageShape(channels: 1, height: 16, width: 16))
    _ = try trainer.train(try model(), on: data.train, engine: Engine(threads: 1))
  }
}

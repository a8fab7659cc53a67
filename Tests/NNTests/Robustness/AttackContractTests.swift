import Testing

@testable import NN

/// What holds for every attack, over the list of all of them, on a model with curved boundaries.
@Suite struct AttackContractTests {
  static let shape = ImageShape(channels: 1, height: 7, width: 6)
  static let target = CurvedModel.drawn(classes: 5, shape: shape, seed: 11)

  /// Every attack in each of its norms.
  static let cases = Attacks.all.flatMap { entry in
    (try? entry.make())?.traits.norms.map { Case(name: entry.name, norm: $0) } ?? []
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let norm: Norm
    var testDescription: String { "\(name) \(norm)" }
  }

  /// Small enough for a debug build: at most so many of anything that costs time.
  static let limits: [String: Int] = [
    "queries": 60, "restarts": 1, "searches": 3, "population": 12, "generations": 4, "samples": 8,
    "passes": 2, "images": 8, "draws": 8,
  ]

  /// DDN's radius starts at 1 and shrinks by 5 % a step, and a walk needs time: these get more steps, jumps fewer.
  static let steps = ["ddn": 60, "boundary": 20, "hopskipjump": 5, "spsa": 4]

  static func small(_ name: String) throws -> any Attack {
    let entry = try #require(Attacks.family.named(name))
    var given: [String: SettingValue] = [:]
    for setting in entry.settings {
      let limit = setting.name == "steps" ? steps[name] ?? 12 : limits[setting.name]
      if let limit, case .integer(let standard) = setting.standard, standard > limit {
        given[setting.name] = .integer(limit)
      }
      if setting.kind == .model { given[setting.name] = .model(ModelReference(name: "another", target: target)) }
    }
    return try entry.make(given)
  }

  static func threat(_ norm: Norm) -> ThreatModel {
    ThreatModel(norm, epsilon: [.linf: 0.06, .l2: 0.3, .l1: 1.2, .l0: 4][norm] ?? 0)
  }

  private func run(
    _ item: Case, count: Int = 14, seed: Int = 3, goal: Goal = .untargeted, block: Int = 64, threads: Int = 1,
    wrong: Int = 3
  ) throws -> AttackResult {
    let images = try labelled(by: Self.target, count: count, seed: 8, wrong: wrong)
    var run = AttackRun(try Self.small(item.name), within: Self.threat(item.norm))
    (run.seed, run.goal, run.blockSize, run.keepsImages) = (seed, goal, block, true)
    run.costs = try CostMatrix.smallerIsWorse(classes: 5)
    return try run.run(against: Self.target, on: images, engine: Engine(threads: threads))
  }

  @Test(arguments: cases) func itStaysInBudgetAndBoxAndReportsWhatItReturns(_ item: Case) throws {
    let result = try run(item)
    let images = try labelled(by: Self.target, count: 14, seed: 8, wrong: 3)
    let responder = Self.target.makeResponder()
    for (i, outcome) in result.evaluation.outcomes.enumerated() {
      let example = try #require(result.examples)[i]
      let size = Distances.between(images.pixels(at: i), example)
      #expect(size == outcome.distances)
      #expect(example.allSatisfy { $0 >= 0 && $0 <= 1 })
      #expect(Self.threat(item.norm).allows(size) || result.run.attack.traits.budget == .minimum)
      #expect(!outcome.fooled || Self.threat(item.norm).allows(size))
      #expect(responder.forward([example])[0].answer == outcome.answer)
      #expect(outcome.fooled == (outcome.attacked && outcome.withinBudget && outcome.answer != outcome.label))
    }
  }

  @Test(arguments: cases) func anImageThatIsWrongWhileCleanIsNeverRobust(_ item: Case) throws {
    let outcomes = try run(item).evaluation.outcomes
    #expect(outcomes.prefix(3).allSatisfy { !$0.isRobust && !$0.attacked && $0.queries == 0 && $0.distances == .zero })
  }

  @Test(arguments: cases) func neitherBlocksNorThreadsNorARepetitionChangeABit(_ item: Case) throws {
    let whole = try run(item, count: 10)
    for (block, threads) in [(64, 1), (7, 3), (1, 2)] {
      let other = try run(item, count: 10, block: block, threads: threads)
      #expect(other.examples == whole.examples, "blocks of \(block), \(threads) threads")
      #expect(other.evaluation.outcomes == whole.evaluation.outcomes)
    }
  }

  @Test(arguments: cases) func itTakesOnlyWhatItsTraitsSay(_ item: Case) throws {
    let result = try run(item)
    let attacked = result.evaluation.outcomes.filter(\.attacked)
    switch result.run.attack.traits.access {
    case .gradients: #expect(attacked.allSatisfy { $0.gradients > 0 && $0.steps > 0 })
    case .scores, .answers: #expect(attacked.allSatisfy { $0.gradients == 0 && $0.queries > 0 && $0.steps > 0 })
    case .nothing: #expect(attacked.allSatisfy { $0.gradients == 0 && $0.queries == 0 })
    }
  }

  @Test(arguments: cases) func itIsNotWeakerThanNoise(_ item: Case) throws {
    // By design: a pixel, one change for all images, or a walk that is far from its end after so few steps.
    guard !["onepixel", "universal", "boundary"].contains(item.name) else { return }
    let found = try run(item, wrong: 0).evaluation.success
    var noise = AttackRun(try Self.small("noise"), within: Self.threat(item.norm))
    noise.seed = 3
    let images = try labelled(by: Self.target, count: 14, seed: 8)
    let random = try noise.run(against: Self.target, on: images, engine: Engine(threads: 1)).evaluation.success
    #expect(found.hits >= random.hits, "\(found.hits) of \(found.count), noise \(random.hits)")
  }

  @Test(arguments: cases) func aTargetIsReachedOrNotButNeverMistaken(_ item: Case) throws {
    let canTarget = try Self.small(item.name).traits.canTarget
    for goal in [Goal.target(2), .next, .leastLikely, .random, .mostCostly] {
      guard canTarget else {
        #expect(problem(AttackError.self) { _ = try run(item, goal: goal) } != nil)
        continue
      }
      for outcome in try run(item, count: 8, goal: goal).evaluation.outcomes where outcome.attacked {
        #expect(outcome.target != nil && outcome.target != outcome.label)
        #expect(outcome.fooled == (outcome.answer == outcome.target && outcome.withinBudget))
      }
    }
  }

  @Test(arguments: cases) func aStopIsHeard(_ item: Case) throws {
    let images = try labelled(by: Self.target, count: 8, seed: 8)
    let run = AttackRun(try Self.small(item.name), within: Self.threat(item.norm))
    #expect(throws: Interrupted.self) {
      try run.run(against: Self.target, on: images, engine: Engine(threads: 1), stop: Stop { true })
    }
  }

  @Test(arguments: cases) func settingsReadBackAsTheyWereGiven(_ item: Case) throws {
    let attack = try Self.small(item.name)
    let spec = try #require(Attacks.family.spec(of: attack))
    let entry = try Attacks.family.entry(spec.name)
    #expect(entry.name == item.name && !entry.summary.isEmpty && !entry.paper.isEmpty)
    #expect(entry.example.contains("with: \(item.name)"))
    #expect(attack.traits.norms.contains(.linf) || entry.example.contains("norm: "), "L∞ is what no norm means")
    #expect(Set(spec.settings.keys) == Set(entry.settings.map(\.name)))
    // What is written makes the same attack again, and the same text.
    let there = Resolver(target: { _ in Self.target })
    let again = try Attacks.family.make(try Spec(json: spec.json), resolving: there)
    #expect(Attacks.family.spec(of: again)?.json == spec.json)
  }
}

import Testing

@testable import NN

@Suite struct SettingTests {
  @Test func aDeclarationMakesReadsAndChecks() throws {
    let entry = Adam.entry
    let adam = try entry.make(["rate": .integer(1), "beta1": .number(0.5)])
    #expect(adam.rate == 1)
    #expect(entry.values(of: adam)?["beta1"] == .number(0.5))
    #expect(entry.values(of: SGD()) == nil)
    #expect(entry.settings.first { $0.name == "rate" }?.standard == .number(0.001))
    #expect(throws: SettingError.self) { try entry.make(["rate": .number(-1)]) }
    #expect(throws: SettingError.self) { try entry.make(["rate": .flag(true)]) }
    let unknown = #expect(throws: SettingError.self) { try entry.make(["rte": .number(1)]) }
    #expect(unknown?.description == "adam has no setting `rte`: it has rate, beta1, beta2, epsilon, decay")
  }

  @Test func numbersInSinglePrecisionShowAsTyped() throws {
    let cnn = try CNN.entry.make(["dropout": .number(0.1)])
    #expect(CNN.entry.values(of: cnn)?["dropout"] == .number(0.1))
    #expect("\(SettingValue.number(0.1)) \(SettingValue.number(3)) \(SettingValue.integers([1, 2]))" == "0.1 3 [1, 2]")
  }

  @Test func settingsSurviveAFile() throws {
    let settings: [String: SettingValue] = [
      "a": .number(0.1), "b": .integer(7), "c": .flag(true), "d": .choice("x"), "e": .numbers([1, 2.5]),
      "f": .integers([3]), "g": .component(Spec("pgd", ["steps": .integer(4), "loss": .choice("ce")])), "h": .none,
      "i": .model(ModelReference(id: 12)), "j": .model(ModelReference(name: "normal")), "k": .integers([]),
    ]
    #expect(try [String: SettingValue](json: settings.json) == settings)
    #expect(
      settings.json.hasPrefix(
        #"{"a":0.1,"b":7,"c":true,"d":"x","e":[1,2.5],"f":[3],"g":{"pgd":{"loss":"ce","steps":4}},"#))
    for text in ["", "3", "{\"a\": {\"b\": 3, \"c\": 4}}", "{\"a\": [\"b\"]}", "{\"a\": 3"] {
      #expect(throws: SettingError.self) { try [String: SettingValue](json: text) }
    }
  }

  /// The metadata of a model that version 0.1 saved.
  @Test func settingsOfEarlyCheckpointsAreRead() throws {
    let text =
      #"{"hidden":{"integers":[5,4]},"a":{"number":2},"b":{"component":"pgd","settings":{"steps":{"integer":3}}},"#
      + #""c":{"none":true},"d":{"flag":false},"e":{"choice":"ce"},"f":{"numbers":[0.5]}}"#
    #expect(
      try [String: SettingValue](json: text) == [
        "hidden": .integers([5, 4]), "a": .integer(2), "b": .component(Spec("pgd", ["steps": .integer(3)])), "c": .none,
        "d": .flag(false), "e": .choice("ce"), "f": .numbers([0.5]),
      ])
  }

  @Test func whatThisVersionDoesNotKnowIsRefusedAndNeverLeftOut() throws {
    var training = TrainingSpec()
    let model = try Model(MLP(), input: ImageShape(channels: 1, height: 3, width: 3), classes: 2)
    training.defense = [Spec("expected_costs")]
    let defense = #expect(throws: SettingError.self) { try training.make(for: model, costs: nil) }
    #expect(defense?.description == "this version of Ward has no defense `expected_costs`")
    training = TrainingSpec()
    training.optimizer = Spec("adamw2")
    #expect(throws: SettingError.self) { try training.make(for: model, costs: nil) }
    training = TrainingSpec()
    training.schedule.settings["warm"] = .integer(1)
    #expect(throws: SettingError.self) { try training.make(for: model, costs: nil) }
    training = TrainingSpec()
    training.defense = [Spec("adversarial", ["with": .component(Spec("pgd2"))])]
    #expect(throws: SettingError.self) { try training.make(for: model, costs: nil) }
    #expect(throws: SettingError.self) { try Goals.family.make(Spec("nearest")) }
    #expect(throws: SettingError.self) { try CostKinds.family.make(Spec("ordinal")) }
  }

  @Test func aTrainingComesBackAsItWasWritten() throws {
    var training = TrainingSpec()
    training.defense = [Spec("minmax", ["b": .number(0.1)]), Spec("adversarial", ["with": .component(Spec("pgd"))])]
    training.clip = 5
    let whole = try training.completed()
    #expect(try TrainingSpec(json: whole.json).completed() == whole)
    #expect(whole.defense[0].settings["b"] == .number(0.1) && whole.defense[0].settings["c"] == .number(0.1))
    guard case .component(let inner) = whole.defense[1].settings["with"] else { Issue.record("no attack"); return }
    #expect(inner.settings["steps"] == .integer(40), "what was not given is written too")
    guard case .trained(let back) = try ModelSpec(json: whole.json) else { Issue.record("not trained"); return }
    #expect(back.json == whole.json)
    #expect(try ModelSpec(json: #"{"opened":"a/b.safetensors"}"#) == .opened(path: "a/b.safetensors"))
  }

  @Test func whatMustBeGivenIsAskedFor() throws {
    let goal = #expect(throws: SettingError.self) { try Goals.family.make(Spec("target")) }
    #expect(goal?.description == "target needs `class`: the class to reach, by name or number")
    let transfer = #expect(throws: SettingError.self) { try Attacks.family.make(Spec("transfer")) }
    #expect(transfer?.description == "transfer needs `from`: the model that is attacked")
    let names = Resolver(classNumber: { $0 == .choice("Bag") ? 8 : 0 })
    #expect(try Goals.family.make(Spec("target", ["class": .choice("Bag")]), resolving: names) == .target(8))
    #expect(try Goals.family.make(Goal.target(3).spec) == .target(3))
    for goal in [Goal.untargeted, .next, .leastLikely, .random, .mostCostly] {
      #expect(try Goals.family.make(goal.spec) == goal)
    }
  }

  @Test func anAttackComesBackAsItWasWritten() throws {
    var run = AttackRun(PGD(), within: ThreatModel(.l2, bound: 1.5))
    (run.goal, run.seed) = (.target(8), 3)
    var spec = try #require(AttackSpec(run))
    #expect(spec.json.contains(#""goal":{"target":{"class":8}},"norm":"l2","seed":3"#), "\(spec.json)")
    spec.radii = [0.5, 1.5]
    #expect(try AttackSpec(json: spec.json) == spec)
    let back = try AttackSpec(json: spec.json).make()
    #expect(back.threat == run.threat && back.goal == run.goal && back.seed == 3)
    let smallest = AttackRun(FMN(), within: ThreatModel(.l2, bound: .infinity))
    #expect(try AttackSpec(json: try #require(AttackSpec(smallest)).json).eps == .infinity)
    let unknown = #expect(throws: SettingError.self) { try AttackSpec(json: #"{"attack":{"pgd":{}},"norm":"l3"}"#) }
    #expect(unknown?.description == "this version of Ward has no norm `l3`")
  }

  @Test func aModelWithSettingsComesBackFromItsFile() throws {
    let mlp = try MLP.entry.make(["hidden": .integers([5, 4])])
    let model = try Model(mlp, input: ImageShape(channels: 1, height: 3, width: 3), classes: 2)
    let back = try Model(checkpoint: model.checkpoint, path: "x")
    #expect(back.values == model.values)
    #expect(back.architecture.settings["hidden"] == .integers([5, 4]))
  }
}

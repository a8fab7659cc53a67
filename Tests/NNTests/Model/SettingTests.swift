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
      "f": .integers([3]), "g": .component("pgd", ["steps": .integer(4), "eps": .number(1)]), "h": .none,
    ]
    #expect(try SettingsText.read(SettingsText.write(settings)) == settings)
    #expect(throws: SettingError.self) { try SettingsText.read("{\"a\": 3}") }
  }

  @Test func aModelWithSettingsComesBackFromItsFile() throws {
    let mlp = try MLP.entry.make(["hidden": .integers([5, 4])])
    let model = try Model(mlp, input: ImageShape(channels: 1, height: 3, width: 3), classes: 2)
    let back = try Model(checkpoint: model.checkpoint, path: "x")
    #expect(back.values == model.values)
    #expect(MLP.entry.values(of: back.architecture)?["hidden"] == .integers([5, 4]))
  }
}

import Lang
import NN

/// All the names Ward adds to the language: commands, built-in constants, functions and kinds of value.
enum Vocabulary {
  static func environment() -> Environment {
    Environment(
      commands: Commands.all.map(\.declaration), choices: choices, functions: Functions.all, types: types,
      elsewhere: elsewhere, others: .all, hostOptions: CommonOptions.names)
  }

  /// Session lines that were typed without their colon.
  private static var elsewhere: [String: String] {
    Dictionary(uniqueKeysWithValues: SessionLine.all.map { ($0.name, "type `:\($0.name)`") })
  }

  /// The built-in constants, by family. Their declarations are `NN`'s.
  static var choices: [ChoiceDeclaration] {
    func family<Product>(_ name: String, _ entries: [Entry<Product>]) -> [ChoiceDeclaration] {
      entries.map { Choices.declaration(family: name, $0) }
    }
    return [
      family(Family.attack, Attacks.all),
      [Choices.declaration(family: Family.attack, Transfer.declaration)], family(Family.defense, Defenses.all),
      family(Family.architecture, Architectures.all), family(Family.optimizer, Optimizers.all),
      family(Family.schedule, Schedules.all), Goals.all, CostKinds.all,
    ].flatMap { $0 }
  }

  static let types: [ObjectType] = [
    DatasetValue.type, ImagesValue.type, CostsValue.type, ModelValue.type, LayerValue.type, ResultValue.type,
    DrawingValue.type, RepetitionValue.type, MistakesValue.type,
  ]
}

/// The families of built-in constants, as the user reads them in help and errors.
enum Family {
  static let attack = "attack"
  static let defense = "defense"
  static let architecture = "architecture"
  static let optimizer = "optimizer"
  static let schedule = "schedule"
  static let goal = "goal"
  static let kind = "kind"
}

/// The goals an attack can have. `target` is the only one with a setting.
enum Goals {
  static let all: [ChoiceDeclaration] = [
    ChoiceDeclaration(family: Family.goal, "untargeted", "any wrong answer"),
    ChoiceDeclaration(
      family: Family.goal, "target", "one given answer",
      settings: [SettingDeclaration("class", .either([.string, .integer()]), "the class to reach, by name or number")],
      examples: ["attack normal with: pgd goal: target class: \"Bag\" on: fashion.test"]),
    ChoiceDeclaration(family: Family.goal, "next", "the class after the true one"),
    ChoiceDeclaration(family: Family.goal, "least_likely", "the class the model finds least likely without attack"),
    ChoiceDeclaration(family: Family.goal, "random", "a wrong class, drawn for each image"),
    ChoiceDeclaration(family: Family.goal, "most_costly", "the wrong answer that costs most by the cost matrix"),
  ]

  /// The goal a choice stands for; `data` knows the class names.
  static func goal(_ choice: Choice, in data: DatasetValue) throws -> Goal {
    guard choice.name == "target" else { return Goal(named: choice.name) ?? .untargeted }
    guard let wanted = choice["class"] else {
      throw Problem(
        code: ShellCode.badAttack, message: "the goal target needs a class",
        help: ["for example goal: target class: \"\(data.dataset.classes[0])\""], argument: "goal")
    }
    do { return .target(try data.classNumber(wanted)) } catch var problem as Problem {
      problem.argument = "goal"
      throw problem
    }
  }
}

import Contract
import Lang
import NN
import Synchronization

/// All the names Ward adds to the language: commands, built-in constants, functions and kinds of value.
enum Vocabulary {
  private static let preparation = Mutex<BackgroundTask<Void, Never>?>(nil)

  /// Makes the declarations once beforehand, while the arguments are read and the store is opened: the first time takes as
  /// long as these.
  static func prepare() {
    preparation.withLock { $0 = BackgroundTask { _ = environment() } }
  }

  /// For the end of the process: nothing is to run on while it is torn down.
  static func waitUntilPrepared() { preparation.withLock { $0?.value() } }

  static func environment() -> Environment {
    Environment(
      commands: Commands.all.map(\.declaration), choices: choices, functions: Functions.all, types: types,
      elsewhere: elsewhere, others: .all, hostOptions: CommonOptions.names)
  }

  /// Session lines that were typed without their colon.
  private static var elsewhere: [String: String] {
    Dictionary(uniqueKeysWithValues: (SessionLine.all + SessionLine.ofLessons).map { ($0.name, "type `:\($0.name)`") })
  }

  /// The built-in constants, by family. Their declarations are `NN`'s.
  static var choices: [ChoiceDeclaration] {
    func all<Product>(_ family: Family<Product>) -> [ChoiceDeclaration] {
      family.all.map { Choices.declaration(family: family.name, $0) }
    }
    return all(Attacks.family) + all(Certificates.family) + all(Defenses.family) + all(Architectures.family)
      + all(Parts.family)
      + all(Optimizers.family)
      + all(Schedules.family) + all(Goals.family) + all(CostKinds.family)
  }

  static let types: [ObjectType] = [
    DatasetValue.type, ImagesValue.type, CostsValue.type, ModelValue.type, LayerValue.type, ResultValue.type,
    CertificationValue.type, BoundsValue.type, GradientValue.type, SurfaceValue.type, DrawingValue.type,
    RepetitionValue.type, MistakesValue.type,
    PredictionValue.type,
  ]
}

/// A way to train that a person can name: its settings, and the `Defense` they make together with costs.
///
/// All recipes become one struct, `Defense`, for the one training loop.
public protocol Recipe: Sendable {
  /// The one declaration: name, summary, paper, settings.
  static var entry: Entry<any Recipe> { get }
  /// Whether it means nothing without a cost matrix.
  static var needsCosts: Bool { get }

  /// What the trainer lowers.
  ///
  /// - Parameter costs: what mistakes cost; `nil` if none were given.
  /// - Throws: `RecipeError` if it cannot be used with this model or without costs.
  func defense(for model: Model, costs: CostMatrix?) throws -> Defense
}

extension Recipe {
  /// It can do without.
  public static var needsCosts: Bool { false }
}

/// Why a defense cannot be used as asked.
public enum RecipeError: Error, Equatable, CustomStringConvertible {
  /// A defense of costs without costs.
  case needsCosts(defense: String)
  /// A cost matrix for another number of classes.
  case otherClasses(costs: Int, model: Int)
  /// A penalty on convolution weights for a network that has none.
  case noConvolutions(defense: String, architecture: String)

  /// One sentence: what is missing.
  public var description: String {
    switch self {
    case .needsCosts(let defense): "\(defense) needs a cost matrix"
    case .otherClasses(let costs, let model): "the cost matrix is for \(costs) classes, the model has \(model)"
    case .noConvolutions(let defense, let architecture):
      "\(defense) works on the weights of convolutions, and \(architecture) has none"
    }
  }

  /// What to try.
  public var hint: String? {
    switch self {
    case .needsCosts: "give one with costs:, such as costs: guard after `let guard = costs DATA protect: [\"NAME\"]`"
    case .noConvolutions: "train an architecture with convolutions, such as lenet"
    case .otherClasses: nil
    }
  }
}

/// All defenses by name.
public enum Defenses {
  /// In the order that help shows them.
  public static let all: [Entry<any Recipe>] = [
    StandardTraining.entry, MinMaxDefense.entry, AdversarialTraining.entry, CostSensitiveAdversarial.entry,
  ]

  /// The declaration of that name.
  public static func named(_ name: String) -> Entry<any Recipe>? { all.first { $0.name == name } }
}

extension Model {
  /// Throws if a cost matrix is for another number of classes.
  func check(_ costs: CostMatrix?) throws(RecipeError) {
    if let costs, costs.classes != classes { throw .otherClasses(costs: costs.classes, model: classes) }
  }
}

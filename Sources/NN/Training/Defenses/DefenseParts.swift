/// A defense being put together: what each recipe of a combination may add to.
public struct DefenseParts {
  /// The model that will be trained.
  public let model: Model
  /// What mistakes cost, for as many classes as the model has; nil if nobody said.
  public let costs: CostMatrix?
  /// Terms that depend on the weights alone.
  public var penalties: [any Penalty] = []
  /// Weight of the expected cost; nil if no part has said.
  public var expectedCost: Float?
  /// Factors of the true classes; nil if no part weights them.
  public var classFactors: [Float]?
  /// Factor of the logarithms of costs that logits are raised by; nil if no part raises them.
  public var tau: Double?
  /// Share of the target spread over all classes.
  public var smoothing: Float = 0
  private var maker: (name: String, adversary: (any Adversary)?, mix: Defense.Mix)?

  init(_ model: Model, _ costs: CostMatrix?) throws {
    if let costs, costs.classes != model.classes {
      throw RecipeError.otherClasses(costs: costs.classes, model: model.classes)
    }
    self.model = model
    self.costs = costs
  }

  /// The costs, for a part that means nothing without them.
  public func costs(neededBy name: String) throws(RecipeError) -> CostMatrix {
    guard let costs else { throw .needsCosts(defense: name) }
    return costs
  }

  /// Says how the images to train on are made. One part of a combination can.
  public mutating func makeImages(
    _ name: String, _ adversary: (any Adversary)?, _ mix: Defense.Mix
  ) throws(RecipeError) {
    if let maker { throw .twoMakers(maker.name, name) }
    maker = (name, adversary, mix)
  }

  /// The whole.
  var defense: Defense {
    Defense(loss: loss, penalties: penalties, adversary: maker?.adversary, mix: maker?.mix ?? .clean)
  }

  private var loss: any Loss {
    let entropy = CrossEntropy(smoothing: smoothing)
    guard let costs else { return entropy }
    var base: any Loss = entropy
    if let tau { base = LogitAdjusted(base, costs, tau: tau) }
    if let classFactors { base = ClassWeighted(base, factors: classFactors) }
    let weight = expectedCost ?? (tau == nil && classFactors == nil ? 1 : 0)
    if weight == 0 { return base }
    let isPlain = tau == nil && classFactors == nil && smoothing == 0
    return isPlain
      ? ExpectedCost(costs, weight: weight) : LossSum(base, ExpectedCost(costs, weight: weight, entropy: 0))
  }
}

/// Why a defense cannot be used as asked.
public enum RecipeError: Error, Equatable, CustomStringConvertible {
  /// A defense of costs without costs.
  case needsCosts(defense: String)
  /// A cost matrix for another number of classes.
  case otherClasses(costs: Int, model: Int)
  /// A penalty on convolution weights for a network that has none.
  case noConvolutions(defense: String, architecture: String)
  /// The same defense two times in a combination.
  case twice(String)
  /// Two defenses of a combination that both make the images to train on.
  case twoMakers(String, String)
  /// An attack that follows no slope, so that training against it teaches little.
  case notByGradient(attack: String)
  /// An attack that has no form for a norm.
  case norm(attack: String, norm: Norm, has: [Norm])

  /// One sentence: what is missing.
  public var description: String {
    switch self {
    case .needsCosts(let defense): "\(defense) needs a cost matrix"
    case .otherClasses(let costs, let model): "the cost matrix is for \(Shown.classes(costs)), the model has \(model)"
    case .noConvolutions(let defense, let architecture):
      "\(defense) works on the weights of convolutions, and \(architecture) has none"
    case .twice(let name): "\(name) stands twice in the combination"
    case .twoMakers(let first, let second):
      "\(first) and \(second) both make the images to train on; a combination has one of them"
    case .notByGradient(let attack): "training against \(attack) is not possible: it follows no gradient"
    case .norm(let attack, let norm, let has):
      "\(attack) has no form for \(norm.symbol), only for \(has.map(\.symbol).joined(separator: ", "))"
    }
  }

  /// What to try.
  public var hint: String? {
    switch self {
    case .needsCosts: "give one with costs:, such as costs: guard after `let guard = costs DATA protect: [\"NAME\"]`"
    case .noConvolutions: "train an architecture with convolutions, such as lenet"
    case .notByGradient: "take a gradient attack, such as with: pgd(steps: 7)"
    case .norm(_, _, let has): "write norm: \(has[0].rawValue)"
    case .otherClasses, .twice, .twoMakers: nil
    }
  }
}

/// An objective being put together: what each defense of a combination may add to.
///
/// The loss is `core`, wrapped by what is handed to `wrapLoss`, plus what is handed to `addLoss`.
public struct DefenseParts {
  /// The model that will be trained.
  public let model: Model
  /// The cost matrix, with as many classes as the model; nil if none was given.
  public let costs: CostMatrix?
  /// Terms that depend on the weights alone.
  public var penalties: [any Penalty] = []
  /// Whether a part has said how the costs enter the loss; otherwise they are added as their expectation.
  public var saysHowCostsEnter = false
  /// How far the weights are moved uphill before the gradient is taken.
  public var weightPerturbation: WeightPerturbation?
  /// The loss that the others are put around, or added to.
  public var core: any Loss = CrossEntropy()
  private var wraps: [(any Loss) -> any Loss] = []
  private var added: [any Loss] = []
  private var bounds: (name: String, objective: BoundObjective)?
  private var maker: (name: String, adversary: (any Adversary)?, mix: TrainingObjective.Mix)?

  init(_ model: Model, _ costs: CostMatrix?) throws {
    if let costs, costs.classes != model.classes {
      throw DefenseError.otherClasses(costs: costs.classes, model: model.classes)
    }
    self.model = model
    self.costs = costs
  }

  /// The costs, for a part that means nothing without them.
  public func costs(neededBy name: String) throws(DefenseError) -> CostMatrix {
    guard let costs else { throw .needsCosts(defense: name) }
    return costs
  }

  /// Puts something around the core: factors of the classes, raised logits.
  public mutating func wrapLoss(_ wrap: @escaping (any Loss) -> any Loss) { wraps.append(wrap) }

  /// Adds a term to the loss, whatever is put around the rest.
  public mutating func addLoss(_ loss: any Loss) { added.append(loss) }

  /// Says how the images to train on are made. One part of a combination can.
  public mutating func makeImages(
    _ name: String, _ adversary: (any Adversary)?, _ mix: TrainingObjective.Mix
  ) throws(DefenseError) {
    if let maker { throw .twoMakers(maker.name, name) }
    maker = (name, adversary, mix)
  }

  /// Adds what goes through interval bounds; there the costs have their place.
  public mutating func addBounds(_ name: String, _ objective: BoundObjective) throws(DefenseError) {
    if let bounds { throw .twoBounds(bounds.name, name) }
    let reason =
      BoundedStep.refusal(model.network) ?? (objective.lines == nil ? nil : RelaxedStep.refusal(model.network))
    if let reason { throw .noBounds(defense: name, reason: reason) }
    if costs != nil { saysHowCostsEnter = true }
    bounds = (name, objective)
  }

  /// The whole.
  ///
  /// - Throws: `DefenseError` for parts that do not go together.
  func objective() throws(DefenseError) -> TrainingObjective {
    if let bounds, let maker {
      switch maker.mix {
      case .paired, .free: throw .boundsBeside(bounds.name, maker.name)
      case .clean, .adversarial, .alternating, .blended: break
      }
    }
    var whole = TrainingObjective(
      loss: loss, penalties: penalties, adversary: maker?.adversary, mix: maker?.mix ?? .clean)
    whole.bounds = bounds?.objective
    if let weightPerturbation {
      if let maker, case .free = maker.mix { throw .awpBeside(maker.name) }
      whole.weightPerturbation = weightPerturbation
    }
    return whole
  }

  private var loss: any Loss {
    var terms = added
    if let costs, !saysHowCostsEnter { terms.append(ExpectedCost(costs, weight: 1, entropy: 0)) }
    let base = wraps.reduce(core) { $1($0) }
    guard var sum = terms.first else { return base }
    for term in terms.dropFirst() { sum = sum.plus(term) }
    return base.plus(sum)
  }
}

/// Why a defense cannot be used as asked.
public enum DefenseError: Error, Equatable, CustomStringConvertible {
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
  /// Two defenses of a combination that both go through interval bounds.
  case twoBounds(String, String)
  /// A defense through bounds beside one whose loss is of pairs of images.
  case boundsBeside(String, String)
  /// Weights moved uphill beside a defense that takes several steps on each batch.
  case awpBeside(String)
  /// A network that interval bounds cannot be trained through.
  case noBounds(defense: String, reason: String)
  /// An attack that follows no gradient, so that training against it teaches little.
  case notByGradient(attack: String)
  /// An attack that has no form for a norm.
  case norm(attack: String, norm: Norm, has: [Norm])

  /// One sentence: what is missing.
  public var description: String {
    switch self {
    case .needsCosts(let defense): "\(defense) needs a cost matrix"
    case .otherClasses(let costs, let model):
      "the cost matrix is for \(MessageText.classes(costs)), the model has \(model)"
    case .noConvolutions(let defense, let architecture):
      "\(defense) works on the weights of convolutions, and \(architecture) has none"
    case .twice(let name): "\(name) stands twice in the combination"
    case .twoMakers(let first, let second):
      "\(first) and \(second) both make the images to train on; a combination has one of them"
    case .twoBounds(let first, let second):
      "\(first) and \(second) both train through interval bounds; a combination has one of them"
    case .boundsBeside(let bounds, let other):
      "\(bounds) and \(other) do not go together: \(other) has a loss of its own for pairs of images"
    case .awpBeside(let other):
      "awp and \(other) do not go together: \(other) moves weights and images in the same steps"
    case .noBounds(let defense, let reason): "\(defense) cannot train this network: \(reason)"
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
    case .noBounds: "lenet, cnn and mlp can be trained so"
    case .awpBeside: "awp goes with adversarial, fast, trades and mart"
    case .boundsBeside: "mtl_ibp makes its own attacked images; ibp_training goes with adversarial, too"
    case .otherClasses, .twice, .twoMakers, .twoBounds: nil
    }
  }
}

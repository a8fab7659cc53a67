/// Turns a gradient into a parameter update.
public protocol Optimizer: Sendable {
  /// The one declaration: name, summary, paper, settings.
  static var entry: Entry<any Optimizer> { get }
  /// Step length before the schedule.
  var rate: Double { get set }
  /// What the step computes.
  var rule: UpdateRule { get }
}

extension Optimizer {
  /// The name that a person types.
  public var name: String { Self.entry.name }
}

/// The arithmetic of a step: what every optimiser here comes down to.
public enum UpdateRule: Sendable, Equatable {
  /// Momentum 0 is plain descent. `decay` is added to the gradient. Velocity starts at the first gradient, undamped.
  case descent(momentum: Double, nesterov: Bool, decay: Double)
  /// `decay` is added to the gradient, or taken off the weights where it is `decoupled`.
  case adam(beta1: Double, beta2: Double, epsilon: Double, decay: Double, decoupled: Bool)

  /// Numbers kept for each parameter between steps.
  var stateCount: Int {
    switch self {
    case .descent(let momentum, _, _): momentum == 0 ? 0 : 1
    case .adam: 2
    }
  }
}

/// Stochastic gradient descent, with momentum if asked; PyTorch's `SGD`.
public struct SGD: Optimizer {
  /// Step length.
  public var rate = 0.01
  /// Share of the last step that is kept.
  public var momentum = 0.0
  /// Looks ahead by one step of momentum. Nesterov, 1983.
  public var nesterov = false
  /// Weight decay, added to the gradient.
  public var decay = 0.0

  /// Plain descent at 0.01.
  public init() {}

  /// `sgd`.
  public static let entry: Entry<any Optimizer> = Entry(
    SGD(), "sgd", "stochastic gradient descent with momentum", paper: "Robbins & Monro, 1951",
    example: "train lenet on: fashion optimizer: sgd(momentum: 0.9)",
    settings
  ) { $0 }

  private static let settings: [Setting<SGD>] = [
    Setting("rate", \.rate, in: 0...100, "step length"),
    Setting("momentum", \.momentum, in: 0...0.9999, "share of the last step that is kept"),
    Setting("nesterov", \.nesterov, "look ahead by one step of momentum"),
    Setting("decay", \.decay, in: 0...10, "weight decay"),
  ]

  /// See `Optimizer`.
  public var rule: UpdateRule { .descent(momentum: momentum, nesterov: nesterov, decay: decay) }
}

/// Steps scaled by running moments of the gradient. Kingma & Ba, ICLR 2015.
public struct Adam: Optimizer {
  /// Step length.
  public var rate = 0.001
  /// Memory of the first moment.
  public var beta1 = 0.9
  /// Memory of the second moment.
  public var beta2 = 0.999
  /// Keeps the denominator from zero.
  public var epsilon = 1e-8
  /// Weight decay, added to the gradient.
  public var decay = 0.0

  /// The paper's settings.
  public init() {}

  /// `adam`.
  public static let entry: Entry<any Optimizer> = Entry(
    Adam(), "adam", "steps scaled by running moments of the gradient", paper: "arXiv:1412.6980",
    example: "train lenet on: fashion optimizer: adam(rate: 0.0005)",
    adamSettings(\.rate, \.beta1, \.beta2, \.epsilon, \.decay)
  ) { $0 }

  /// See `Optimizer`.
  public var rule: UpdateRule {
    .adam(beta1: beta1, beta2: beta2, epsilon: epsilon, decay: decay, decoupled: false)
  }
}

/// Adam with weight decay apart from the gradient. Loshchilov & Hutter, ICLR 2019.
public struct AdamW: Optimizer {
  /// Step length.
  public var rate = 0.001
  /// Memory of the first moment.
  public var beta1 = 0.9
  /// Memory of the second moment.
  public var beta2 = 0.999
  /// Keeps the denominator from zero.
  public var epsilon = 1e-8
  /// Weight decay: each step takes `rate · decay` off every weight.
  public var decay = 0.01

  /// PyTorch's settings.
  public init() {}

  /// `adamw`.
  public static let entry: Entry<any Optimizer> = Entry(
    AdamW(), "adamw", "Adam with weight decay apart from the gradient", paper: "arXiv:1711.05101",
    example: "train lenet on: fashion optimizer: adamw(decay: 0.05)",
    adamSettings(\.rate, \.beta1, \.beta2, \.epsilon, \.decay)
  ) { $0 }

  /// See `Optimizer`.
  public var rule: UpdateRule {
    .adam(beta1: beta1, beta2: beta2, epsilon: epsilon, decay: decay, decoupled: true)
  }
}

private func adamSettings<Target>(
  _ rate: WritableKeyPath<Target, Double> & Sendable, _ beta1: WritableKeyPath<Target, Double> & Sendable,
  _ beta2: WritableKeyPath<Target, Double> & Sendable, _ epsilon: WritableKeyPath<Target, Double> & Sendable,
  _ decay: WritableKeyPath<Target, Double> & Sendable
) -> [Setting<Target>] {
  [
    Setting("rate", rate, in: 0...100, "step length"),
    Setting("beta1", beta1, in: 0...0.9999, "memory of the first moment"),
    Setting("beta2", beta2, in: 0...0.999999, "memory of the second moment"),
    Setting("epsilon", epsilon, in: 1e-16...1, "keeps the denominator from zero"),
    Setting("decay", decay, in: 0...10, "weight decay"),
  ]
}

/// All optimisers by name.
public enum Optimizers {
  /// In the order that help shows them.
  public static let all: [Entry<any Optimizer>] = [Adam.entry, AdamW.entry, SGD.entry]

  /// What makes them again out of what is written.
  public static let family = Family("optimizer", all)
}

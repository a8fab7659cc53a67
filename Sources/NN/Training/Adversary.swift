/// Makes adversarial images during training, against the current weights in evaluation mode.
public protocol Adversary: Sendable {
  /// As many images as given, pixels in [0, 1]; no image's result may depend on its neighbours.
  func craft(_ images: Tensor, labels: [Int], in context: AdversaryContext) throws -> Tensor
  /// The L∞ radius, if the images are those of a single signed step: a training on them can overfit to that step.
  var oneStepRadius: Float? { get }
}

extension Adversary {
  /// None, unless an adversary says otherwise.
  public var oneStepRadius: Float? { nil }
}

/// What an adversary may use.
public struct AdversaryContext {
  /// The current model, for one thread.
  public let workspace: Workspace
  /// The loss that training lowers.
  public let loss: any Loss
  /// Each image's index in the data set, the key of its random stream.
  public let indices: [Int]
  /// Differs between epochs.
  public let seed: Int
  /// Epochs of the training that lie before, the current one's share included.
  public let epochs: Double
  /// Asked between steps.
  public let stop: Stop

  /// A radius that grows from 0 over the first epochs: training at a large one from random weights can fail to start.
  func grown(_ epsilon: Float, over ramp: Double) -> Float {
    ramp > epochs ? epsilon * Float(epochs / ramp) : epsilon
  }
}

/// One signed gradient step of full length, without a random start. Goodfellow et al., ICLR 2015, §4.
public struct GradientSign: Adversary {
  /// Radius in pixel units.
  public var epsilon: Float
  /// Whether pixels are kept in [0, 1]; the authors of arXiv:2101.12372 did not.
  public var clips = true
  /// Epochs over which the radius grows from 0.
  public var ramp = 0.0

  /// See the properties.
  public init(epsilon: Float, clips: Bool = true, ramp: Double = 0) {
    self.epsilon = epsilon
    self.clips = clips
    self.ramp = ramp
  }

  /// See `Adversary`.
  public var oneStepRadius: Float? { epsilon }

  /// See `Adversary`.
  public func craft(_ images: Tensor, labels: [Int], in context: AdversaryContext) throws -> Tensor {
    let gradient = context.workspace.inputGradient(of: context.loss, at: images, labels: labels).gradient
    let radius = context.grown(epsilon, over: ramp)
    return SignStep(length: radius, epsilon: radius, clips: clips).taken(from: images, along: gradient)
  }
}

/// Any attack of the robustness package, within a threat model.
public struct AttackAdversary: Adversary {
  /// The attack; every image gets it, right or wrong.
  public let attack: any Attack
  /// Where its images lie.
  public let threat: ThreatModel
  /// Epochs over which the radius grows from 0.
  public let ramp: Double

  /// See the properties.
  public init(_ attack: any Attack, within threat: ThreatModel, ramp: Double = 0) {
    self.attack = attack
    self.threat = threat
    self.ramp = ramp
  }

  /// See `Adversary`.
  public var oneStepRadius: Float? { threat.norm == .linf && attack.takesOneStep ? threat.epsilon : nil }

  /// See `Adversary`.
  public func craft(_ images: Tensor, labels: [Int], in context: AdversaryContext) throws -> Tensor {
    try attack.craft(
      images, labels: labels, indices: context.indices, seed: context.seed,
      within: threat.with(epsilon: context.grown(threat.epsilon, over: ramp)),
      asking: context.workspace, stop: context.stop)
  }
}

extension Attack {
  /// FGSM, or one step of PGD.
  fileprivate var takesOneStep: Bool { self is FGSM || (self as? PGD)?.steps == 1 }
}

/// Adversarial training on each batch, both clean and perturbed by an attack against the current weights.
///
/// With FGSM and one clean step before, the paper's ADV (Goodfellow et al., ICLR 2015; arXiv:2101.12372); with PGD and
/// `mix: replaced`, that of Madry et al., ICLR 2018.
public struct AdversarialTraining: Defense {
  /// How clean and changed images are used.
  public enum Use: String, CaseIterable, Sendable {
    /// One step on clean images, then one on changed ones.
    case alternating
    /// Changed images only.
    case replaced
    /// One step on a weighted sum of both losses.
    case blended
  }

  /// What makes the images.
  public var attack: any Attack = FGSM()
  /// Radius of the images trained on, in units of the norm.
  public var eps: Float = 0.1
  /// Radius for images of the classes that the costs protect; nil for the same.
  public var protectedEps: Float?
  /// How the radius is measured.
  public var norm = Norm.linf
  /// How clean and changed images are used.
  public var mix = Use.alternating
  /// What the clean loss weighs when blended; nil for one half.
  public var clean: Float?
  /// Epochs over which the radius grows from 0.
  public var ramp: Double = 0

  /// The paper's setting.
  public init() {}

  /// `adversarial`.
  public static let entry: Entry<any Defense> = Entry(
    AdversarialTraining(), "adversarial", "train on each batch clean, then as an attack changes it",
    paper: "arXiv:1412.6572, arXiv:1706.06083",
    example: "train lenet on: fashion defense: adversarial(with: pgd(steps: 2), eps: 0.1, mix: replaced) epochs: 1",
    settings
  ) { $0 }

  private static let settings: [Setting<AdversarialTraining>] = [
    Setting("with", \.attack, "the gradient attack that makes the images"),
    Setting(
      "eps", \.eps, in: 0...1000, "the largest change; where it is not given, what is usual in the norm",
      unit: "units of the norm, in pixels"),
    Setting(
      "protected_eps", \.protectedEps, in: 0...1000,
      "the largest change of images of the classes that the costs protect; none for eps",
      unit: "units of the norm, in pixels"),
    Setting("norm", \.norm, "how a change is measured"),
    Setting(
      "mix", \.mix, "a clean step and one on changed images by turns, changed images only, or both losses in one step"
    ),
    Setting("clean", \.clean, in: 0...1, "what the clean loss weighs when blended; none for one half"),
    Setting("ramp", \.ramp, in: 0...10_000, "the radius grows from 0 over these first ones", unit: "epochs"),
  ]

  /// See `Defense`.
  public func add(to parts: inout DefenseParts) throws {
    let mix: TrainingObjective.Mix =
      switch self.mix {
      case .alternating: .alternating
      case .replaced: .adversarial
      case .blended: .blended(clean: clean ?? 0.5)
      }
    let usual = try adversary(for: parts.model, eps)
    guard let protectedEps else { return try parts.makeImages(name, usual, mix) }
    let classes = Set(try parts.costs(neededBy: name).protected)
    let special = try adversary(for: parts.model, protectedEps)
    try parts.makeImages(name, PerClassAdversary(usual: usual, special: special, classes: classes), mix)
  }

  /// Plain FGSM climbs the training loss itself, as in the paper; every other attack climbs its own.
  private func adversary(for model: Model, _ eps: Float) throws -> any Adversary {
    let threat = ThreatModel(norm, epsilon: eps)
    guard attack.traits.access == .gradients else { throw DefenseError.notByGradient(attack: attack.name) }
    guard attack.traits.norms.contains(norm) else {
      throw DefenseError.norm(attack: attack.name, norm: norm, has: attack.traits.norms)
    }
    try threat.check(model.input)
    if let step = attack.step { try threat.check(step: step, model.input) }
    try attack.check(threat, goal: .untargeted, classes: model.classes, shape: model.input)
    if norm == .linf, let step = attack as? FGSM, step == FGSM() || step == FGSM(clip: false) {
      return GradientSign(epsilon: eps, clips: step.clip, ramp: ramp)
    }
    return AttackAdversary(attack, within: threat, ramp: ramp)
  }
}

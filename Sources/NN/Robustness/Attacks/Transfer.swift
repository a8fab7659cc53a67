/// Attacks another model and hands over what fools that: does it fool this one too?
///
/// Papernot, McDaniel and Goodfellow, "Transferability in Machine Learning", arXiv:1605.07277. A model that withstands
/// its own gradients but not those of an undefended model hides its gradients.
public struct Transfer: Attack {
  /// The model whose slopes are followed.
  public let source: Target
  /// How it is attacked; the strongest image is handed over, not the first that fools it.
  public let attack: any Attack

  /// Images made by `attack` against `source`.
  public init(from source: Target, using attack: any Attack) {
    self.source = source
    self.attack = attack
  }

  /// Those of an attack of any norm that asks the model nothing.
  public static let traits = AttackTraits(.nothing, .fixed, norms: Norm.allCases)

  /// Norms, budget and goals of the attack that makes the images.
  public var traits: AttackTraits {
    AttackTraits(.nothing, attack.traits.budget, norms: attack.traits.norms, canTarget: attack.traits.canTarget)
  }

  /// `transfer`.
  public var name: String { "transfer" }

  /// That of the inner attack.
  public var step: Float? { attack.step }

  /// What help says; it is not in `Attacks.all`, as a model is not a setting that text can give.
  public static let declaration = TransferDeclaration()

  /// Throws `AttackError` if the two models do not fit, or if the inner attack does.
  public func check(_ threat: ThreatModel, goal: Goal, classes: Int) throws {
    guard classes == source.classes else { throw AttackError.classes(model: source.classes, images: classes) }
    try attack.check(threat, goal: goal, classes: classes)
  }

  /// The images of the inner attack.
  public func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    guard source.shape == victim.shape else { throw AttackError.shape(model: source.shape, images: victim.shape) }
    let other = Victim(source.makeResponder(), count: batch.count, stop: victim.stop)
    return try attack.perturb(batch.wantingStrongest(true), within: threat, against: other)
  }

  /// Makes ready what the inner attack needs.
  public func prepared(
    for target: Target, _ selection: Images, within threat: ThreatModel, seed: Int, stop: Stop
  ) throws -> any Attack {
    Transfer(
      from: source, using: try attack.prepared(for: source, selection, within: threat, seed: seed, stop: stop))
  }
}

/// The declaration of `transfer`, for help, completion and the manual.
public struct TransferDeclaration: Declared {
  /// `transfer`.
  public let name = "transfer"
  /// One line of help.
  public let summary = "images made against another model"
  /// Where it was published.
  public let paper = "arXiv:1605.07277"
  /// Which image is returned.
  public let details =
    "Returns what the inner attack ends with against the other model, where it does not stop at the first success."
  /// A line that a person can type.
  public let example = "attack cse with: transfer(from: normal, using: pgd) on: fashion.test eps: 0.1"
  /// The model and the attack.
  public let settings = [
    SettingDescription(
      name: "from", summary: "the model that is attacked", kind: .component(family: "model"), unit: "",
      isOptional: false, standard: .none),
    SettingDescription(
      name: "using", summary: "how it is attacked", kind: .component(family: "attack"), unit: "", isOptional: false,
      standard: .component("pgd", [:])),
  ]
}

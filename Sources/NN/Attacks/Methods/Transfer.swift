/// Attacks another model and tries its adversarial images on this one.
///
/// Papernot, McDaniel and Goodfellow, "Transferability in Machine Learning", arXiv:1605.07277. A model that withstands
/// its own gradients but not those of an undefended model hides its gradients.
public struct Transfer: Attack {
  /// The model whose gradients are followed.
  var reference: ModelReference?
  /// How it is attacked; the strongest image is handed over, not the first that fools it.
  var attack: any Attack

  /// Images made by `attack` against `source`.
  public init(from source: Target, using attack: any Attack) {
    reference = ModelReference(target: source)
    self.attack = attack
  }

  /// What an entry begins with: a model has to be given.
  private init() { attack = PGD() }

  /// The declaration.
  static let entry: Entry<any Attack> = Entry(
    Transfer(), "transfer", "images made against another model", paper: "arXiv:1605.07277",
    details:
      "Returns what the inner attack ends with against the other model, where it does not stop at the first success.",
    example: "attack cse with: transfer(from: normal, using: pgd) on: fashion.test eps: 0.1",
    settings
  ) { $0 }

  private static let settings: [Setting<Transfer>] = [
    Setting(model: "from", \.reference, "the model that is attacked"),
    Setting("using", \.attack, "how it is attacked"),
  ]

  /// Those of an attack of any norm that asks the model nothing.
  public static let traits = AttackTraits(.nothing, .fixed, norms: Norm.allCases)

  private var source: Target {
    get throws {
      guard let target = reference?.target else { throw SettingError.noModel(reference?.name ?? "") }
      return target
    }
  }

  /// Norms, budget and goals of the attack that makes the images.
  public var traits: AttackTraits {
    AttackTraits(.nothing, attack.traits.budget, norms: attack.traits.norms, canTarget: attack.traits.canTarget)
  }

  /// That of the inner attack.
  public var step: Float? { attack.step }

  /// Throws `AttackError` if the two models do not fit, or if the inner attack does.
  public func check(_ threat: ThreatModel, goal: Goal, classes: Int, shape: ImageShape) throws {
    let source = try source
    guard classes == source.classes else { throw AttackError.classes(model: source.classes, images: classes) }
    try attack.check(threat, goal: goal, classes: classes, shape: shape)
  }

  /// The images of the inner attack.
  public func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    let other = try victim.asking(try source.makeResponder())
    return try attack.perturb(batch.wantingStrongest(true), within: threat, against: other)
  }

  /// Makes ready what the inner attack needs.
  public func prepared(
    for target: Target, _ selection: Images, within threat: ThreatModel, changing free: FreeValues?, seed: Int,
    stop: Stop
  ) throws -> any Attack {
    var ready = self
    ready.attack = try attack.prepared(
      for: try source, selection, within: threat, changing: free, seed: seed, stop: stop)
    return ready
  }
}

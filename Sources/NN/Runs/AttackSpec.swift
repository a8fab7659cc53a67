/// Everything that determines what an attack does to a model and its images, as typed, stored and rerun.
///
/// As JSON: `{"attack":{"pgd":{"steps":40}},"norm":"linf","eps":0.1,"goal":{"untargeted":{}},"seed":0}`.
public struct AttackSpec: WrittenForm, Sendable, Equatable {
  /// The attack.
  public var attack: Spec
  /// How a change is measured; nil for L∞ where the attack has a form for it, else its usual norm.
  public var norm: Norm?
  /// The radius in units of the norm; nil for what is usual in it.
  public var eps: Double?
  /// Which values may change; nil for all.
  public var mask: Mask?
  /// What it tries to reach.
  public var goal = Spec(Goal.untargeted.name)
  /// Every random choice follows from it.
  public var seed = 0
  /// Of a point of a curve, all radii of the curve: what a smaller one breaks stays broken.
  public var radii: [Double]?
  /// Whether every costly answer is a goal in turn (`mistakes`) in place of `goal`.
  public var everyCostlyAnswer = false

  /// An attack with its usual norm and radius, untargeted and seed 0.
  public init(_ attack: Spec) { self.attack = attack }

  /// What a run was, with every setting spelled out; nil for an attack that is not declared.
  public init?(_ run: AttackRun) {
    guard let attack = Attacks.family.spec(of: run.attack) else { return nil }
    self.init(attack)
    (norm, eps, mask, goal, seed) = (run.threat.norm, run.threat.bound, run.mask, run.goal.spec, run.seed)
  }

  /// The run without costs, which are stored in rows of their own.
  ///
  /// - Parameter resolver: knows the models and the classes that it names.
  /// - Throws: `SettingError`, `AttackError`, and what the resolver throws.
  public func make(resolving resolver: Resolver = Resolver()) throws -> AttackRun {
    let attack = try Attacks.family.make(attack, resolving: resolver)
    let norm = norm ?? attack.usualNorm
    if norm == .l0, eps == 0 { throw AttackError.lessThanAPixel(0) }
    var run = AttackRun(attack, within: ThreatModel(norm, bound: eps ?? norm.usualEpsilon))
    run.goal = try Goals.family.make(goal, resolving: resolver)
    (run.mask, run.seed) = (mask, seed)
    return run
  }

  private enum Key: String, CodingKey {
    case attack, norm, eps, mask, goal, seed, radii
    case everyCostlyAnswer = "every_costly_answer"
  }

  /// Reads what `encode` writes; what is left out is as in `init`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    attack = try container.decode(Spec.self, forKey: .attack)
    if let name = try container.decodeIfPresent(String.self, forKey: .norm) {
      guard let known = Norm(rawValue: name) else {
        throw SettingError.noSuch(family: "norm", name: name, known: Norm.allCases.map(\.rawValue))
      }
      norm = known
    }
    eps = try container.decodeIfPresent(Double.self, forKey: .eps)
    mask = try container.decodeIfPresent(Mask.self, forKey: .mask)
    goal = try container.decodeIfPresent(Spec.self, forKey: .goal) ?? goal
    seed = try container.decodeIfPresent(Int.self, forKey: .seed) ?? 0
    radii = try container.decodeIfPresent([Double].self, forKey: .radii)
    everyCostlyAnswer = try container.decodeIfPresent(Bool.self, forKey: .everyCostlyAnswer) ?? false
  }

  /// Writes one object; what is not there is left out.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(attack, forKey: .attack)
    try container.encodeIfPresent(norm?.rawValue, forKey: .norm)
    try container.encodeIfPresent(eps, forKey: .eps)
    try container.encodeIfPresent(mask, forKey: .mask)
    if everyCostlyAnswer {
      try container.encode(true, forKey: .everyCostlyAnswer)
    } else {
      try container.encode(goal, forKey: .goal)
    }
    try container.encode(seed, forKey: .seed)
    try container.encodeIfPresent(radii, forKey: .radii)
  }
}

/// What a stored result was made of: an attack (none for an evaluation), and the images.
public struct ResultSpec: WrittenForm, Sendable, Equatable {
  /// What was run; nil for an evaluation without attack.
  public var attack: AttackSpec?
  /// What was proved; nil for an attack.
  public var certificate: CertifySpec?
  /// Which images of its data set; nil in rows of early versions that do not say.
  public var images: ImageSelection?

  /// See the properties.
  public init(attack: AttackSpec?, certificate: CertifySpec? = nil, images: ImageSelection) {
    (self.attack, self.certificate, self.images) = (attack, certificate, images)
  }

  private enum Key: String, CodingKey { case attack, certificate, images }

  /// Reads what `encode` writes.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    attack = container.contains(.attack) ? try AttackSpec(from: decoder) : nil
    certificate = container.contains(.certificate) ? try CertifySpec(from: decoder) : nil
    images = try container.decodeIfPresent(ImageSelection.self, forKey: .images)
  }

  /// Writes one object, the images beside what the attack says.
  public func encode(to encoder: any Encoder) throws {
    try attack?.encode(to: encoder)
    try certificate?.encode(to: encoder)
    var container = encoder.container(keyedBy: Key.self)
    try container.encodeIfPresent(images, forKey: .images)
  }
}

extension Attack {
  /// L∞ where the attack has a form for it, else the norm it was published for.
  public var usualNorm: Norm { traits.norms.contains(.linf) ? .linf : traits.norms[0] }
}

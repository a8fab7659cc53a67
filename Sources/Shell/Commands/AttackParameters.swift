import Lang
import NN

/// The parameters that `attack`, `compare`, `curve` and `mistakes` share.
struct AttackParameters {
  let on: Parameter<ImagesValue?>
  /// The radius; of `curve`, the radii.
  let eps: Parameter<Double?>?
  private let many: Parameter<[Double]?>?
  let norm: Parameter<String?>
  private let goal: Parameter<Choice?>?
  let costs: Parameter<CostsValue?>
  let seed: Parameter<Int?>
  private let masks: MaskParameters
  let keep: Parameter<String?>

  /// - Parameters:
  ///   - radii: whether `eps` is several.
  ///   - hasGoal: whether the goal can be chosen.
  init(_ signature: Signature, radii: Bool = false, hasGoal: Bool = true) {
    on = signature.images()
    let meaning = "the largest change allowed, measured in the norm"
    if radii {
      eps = nil
      many = signature.optional(
        "eps", .list(of: ParameterType<Double>.number(in: .all, unit: "pixel units")), meaning,
        shown: "eleven, from 0 to twice the usual one: \(Norm.usualEpsilons)")
    } else {
      eps = signature.optional(
        "eps", .number(in: .all, unit: "pixel units"), meaning, shown: Norm.usualEpsilons)
      many = nil
    }
    norm = signature.optional(
      "norm", .oneOf(Norm.allCases.map(\.rawValue)), "how a change is measured",
      shown: "linf where the attack has it, else its usual one")
    masks = MaskParameters(signature)
    goal =
      hasGoal
      ? signature.optional("goal", .choice(Goals.family.name), "what the attack tries to reach", shown: "untargeted")
      : nil
    costs = signature.costs()
    seed = signature.seed()
    keep = signature.optional(
      "keep", .oneOf(["images"]), "keep the changed images too, to look at them", shown: "counts and distances only")
  }

  /// Everything about a run but the attack and the model.
  struct Plan {
    var images: ImagesValue
    /// `nil`: the usual one of the norm.
    var epsilon: Double?
    /// `nil`: L∞ where the attack has it, else its usual norm.
    var norm: Norm?
    /// `nil`: everything may change.
    var mask: Mask?
    var goal: Goal
    /// `nil`: those the model was trained with.
    var costs: CostsValue?
    var seed: Int
    var keepsImages: Bool

    /// An attack within it, as it is written down.
    func spec(_ attack: Spec) -> AttackSpec {
      var spec = AttackSpec(attack)
      (spec.norm, spec.eps, spec.mask, spec.goal, spec.seed) = (norm, epsilon, mask, goal.spec, seed)
      return spec
    }
  }

  /// What no image allows is known before anything runs: eps 8 is probably 8/255, and eps 0.1 is no number of pixels.
  static func check(_ known: KnownArguments) throws {
    try MaskParameters.check(known)
    let choices = (known["with"].map { $0.asList ?? [$0] } ?? []).compactMap(\.asChoice)
    for attack in choices.compactMap({ choice in
      try? Attacks.family.make(choice.spec)
    }) {
      guard let norm = known.isGiven("norm") ? known.norm : attack.usualNorm, attack.traits.norms.contains(norm) else {
        continue
      }
      do {
        for eps in known.radii { try ThreatModel(norm, bound: eps).check(nil) }
        if known["eps"]?.asNumber == 0, norm == .l0 { throw AttackError.lessThanAPixel(0) }
        if let step = attack.step { try ThreatModel(norm, bound: 0).check(step: step, nil) }
      } catch let error as AttackError {
        throw Problem.from(error)
      }
    }
  }

  /// The radii of `curve`; `nil` for the usual ones.
  func radii(_ given: Arguments) -> [Double]? { many.flatMap { given[$0] } }

  func plan(_ given: Arguments, for models: [ModelValue], _ session: Session) throws -> Plan {
    let images = try given[on] ?? models[0].testImages()
    return Plan(
      images: images, epsilon: eps.flatMap { given[$0] }, norm: given[norm].flatMap(Norm.init(rawValue:)),
      mask: try masks.mask(given),
      goal: try goal.flatMap { given[$0] }.map { try Self.goal($0, in: images.from) } ?? .untargeted,
      costs: given[costs],
      seed: given[seed] ?? session.seed, keepsImages: given[keep] != nil)
  }
}

extension AttackParameters {
  /// The goal of a choice; `data` knows the class names.
  private static func goal(_ choice: Choice, in data: DatasetValue) throws -> Goal {
    do {
      return try Goals.family.make(choice.spec, resolving: data.resolver)
    } catch let error as SettingError {
      throw Problem.from(error, code: ShellCode.badAttack, argument: "goal")
    } catch var problem as Problem {
      problem.argument = "goal"
      throw problem
    }
  }
}

extension KnownArguments {
  fileprivate var norm: Norm? { self["norm"]?.asString.flatMap(Norm.init(rawValue:)) }

  /// One radius, or those of a curve.
  fileprivate var radii: [Double] {
    guard let eps = self["eps"] else { return [] }
    // A range that is too long for a list is told when it is made one.
    if case .range(let range) = eps { return (try? range.spelledOut()) ?? [] }
    return (eps.asList ?? [eps]).compactMap(\.asNumber)
  }
}

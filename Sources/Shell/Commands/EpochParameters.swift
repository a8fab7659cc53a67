import Lang
import NN

/// Which epoch of a training is kept, and by what it is chosen.
struct EpochParameters {
  private let validate: Parameter<Value?>
  private let watch: Parameter<Choice?>
  private let watchEps: Parameter<Double?>
  private let pick: Parameter<String?>
  private let patience: Parameter<Int?>

  private static let last = "last"
  /// The best by robust accuracy where an attack watches, else by clean accuracy.
  private static let best = "best"
  /// What is set apart where `watch:`, `pick:` or `patience:` need images and none are named.
  private static let usualShare = 0.1
  /// The attack that watches where one is needed and none is named.
  private static let usualWatch = Spec("pgd", ["steps": .integer(10)])

  init(_ signature: Signature) {
    validate = signature.optional(
      "validate",
      .either(.number(in: .all, unit: ""), .object(ImagesValue.self)),
      "what each epoch is judged by: a share of each class of the training images such as 10%, so many of them, or images",
      shown: "nothing; with watch, pick or patience the data's own validation part, else 10%")
    watch = signature.optional(
      "watch", .choice(Attacks.family.name), "the attack that each epoch is judged under, on the validation images",
      shown: "none; with pick: robust, pgd(steps: 10)")
    watchEps = signature.optional(
      "watch_eps", .number(in: .above(0), unit: "pixel units"), "the radius of that attack",
      shown: "that of the defense, else \(Norm.usualEpsilons)")
    pick = signature.optional(
      "pick", .oneOf([Self.last, Self.best] + Validation.Measure.allCases.map(\.rawValue)),
      "whose weights are kept: the last epoch's, or those of the epoch that is best on the validation images by this measure",
      shown: "last")
    patience = signature.optional(
      "patience", .integer(in: 1...10_000),
      "end after so many epochs without a better one; keeps the best, by robust accuracy if watched, else by clean",
      shown: "all epochs")
  }

  static func check(_ known: KnownArguments) throws {
    if known["pick"]?.asString == last, known.isGiven("patience") {
      throw Problem(
        code: ShellCode.badTraining, message: "patience waits for a better epoch, and pick: last has none",
        help: ["pick: robust or pick: clean says what is better"], argument: "pick")
    }
    if known["watch"] == nil, known.isGiven("watch_eps"), !["robust", "protected"].contains(known["pick"]?.asString) {
      throw Problem(
        code: ShellCode.badTraining, message: "watch_eps is the radius of an attack, and there is none",
        help: ["watch: pgd(steps: 10) judges each epoch under one"], argument: "watch_eps")
    }
  }

  /// Writes what was asked for into `spec`, with all that follows from it.
  func read(
    _ given: Arguments, into spec: inout TrainingSpec, defense: [Choice], on data: DatasetValue, costs: CostsValue?,
    _ session: Session
  ) throws {
    let asked = given[pick].flatMap(Validation.Measure.init(rawValue:))
    let isPicked = asked != nil || given[pick] == Self.best || given[patience] != nil
    guard isPicked || given[watch] != nil || given[validate] != nil else { return }
    spec.validate = try images(given, data, session)
    if let attack = given[watch]?.spec ?? (asked.map(Self.needsAttack) == true ? Self.usualWatch : nil) {
      spec.watch = try watched(attack, given, defense)
    }
    spec.pick = asked ?? (isPicked ? (spec.watch == nil ? .clean : .robust) : nil)
    spec.patience = given[patience]
    try check(spec.pick, costs)
  }

  private static func needsAttack(_ measure: Validation.Measure) -> Bool { measure == .robust || measure == .protected }

  private func check(_ measure: Validation.Measure?, _ costs: CostsValue?) throws {
    guard let measure, measure == .protected || measure == .cost else { return }
    if let costs, measure == .cost || !costs.costs.protected.isEmpty { return }
    throw Problem(
      code: ShellCode.badTraining,
      message: costs == nil
        ? "pick: \(measure.rawValue) needs a cost matrix" : "the cost matrix protects no class",
      help: ["give one with costs:, such as costs: guard after `let guard = costs DATA protect: [\"NAME\"]`"],
      argument: "pick")
  }

  private func images(_ given: Arguments, _ data: DatasetValue, _ session: Session) throws -> ValidationSpec {
    let own = data.dataset.validation.map { ValidationSpec(images: ImageSelection($0)) }
    guard let value = given[validate] else { return own ?? ValidationSpec(share: Self.usualShare) }
    if let images = value.asObject(ImagesValue.self) {
      guard images.from.isEqual(to: data), images.changed == nil else {
        throw Problem(
          code: ShellCode.badTraining,
          message: images.changed == nil
            ? "these images are of \(images.from.dataset.name), loaded otherwise than what is trained on"
            : "the images to choose by are those of the data set, not changed ones",
          argument: "validate")
      }
      return ValidationSpec(images: images.selection)
    }
    let number = value.asNumber ?? 0
    guard number > 0, number != 1 else {
      throw Problem(
        code: ShellCode.badTraining,
        message: number == 1
          ? "that is 100% or one image, and neither is enough" : "\(NumberText.exact(number)) sets nothing apart",
        help: ["a share of the training images such as 10%, or how many, such as 600"], argument: "validate")
    }
    if let own, let part = data.dataset.validation {
      session.remark(
        "validate: \(data.dataset.name) has a validation part: its \(part.counted) are used, and all training images are "
          + "trained on")
      return own
    }
    if number < 1 { return ValidationSpec(share: number) }
    guard let count = Int(exactly: number) else {
      throw Problem(
        code: ShellCode.badTraining, message: "\(NumberText.exact(number)) is no number of images",
        help: ["a whole number, or a share below 1 such as 10%"], argument: "validate")
    }
    return ValidationSpec(count: count)
  }

  /// The attack within the radius and the norm of the defense, where it has a form for that norm.
  private func watched(_ attack: Spec, _ given: Arguments, _ defense: [Choice]) throws -> AttackSpec {
    var spec = AttackSpec(attack)
    let made = try Attacks.family.make(attack)
    let threat = defense.compactMap(\.threat).first
    spec.norm = threat.map(\.norm).flatMap { made.traits.norms.contains($0) ? $0 : nil } ?? made.usualNorm
    spec.eps = given[watchEps] ?? (threat?.norm == spec.norm ? threat?.bound : nil)
    if let norm = spec.norm, let eps = given[watchEps] {
      do { try ThreatModel(norm, bound: eps).check(nil) } catch {
        var problem = Problem.from(error)
        problem.argument = "watch_eps"
        throw problem
      }
    }
    return spec
  }
}

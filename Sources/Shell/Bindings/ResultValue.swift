import Lang
import NN

/// The result of an attack, or of an evaluation without one.
struct ResultValue: Object {
  static let type = ObjectType(
    "result", "How a model did on some images, clean and, but for `evaluate`, under an attack.",
    members: [
      member("model", "the model") { .object($0.model) },
      member("attack", "the attack's name; none for an evaluation") {
        $0.choice.map { .string($0.name) } ?? Value.none
      },
      member("goal", "what the attack tried to reach: untargeted for any wrong answer", when: \.isOfAttack) {
        .string($0.goalText)
      },
      member("clean", "share of images answered rightly without attack, from 0 to 1") {
        .number($0.evaluation.clean.value)
      },
      member("robust", "share of images still answered rightly under the attack, from 0 to 1", when: \.isOfAttack) {
        .number($0.evaluation.robust.value)
      },
      member("balanced_clean", "clean, each class counting alike: the mean over the classes") {
        .number($0.evaluation.balancedClean)
      },
      member("balanced_robust", "robust, each class counting alike", when: \.isOfAttack) {
        .number($0.evaluation.balancedRobust)
      },
      member("low", "lower end of the 95 % interval of robust", when: \.isOfAttack) {
        .number($0.evaluation.robust.interval.low)
      },
      member("high", "upper end of it", when: \.isOfAttack) { .number($0.evaluation.robust.interval.high) },
      member("protected", "the same over the images of protected classes; none without images of protected classes") {
        $0.evaluation.protected.map { .number($0.value) } ?? Value.none
      },
      member("mean_cost", "mean cost of the answers; without a cost matrix every mistake costs 1") {
        .number($0.evaluation.meanCost)
      },
      member(
        "success", "share of the attacked images on which it reached its goal; none if it attacked no image",
        when: \.isOfAttack
      ) { $0.evaluation.success.known },
      member(
        "attacked", "how many images were attacked: answered rightly without attack, and not yet what the goal wants",
        when: \.isOfAttack
      ) { .integer($0.evaluation.success.count) },
      member("images", "how many images there were") { .integer($0.evaluation.images) },
      member("eps", "the budget, in pixel units", when: \.isOfAttack) {
        $0.run.map { .number($0.threat.bound) } ?? Value.none
      },
      member("norm", "how the budget is measured: linf, l2, l1 or l0", when: \.isOfAttack) {
        $0.run.map { .string($0.threat.norm.rawValue) } ?? Value.none
      },
      member("mask", "what was allowed to change, in words; none for everything", when: \.isOfAttack) {
        $0.run?.mask.map { .string($0.text) } ?? Value.none
      },
      member("queries", "how many answers the attack asked the model for", when: \.isOfAttack) {
        .integer($0.evaluation.queries)
      },
      member("seconds", "how long it took") { .number($0.seconds) },
      member("seed", "the seed of its random choices", when: \.isOfAttack) {
        $0.run.map { .integer($0.seed) } ?? Value.none
      },
      member(
        "parts", "of autoattack: what each of its attacks got and broke, as a table; else none", when: \.isOfAttack
      ) { $0.parts.map { .table($0) } ?? Value.none },
      member(
        "adversarial",
        "the changed images, as a selection like `.test`; the attack must have been run with keep: images",
        when: \.isOfAttack
      ) { .object(try $0.adversarial()) },
      member("examples", "a table with one row for each image") { .table($0.examples) },
    ])

  /// Shared by all copies: where the store keeps it.
  final class Identity {
    var storeID: Int64?
  }

  let identity = Identity()
  let model: ModelValue
  let images: ImagesValue
  let evaluation: Evaluation
  let costs: CostsValue?
  /// What was run; `nil` for an evaluation.
  let run: AttackRun?
  /// The attack as the user configured it.
  let choice: Choice?
  /// The goal of `mistakes`: every costly answer in turn.
  static let everyCostlyAnswer = "costly"
  /// What was tried to reach, if not the goal of one run.
  var goal: String?
  let seconds: Double
  /// All radii of the curve that this is a point of.
  var radii: [Double]?
  /// The changed images, if they were to be kept.
  var changed: [Pixels]?

  /// An evaluation has nothing of an attack.
  private var isOfAttack: Bool { run != nil }

  /// One row for each attack of a composed one, in their order.
  private var parts: Table? {
    guard let run else { return nil }
    let names = run.attack.parts(run.threat.norm, classes: evaluation.classNames.count)
    guard !names.isEmpty else { return nil }
    let attacked = evaluation.outcomes.filter(\.attacked)
    var left = attacked.count
    let rows = names.map { name -> [Value] in
      let broke = attacked.count { $0.credits.contains(name) }
      let only = attacked.count { $0.credits == [name] }
      left -= attacked.count { $0.credits.first == name }
      return [.string(name), .integer(broke), .integer(only), .integer(left)]
    }
    return Table(
      columns: [.init("attack"), .init("broke", .count), .init("only_it", .count), .init("left", .count)], rows: rows)
  }

  private var examples: Table {
    let names = evaluation.classNames
    let hasTarget = run != nil && run?.goal != .untargeted
    let distance = images.images.dataset.distance
    return Table(
      columns: [.init("index"), .init("label"), .init("clean_answer"), .init("answer")]
        + (hasTarget ? [.init("target")] : []) + [
          .init("fooled"), .init("linf", distance), .init("l2", distance), .init("l1", distance), .init("l0"),
          .init("queries"), .init("steps"),
        ],
      rows: evaluation.outcomes.map { one in
        [
          .integer(one.index), .string(names[one.label]), .string(evaluation.name(of: one.cleanAnswer)),
          .string(evaluation.name(of: one.answer)),
        ] + (hasTarget ? [one.target.map { .string(names[$0]) } ?? Value.none] : []) + [
          .bool(one.fooled), .number(one.distances.linf), .number(one.distances.l2), .number(one.distances.l1),
          .integer(one.distances.l0), .integer(one.queries), .integer(one.steps),
        ]
      })
  }

  /// The attack with the settings that are not its usual ones: `pgd`, `fgsm(clip: false)`.
  var attackText: String { choice?.unusual ?? "clean" }

  /// The goal as it would be typed: `untargeted`, `target(class: "Bag")`; of `mistakes` `costly`.
  var goalText: String { goal ?? run?.goal.text(evaluation.classNames) ?? "" }

  /// Who was attacked, by what: `cse under pgd, L∞ eps 0.1`, `cse under pgd towards Bag, L∞ eps 0.1`.
  var heading: String {
    guard let run, choice != nil else { return "\(model.identity.name) on \(images.images.name)" }
    let towards = goal == nil ? run.goal.direction(evaluation.classNames) : " towards every costly answer"
    return "\(model.identity.name) under \(attackText)\(towards), \(run.threat.text)\(run.maskText)"
  }

  /// How many images, or rows of a table; those that the model was trained on are named so.
  private var counted: String {
    evaluation.images.of((images.images.part == .train ? "training " : "") + images.images.dataset.noun)
  }

  /// Of few images, how far their share may be from that of all images.
  private func interval(_ rate: Rate) -> String {
    guard (1..<100).contains(rate.count) else { return "" }
    return ", 95 % interval \(NumberText.interval(rate.interval.low, rate.interval.high))"
  }

  var summary: String {
    let cost = costs == nil ? "" : ", mean cost \(NumberText.fixed(evaluation.meanCost, 2))"
    let clean = NumberText.share(evaluation.clean.value)
    guard let run else {
      // Images that an attack has changed are not clean.
      return "\(heading): \(images.changed == nil ? "clean" : "right") \(clean)" + guarded(evaluation.protectedClean)
        + cost + ", "
        + counted + interval(evaluation.clean)
    }
    let right = "\(NumberText.share(evaluation.robust.value)) (clean \(clean))" + guarded(evaluation.protected) + cost
    if run.goal == .untargeted || goal != nil {
      return "\(heading): robust \(right), " + counted + interval(evaluation.robust)
    }
    // A wrong answer that was not wanted is no success, and a right one no proof: say both.
    let success = evaluation.success
    let reached =
      success.count == 0
      ? "no image attacked"
      : "goal reached on \(NumberText.share(success.value)) of \(NumberText.count(success.count)) attacked"
        + interval(success)
    return "\(heading): \(reached); still right \(right), " + counted
  }

  /// `, Shirt 41.0 %`.
  private func guarded(_ rate: Rate?) -> String {
    guard let costs, let rate else { return "" }
    return ", \(costs.protectedNames) \(NumberText.share(rate.value))"
  }

  func isEqual(to other: any Object) -> Bool { (other as? ResultValue)?.identity === identity }
}

extension ResultValue {
  /// One row a class: how many images, right without attack, right under it with its interval, and what it was taken for.
  var classTable: Table {
    let hasProtected = costs?.costs.protected.isEmpty == false
    var columns: [Table.Column] = [.init("class")]
    if hasProtected { columns.append(.init("protected")) }
    columns += [.init("images", .count), .init("clean", .share)]
    if run != nil { columns += [.init("robust", .share), .init("low", .share), .init("high", .share)] }
    if costs != nil { columns.append(.init("mean_cost")) }
    columns.append(.init("taken_for"))
    return Table(columns: columns, rows: evaluation.byClass.map { row(of: $0, hasProtected: hasProtected) })
  }

  private func row(of row: ClassRow, hasProtected: Bool) -> [Value] {
    func share(_ rate: Rate) -> Value { rate.count == 0 ? Value.none : .number(rate.value) }
    var cells: [Value] = [.string(row.name)]
    if hasProtected { cells.append(.string(row.isProtected ? "yes" : "")) }
    cells += [.integer(row.robust.count), share(row.clean)]
    if run != nil {
      let interval = row.robust.interval
      cells += [share(row.robust)]
      cells += row.robust.count == 0 ? [.none, .none] : [.number(interval.low), .number(interval.high)]
    }
    if costs != nil { cells.append(row.meanCost.isNaN ? Value.none : .number(row.meanCost)) }
    let taken = row.mostTakenFor.map { "\($0.name) (\($0.count))" }
    return cells + [.string(taken ?? "")]
  }

  /// Several results side by side, one row a class: clean once, then what survived each attack.
  static func classTable(of results: [ResultValue]) -> Table {
    guard results.count > 1 else { return results[0].classTable }
    let names = results.map { result in
      let attack = result.attackText
      let sameModel = results.allSatisfy { $0.model.identity === results[0].model.identity }
      return sameModel ? attack : "\(result.model.identity.name) \(attack)"
    }
    let numbered = names.enumerated().map { index, name in
      names.filter { $0 == name }.count > 1 ? "\(name) #\(names[...index].filter { $0 == name }.count)" : name
    }
    let sameModel = results.allSatisfy { $0.model.identity === results[0].model.identity }
    let sections = results.map(\.evaluation.byClass)
    let rows = sections[0].indices.map { number -> [Value] in
      let first = sections[0][number]
      let head: [Value] = [.string(first.name + (first.isProtected ? " *" : "")), .integer(first.clean.count)]
      let clean: [Value] = sameModel ? [first.clean.known] : []
      return head + clean + sections.map { $0[number].robust.known }
    }
    let hasProtected = sections[0].contains(where: \.isProtected)
    return Table(
      columns: [.init(hasProtected ? "class (* protected)" : "class"), .init("images", .count)]
        + (sameModel ? [.init("clean", .share)] : [])
        + numbered.map { .init($0, .share) },
      rows: rows)
  }

  /// `counts[true class][answer]` with class names.
  var confusionTable: Table {
    Table(
      columns: [.init("true class")] + evaluation.classNames.map { .init($0) },
      rows: zip(evaluation.classNames, evaluation.confusion).map { name, row in
        [.string(name)] + row.map { .integer($0) }
      })
  }
}

extension Evaluation {
  /// What an answer is called: its class, or that it is none.
  func name(of answer: Int) -> String { classNames.indices.contains(answer) ? classNames[answer] : "NaN" }
}

extension ThreatModel {
  /// Norm and radius in a line: `L∞ eps 0.1`.
  var text: String { "\(norm.symbol) eps \(NumberText.eps(epsilon))" }
}

extension AttackRun {
  /// Behind a radius, what may change: ` in rows 4 to 12, columns 4 to 12`; empty for everything.
  var maskText: String { mask.map { " in \($0.text)" } ?? "" }
}

extension Goal {
  /// The goal as it would be typed, with the class by its name.
  func text(_ classes: [String]) -> String {
    if case .target(let wanted) = self { "target(class: \(Value.string(classes[wanted]).literal))" } else { name }
  }

  /// In a line, behind the attack: ` towards Bag`; empty for any wrong answer.
  fileprivate func direction(_ classes: [String]) -> String {
    switch self {
    case .untargeted: ""
    case .target(let wanted): " towards \(classes[wanted])"
    case .next: " towards the next class"
    case .leastLikely: " towards the least likely class"
    case .random: " towards a random class"
    case .mostCostly: " towards the costliest answer"
    }
  }
}

extension Choice {
  /// As a line names it: with the settings that differ from the usual ones, words without quotes.
  var unusual: String {
    let settings = given.pairs.filter { $0.value != declaration.setting($0.name)?.fallback ?? Value.none }
    guard !settings.isEmpty else { return name }
    return "\(name)(" + settings.map { "\($0.name): \(Self.short($0.value))" }.joined(separator: ", ") + ")"
  }

  private static func short(_ value: Value) -> String {
    switch value {
    case .string(let word): word
    case .choice(let choice): choice.unusual
    case .object(let model as ModelValue): model.identity.name
    default: value.literal
    }
  }
}

extension Value {
  /// A measured number; `none` where there was nothing to measure.
  static func known(_ number: Double) -> Value { number.isFinite ? .number(number) : .none }
}

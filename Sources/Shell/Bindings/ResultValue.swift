import Lang
import NN

/// The result of an attack, or of an evaluation without one.
struct ResultValue: Object {
  static let type = ObjectType(
    "result", "How a model did on some images, clean and, but for `evaluate`, under an attack.",
    members: [
      .init("model", "the model"),
      .init("attack", "the attack's name; none for an evaluation"),
      .init("clean", "share of images answered rightly without attack, from 0 to 1"),
      .init("robust", "share of images still answered rightly under the attack, from 0 to 1"),
      .init("protected", "the same over the images of protected classes; none without images of protected classes"),
      .init("mean_cost", "mean cost of the answers; without a cost matrix every mistake costs 1"),
      .init("success", "share of the attacked images that the attack won, from 0 to 1"),
      .init("attacked", "how many images were attacked: those answered rightly without attack"),
      .init("images", "how many images there were"),
      .init("eps", "the budget, in pixel units"),
      .init("norm", "how the budget is measured: linf, l2, l1 or l0"),
      .init("queries", "how many answers the attack asked the model for"),
      .init("seconds", "how long it took"),
      .init("seed", "the seed of its random choices"),
      .init("parts", "of autoattack: what each of its attacks got and broke, as a table; else none"),
      .init("examples", "a table with one row for each image"),
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
  /// What was tried to reach, if not the goal of one run: `costly` for every costly answer in turn.
  var goal: String?
  let seconds: Double
  /// All radii of the curve that this is a point of.
  var radii: [Double]?
  /// The changed images, if they were to be kept.
  var changed: [Pixels]?

  /// An evaluation has nothing of an attack.
  var missingMembers: Set<String> {
    run == nil ? ["robust", "success", "attacked", "eps", "norm", "queries", "seed", "parts"] : []
  }

  func member(_ name: String) throws -> Value? {
    switch name {
    case "model": .object(model)
    case "attack": choice.map { .string($0.name) } ?? Value.none
    case "clean": .number(evaluation.clean.value)
    case "robust": .number(evaluation.robust.value)
    case "protected": evaluation.protected.map { .number($0.value) } ?? Value.none
    case "mean_cost": .number(evaluation.meanCost)
    case "success": .number(evaluation.success.value)
    case "attacked": .integer(evaluation.success.count)
    case "images": .integer(evaluation.images)
    case "eps": run.map { .number(Double("\($0.threat.epsilon)") ?? 0) } ?? Value.none
    case "norm": run.map { .string($0.threat.norm.rawValue) } ?? Value.none
    case "queries": .integer(evaluation.queries)
    case "seconds": .number(seconds)
    case "seed": run.map { .integer($0.seed) } ?? Value.none
    case "parts": parts.map { .table($0) } ?? Value.none
    case "examples": .table(examples)
    default: nil
    }
  }

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
    return Table(
      columns: [
        .init("index"), .init("label"), .init("clean_answer"), .init("answer"), .init("fooled"),
        .init("linf", .distance), .init("l2", .distance), .init("l1", .distance), .init("l0"), .init("queries"),
        .init("steps"),
      ],
      rows: evaluation.outcomes.map { one in
        [
          .integer(one.index), .string(names[one.label]), .string(names[one.cleanAnswer]), .string(names[one.answer]),
          .bool(one.fooled), .number(Double(one.distances.linf)), .number(Double(one.distances.l2)),
          .number(Double(one.distances.l1)), .integer(one.distances.l0), .integer(one.queries), .integer(one.steps),
        ]
      })
  }

  /// Who was attacked, by what: `cse under pgd, L∞ eps 0.1`.
  var heading: String {
    guard let run, let choice else { return "\(model.identity.name) on \(images.images.name)" }
    return
      "\(model.identity.name) under \(choice.name), \(run.threat.norm.symbol) eps \(NumberText.eps(run.threat.epsilon))"
  }

  var summary: String {
    let images = evaluation.images.of("image")
    let cost = costs == nil ? "" : ", mean cost \(NumberText.fixed(evaluation.meanCost, 2))"
    guard let run, let choice else {
      return "\(model.identity.name) on \(self.images.images.name): clean \(NumberText.share(evaluation.clean.value))"
        + guarded(evaluation.protectedClean) + cost + ", " + images
    }
    let threat = run.threat
    return "\(model.identity.name) under \(choice.name), \(threat.norm.symbol) eps \(NumberText.eps(threat.epsilon)): "
      + "robust \(NumberText.share(evaluation.robust.value)) (clean \(NumberText.share(evaluation.clean.value)))"
      + guarded(evaluation.protected) + cost + ", " + images
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
      cells += [share(row.robust), .number(row.robust.interval.low), .number(row.robust.interval.high)]
    }
    if costs != nil { cells.append(row.meanCost.isNaN ? Value.none : .number(row.meanCost)) }
    let taken = row.mostTakenFor.map { "\($0.name) (\($0.count))" }
    return cells + [.string(taken ?? "")]
  }

  /// Several results side by side, one row a class: clean once, then what survived each attack.
  static func classTable(of results: [ResultValue]) -> Table {
    guard results.count > 1 else { return results[0].classTable }
    let names = results.map { result in
      let attack = result.choice?.name ?? "clean"
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
      let clean: [Value] = sameModel ? [.number(first.clean.value)] : []
      return head + clean + sections.map { .number($0[number].robust.value) }
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

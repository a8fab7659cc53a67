import Lang
import NN

extension Command<Session> {
  static var costs: Command {
    Command(
      "costs", "Say what each mistake costs, as a cost matrix.", topic: Topic.data,
      examples: [
        "costs fashion protect: [\"Shirt\"] weight: 10", "costs fashion protect: [\"Shirt\"] weight: 4 side: truth",
        "costs fashion kind: distance",
      ],
      details: """
        `protect:` makes the matrix of the paper: every mistake costs 1, and mistakes that involve a protected class, as truth \
        or as answer, cost `weight`. That also teaches a model to avoid the protected answer; `side: truth` asks only that \
        the protected class is not taken for another. Change single costs with guard["Shirt", "Bag"] = 25: the true class first, then the \
        answer. A right answer costs nothing.
        """
    ) { signature in
      let data = signature.subject("data", .object(DatasetValue.self), "the data set whose classes it is about")
      let protect = signature.optional(
        "protect", .oneOrMore(ParameterType.either(.string, .integer())), "the classes to protect, by name or number",
        shown: "none")
      let weight = signature.optional(
        "weight", .number(in: .atLeast(0)), "what a mistake that involves a protected class, or the pair, costs",
        default: 10)
      let side = signature.optional(
        "side", .oneOf(CostMatrix.Side.allCases.map(\.rawValue)),
        "which mistakes involve a protected class: those where it is the truth, the answer, or either", default: "both")
      let matrix = signature.optional(
        "matrix", .list(of: .list(of: ParameterType.number)), "the costs themselves, one row for each true class",
        shown: "from protect and kind")
      let from = signature.optional(
        "from", .file, "a file of comma-separated costs, with or without the names of the classes", shown: "none")
      let kind = signature.optional(
        "kind", .choice(Family.kind), "a matrix made by a rule", shown: "uniform")
      return { session, given in
        let data = given[data]
        let ways = [given[protect] != nil, given[matrix] != nil, given[from] != nil, given[kind] != nil]
        guard ways.count(where: { $0 }) <= 1 else {
          throw Problem(
            code: ShellCode.badCosts,
            message: "give one of protect, matrix, from and kind: each makes the whole matrix")
        }
        try checkUse(of: weight, side, protects: given[protect] != nil, isPair: given[kind]?.name == "pair", given)
        do {
          let costs: CostMatrix
          if let classes = given[protect] {
            costs = try .protect(
              try data.classNumbers(classes, argument: "protect"), weight: given[weight],
              side: CostMatrix.Side(rawValue: given[side]) ?? .both, classes: data.dataset.classes.count)
          } else if let rows = given[matrix] {
            costs = try matrixOf(rows, data)
          } else if let path = given[from] {
            costs = try table(path, data)
          } else {
            costs = try CostKinds.costs(given[kind], weight: given[weight], for: data)
          }
          return .object(CostsValue(costs: costs, classes: data.dataset.classes, from: data))
        } catch let error as CostMatrixError {
          throw Problem.from(error, classes: data.dataset.classes)
        }
      }
    }
  }

  /// Refuses what would change nothing: somebody who weighs a class must say which.
  private static func checkUse(
    of weight: Parameter<Double>, _ side: Parameter<String>, protects: Bool, isPair: Bool, _ given: Arguments
  ) throws {
    if protects { return }
    let (name, hasUse) = given.isGiven(side) ? ("side", false) : ("weight", isPair || !given.isGiven(weight))
    guard !hasUse else { return }
    throw Problem(
      code: ShellCode.badCosts, message: "\(name) says something about protected classes, but none is protected",
      help: ["name them: `protect: [\"Shirt\"]`"], argument: name)
  }

  private static func matrixOf(_ rows: [[Double]], _ data: DatasetValue) throws -> CostMatrix {
    let count = data.dataset.classes.count
    guard rows.count == count else {
      throw Problem(
        code: ShellCode.badCosts,
        message: "the matrix has \(rows.count.of("row")), but \(data.dataset.name) has \(count.of("class", "classes"))",
        argument: "matrix")
    }
    return try CostMatrix(rows)
  }

  private static func table(_ path: String, _ data: DatasetValue) throws -> CostMatrix {
    do { return try CostMatrix(file: path, classes: data.dataset.classes) } catch {
      if case .costs(let error) = error { throw error }
      var label = ""
      if case .noSuchClass(_, let name) = error { label = Suggestions.hint(for: name, in: data.dataset.classes) }
      throw Problem(
        code: ShellCode.badCosts, message: "\(path): \(error)", label: label,
        help: ["one line for each true class, one number for each answer, as in `0, 1, 10`"], argument: "from")
    }
  }
}

/// The rules by which a matrix can be made. `pair` is the only one with settings.
enum CostKinds {
  static let all: [ChoiceDeclaration] = [
    ChoiceDeclaration(family: Family.kind, "uniform", "every mistake costs 1"),
    ChoiceDeclaration(family: Family.kind, "distance", "|true - answer|, for classes in an order"),
    ChoiceDeclaration(
      family: Family.kind, "smaller_is_worse",
      "answering less than the truth costs how much less, answering more costs 1"),
    ChoiceDeclaration(
      family: Family.kind, "pair", "one mistake costs `weight`, all others 1",
      settings: [
        SettingDeclaration("true", .either([.string, .integer()]), "the true class, by name or number"),
        SettingDeclaration("answered", .either([.string, .integer()]), "the answer, by name or number"),
      ],
      examples: ["costs fashion kind: pair(true: \"Shirt\", answered: \"Coat\") weight: 25"]),
  ]

  /// The matrix of a kind; `data` knows the names of the classes.
  static func costs(_ choice: Choice?, weight: Double, for data: DatasetValue) throws -> CostMatrix {
    let count = data.dataset.classes.count
    switch choice?.name {
    case "distance": return try .distance(classes: count)
    case "smaller_is_worse": return try .smallerIsWorse(classes: count)
    case "pair":
      guard let truth = choice?["true"], let answer = choice?["answered"] else {
        throw Problem(
          code: ShellCode.badCosts, message: "pair needs the true class and the answer",
          help: ["for example \(all[3].examples[0])"], argument: "kind")
      }
      let (y, p) = (try data.classNumber(truth), try data.classNumber(answer))
      guard y != p else {
        throw Problem(
          code: ShellCode.badCosts, message: "answering \(data.dataset.classes[y]) for itself is not a mistake",
          argument: "kind")
      }
      return try .pair(true: y, answered: p, weight: weight, classes: count)
    default: return try .uniform(classes: count)
    }
  }
}

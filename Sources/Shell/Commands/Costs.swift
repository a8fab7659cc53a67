import Lang
import NN

extension Command<Session> {
  static var costs: Command {
    Command(
      "costs", "Say what each mistake costs, as a cost matrix.", topic: Topic.data,
      examples: [
        Example(
          "costs fashion protect: [\"Shirt\"] weight: 10",
          gives: "10×10 cost matrix: mistakes that involve Shirt cost 10, all others 1"),
        Example(
          "costs fashion protect: [\"Shirt\"] weight: 4 side: truth",
          gives: "10×10 cost matrix: taking Shirt for another costs 4, all others 1"),
        Example("costs fashion kind: distance", gives: "10×10 cost matrix, symmetric"),
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
        "kind", .choice(CostKinds.family.name), "a matrix made by a rule", shown: "uniform")
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
            costs = try matrixFromRule(given[kind], weight: given[weight], data)
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

  /// The matrix of a rule; `data` knows the names of the classes.
  private static func matrixFromRule(_ choice: Choice?, weight: Double, _ data: DatasetValue) throws -> CostMatrix {
    let count = data.dataset.classes.count
    guard let choice else { return try .uniform(classes: count) }
    do {
      return try CostKinds.family.make(choice.spec, resolving: data.resolver).matrix(classes: count, weight: weight)
    } catch let error as SettingError {
      throw Problem.from(error, code: ShellCode.badCosts, argument: "kind")
    } catch CostMatrixError.diagonal(let number, _) where number < count {
      throw Problem(
        code: ShellCode.badCosts,
        message: "answering \(data.dataset.classes[number]) for itself is not a mistake", argument: "kind")
    }
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

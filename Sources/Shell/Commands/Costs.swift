import Lang
import NN

extension Command<Session> {
  static var costs: Command {
    Command(
      "costs", "Say what each mistake costs, as a cost matrix.", topic: Topic.data,
      examples: ["costs fashion protect: [\"Shirt\"] weight: 10", "costs fashion kind: distance"],
      details: """
        `protect:` makes the matrix of the paper: every mistake costs 1, and mistakes that involve a protected class, as truth \
        or as answer, cost `weight`. That also teaches a model to avoid the protected answer; `side: truth` asks only that \
        the protected class is not taken for another. Change single costs with guard["Shirt", "Bag"] = 25: the true class first, then the \
        answer. A right answer costs nothing.
        """
    ) { signature in
      let data = signature.subject("data", .object(DatasetValue.self), "the data set whose classes it is about")
      let protect = signature.optional(
        "protect", .list(of: ParameterType.either(.string, .integer())), "the classes to protect, by name or number",
        shown: "none")
      let weight = signature.optional(
        "weight", .number(in: .atLeast(0)), "what a mistake that involves a protected class costs", default: 10)
      let side = signature.optional(
        "side", .oneOf(CostMatrix.Side.allCases.map(\.rawValue)),
        "which mistakes involve a protected class: those where it is the truth, the answer, or either", default: "both")
      let matrix = signature.optional(
        "matrix", .list(of: .list(of: ParameterType.number)), "the costs themselves, one row for each true class",
        shown: "from protect and kind")
      let kind = signature.optional(
        "kind", .oneOf(["uniform", "distance", "smaller_is_worse"]),
        "a matrix without protected classes: all 1, |true - answer|, or worse the smaller the answer", shown: "uniform")
      return { session, given in
        let dataset = given[data].dataset
        guard [given[protect] != nil, given[matrix] != nil, given[kind] != nil].count(where: { $0 }) <= 1 else {
          throw Problem(
            code: ShellCode.badCosts, message: "give one of protect, matrix and kind: each makes the whole matrix")
        }
        do {
          let costs = try make(
            given[data], protect: given[protect], weight: given[weight],
            side: CostMatrix.Side(rawValue: given[side]) ?? .both, matrix: given[matrix], kind: given[kind] ?? "uniform"
          )
          return .object(CostsValue(costs: costs, classes: dataset.classes, from: given[data]))
        } catch let error as CostMatrixError {
          throw Problem.from(error, classes: dataset.classes)
        }
      }
    }
  }

  private static func make(
    _ data: DatasetValue, protect: [Value]?, weight: Double, side: CostMatrix.Side, matrix: [[Double]]?, kind: String
  ) throws -> CostMatrix {
    let count = data.dataset.classes.count
    if let protect {
      return try .protect(try protect.map(data.classNumber), weight: weight, side: side, classes: count)
    }
    if let matrix {
      guard matrix.count == count else {
        throw Problem(
          code: ShellCode.badCosts,
          message: "the matrix has \(matrix.count) rows, but \(data.dataset.name) has \(count) classes",
          argument: "matrix")
      }
      return try CostMatrix(matrix)
    }
    switch kind {
    case "distance": return try .distance(classes: count)
    case "smaller_is_worse": return try .smallerIsWorse(classes: count)
    default: return try .uniform(classes: count)
    }
  }
}

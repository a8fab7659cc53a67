import Contract
import Foundation

extension Library {
  static let numbers: [LibraryFunction] = [
    LibraryFunction(
      "round", "The nearest number with so many digits after the point; halves go away from zero.", topic: "Numbers",
      [.init("x", .number()), .init("digits", .integer(in: .within(-15...15)), default: 0)],
      example: Example("round(0.4567, 2)", gives: "0.46")
    ) { _, given in .number(rounded(given[0].number, digits: Int(given[1].number))) },
    unary("abs", "The distance from zero.", example: Example("abs(-3)", gives: "3")) { abs($0) },
    unary(
      "sqrt", "The square root.", example: Example("sqrt(2)", gives: "1.4142135623730951"), domain: "0 or more",
      { $0 >= 0 }
    ) { $0.squareRoot() },
    unary(
      "log", "The natural logarithm.", example: Example("log(10)", gives: "2.302585092994046"), domain: "above 0",
      { $0 > 0 }
    ) { log($0) },
    unary(
      "exp", "e to the power of x.", example: Example("exp(1)", gives: "2.718281828459045"), domain: "of 709 at most",
      { $0 < 709.79 }
    ) { exp($0) },
    unary("floor", "The greatest whole number that is not above x.", example: Example("floor(2.7)", gives: "2")) {
      $0.rounded(.down)
    },
    unary("ceil", "The least whole number that is not below x.", example: Example("ceil(2.1)", gives: "3")) {
      $0.rounded(.up)
    },
    LibraryFunction(
      "number", "The number that a string spells.", topic: "Numbers",
      [.init("text", .either([.string, .number(), .flag]))],
      example: Example("number(\"0.5\")", gives: "0.5")
    ) { _, given in
      switch given[0] {
      case .string(let text):
        guard text.utf8.count <= 10_000, let value = Double(text.trimmingCharacters(in: .whitespaces)), value.isFinite
        else {
          throw Problem(.badArgument, "\(given[0].brief) does not spell a number", argument: "text")
        }
        return .number(value)
      case .bool(let value): return .number(value ? 1 : 0)
      default: return given[0]
      }
    },
    aggregate(
      "sum", "The sum of the numbers in a list; 0 for an empty one.", example: Example("sum([1, 2, 3])", gives: "6")
    ) {
      $0.reduce(0, +)
    },
    aggregate("mean", "The mean of the numbers in a list.", example: Example("mean([1, 2, 6])", gives: "3"), needs: 1) {
      $0.reduce(0, +) / Double($0.count)
    },
    aggregate(
      "median", "The number in the middle of a list, of an even number the mean of the two.",
      example: Example("median([9, 1, 2])", gives: "2"), needs: 1
    ) { numbers in
      guard numbers.allSatisfy({ !$0.isNaN }) else { return .nan }
      let (sorted, half) = (numbers.sorted(), numbers.count / 2)
      return numbers.count.isMultiple(of: 2) ? sorted[half - 1] / 2 + sorted[half] / 2 : sorted[half]
    },
    aggregate(
      "std", "The standard deviation of the numbers in a list (divides by n - 1).",
      example: Example("std([1, 2, 6])", gives: "2.6457513110645907"), needs: 2
    ) {
      let mean = $0.reduce(0, +) / Double($0.count)
      return ($0.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double($0.count - 1)).squareRoot()
    },
    extreme("min", "The least of some numbers or strings, or of a list.", example: Example("min(3, 1, 2)", gives: "1"))
    {
      try Value.precedes($0, $1, $2)
    },
    extreme(
      "max", "The greatest of some numbers or strings, or of a list.", example: Example("max([3, 1, 2])", gives: "3")
    ) {
      try Value.precedes($1, $0, $2)
    },
  ]

  static func rounded(_ value: Double, digits: Int) -> Double {
    let scale = pow(10, Double(abs(digits)))
    let result = digits >= 0 ? (value * scale).rounded() / scale : (value / scale).rounded() * scale
    return result.isFinite ? result : value
  }

  private static func unary(
    _ name: String, _ summary: String, example: Example, domain: String = "",
    _ accepts: @escaping (Double) -> Bool = { _ in true },
    _ compute: @escaping (Double) -> Double
  ) -> LibraryFunction {
    LibraryFunction(name, summary, topic: "Numbers", [.init("x", .number())], example: example) { _, given in
      let x = given[0].number
      guard accepts(x) else {
        throw Problem(.undefinedResult, "\(name) needs a number \(domain), not \(given[0].brief)", argument: "x")
      }
      return .number(compute(x))
    }
  }

  private static func aggregate(
    _ name: String, _ summary: String, example: Example, needs least: Int = 0, _ compute: @escaping ([Double]) -> Double
  ) -> LibraryFunction {
    LibraryFunction(
      name, summary, topic: "Numbers", [.init("list", .list(of: .number()))], example: example
    ) { caller, given in
      let numbers = (given[0].spelledOut ?? []).map(\.number)
      try caller.poll()
      guard numbers.count >= least else {
        throw Problem(
          .badArgument,
          "\(name) needs at least \(least == 1 ? "one number" : "\(least) numbers"), not \(numbers.count)",
          argument: "list")
      }
      let result = compute(numbers)
      guard result.isFinite || !numbers.allSatisfy(\.isFinite) else {
        throw Problem(.undefinedResult, "the \(name) of these is too large for a number", argument: "list")
      }
      return .number(result)
    }
  }

  private static func extreme(
    _ name: String, _ summary: String, example: Example,
    _ isBetter: @escaping (Value, Value, () throws -> Void) throws -> Bool
  ) -> LibraryFunction {
    LibraryFunction(name, summary, topic: "Numbers", [.init("list")], isVariadic: true, example: example) {
      caller, given in
      if given.count == 1, case .range(let range) = given[0] { try range.checkLength() }
      let values = given.count == 1 ? given[0].spelledOut ?? given : given
      guard var best = values.first else {
        throw Problem(.badArgument, "\(name) needs at least one value", argument: "list")
      }
      for (turn, value) in values.enumerated() {
        if turn & 0xFFF == 0xFFF { try caller.poll() }
        if turn > 0, try isBetter(value, best, caller.poll) { best = value }
      }
      return best
    }
  }
}

extension Value {
  /// The number of a value that was checked to be one.
  var number: Double {
    guard case .number(let value) = self else { unreachable("\(literal) was checked as a number") }
    return value
  }
}

import Foundation

/// What the operators mean for every kind of value. The compiler handles numbers itself and comes here for the rest.
enum Operators {
  static func arithmetic(_ operation: Arithmetic, _ a: Value, _ b: Value) throws -> Value {
    switch (a, b, operation) {
    case (.number(let x), .number(let y), _): return .number(try number(operation, x, y))
    case (.string(let x), .string(let y), .add):
      try Extent.check(bytes: x.utf8.count + y.utf8.count, "a string")
      return .string(x + y)
    case (.list(let x), .list(let y), .add):
      var sum = x
      try sum.extend(by: y)
      return .list(sum)
    case (.object(let object), _, _):
      if let value = try object.combined(operation, with: b, reversed: false) { return value }
    default: break
    }
    if case .object(let object) = b, let value = try object.combined(operation, with: a, reversed: true) {
      return value
    }
    throw mismatch(operation, a, b)
  }

  static func number(_ operation: Arithmetic, _ x: Double, _ y: Double) throws -> Double {
    switch operation {
    case .add: return try finite(x + y, operation, x, y)
    case .subtract: return try finite(x - y, operation, x, y)
    case .multiply: return try finite(x * y, operation, x, y)
    case .divide:
      guard y != 0 else { throw Problem(.undefinedResult, "\(Value.text(of: x)) cannot be divided by 0") }
      return try finite(x / y, operation, x, y)
    case .remainder:
      guard y != 0 else { throw Problem(.undefinedResult, "there is no remainder on division by 0") }
      let rest = fmod(x, y)
      return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest
    case .power:
      let result = pow(x, y)
      guard !result.isNaN || x.isNaN || y.isNaN else {
        throw Problem(.undefinedResult, "\(Value.text(of: x)) has no power \(Value.text(of: y)) among the real numbers")
      }
      guard x != 0 || y >= 0 else { throw Problem(.undefinedResult, "0 has no negative power") }
      return try finite(result, operation, x, y)
    }
  }

  /// Infinity cannot be typed, and everything computed from it would go wrong in silence.
  private static func finite(_ result: Double, _ operation: Arithmetic, _ x: Double, _ y: Double) throws -> Double {
    if result.isFinite || !x.isFinite || !y.isFinite { return result }
    throw Problem(
      .undefinedResult,
      "\(Value.text(of: x)) \(operation.rawValue) \(Value.text(of: y)) is too large for a number")
  }

  private static func mismatch(_ operation: Arithmetic, _ a: Value, _ b: Value) -> Problem {
    var help: [String] = []
    if operation == .add, a.asString != nil || b.asString != nil {
      help = ["\"{x}\" puts a value into a string: \"robust {r.robust}\""]
    } else if operation == .add, a.asList != nil || b.asList != nil {
      help = ["a list is extended by a list: `xs + [x]`"]
    }
    return Problem(
      .wrongOperands, "`\(operation.rawValue)` does not work on \(a.typePhrase) and \(b.typePhrase)", help: help)
  }

  static func negated(_ value: Value) throws -> Value {
    switch value {
    case .number(let number): return .number(-number)
    case .object(let object):
      if let negated = try object.combined(.multiply, with: .number(-1), reversed: false) { return negated }
    default: break
    }
    throw Problem(.wrongOperands, "`-` does not work on \(value.typePhrase)")
  }

  static func compare(_ comparison: Comparison, _ a: Value, _ b: Value, _ poll: () throws -> Void) throws -> Bool {
    switch comparison {
    case .equal: try Value.equal(a, b, poll)
    case .notEqual: try !Value.equal(a, b, poll)
    case .less: try Value.precedes(a, b, poll)
    case .greater: try Value.precedes(b, a, poll)
    // With not-a-number no order holds, so `<=` is not the opposite of `>`.
    case .lessEqual: try Value.precedes(a, b, poll) || Value.equal(a, b, poll)
    case .greaterEqual: try Value.precedes(b, a, poll) || Value.equal(a, b, poll)
    case .isIn: try contains(b, a, poll)
    }
  }

  static func contains(_ container: Value, _ value: Value, _ poll: () throws -> Void) throws -> Bool {
    switch (container, value) {
    case (.list(let values), _): return try Value.contains(values.elements, value, poll)
    case (.range(let range), .number(let number)): return range.contains(number)
    case (.range, _): return false
    case (.record(let record), .string(let name)): return record[name] != nil
    case (.string(let text), .string(let part)): return try LongText.contains(text, part, poll)
    case (.object(let object), _):
      if let elements = object.elements { return try Value.contains(elements, value, poll) }
    default: break
    }
    throw Problem(.wrongOperands, "\(value.briefPhrase) cannot be looked for in \(container.typePhrase)")
  }

  static func range(_ low: Value, _ high: Value, _ step: Value?, includesEnd: Bool) throws -> NumberRange {
    guard let start = low.asNumber, let end = high.asNumber, let by = step.map(\.asNumber) ?? 1 else {
      let wrong = [low, high, step].compactMap { $0 }.first { $0.asNumber == nil } ?? .none
      throw Problem(.badRange, "a range goes from number to number, not \(wrong.briefPhrase)")
    }
    guard by != 0, start.isFinite, end.isFinite, by.isFinite else {
      throw Problem(.badRange, by == 0 ? "a range needs a step that is not 0" : "a range needs finite bounds")
    }
    return NumberRange(from: start, to: end, by: by, includesEnd: includesEnd)
  }
}

extension Problem {
  /// The diagnostic for any error at `range`: diagnostics that have a place keep it, and an interrupt stays one.
  static func place(_ error: any Error, at range: SourceRange) -> any Error {
    switch error {
    case var diagnostic as Diagnostic:
      if diagnostic.primary == nil { diagnostic.primary = .init(range) }
      return diagnostic
    case is Interrupt: return error
    case let problem as Problem: return problem.placed(at: range)
    case let error as any LocalizedError:
      return Diagnostic(.hostFailure, error.errorDescription ?? "\(error)", at: range)
    default: return Diagnostic(.hostFailure, "\(error)", at: range)
    }
  }

  /// The same for a call of a user's function: a mistake inside it keeps its place, and the call that led there, if it is
  /// on another line, is shown as well. Of the calls before that one, those in other texts are: they lead to what was run.
  static func place(_ error: any Error, calledAt range: SourceRange) -> any Error {
    guard var diagnostic = error as? Diagnostic, let inner = diagnostic.range,
      diagnostic.code != Code.recursionTooDeep.rawValue
    else { return place(error, at: range) }
    let isNew =
      diagnostic.labels.isEmpty
      ? inner.source !== range.source || inner.line != range.line
      : inner.source !== range.source && !diagnostic.labels.contains { $0.range.source === range.source }
    guard isNew else { return place(error, at: range) }
    diagnostic.labels.append(.init(range, "called here"))
    return diagnostic
  }
}

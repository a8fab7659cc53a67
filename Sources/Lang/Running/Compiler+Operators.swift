extension Compiler {
  // MARK: arithmetic

  func arithmetic(_ operation: Arithmetic, _ left: Node, _ right: Node, _ node: Node) -> Compiled {
    let a = expression(left), b = expression(right), range = range(node)
    if let x = a.constant, let y = b.constant {
      do { return .constant(try Operators.arithmetic(operation, x, y)) } catch { return failing(error, at: range) }
    }
    switch operation {
    case .add: return fast(.add, a, b, range) { $0 + $1 }
    case .subtract: return fast(.subtract, a, b, range) { $0 - $1 }
    case .multiply: return fast(.multiply, a, b, range) { $0 * $1 }
    case .divide, .remainder, .power:
      return Compiled { frame in try Self.slow(operation, try a.eval(frame), try b.eval(frame), range) }
    }
  }

  /// Numbers at once, everything else by `Operators`. A variable or a constant on one side saves a call.
  @inline(__always) private func fast(
    _ operation: Arithmetic, _ a: Compiled, _ b: Compiled, _ range: SourceRange,
    _ compute: @escaping (Double, Double) -> Double
  ) -> Compiled {
    let left = a.eval, right = b.eval
    switch (a.shape, b.shape) {
    case (.slot(let slot), .constant(.number(let y))):
      return Compiled { frame in
        if case .number(let x) = frame.slots[slot] { return .number(compute(x, y)) }
        return try Self.slow(operation, frame.slots[slot], .number(y), range)
      }
    case (.slot(let first), .slot(let second)):
      return Compiled { frame in
        if case .number(let x) = frame.slots[first], case .number(let y) = frame.slots[second] {
          return .number(compute(x, y))
        }
        return try Self.slow(operation, frame.slots[first], frame.slots[second], range)
      }
    case (_, .constant(.number(let y))):
      return Compiled { frame in
        let value = try left(frame)
        if case .number(let x) = value { return .number(compute(x, y)) }
        return try Self.slow(operation, value, .number(y), range)
      }
    default:
      return Compiled { frame in
        let a = try left(frame), b = try right(frame)
        if case .number(let x) = a, case .number(let y) = b { return .number(compute(x, y)) }
        return try Self.slow(operation, a, b, range)
      }
    }
  }

  @inline(never) private static func slow(
    _ operation: Arithmetic, _ a: Value, _ b: Value, _ range: SourceRange
  ) throws -> Value {
    do { return try Operators.arithmetic(operation, a, b) } catch { throw Problem.place(error, at: range) }
  }

  func negation(_ operand: Node, _ node: Node) -> Compiled {
    let operand = expression(operand), range = range(node)
    if let value = operand.constant {
      do { return .constant(try Operators.negated(value)) } catch { return failing(error, at: range) }
    }
    return Compiled { frame in
      let value = try operand.eval(frame)
      do { return try Operators.negated(value) } catch { throw Problem.place(error, at: range) }
    }
  }

  // MARK: conditions

  /// Compiles an expression that must be true or false.
  func condition(_ node: Node) -> (Frame) throws -> Bool {
    switch node.kind {
    case .group(let inner): return condition(inner)
    case .not(let inner):
      let test = condition(inner)
      return { try !test($0) }
    case .and(let left, let right):
      let a = condition(left), b = condition(right)
      return { frame in try a(frame) && b(frame) }
    case .or(let left, let right):
      let a = condition(left), b = condition(right)
      return { frame in try a(frame) || b(frame) }
    case .compare(let comparison, let left, let right): return compare(comparison, left, right, node)
    default: break
    }
    let value = expression(node), range = range(node)
    if let constant = value.constant, constant.asBool == nil { diagnostics.append(Self.notACondition(constant, range)) }
    return { frame in
      let value = try value.eval(frame)
      guard case .bool(let answer) = value else { throw Self.notACondition(value, range) }
      return answer
    }
  }

  private static func notACondition(_ value: Value, _ range: SourceRange) -> Diagnostic {
    let help =
      switch value {
      case .number: "compare it: `x != 0`"
      case .string, .list, .record: "compare its length: `len(x) > 0`"
      case .none: "compare it: `x == none`"
      default: "a condition compares something: `x == y`"
      }
    return Diagnostic(
      .notACondition, "this must be true or false, not \(value.briefPhrase)", at: range, help: [help])
  }

  private func compare(_ comparison: Comparison, _ left: Node, _ right: Node, _ node: Node) -> (Frame) throws -> Bool {
    let a = expression(left), b = expression(right), range = range(node)
    switch comparison {
    case .less: return fastCompare(.less, a, b, range) { $0 < $1 }
    case .lessEqual: return fastCompare(.lessEqual, a, b, range) { $0 <= $1 }
    case .greater: return fastCompare(.greater, a, b, range) { $0 > $1 }
    case .greaterEqual: return fastCompare(.greaterEqual, a, b, range) { $0 >= $1 }
    case .equal: return fastCompare(.equal, a, b, range) { $0 == $1 }
    case .notEqual: return fastCompare(.notEqual, a, b, range) { $0 != $1 }
    case .isIn:
      return { frame in
        let a = try a.eval(frame), b = try b.eval(frame)
        return try Self.slowCompare(.isIn, a, b, range)
      }
    }
  }

  @inline(__always) private func fastCompare(
    _ comparison: Comparison, _ a: Compiled, _ b: Compiled, _ range: SourceRange,
    _ compute: @escaping (Double, Double) -> Bool
  ) -> (Frame) throws -> Bool {
    let left = a.eval, right = b.eval
    switch (a.shape, b.shape) {
    case (.slot(let slot), .constant(.number(let y))):
      return { frame in
        if case .number(let x) = frame.slots[slot] { return compute(x, y) }
        return try Self.slowCompare(comparison, frame.slots[slot], .number(y), range)
      }
    case (.slot(let first), .slot(let second)):
      return { frame in
        if case .number(let x) = frame.slots[first], case .number(let y) = frame.slots[second] { return compute(x, y) }
        return try Self.slowCompare(comparison, frame.slots[first], frame.slots[second], range)
      }
    default:
      return { frame in
        let a = try left(frame), b = try right(frame)
        if case .number(let x) = a, case .number(let y) = b { return compute(x, y) }
        return try Self.slowCompare(comparison, a, b, range)
      }
    }
  }

  @inline(never) private static func slowCompare(
    _ comparison: Comparison, _ a: Value, _ b: Value, _ range: SourceRange
  ) throws -> Bool {
    do { return try Operators.compare(comparison, a, b) } catch { throw Problem.place(error, at: range) }
  }
}

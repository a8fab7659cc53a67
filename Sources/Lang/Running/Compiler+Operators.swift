extension Compiler {
  // MARK: arithmetic

  func arithmetic(_ operation: Arithmetic, _ left: Node, _ right: Node, _ node: Node) -> Compiled {
    let a = expression(left), b = expression(right), range = range(node)
    if let x = a.constant, let y = b.constant {
      do { return .constant(try Operators.arithmetic(operation, x, y)) } catch { return failing(error, at: range) }
    }
    let operands = Operands(left: a, right: b)
    let slow = { (frame: Frame, x: Value, y: Value) throws in try Self.slow(operation, x, y, range, frame) }
    switch operation {
    case .add: return Compiled(.other, operands.value(Adding.self, slow: slow))
    case .subtract: return Compiled(.other, operands.value(Subtracting.self, slow: slow))
    case .multiply: return Compiled(.other, operands.value(Multiplying.self, slow: slow))
    case .divide, .remainder, .power:
      return Compiled { frame in try Self.slow(operation, try a.eval(frame), try b.eval(frame), range, frame) }
    }
  }

  @inline(never) private static func slow(
    _ operation: Arithmetic, _ a: Value, _ b: Value, _ range: SourceRange, _ frame: Frame
  ) throws -> Value {
    do { return try frame.machine.made(Operators.arithmetic(operation, a, b)) } catch {
      throw Problem.place(error, at: range)
    }
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
  func condition(_ node: Node) -> Test {
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
    let operands = Operands(left: a, right: b)
    let slow = { (frame: Frame, x: Value, y: Value) throws in try Self.slowCompare(comparison, x, y, range, frame) }
    switch comparison {
    case .less: return operands.test(IsLess.self, slow: slow)
    case .lessEqual: return operands.test(IsLessOrEqual.self, slow: slow)
    case .greater: return operands.test(IsGreater.self, slow: slow)
    case .greaterEqual: return operands.test(IsGreaterOrEqual.self, slow: slow)
    case .equal: return operands.test(IsEqual.self, slow: slow)
    case .notEqual: return operands.test(IsUnequal.self, slow: slow)
    case .isIn:
      return { frame in
        let a = try a.eval(frame), b = try b.eval(frame)
        return try Self.slowCompare(.isIn, a, b, range, frame)
      }
    }
  }

  @inline(never) private static func slowCompare(
    _ comparison: Comparison, _ a: Value, _ b: Value, _ range: SourceRange, _ frame: Frame
  ) throws -> Bool {
    do { return try Operators.compare(comparison, a, b, frame.machine.poll) } catch {
      throw Problem.place(error, at: range)
    }
  }
}

/// Where a fast operator finds its operand without a call. Generic code over these becomes one machine function each.
protocol Operand {
  /// The number, nil when the value is something else or not there.
  func number(_ frame: Frame) -> Double?
  /// The value, for the slow way.
  func value(_ frame: Frame) throws -> Value
}

/// A local variable.
struct SlotOperand: Operand {
  let slot: Int
  @inline(__always) func number(_ frame: Frame) -> Double? {
    if case .number(let number) = frame.slots[slot] { number } else { nil }
  }
  @inline(__always) func value(_ frame: Frame) -> Value { frame.slots[slot] }
}

/// A top-level variable; `eval` says what is wrong when it has no value.
struct GlobalOperand: Operand {
  let cell: Cell
  let eval: Eval
  @inline(__always) func number(_ frame: Frame) -> Double? {
    if case .number(let number)? = cell.storage.pointee { number } else { nil }
  }
  func value(_ frame: Frame) throws -> Value { try eval(frame) }
}

/// A number written in the text.
struct ConstantOperand: Operand {
  let constant: Double
  @inline(__always) func number(_ frame: Frame) -> Double? { constant }
  @inline(__always) func value(_ frame: Frame) -> Value { .number(constant) }
}

/// What an operator does with two numbers.
protocol NumberOperation {
  associatedtype Answer
  static func apply(_ x: Double, _ y: Double) -> Answer
}

enum Adding: NumberOperation {
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Value { .number(x + y) }
}
enum Subtracting: NumberOperation {
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Value { .number(x - y) }
}
enum Multiplying: NumberOperation {
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Value { .number(x * y) }
}
enum IsLess: NumberOperation {
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Bool { x < y }
}
enum IsLessOrEqual: NumberOperation {
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Bool { x <= y }
}
enum IsGreater: NumberOperation {
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Bool { x > y }
}
enum IsGreaterOrEqual: NumberOperation {
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Bool { x >= y }
}
enum IsEqual: NumberOperation {
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Bool { x == y }
}
enum IsUnequal: NumberOperation {
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Bool { x != y }
}

/// Two operands, arranged so that numbers are computed at once and everything else goes the slow way.
struct Operands {
  let left: Compiled
  let right: Compiled

  /// Compiled code that gives `operation` of two numbers, else what `slow` says about the values.
  func apply<O: NumberOperation>(
    _ operation: O.Type, slow: @escaping (Value, Value) throws -> O.Answer
  ) -> (Frame) throws -> O.Answer {
    switch left.shape {
    case .slot(let slot): apply(operation, SlotOperand(slot: slot), slow)
    case .global(let cell): apply(operation, GlobalOperand(cell: cell, eval: left.eval), slow)
    case .constant, .other: applyEvaluated(operation, slow)
    }
  }

  private func apply<O: NumberOperation, A: Operand>(
    _ operation: O.Type, _ a: A, _ slow: @escaping (Value, Value) throws -> O.Answer
  ) -> (Frame) throws -> O.Answer {
    switch right.shape {
    case .slot(let slot): direct(operation, a, SlotOperand(slot: slot), slow)
    case .global(let cell): direct(operation, a, GlobalOperand(cell: cell, eval: right.eval), slow)
    case .constant(.number(let constant)): direct(operation, a, ConstantOperand(constant: constant), slow)
    case .constant, .other: applyEvaluated(operation, slow)
    }
  }

  @inline(__always) private func direct<O: NumberOperation, A: Operand, B: Operand>(
    _: O.Type, _ a: A, _ b: B, _ slow: @escaping (Value, Value) throws -> O.Answer
  ) -> (Frame) throws -> O.Answer {
    { frame in
      if let x = a.number(frame), let y = b.number(frame) { return O.apply(x, y) }
      return try slow(try a.value(frame), try b.value(frame))
    }
  }

  private func applyEvaluated<O: NumberOperation>(
    _: O.Type, _ slow: @escaping (Value, Value) throws -> O.Answer
  ) -> (Frame) throws -> O.Answer {
    let left = left.eval, right = right.eval
    if case .constant(.number(let y)) = self.right.shape {
      return { frame in
        let a = try left(frame)
        if case .number(let x) = a { return O.apply(x, y) }
        return try slow(a, .number(y))
      }
    }
    return { frame in
      let a = try left(frame), b = try right(frame)
      if case .number(let x) = a, case .number(let y) = b { return O.apply(x, y) }
      return try slow(a, b)
    }
  }
}

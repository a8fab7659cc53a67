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

/// What an arithmetic operator does with two numbers. A result that is not finite goes the slow way, which says so.
protocol NumberOperation {
  static func apply(_ x: Double, _ y: Double) -> Double
}

enum Adding: NumberOperation {
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Double { x + y }
}
enum Subtracting: NumberOperation {
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Double { x - y }
}
enum Multiplying: NumberOperation {
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Double { x * y }
}

/// What a comparison says about two numbers.
protocol NumberTest {
  static func holds(_ x: Double, _ y: Double) -> Bool
}

enum IsLess: NumberTest {
  @inline(__always) static func holds(_ x: Double, _ y: Double) -> Bool { x < y }
}
enum IsLessOrEqual: NumberTest {
  @inline(__always) static func holds(_ x: Double, _ y: Double) -> Bool { x <= y }
}
enum IsGreater: NumberTest {
  @inline(__always) static func holds(_ x: Double, _ y: Double) -> Bool { x > y }
}
enum IsGreaterOrEqual: NumberTest {
  @inline(__always) static func holds(_ x: Double, _ y: Double) -> Bool { x >= y }
}
enum IsEqual: NumberTest {
  @inline(__always) static func holds(_ x: Double, _ y: Double) -> Bool { x == y }
}
enum IsUnequal: NumberTest {
  @inline(__always) static func holds(_ x: Double, _ y: Double) -> Bool { x != y }
}

/// Two operands, arranged so that numbers are computed at once and everything else goes the slow way. Operators and
/// comparisons are written out separately: a generic answer would be passed through memory and cost a third of the speed.
struct Operands {
  typealias SlowValue = (Frame, Value, Value) throws -> Value
  typealias SlowTest = (Frame, Value, Value) throws -> Bool

  let left: Compiled
  let right: Compiled

  // MARK: operators

  /// Compiled code for an operator.
  func value<O: NumberOperation>(_ operation: O.Type, slow: @escaping SlowValue) -> (Frame) throws -> Value {
    switch left.shape {
    case .slot(let slot): value(operation, SlotOperand(slot: slot), slow)
    case .global(let cell): value(operation, GlobalOperand(cell: cell, eval: left.eval), slow)
    case .constant, .other: evaluated(operation, slow)
    }
  }

  private func value<O: NumberOperation, A: Operand>(_ operation: O.Type, _ a: A, _ slow: @escaping SlowValue) -> (
    Frame
  ) throws -> Value {
    switch right.shape {
    case .slot(let slot): direct(operation, a, SlotOperand(slot: slot), slow)
    case .global(let cell): direct(operation, a, GlobalOperand(cell: cell, eval: right.eval), slow)
    case .constant(.number(let constant)): direct(operation, a, ConstantOperand(constant: constant), slow)
    case .constant, .other: evaluated(operation, slow)
    }
  }

  @inline(__always) private func direct<O: NumberOperation, A: Operand, B: Operand>(
    _: O.Type, _ a: A, _ b: B, _ slow: @escaping SlowValue
  ) -> (Frame) throws -> Value {
    { frame in
      if let x = a.number(frame), let y = b.number(frame) {
        let result = O.apply(x, y)
        if result.isFinite { return .number(result) }
      }
      return try slow(frame, try a.value(frame), try b.value(frame))
    }
  }

  private func evaluated<O: NumberOperation>(_: O.Type, _ slow: @escaping SlowValue) -> (Frame) throws -> Value {
    let left = left.eval, right = right.eval
    if case .constant(.number(let y)) = self.right.shape {
      return { frame in
        let a = try left(frame)
        if case .number(let x) = a {
          let result = O.apply(x, y)
          if result.isFinite { return .number(result) }
        }
        return try slow(frame, a, .number(y))
      }
    }
    return { frame in
      let a = try left(frame), b = try right(frame)
      if case .number(let x) = a, case .number(let y) = b {
        let result = O.apply(x, y)
        if result.isFinite { return .number(result) }
      }
      return try slow(frame, a, b)
    }
  }

  // MARK: comparisons

  /// Compiled code for a comparison.
  func test<O: NumberTest>(_ operation: O.Type, slow: @escaping SlowTest) -> (Frame) throws -> Bool {
    switch left.shape {
    case .slot(let slot): test(operation, SlotOperand(slot: slot), slow)
    case .global(let cell): test(operation, GlobalOperand(cell: cell, eval: left.eval), slow)
    case .constant, .other: evaluated(operation, slow)
    }
  }

  private func test<O: NumberTest, A: Operand>(_ operation: O.Type, _ a: A, _ slow: @escaping SlowTest) -> (Frame)
    throws -> Bool
  {
    switch right.shape {
    case .slot(let slot): direct(operation, a, SlotOperand(slot: slot), slow)
    case .global(let cell): direct(operation, a, GlobalOperand(cell: cell, eval: right.eval), slow)
    case .constant(.number(let constant)): direct(operation, a, ConstantOperand(constant: constant), slow)
    case .constant, .other: evaluated(operation, slow)
    }
  }

  @inline(__always) private func direct<O: NumberTest, A: Operand, B: Operand>(
    _: O.Type, _ a: A, _ b: B, _ slow: @escaping SlowTest
  ) -> (Frame) throws -> Bool {
    { frame in
      if let x = a.number(frame), let y = b.number(frame) { return O.holds(x, y) }
      return try slow(frame, try a.value(frame), try b.value(frame))
    }
  }

  private func evaluated<O: NumberTest>(_: O.Type, _ slow: @escaping SlowTest) -> (Frame) throws -> Bool {
    let left = left.eval, right = right.eval
    if case .constant(.number(let y)) = self.right.shape {
      return { frame in
        let a = try left(frame)
        if case .number(let x) = a { return O.holds(x, y) }
        return try slow(frame, a, .number(y))
      }
    }
    return { frame in
      let a = try left(frame), b = try right(frame)
      if case .number(let x) = a, case .number(let y) = b { return O.holds(x, y) }
      return try slow(frame, a, b)
    }
  }
}

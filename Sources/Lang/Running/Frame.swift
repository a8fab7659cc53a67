/// What compiled code gets: its local variables and the machine.
struct Frame {
  // Safety: all three point into what the machine owns: its stacks, at a region that is reserved and initialised, and its
  // state.
  let slots: UnsafeMutablePointer<Value>
  /// Own cells from 0 up, captured variables from -1 down.
  let cells: UnsafeMutablePointer<Cell?>
  let state: UnsafeMutablePointer<Machine.State>

  /// The way to the host. Loops and calls do without it: whoever asks pays for counting one more owner.
  var machine: Machine { state.pointee.machine }
}

/// How a statement ended.
enum Flow {
  case normal, broke, continued
  case returned(Value)
}

/// A compiled expression.
typealias Eval = (Frame) throws -> Value
/// A compiled statement.
typealias Exec = (Frame) throws -> Flow
/// A compiled condition.
typealias Test = (Frame) throws -> Bool

/// A statement for use in arrays: bare closures there would be wrapped, which costs a call each.
struct Step {
  let run: Exec
}

extension Frame {
  /// The value of a local variable. Numbers need no counting of owners, so they are looked for first.
  @inline(__always) func value(_ slot: Int) -> Value {
    if case .number(let number) = slots[slot] { return .number(number) }
    return slots[slot]
  }

  /// Once per loop turn and call: asks the host about Ctrl-C now and then.
  @inline(__always) func tick() throws {
    state.pointee.turnsToPoll &-= 1
    if state.pointee.turnsToPoll <= 0 { try machine.poll() }
  }
}

/// How a user's function is called: room is made above everything that runs, the arguments are put into its first slots,
/// and the code is entered.
///
/// The caller holds the function (`Held`).
extension Frame {
  /// Calls a function of one parameter.
  @inline(__always) func call(_ function: Held, _ a: consuming Value) throws -> Value {
    try room(for: function).initialize(to: a)
    return try enter(function, given: 1)
  }

  /// Calls a function of two parameters.
  @inline(__always) func call(_ function: Held, _ a: consuming Value, _ b: consuming Value) throws -> Value {
    let slots = try room(for: function)
    slots.initialize(to: a)
    (slots + 1).initialize(to: b)
    return try enter(function, given: 2)
  }

  /// Calls a function with its first arguments, no more than it has parameters.
  func call(_ function: Held, _ arguments: [Value]) throws -> Value {
    let slots = try room(for: function)
    for (index, value) in arguments.enumerated() { (slots + index).initialize(to: value) }
    return try enter(function, given: arguments.count)
  }

  /// Calls a function with a value for each parameter, nil where its default is wanted.
  func call(_ function: Held, _ arguments: [Value?]) throws -> Value {
    let slots = try room(for: function)
    for (index, value) in arguments.enumerated() { (slots + index).initialize(to: value ?? .none) }
    return try enter(function, given: arguments.count, missing: arguments.indices.filter { arguments[$0] == nil })
  }

  // MARK: frames

  /// Where the slots of a called function will lie; they hold nothing yet. Throws if calls go too deep.
  @inline(__always) private func room(for function: Held) throws -> UnsafeMutablePointer<Value> {
    try tick()
    return try function.withCode { try room(slots: $0.slotCount, cells: $0.allCells) }
  }

  @inline(__always) private func room(slots: Int, cells: Int) throws -> UnsafeMutablePointer<Value> {
    let top = state.pointee.top
    guard top + slots <= state.pointee.limit, state.pointee.cellTop + cells <= state.pointee.cellLimit,
      state.pointee.depth < Machine.maximumDepth, StackBounds.address > state.pointee.floor
    else { throw Self.tooDeep }
    return top
  }

  private static var tooDeep: Problem {
    Problem(
      .recursionTooDeep, "these calls go too deep into one another",
      help: ["a function that calls itself needs an `if` that ends it"])
  }

  /// Runs a function whose first `given` arguments are in place. Defaults may use the parameters before them.
  @inline(__always) private func enter(_ function: Held, given: Int, missing: [Int] = []) throws -> Value {
    let caller = state.pointee.running
    state.pointee.running = function
    defer { state.pointee.running = caller }
    return try function.withCode { user in
      try within(slots: user.slotCount, bare: given, cells: user.allCells, captures: user.captureCount) { frame in
        if user.allCells > 0 { frame.fillCells(function, user) }
        if given < user.arity { try user.fillDefaults(given..<user.arity, in: frame) }
        if !missing.isEmpty { try user.fillDefaults(missing, in: frame) }
        if case .returned(let value) = try user.body(frame) { return value }
        return .none
      }
    }
  }

  @inline(never) private func fillCells(_ function: Held, _ user: UserFunction) {
    for (index, cell) in function.captures.enumerated() { cells[-1 - index] = cell }
    for (slot, cell) in user.boxed { cells[cell] = Cell(slots[slot]) }
  }

  /// Runs a statement of the top level.
  func run(_ unit: Compiler.Unit) throws -> Value {
    _ = try room(slots: unit.slotCount, cells: unit.cellCount)
    return try within(slots: unit.slotCount, bare: 0, cells: unit.cellCount, captures: 0) { frame in
      _ = try unit.run(frame)
      return frame.slots[unit.result]
    }
  }

  /// Takes the room, of which the first `bare` slots are filled, lets `body` use it, and gives it back.
  @inline(__always) private func within(
    slots count: Int, bare: Int, cells cellCount: Int, captures: Int, _ body: (Frame) throws -> Value
  ) throws -> Value {
    let state = state
    let slots = state.pointee.top, cells = state.pointee.cellTop
    for index in bare..<count { (slots + index).initialize(to: .none) }
    if cellCount > 0 { cells.initialize(repeating: nil, count: cellCount) }
    state.pointee.top = slots + count
    state.pointee.cellTop = cells + cellCount
    state.pointee.depth &+= 1
    defer {
      // One by one: numbers need no work, and the array form asks the runtime about each.
      for index in 0..<count {
        if case .number = slots[index] { continue }
        (slots + index).deinitialize(count: 1)
      }
      if cellCount > 0 { cells.deinitialize(count: cellCount) }
      state.pointee.top = slots
      state.pointee.cellTop = cells
      state.pointee.depth &-= 1
    }
    return try body(Frame(slots: slots, cells: cells + captures, state: state))
  }
}

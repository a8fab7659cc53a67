import Foundation

/// What compiled code gets: its local variables and the machine.
struct Frame {
  // Safety: both point into the machine's stacks, at a region the caller has reserved and initialised.
  let slots: UnsafeMutablePointer<Value>
  /// Own cells from 0 up, captured variables from -1 down.
  let cells: UnsafeMutablePointer<Cell?>
  unowned(unsafe) let machine: Machine
}

/// How a statement ended.
enum Flow { case normal, broke, continued, returned }

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

/// A compiled function, shared by all closures made from it.
final class UserFunction {
  let name: String
  let parameters: [String]
  /// Compiled defaults, nil for required parameters.
  let defaults: [Compiled?]
  let slotCount: Int
  let cellCount: Int
  let captureCount: Int
  /// The number of parameters.
  let arity: Int
  /// For each parameter that a closure captures, its cell.
  let boxed: [(slot: Int, cell: Int)]
  let body: Exec
  /// The whole function in its source.
  let range: SourceRange

  init(
    name: String, parameters: [String], defaults: [Compiled?], slotCount: Int, cellCount: Int, captureCount: Int,
    boxed: [(slot: Int, cell: Int)], range: SourceRange, body: @escaping Exec
  ) {
    self.name = name
    self.parameters = parameters
    self.defaults = defaults
    self.slotCount = slotCount
    self.cellCount = cellCount
    self.captureCount = captureCount
    arity = parameters.count
    self.boxed = boxed
    self.range = range
    self.body = body
  }
}

/// Runs compiled code: two stacks, the call depth, and the way to the host.
final class Machine {
  /// What changes while code runs. Behind a pointer, so that inner loops pay for no exclusivity checks.
  struct State {
    var top: UnsafeMutablePointer<Value>
    let limit: UnsafeMutablePointer<Value>
    var cellTop: UnsafeMutablePointer<Cell?>
    let cellLimit: UnsafeMutablePointer<Cell?>
    var depth = 0
    /// The lowest stack address that Swift code may still go down to.
    var floor: UInt = 0
    /// Bytes that values may still take before the memory they hold is looked at.
    var bytesToWeigh = LiveMemory.step
    /// Loop turns and calls left before the host is asked about Ctrl-C.
    var turnsToPoll = Machine.turnsPerPoll
  }

  /// Cheap turns between two polls. Commands and library functions poll every time.
  static let turnsPerPoll = 64
  /// Calls inside calls before recursion counts as endless.
  static let maximumDepth = 10_000
  private static let slotCapacity = 1 << 20
  private static let cellCapacity = 1 << 18

  let host: any Host
  let environment: Environment
  // Safety: allocated in `init` and freed in `deinit`; only the thread that runs the notebook touches them, and
  // everything above `top` and `cellTop` is uninitialised.
  let state: UnsafeMutablePointer<State>
  /// What `return` gave; `none` between calls.
  let returned: UnsafeMutablePointer<Value>
  /// What all values hold.
  private var memory = LiveMemory()
  private var thread: pthread_t?
  private let slots: UnsafeMutablePointer<Value>
  private let cells: UnsafeMutablePointer<Cell?>

  init(host: any Host, environment: Environment) {
    self.host = host
    self.environment = environment
    slots = .allocate(capacity: Self.slotCapacity)
    cells = .allocate(capacity: Self.cellCapacity)
    state = .allocate(capacity: 1)
    returned = .allocate(capacity: 1)
    returned.initialize(to: .none)
    state.initialize(
      to: State(
        top: slots, limit: slots + Self.slotCapacity, cellTop: cells, cellLimit: cells + Self.cellCapacity))
  }

  deinit {
    state.deinitialize(count: 1)
    state.deallocate()
    returned.deinitialize(count: 1)
    returned.deallocate()
    slots.deallocate()
    cells.deallocate()
  }

  /// Learns where the stack of the current thread ends; cheap when it is the thread of the last time.
  func settleOnThread() {
    let current = pthread_self()
    guard thread != current else { return }
    thread = current
    state.pointee.floor = StackBounds.floor()
  }

  /// Once per loop turn and call: asks the host about Ctrl-C now and then.
  @inline(__always) func tick() throws {
    state.pointee.turnsToPoll &-= 1
    if state.pointee.turnsToPoll <= 0 { try poll() }
  }

  func poll() throws {
    state.pointee.turnsToPoll = Self.turnsPerPoll
    try host.poll()
  }

  /// A value was made: throws a `Problem` if it is larger than one may be, or if with it all are.
  @inline(__always) func made(_ value: Value) throws -> Value {
    switch value {
    case .none, .bool, .number, .function, .object, .range: return value
    default:
      try value.bounded()
      try allocated(value.extent.bytes + Extent.field)
      return value
    }
  }

  /// So many bytes were taken, or a few more: every few megabytes the memory is looked at.
  @inline(__always) func allocated(_ bytes: Int) throws {
    state.pointee.bytesToWeigh &-= bytes
    if state.pointee.bytesToWeigh <= 0 { try checkMemory() }
  }

  private func checkMemory() throws {
    state.pointee.bytesToWeigh = LiveMemory.step
    if memory.isFull {
      // What nobody holds by a name goes first.
      host.letGo()
      try memory.check()
    }
  }

  /// Does work of the host's, such as a training: what it keeps in its objects is not the values'.
  func hosting(_ work: () throws -> Value) throws -> Value {
    let before = LiveMemory.resident
    let value = try work()
    if case .object = value { memory.leaveOut(LiveMemory.resident - before) }
    return try made(value)
  }

  /// Reserves a frame, lets `body` use it, and gives it back. The first `bare` slots hold nothing yet: before it does
  /// anything that can fail, `body` must initialise them.
  @inline(__always) func withFrame<R>(
    slots count: Int, bare: Int = 0, cells ownCells: Int, captures: Int, _ body: (Frame) throws -> R
  ) throws -> R {
    let state = state, cellCount = ownCells + captures
    let slots = state.pointee.top, cells = state.pointee.cellTop
    guard state.pointee.limit - slots >= count, state.pointee.cellLimit - cells >= cellCount,
      state.pointee.depth < Self.maximumDepth, StackBounds.address > state.pointee.floor
    else {
      throw Problem(
        .recursionTooDeep, "these calls go too deep into one another",
        help: ["a function that calls itself needs an `if` that ends it"])
    }
    for index in bare..<count { (slots + index).initialize(to: .none) }
    if cellCount > 0 { cells.initialize(repeating: nil, count: cellCount) }
    state.pointee.top = slots + count
    state.pointee.cellTop = cells + cellCount
    state.pointee.depth &+= 1
    defer {
      // One by one: numbers need no work, and the array form asks the runtime about each.
      for index in 0..<count { (slots + index).deinitialize(count: 1) }
      if cellCount > 0 { cells.deinitialize(count: cellCount) }
      state.pointee.top = slots
      state.pointee.cellTop = cells
      state.pointee.depth &-= 1
    }
    return try body(Frame(slots: slots, cells: cells + captures, machine: self))
  }

  /// Calls a user's function. `fill` puts the given arguments into their slots, of which it must initialise the first
  /// `bare`; `complete` then evaluates defaults, which may use the parameters before them.
  @inline(__always) func enter(
    _ function: Function, _ user: UserFunction, bare: Int = 0, _ fill: (Frame) -> Void,
    complete: (Frame) throws -> Void = { _ in }
  ) throws -> Value {
    try tick()
    return try withFrame(
      slots: user.slotCount, bare: bare, cells: user.cellCount, captures: user.captureCount
    ) { frame in
      fill(frame)
      if user.captureCount > 0 {
        for (index, cell) in function.captures.enumerated() { frame.cells[-1 - index] = cell }
      }
      if user.cellCount > 0 {
        for (slot, cell) in user.boxed { frame.cells[cell] = Cell(frame.slots[slot]) }
      }
      try complete(frame)
      guard try user.body(frame) == .returned else { return .none }
      // Taken, so that the machine does not keep the result of a call alive.
      let value = returned.move()
      returned.initialize(to: .none)
      return value
    }
  }

  /// Calls a function value with arguments in order.
  func call(_ function: Function, _ arguments: [Value]) throws -> Value {
    if let library = function.library { return try call(library, arguments) }
    guard let user = function.user else { return .none }
    guard arguments.count <= user.arity else {
      throw Self.tooMany(user.describe, takes: user.arity, gets: arguments.count)
    }
    return try enter(function, user) { frame in
      for (index, value) in arguments.enumerated() { frame.slots[index] = value }
    } complete: { frame in
      for index in arguments.count..<user.arity { try user.fillDefault(index, in: frame) }
    }
  }

  /// Calls a library function: checks the arguments, fills in defaults.
  func call(_ library: LibraryFunction, _ arguments: [Value]) throws -> Value {
    let parameters = library.parameters
    guard arguments.count <= parameters.count || library.isVariadic else {
      throw Self.tooMany(library.name, takes: parameters.count, gets: arguments.count, example: library.example)
    }
    var values: [Value] = []
    values.reserveCapacity(max(arguments.count, parameters.count))
    for (index, value) in arguments.enumerated() {
      let parameter = parameters[min(index, parameters.count - 1)]
      let isLeftOut = value.isNone && parameter.fallback?.isNone == true
      values.append(
        isLeftOut ? value : try parameter.type.checked(value, for: .parameter(parameter.name, of: library.name)))
    }
    for parameter in parameters.dropFirst(arguments.count) {
      guard let fallback = parameter.fallback else {
        throw Problem(
          .missingArgument, "\(library.name) needs `\(parameter.name)`, \(parameter.type.phrase)",
          help: ["for example: \(library.example)"])
      }
      values.append(fallback)
    }
    let result = try library.body(LibraryFunction.Caller(machine: self), values)
    // Afterwards: a Ctrl-C that came while it worked must not be lost.
    try poll()
    return try made(result)
  }

  static func tooMany(_ name: String, takes count: Int, gets given: Int, example: Example? = nil) -> Problem {
    let wanted = count == 0 ? "no arguments" : count == 1 ? "one argument" : "\(count) arguments"
    return Problem(
      .tooManyArguments, "\(name) takes \(wanted), not \(given)", help: example.map { ["for example: \($0)"] } ?? [])
  }
}

extension UserFunction {
  /// Its name for a sentence.
  var describe: String { name.isEmpty ? "this function" : name }

  /// Evaluates the default of a parameter that was not given.
  func fillDefault(_ index: Int, in frame: Frame) throws {
    guard let make = defaults[index] else {
      throw Problem(.missingArgument, "\(describe) needs `\(parameters[index])`")
    }
    let value = try make.eval(frame)
    frame.slots[index] = value
    if let cell = boxed.first(where: { $0.slot == index })?.cell { frame.cells[cell] = Cell(value) }
  }
}

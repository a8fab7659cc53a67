import Foundation

/// Runs compiled code: two stacks, the call depth, and the way to the host.
final class Machine {
  /// What changes while code runs. Behind a pointer, so that inner loops pay for no exclusivity checks.
  struct State {
    unowned(unsafe) let machine: Machine
    var top: UnsafeMutablePointer<Value>
    let limit: UnsafeMutablePointer<Value>
    var cellTop: UnsafeMutablePointer<Cell?>
    let cellLimit: UnsafeMutablePointer<Cell?>
    var depth = 0
    /// The innermost function that runs.
    var running: Held?
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
    state.initialize(
      to: State(
        machine: self, top: slots, limit: slots + Self.slotCapacity, cellTop: cells,
        cellLimit: cells + Self.cellCapacity))
  }

  deinit {
    state.deinitialize(count: 1)
    state.deallocate()
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

  /// The place above everything that runs: where the host's calls begin.
  var outermost: Frame { Frame(slots: state.pointee.top, cells: state.pointee.cellTop, state: state) }

  /// Calls a function value with arguments in order.
  func call(_ function: Function, _ arguments: [Value]) throws -> Value {
    if let library = function.library { return try call(library, arguments) }
    guard let held = Held(function), let user = function.user else { return .none }
    guard arguments.count <= user.arity else {
      throw Self.tooMany(user.describe, takes: user.arity, gets: arguments.count)
    }
    defer { withExtendedLifetime(function) {} }
    return try outermost.call(held, arguments)
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

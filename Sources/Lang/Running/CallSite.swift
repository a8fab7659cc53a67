/// A call without labels as it stands in the text: what is called is known only when it runs.
///
/// A class, so that the compiled call carries one reference instead of all of this.
final class CallSite {
  /// What is called, and the first arguments: most calls have no more.
  private let target: Eval, first: Eval, second: Eval
  /// Where a callee of the top level is kept. Safety: `target` holds the cell.
  private let place: UnsafeMutablePointer<Value?>?
  private let arguments: [Compiled]
  private let range: SourceRange
  private let calleeRange: SourceRange

  init(_ callee: Compiled, _ arguments: [Compiled], _ range: SourceRange, _ calleeRange: SourceRange) {
    self.arguments = arguments
    self.range = range
    self.calleeRange = calleeRange
    target = callee.eval
    if case .global(let cell) = callee.shape { place = cell.storage } else { place = nil }
    // Not with `??`: closures that pass through generic code are wrapped, which costs two calls each.
    first = arguments.count > 0 ? arguments[0].eval : callee.eval
    second = arguments.count > 1 ? arguments[1].eval : callee.eval
  }

  /// One or two arguments go straight into the new frame.
  var compiled: Compiled {
    switch arguments.count {
    case 1: Compiled { try self.one($0) }
    case 2: Compiled { try self.two($0) }
    default: Compiled { try self.any($0) }
    }
  }

  private func one(_ frame: Frame) throws -> Value {
    let again = frame.running(at: place, arity: 1)
    let called = again == nil ? try target(frame) : .none
    let a = try first(frame)
    guard let function = again ?? called.asHeld(arity: 1) else { return try call(called, [a], frame) }
    defer { withExtendedLifetime(called) {} }
    do { return try frame.call(function, a) } catch { throw Problem.place(error, calledAt: range) }
  }

  private func two(_ frame: Frame) throws -> Value {
    let again = frame.running(at: place, arity: 2)
    let called = again == nil ? try target(frame) : .none
    let a = try first(frame), b = try second(frame)
    guard let function = again ?? called.asHeld(arity: 2) else { return try call(called, [a, b], frame) }
    defer { withExtendedLifetime(called) {} }
    do { return try frame.call(function, a, b) } catch { throw Problem.place(error, calledAt: range) }
  }

  private func any(_ frame: Frame) throws -> Value {
    let called = try target(frame)
    return try call(called, try arguments.map { try $0.eval(frame) }, frame)
  }

  @inline(never) private func call(_ called: Value, _ arguments: [Value], _ frame: Frame) throws -> Value {
    try Compiler.dynamicCall(called, arguments.map { (nil, range, $0) }, frame, range, calleeRange)
  }
}

/// A user's function that somebody holds for as long as this is used. Counting one more owner, and one more of its code, is
/// what a call would spend most of its time on.
///
/// Safety: who makes one keeps the function alive until it is used no more.
struct Held {
  private let function: Unmanaged<Function>
  /// The function's `user`, which it holds.
  private let code: Unmanaged<UserFunction>

  /// Nil for a library function.
  @inline(__always) init?(_ function: Function) {
    guard let user = function.user else { return nil }
    self.function = .passUnretained(function)
    code = .passUnretained(user)
  }

  /// Lets `body` use the function's code.
  @inline(__always) func withCode<R>(_ body: (UserFunction) throws -> R) rethrows -> R {
    try code._withUnsafeGuaranteedRef(body)
  }

  /// How many parameters it has.
  @inline(__always) var arity: Int { withCode { $0.arity } }

  @inline(__always) func isSame(as other: Function) -> Bool {
    function.toOpaque() == Unmanaged.passUnretained(other).toOpaque()
  }

  /// The variables it closes over.
  var captures: [Cell] { function._withUnsafeGuaranteedRef { $0.captures } }
}

extension Value {
  /// The user's function of so many parameters, if it is one, which lives as long as this value does.
  @inline(__always) func asHeld(arity: Int) -> Held? {
    guard case .function(let function) = self, let held = Held(function), held.arity == arity else { return nil }
    return held
  }
}

extension Frame {
  /// The function at a place, if it is the one that runs: whoever called it holds it, so it can be called again without
  /// another owner.
  @inline(__always) func running(at place: UnsafeMutablePointer<Value?>?, arity: Int) -> Held? {
    guard let running = state.pointee.running, case .function(let function)? = place?.pointee,
      running.isSame(as: function), running.arity == arity
    else { return nil }
    return running
  }
}

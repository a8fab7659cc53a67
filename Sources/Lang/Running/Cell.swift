import Foundation

/// A variable that outlives a block: every top-level name, and locals that a function closes over.
///
/// The storage is a pointer so that the inner loop pays for no exclusivity checks.
final class Cell {
  // Safety: allocated and initialised in `init`, freed in `deinit`, and used by the one thread that runs the notebook.
  let storage: UnsafeMutablePointer<Value?>

  init(_ value: Value? = nil) {
    storage = .allocate(capacity: 1)
    storage.initialize(to: value)
  }

  deinit {
    // A function holds cells, which hold functions, and so on: freed one inside the other, a long chain would use up the
    // stack.
    switch storage.pointee {
    case nil, .some(.none), .some(.bool), .some(.number), .some(.string), .some(.range), .some(.object):
      storage.deinitialize(count: 1)
    default: DeferredRelease.free(storage)
    }
    storage.deallocate()
  }

  /// The value; nil before the first assignment and after `forget`.
  var value: Value? {
    get { storage.pointee }
    set { storage.pointee = newValue }
  }
}

/// Frees values one after the other that would otherwise be freed one inside the other.
private final class DeferredRelease: @unchecked Sendable {
  private static let shared = DeferredRelease()
  // Safety: touched only while the lock is held. No values wait of a thread that frees none.
  private var waiting: [pthread_t: [Value]] = [:]
  private let lock = NSLock()

  /// Takes the value out of a cell's storage and frees it, or leaves it to a caller further up on this thread's stack.
  static func free(_ storage: UnsafeMutablePointer<Value?>) {
    if shared.add(storage) {
      while let next = shared.takeNext() { _ = consume next }
    }
  }

  /// Whether this thread was not freeing others already. The value is moved: a copy kept here would be freed by this very
  /// call, one inside the other.
  private func add(_ storage: UnsafeMutablePointer<Value?>) -> Bool {
    lock.withLock {
      let isFirst = waiting[pthread_self()] == nil
      if let value = storage.move() { waiting[pthread_self(), default: []].append(value) }
      return isFirst
    }
  }

  private func takeNext() -> Value? {
    lock.withLock {
      if let next = waiting[pthread_self()]?.popLast() { return next }
      waiting[pthread_self()] = nil
      return nil
    }
  }
}

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
    storage.deinitialize(count: 1)
    storage.deallocate()
  }

  /// The value; nil before the first assignment and after `forget`.
  var value: Value? {
    get { storage.pointee }
    set { storage.pointee = newValue }
  }
}

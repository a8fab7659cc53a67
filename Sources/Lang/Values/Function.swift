/// A function value: one of the user's, with the variables it closes over, or one of the library's.
public final class Function {
  enum Kind {
    case user(UserFunction, captures: [Cell])
    case library(LibraryFunction)
  }
  let kind: Kind

  init(_ kind: Kind) { self.kind = kind }

  /// Its name; empty for `fn`.
  public var name: String {
    switch kind {
    case .user(let function, _): function.name
    case .library(let function): function.name
    }
  }

  var literal: String { name.isEmpty ? "<function>" : "<function \(name)>" }
}

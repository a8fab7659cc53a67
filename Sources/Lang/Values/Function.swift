/// A function value: one of the user's, with the variables it closes over, or one of the library's.
public final class Function {
  /// The user's code, nil for a library function.
  let user: UserFunction?
  /// The variables that the user's code closes over.
  let captures: [Cell]
  /// The library's declaration, nil for a function of the user's.
  let library: LibraryFunction?

  init(_ user: UserFunction, captures: [Cell] = []) {
    self.user = user
    self.captures = captures
    library = nil
  }

  init(_ library: LibraryFunction) {
    self.library = library
    user = nil
    captures = []
  }

  /// Its name; empty for `fn`.
  public var name: String { user?.name ?? library?.name ?? "" }

  /// The names of its parameters, in order.
  public var parameters: [String] { user?.parameters ?? library?.parameters.map(\.name) ?? [] }

  var literal: String { name.isEmpty ? "<function>" : "<function \(name)>" }
}

import Foundation

/// Functions that the C library has, but its Swift module does not show.
enum CLibrary {
  /// A function by its name, nil where the library has none; `F` must be its C signature.
  static func function<F>(_ name: String, as type: F.Type) -> F? {
    // Safety: whoever asks gives the signature that the library's manual gives.
    dlsym(nil, name).map { unsafeBitCast($0, to: type) }
  }

  private typealias Trim = @convention(c) (Int) -> Int32
  private static let trim = function("malloc_trim", as: Trim.self)

  /// Gives memory that is free back to the system.
  static func returnFreeMemory() { _ = trim?(0) }
}

import Foundation

/// How far the thread's stack may grow, so that endless recursion ends in a diagnostic and not in a crash.
enum StackBounds {
  /// About where the stack ends now.
  @inline(__always) static var address: UInt {
    var marker: UInt8 = 0
    return withUnsafeMutablePointer(to: &marker) { UInt(bitPattern: $0) }
  }

  private typealias ReadAttributes = @convention(c) (pthread_t, UnsafeMutablePointer<pthread_attr_t>) -> Int32

  /// Where the stack of a thread lies; in every glibc since 2.2.3.
  private static let read = CLibrary.function("pthread_getattr_np", as: ReadAttributes.self)

  /// The lowest address that leaves `reserve` bytes for library code on the current thread.
  static func floor(reserve: UInt = 256 << 10) -> UInt {
    var attributes = pthread_attr_t()
    var base: UnsafeMutableRawPointer?
    var size = 0
    guard let read, read(pthread_self(), &attributes) == 0 else { return address &- (256 << 10) }
    defer { pthread_attr_destroy(&attributes) }
    guard pthread_attr_getstack(&attributes, &base, &size) == 0, let base else { return address &- (256 << 10) }
    return UInt(bitPattern: base) + reserve
  }
}

/// A cancellation check that work polls between steps. Ctrl-C sets what the closure reads.
public struct Stop: Sendable {
  private let asked: @Sendable () -> Bool

  /// `asked` is called from any thread, often, and must be quick.
  public init(_ asked: @escaping @Sendable () -> Bool) { self.asked = asked }

  /// Never stops.
  public static let never = Stop { false }

  /// Whether work should end now.
  public var isRequested: Bool { asked() }

  /// Throws `Interrupted` if work should end.
  public func check() throws { if asked() { throw Interrupted() } }
}

/// Work was stopped on request; nothing is wrong.
public struct Interrupted: Error, Equatable {
  /// An error without details.
  public init() {}
}

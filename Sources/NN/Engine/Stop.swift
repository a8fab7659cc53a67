/// Asks whether work should end, between its steps. Ctrl-C sets what the closure reads.
public struct Stop: Sendable {
  private let asked: @Sendable () -> Bool

  /// `asked` is called from any thread, often, and must be quick.
  public init(_ asked: @escaping @Sendable () -> Bool) { self.asked = asked }

  /// Work that nobody interrupts.
  public static let never = Stop { false }

  /// Whether work should end now.
  public var isAsked: Bool { asked() }

  /// Throws `Interrupted` if work should end.
  public func check() throws { if asked() { throw Interrupted() } }
}

/// Work was stopped on request; nothing is wrong.
public struct Interrupted: Error, Equatable {
  /// Nothing but the fact.
  public init() {}
}

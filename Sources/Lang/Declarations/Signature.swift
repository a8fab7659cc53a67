import Contract

/// The parameters of a command, as its declaration writes them down: each call adds one and gives back its handle.
public final class Signature {
  private(set) var parameters: [ParameterDeclaration] = []

  init() {}

  /// The one unlabelled argument, required.
  public func subject<T>(_ name: String, _ type: ParameterType<T>, _ summary: String) -> Parameter<T> {
    add(name, type.description, summary, isSubject: true, isRequired: true, nil, nil, convert: required(name, type))
  }

  /// The one unlabelled argument, which may be left out.
  public func optionalSubject<T>(
    _ name: String, _ type: ParameterType<T>, _ summary: String, shown: String? = nil
  ) -> Parameter<T?> {
    add(name, type.description, summary, isSubject: true, isRequired: false, nil, shown) { $0.map(type.convert) }
  }

  /// The one unlabelled argument: the name of a variable, not its value.
  public func variable(_ name: String, _ summary: String) -> Parameter<String> { subject(name, .variable, summary) }

  /// A label that must be given.
  public func required<T>(_ name: String, _ type: ParameterType<T>, _ summary: String) -> Parameter<T> {
    add(name, type.description, summary, isSubject: false, isRequired: true, nil, nil, convert: required(name, type))
  }

  /// A label with a default.
  public func optional<T>(
    _ name: String, _ type: ParameterType<T>, _ summary: String, default fallback: T
  ) -> Parameter<T> {
    let boxed = UncheckedSendable(fallback)
    return add(name, type.description, summary, isSubject: false, isRequired: false, type.wrap(fallback), nil) {
      $0.map(type.convert) ?? boxed.value
    }
  }

  /// A label that the body supplies when it is not given; `shown` tells help how: `the session seed`.
  public func optional<T>(
    _ name: String, _ type: ParameterType<T>, _ summary: String, shown: String? = nil
  ) -> Parameter<T?> {
    add(name, type.description, summary, isSubject: false, isRequired: false, nil, shown) { $0.map(type.convert) }
  }

  /// A `true`/`false` label that is off unless given.
  public func flag(_ name: String, _ summary: String) -> Parameter<Bool> {
    optional(name, .flag, summary, default: false)
  }

  private func required<T>(_ name: String, _ type: ParameterType<T>) -> @Sendable (Value?) -> T {
    { value in
      guard let value else { unreachable("the required argument \(name) was not bound") }
      return type.convert(value)
    }
  }

  private func add<T>(
    _ name: String, _ type: ValueType, _ summary: String, isSubject: Bool, isRequired: Bool, _ fallback: Value?,
    _ fallbackText: String?, convert: @escaping @Sendable (Value?) -> T
  ) -> Parameter<T> {
    require(!parameters.contains { $0.name == name }, "parameter \(name) is declared twice")
    require(!isSubject || !parameters.contains { $0.isSubject }, "a command has one subject at most")
    parameters.append(
      ParameterDeclaration(
        name: name, type: type, summary: summary, isSubject: isSubject, isRequired: isRequired, fallback: fallback,
        fallbackText: fallbackText))
    return Parameter(index: parameters.count - 1, convert: convert)
  }
}

/// A parameter of a command: what errors, help, completion and the manual say about it.
public struct ParameterDeclaration: @unchecked Sendable {
  /// Its label, or the subject's name in help.
  public let name: String
  /// What values it takes.
  public let type: ValueType
  /// One line.
  public let summary: String
  /// Whether it is the unlabelled argument.
  public let isSubject: Bool
  /// Whether it must be given.
  public let isRequired: Bool
  /// Its value when not given; nil when there is none or the body decides.
  public let fallback: Value?
  /// What decides when the body does: `the session seed`.
  public let fallbackText: String?
}

/// Holds a default that is written once and never changed; the notebook runs on one thread.
private struct UncheckedSendable<T>: @unchecked Sendable {
  let value: T
  init(_ value: T) { self.value = value }
}

/// A function of the library or of the host (`len`, `take`), declared once like a command, but called with arguments in
/// order: `round(x, 2)`, `round(x, digits: 2)`, `x | round`.
public final class LibraryFunction: @unchecked Sendable {
  /// One of its parameters.
  public struct Parameter: @unchecked Sendable {
    /// Its name, which may be used as a label.
    public let name: String
    /// What values it takes.
    public let type: ValueType
    /// Its value when left out; required when nil.
    public let fallback: Value?

    /// A parameter that must be given, or, with `default`, may be left out.
    public init(_ name: String, _ type: ValueType = .any, default fallback: Value? = nil) {
      self.name = name
      self.type = type
      self.fallback = fallback
    }
  }

  /// What a body can ask for: the host, and calling function values.
  public struct Caller {
    let machine: Machine

    /// The program around the language.
    public var host: any Host { machine.host }
    /// Calls a function value.
    public func call(_ function: Function, _ arguments: [Value]) throws -> Value {
      try machine.call(function, arguments)
    }
    /// Throws `Interrupt` when the user pressed Ctrl-C; long loops call it.
    public func poll() throws { try machine.host.poll() }
  }

  /// What a call does. The arguments fit the parameters' types, one each; with `isVariadic`, the last one's may repeat.
  public typealias Body = (Caller, [Value]) throws -> Value

  /// The name it is called by.
  public let name: String
  /// One sentence.
  public let summary: String
  /// The heading help lists it under.
  public let topic: String
  /// Its parameters, in order.
  public let parameters: [Parameter]
  /// Whether the last parameter may be given any number of times.
  public let isVariadic: Bool
  /// A line that runs.
  public let example: Example
  let body: Body

  /// A function called `name`.
  public init(
    _ name: String, _ summary: String, topic: String = "", _ parameters: [Parameter], isVariadic: Bool = false,
    example: Example, _ body: @escaping Body
  ) {
    self.name = name
    self.summary = summary
    self.topic = topic
    self.parameters = parameters
    self.isVariadic = isVariadic
    self.example = example
    self.body = body
  }

  /// `round(x, digits = 0)`.
  public var signature: String {
    let list = parameters.map { it in it.fallback.map { "\(it.name) = \($0.literal)" } ?? it.name }
    return "\(name)(\(list.joined(separator: ", "))\(isVariadic ? ", …" : ""))"
  }
}

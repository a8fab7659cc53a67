import Contract

/// A command of the host's, declared once: name, summary, parameters, examples and what it does.
///
/// ```swift
/// extension Command<Session> {
///   static let forget = Command("forget", "Remove a name from the notebook.", examples: ["forget cse"]) { signature in
///     let name = signature.variable("name", "the name to remove")
///     return { session, given in session.remove(given[name]); return .none }
///   }
/// }
/// ```
public struct Command<H: Host>: @unchecked Sendable {
  /// What a call does: computes and returns. Throws `Problem`, or any error, which becomes a diagnostic at the call.
  public typealias Body = (H, Arguments) throws -> Value

  /// The declaration without the host's type, as environment, help and completion use it.
  public let declaration: CommandDeclaration

  /// A command called `name`; `declare` adds its parameters and returns what it does.
  public init(
    _ name: String, _ summary: String, topic: String = "", examples: [Example] = [], details: String = "",
    check: @escaping (KnownArguments) throws -> Void = { _ in }, _ declare: (Signature) -> Body
  ) {
    let signature = Signature()
    let body = declare(signature)
    declaration = CommandDeclaration(
      name: name, summary: summary, topic: topic, examples: examples, details: details,
      parameters: signature.parameters, check: check
    ) { host, given in
      guard let host = host as? H else { unreachable("\(name) was declared for \(H.self)") }
      return try body(host, given)
    }
  }
}

/// What the language knows about a command.
public final class CommandDeclaration: @unchecked Sendable {
  /// The word that starts it.
  public let name: String
  /// One sentence.
  public let summary: String
  /// The heading help lists it under: `Training`.
  public let topic: String
  /// Lines that run, the first being the best.
  public let examples: [Example]
  /// Paragraphs for `?name`; may be empty.
  public let details: String
  /// Its parameters, the subject first if there is one, then labels in the order help shows them.
  public let parameters: [ParameterDeclaration]
  /// What the arguments mean together, as far as the text alone tells: called before anything runs.
  let check: (KnownArguments) throws -> Void
  let body: (any Host, Arguments) throws -> Value

  init(
    name: String, summary: String, topic: String, examples: [Example], details: String,
    parameters: [ParameterDeclaration], check: @escaping (KnownArguments) throws -> Void,
    body: @escaping (any Host, Arguments) throws -> Value
  ) {
    self.name = name
    self.summary = summary
    self.topic = topic
    self.examples = examples
    self.details = details
    self.parameters = parameters
    self.check = check
    self.body = body
  }

  /// The unlabelled argument, if it takes one.
  public var subject: ParameterDeclaration? { parameters.first(where: \.isSubject) }
  /// The labelled ones.
  public var labels: [ParameterDeclaration] { parameters.filter { !$0.isSubject } }
  /// Whether some argument is a choice, so that settings and `options:` may stand beside the labels.
  public var takesChoices: Bool { parameters.contains { !$0.type.families.isEmpty } }
}

/// The arguments of a call before it runs: those whose values are literals or built-ins.
public struct KnownArguments {
  let values: [String: Value]
  let given: Set<String>

  /// The value of an argument if it is known before the run, its default if it is not given, nil if it is known only at
  /// run time.
  public subscript(name: String) -> Value? { values[name] }
  /// Whether the user gave it.
  public func isGiven(_ name: String) -> Bool { given.contains(name) }
}

/// The checked arguments of one call.
public struct Arguments {
  /// One value per parameter of the declaration; nil when not given.
  let values: [Value?]
  /// Where each stands in the user's text.
  let ranges: [SourceRange?]
  /// The command's own word and everything after it.
  public let range: SourceRange

  /// The argument for a parameter, typed. Cannot fail.
  public subscript<T>(parameter: Parameter<T>) -> T { parameter.convert(values[parameter.index]) }

  /// Whether the user gave it.
  public func isGiven<T>(_ parameter: Parameter<T>) -> Bool { ranges[parameter.index] != nil }

  /// Where it stands in the user's text, nil when it was not given.
  public func range<T>(of parameter: Parameter<T>) -> SourceRange? { ranges[parameter.index] }
}

/// A variable that a query mentions as `:name`.
public struct QueryBinding {
  /// The variable.
  public let name: String
  /// What it holds.
  public let value: Value
  /// Where it is mentioned first.
  public let range: SourceRange
}

/// What the language requires of its host program. One thread runs the notebook.
public protocol Host: AnyObject {
  /// Called often while code runs (loop turns, calls): throws `Interrupt` when the user pressed Ctrl-C.
  func poll() throws
  /// Runs one SQL statement. `:name` in `sql` stands for the value of the binding of that name.
  func query(sql: String, bindings: [QueryBinding], at range: SourceRange) throws -> Value
  /// A warning or a note while code is prepared or runs.
  func note(_ diagnostic: Diagnostic)
  /// `_` (nil: the last value) and `_3`. Throws a `Problem` when there is none any more.
  func last(_ number: Int?) throws -> Value
  /// Called when memory runs short: the host should release earlier values that have no name.
  func letGo()
}

extension Host {
  /// Keeps nothing.
  public func letGo() {}
}

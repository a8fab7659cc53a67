/// A user's mistake (or a warning, or a note): what is wrong, where, and what to try. The one error a user sees.
public struct Diagnostic: Error, Sendable, Equatable {
  /// How serious it is. Only an `error` stops a cell.
  public enum Severity: String, Sendable { case error, warning, note }

  /// A source range with a short message.
  public struct Label: Sendable, Equatable {
    /// The text pointed at.
    public let range: SourceRange
    /// The words beside the marks; may be empty.
    public var text: String

    /// Points at `range` and says `text`.
    public init(_ range: SourceRange, _ text: String = "") {
      self.range = range
      self.text = text
    }
  }

  /// A stable code such as `E0203`, which `ward explain` knows.
  public var code: String
  /// How serious it is.
  public var severity: Severity
  /// One sentence without a full stop.
  public var message: String
  /// The main place; nil until something places the diagnostic.
  public var primary: Label?
  /// Other places that matter, such as where a name was first given.
  public var labels: [Label]
  /// What to try: one line each.
  public var help: [String]
  /// Whether more text could make the input right: the prompt then asks for another line.
  public var isIncomplete: Bool

  /// A diagnostic with every part given.
  public init(
    _ code: String, _ message: String, at range: SourceRange? = nil, says text: String = "",
    labels: [Label] = [], help: [String] = [], severity: Severity = .error, isIncomplete: Bool = false
  ) {
    self.code = code
    self.severity = severity
    self.message = message
    self.primary = range.map { Label($0, text) }
    self.labels = labels
    self.help = help
    self.isIncomplete = isIncomplete
  }

  /// The main place, if it has one.
  public var range: SourceRange? { primary?.range }
  /// The line of the main place, from 1.
  public var line: Int? { primary?.range.line }
  /// Whether a `check` failed, which ends a script with status 3 instead of 1.
  public var isFailedCheck: Bool { code == Code.checkFailed.rawValue }
}

/// A failure without a source location yet. Host code and library functions throw it; the interpreter makes it a
/// `Diagnostic` at the innermost range of the user's text.
public struct Problem: Error, Sendable, Equatable {
  /// A stable code; hosts use their own from E0600 on.
  public var code: String
  /// One sentence without a full stop.
  public var message: String
  /// The words beside the marks, such as a suggestion; may be empty.
  public var label: String
  /// What to try: one line each.
  public var help: [String]
  /// The argument at fault, by its label (or the subject's name); its place is then marked instead of the call's.
  public var argument: String?

  /// A problem with a code, a sentence and advice.
  public init(
    code: String = Code.hostFailure.rawValue, message: String, label: String = "", help: [String] = [],
    argument: String? = nil
  ) {
    self.code = code
    self.message = message
    self.label = label
    self.help = help
    self.argument = argument
  }

  /// A problem with one of the language's own codes.
  init(_ code: Code, _ message: String, label: String = "", help: [String] = [], argument: String? = nil) {
    self.init(code: code.rawValue, message: message, label: label, help: help, argument: argument)
  }

  /// The diagnostic that says this at `range`.
  public func placed(at range: SourceRange?) -> Diagnostic {
    Diagnostic(code, message, at: range, says: label, help: help)
  }
}

/// Ctrl-C. Nothing in the language can catch it.
public struct Interrupt: Error, Sendable, Equatable {
  /// An interrupt.
  public init() {}
}

extension [Diagnostic] {
  /// Without the session lines in a block that is never closed, each of which would be a mistake of its own: the first becomes a part of
  /// the block's, and no further line is asked for.
  var toldOfOpenBlock: [Diagnostic] {
    guard var block = last, block.code == Code.unclosedBlock.rawValue, let open = block.range?.start else {
      return self
    }
    let isInside = { (mistake: Diagnostic) in
      mistake.code == Code.misplacedSessionLine.rawValue && (mistake.range?.start ?? 0) > open
    }
    guard let line = first(where: isInside)?.range else { return self }
    block.labels.append(.init(line, "a session line cannot stand in a block"))
    block.isIncomplete = false
    return dropLast().filter { !isInside($0) } + [block]
  }

  /// In the order of the text, and of the errors only the first few, since the rest mostly follow from them.
  var readable: [Diagnostic] {
    let sorted = enumerated().sorted { a, b in
      (a.element.range?.start ?? 0, a.offset) < (b.element.range?.start ?? 0, b.offset)
    }.map(\.element)
    let errors = sorted.indices.filter { sorted[$0].severity == .error }
    guard errors.count > Parser.maximumDiagnostics else { return sorted }
    let last = errors[Parser.maximumDiagnostics - 1]
    var reported = sorted.indices.filter { $0 <= last || sorted[$0].severity != .error }.map { sorted[$0] }
    let more = "there are more mistakes after these \(Parser.maximumDiagnostics)"
    if !reported[last].help.contains(more) { reported[last].help.append(more) }
    return reported
  }
}

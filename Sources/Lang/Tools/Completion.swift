/// The completions at the cursor. Reads declarations and the kinds of values; never runs code.
public struct Completion {
  /// One thing that could be typed.
  public struct Candidate: Equatable, Sendable {
    /// What it is.
    public enum Kind: String, Sendable {
      case command, label, choice, function, variable, member, keyword, sql, session, file
    }
    /// The whole word, replacing the text from `start` to the cursor; labels end in a colon.
    public let text: String
    /// What it is.
    public let kind: Kind
    /// One line about it.
    public let summary: String

    /// A candidate.
    public init(_ text: String, _ kind: Kind, _ summary: String) {
      self.text = text
      self.kind = kind
      self.summary = summary
    }
  }

  /// What only the host knows. Each gets the text before the cursor that matters and gives all candidates for the word at its
  /// end; the word is matched here.
  public struct Sources {
    /// Words after `:`, `?` and `!`: gets the line up to the cursor.
    public var session: (String) -> [Candidate] = { _ in [] }
    /// Tables, columns and SQL words: gets the statement up to the cursor.
    public var sql: (String) -> [Candidate] = { _ in [] }
    /// Files: gets the path typed so far.
    public var files: (String) -> [Candidate] = { _ in [] }
    /// What a string may say: gets the command or function, or the variable that is indexed, and the label, if it has one.
    public var texts: (_ owner: String, _ label: String?) -> [Candidate] = { _, _ in [] }
    /// The value of `_`, or of `_3`, if there is one.
    public var last: (Int?) -> Value? = { _ in nil }
    /// Words for a parameter of kind `word`: gets that kind, such as `view`.
    public var words: (String) -> [Candidate] = { _ in [] }

    /// No candidates from the host.
    public init() {}
  }

  /// Where the word at the cursor starts, as a UTF-8 offset.
  public let start: Int
  /// The quote that closes the string the cursor is in; empty outside of strings.
  public var quote = ""
  /// The candidates that begin with that word, best kind first, then by name.
  public let candidates: [Candidate]

  /// The candidates at `cursor`, a UTF-8 offset into `text`.
  public static func at(
    _ text: String, _ cursor: Int, in environment: Environment, from sources: Sources = Sources(),
    ignoringCase: Bool = false
  ) -> Completion {
    CompletionFinder(text, cursor, environment, sources, ignoringCase: ignoringCase).find()
  }

  /// How the innermost command, built-in or function around the cursor is written; nil outside of calls.
  public static func signature(_ text: String, _ cursor: Int, in environment: Environment) -> String? {
    CompletionFinder(text, cursor, environment, Sources()).signature()
  }
}

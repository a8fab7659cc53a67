/// A runnable line of help, optionally with its expected output: `Example("len([1, 2, 3])", gives: "3")`.
///
/// A line alone is written as a plain string. A test runs every example and compares its output with the expected one.
public struct Example: Sendable, Equatable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// The line, to be copied.
  public let text: String
  /// What the prompt shows after it, in one or several lines; nil where that is not told.
  public let result: String?

  /// A line that runs, and what it shows.
  public init(_ text: String, gives result: String? = nil) {
    self.text = text
    self.result = result
  }

  /// A line that runs.
  public init(stringLiteral text: String) { self.init(text) }

  /// The line.
  public var description: String { text }

  /// The line, then those of its result behind a mark of their own.
  func lines(mark: String) -> [String] {
    [text] + (result?.split(separator: "\n", omittingEmptySubsequences: false) ?? []).map { mark + $0 }
  }
}

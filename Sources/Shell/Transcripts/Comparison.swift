import Foundation

/// Compares what was shown with what was recorded by value rather than by letter.
///
/// Whole numbers and words must be the same. Numbers with decimals may differ by `tolerance` (relative) or by one unit
/// of the last place of the more exact of the two, for processors round differently; a tolerance of 0 allows neither.
/// Times (`0.4 s`, `1:35 min`) and the width of boxes and gaps are ignored. In the recorded text `[..]` stands for the rest
/// of a line and `...` alone for any lines. A recorded line `~0.5%` sets the tolerance of the line after it; at the very top
/// of a file, of the whole file.
struct Comparison {
  /// Relative; 0.02 accepts 0.500 for 0.509.
  var tolerance = 0.02

  struct Difference: Equatable {
    /// `nil` where something was shown that was not recorded, or the reverse.
    var recorded: String?
    var shown: String?
  }

  /// The lines that differ; none when the texts agree.
  func differences(recorded: [String], shown: [String]) -> [Difference] {
    if recorded == shown { return [] }
    let patterns = Self.patterns(recorded, tolerance: tolerance)
    let lines = shown.map(Line.init)
    return Self.matches(patterns, lines) ? [] : Alignment.differences(patterns, lines)
  }

  /// What takes the place of each shown line when it is recorded: itself, or what the recording has for it already, where
  /// that holds a `[..]`, stands for it with `...`, or says how far it may differ.
  func accepted(recorded: [String], shown: [String]) -> [[String]] {
    Alignment.accepted(Self.patterns(recorded, tolerance: tolerance), shown.map(Line.init))
  }

  /// A line to be compared.
  struct Line {
    let text: String
    let tokens: [Token]

    init(_ text: String) {
      self.text = text
      tokens = Comparison.tokens(text)
    }

    /// Whether it is nothing but a rule of a box.
    var isRule: Bool { !text.isEmpty && text.allSatisfy { "┌─┬┐├┼┤└┴┘".contains($0) } }
  }

  /// What a recorded line asks for.
  struct Pattern {
    let line: Line
    /// `nil` for `...`, which stands for any lines.
    let tolerance: Double?
    /// How it is recorded: after a line with its tolerance, if it has one of its own.
    let recorded: [String]

    func agrees(with shown: Line) -> Bool {
      guard let tolerance else { return false }
      if line.text == shown.text { return true }
      var (expected, actual) = (line.tokens[...], shown.tokens[...])
      if let open = expected.firstIndex(of: .anything) {
        guard actual.count >= open else { return false }
        (expected, actual) = (expected[..<open], actual[..<open])
      }
      return expected.count == actual.count && zip(expected, actual).allSatisfy { $0.agrees(with: $1, tolerance) }
    }
  }

  private static func patterns(_ lines: [String], tolerance: Double) -> [Pattern] {
    var own: (text: String, value: Double)?
    return lines.compactMap { text in
      if let value = Self.tolerance(text) {
        own = (text, value)
        return nil
      }
      defer { own = nil }
      let recorded = (own.map { [$0.text] } ?? []) + [text]
      return Pattern(
        line: Line(text), tolerance: text == "..." ? nil : own?.value ?? tolerance, recorded: recorded)
    }
  }

  /// The tolerance that a line such as `~0.5%` sets; `nil` for any other line.
  static func tolerance(_ line: String) -> Double? {
    line.wholeMatch(of: /~\s*(\d{1,6}(?:\.\d{1,9})?)\s*%\s*/).flatMap { Double($0.output.1) }.map { $0 / 100 }
  }

  /// Whether the patterns take all lines. Goes from pattern to pattern with all numbers of lines that those so far can take.
  private static func matches(_ patterns: [Pattern], _ lines: [Line]) -> Bool {
    var taken = [0]
    for pattern in patterns {
      guard let least = taken.first else { return false }
      if pattern.tolerance == nil {
        taken = Array(least...lines.count)
      } else {
        taken = taken.filter { $0 < lines.count && pattern.agrees(with: lines[$0]) }.map { $0 + 1 }
      }
    }
    return taken.last == lines.count
  }

  enum Token: Equatable {
    case word(String)
    /// `decimals` says which place is the last, by the powers of ten below one; `nil` for a whole number.
    case number(Double, decimals: Int?)
    case time
    case anything

    func agrees(with other: Token, _ tolerance: Double) -> Bool {
      guard case .number(let value, let decimals) = self, case .number(let otherValue, let otherDecimals) = other
      else { return self == other }
      if tolerance == 0 || decimals == nil && otherDecimals == nil { return value == otherValue }
      let lastPlace = pow(10, -Double(max(decimals ?? 0, otherDecimals ?? 0)))
      return abs(value - otherValue) <= max(tolerance * abs(value), 1.001 * lastPlace)
    }
  }

  /// Splits a line into words, numbers and times. Rules of boxes are one word whatever their length.
  private static func tokens(_ line: String) -> [Token] {
    let number = /\d[\d,_]*(?:\.(\d+))?(?:[eE]([+-]?\d+))?/
    let time = /\d+(?:\.\d+)? (?:ms|s)(?![a-z])|\d+:\d\d(?::\d\d)? (?:min|h)(?![a-z])/
    var tokens: [Token] = []
    var rest = line[...]
    while let first = rest.first {
      if first.isWhitespace {
        rest.removeFirst()
      } else if rest.hasPrefix("[..]") {
        return tokens + [.anything]
      } else if first.isNumber, let found = rest.prefixMatch(of: time) {
        tokens.append(.time)
        rest = rest[found.range.upperBound...]
      } else if first.isNumber, let found = rest.prefixMatch(of: number) {
        let (all, fraction, exponent) = found.output
        let isWhole = fraction == nil && exponent == nil
        let decimals = (fraction?.count ?? 0) - (exponent.flatMap { Int($0) } ?? 0)
        let value = Double(all.filter { $0 != "," && $0 != "_" }) ?? .nan
        tokens.append(.number(value, decimals: isWhole ? nil : decimals))
        rest = rest[found.range.upperBound...]
      } else if "─━┄".contains(first) {
        rest = rest.drop { $0 == first }
        tokens.append(.word("─"))
      } else {
        let word = rest.dropFirst().prefix { !$0.isWhitespace && !$0.isNumber && $0 != "─" && $0 != "━" }
        // A `[..]` may be glued to the word before it.
        let whole = rest[..<word.endIndex]
        let end = whole.range(of: "[..]")?.lowerBound ?? whole.endIndex
        tokens.append(.word(String(whole[..<end])))
        rest = rest[end...]
      }
    }
    return tokens
  }
}

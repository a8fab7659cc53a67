import Foundation

/// Compares what was shown with what was recorded by value rather than by letter.
///
/// Whole numbers and words must be the same. Numbers with decimals may differ by `tolerance` (relative) or by one unit
/// of the last place, for processors round differently. Times (`0.4 s`, `1:35 min`) and the width of boxes and gaps
/// are ignored. In the recorded text `[..]` stands for the rest of a line and `...` alone for any lines.
/// A recorded line `~0.5%` sets the tolerance of the line after it; at the very top of a file, of the whole file.
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
    let pattern = Self.patterns(recorded, tolerance: tolerance)
    if matches(pattern[...], shown[...]) { return [] }
    return lineByLine(pattern, shown)
  }

  private enum Pattern {
    case line(String, tolerance: Double)
    case anyLines
  }

  private static func patterns(_ lines: [String], tolerance: Double) -> [Pattern] {
    var next = tolerance
    return lines.compactMap { line in
      if line == "..." { return .anyLines }
      if let given = Self.tolerance(line) {
        next = given
        return nil
      }
      defer { next = tolerance }
      return .line(line, tolerance: next)
    }
  }

  /// The tolerance that a line such as `~0.5%` sets.
  static func tolerance(_ line: String) -> Double? {
    guard line.hasPrefix("~"), line.hasSuffix("%") else { return nil }
    return Double(line.dropFirst().dropLast()).map { $0 / 100 }
  }

  private func matches(_ pattern: ArraySlice<Pattern>, _ lines: ArraySlice<String>) -> Bool {
    guard let first = pattern.first else { return lines.isEmpty }
    switch first {
    case .anyLines:
      return (lines.startIndex...lines.endIndex).contains { matches(pattern.dropFirst(), lines[$0...]) }
    case .line(let text, let tolerance):
      guard let line = lines.first, agree(text, line, tolerance) else { return false }
      return matches(pattern.dropFirst(), lines.dropFirst())
    }
  }

  /// Where the texts part: pairs of lines from the top, stopping at a wildcard, whose extent is then unknown.
  private func lineByLine(_ pattern: [Pattern], _ shown: [String]) -> [Difference] {
    var found: [Difference] = []
    for index in 0..<max(pattern.count, shown.count) {
      let line = index < shown.count ? shown[index] : nil
      guard index < pattern.count else { found.append(.init(recorded: nil, shown: line)); continue }
      guard case .line(let text, let tolerance) = pattern[index] else { break }
      if let line, agree(text, line, tolerance) { continue }
      found.append(.init(recorded: text, shown: line))
    }
    return found.isEmpty ? [.init(recorded: "...", shown: shown.last)] : found
  }

  private func agree(_ recorded: String, _ shown: String, _ tolerance: Double) -> Bool {
    if recorded == shown { return true }
    var expected = Self.tokens(recorded)
    var actual = Self.tokens(shown)
    if let open = expected.firstIndex(of: .anything) {
      guard actual.count >= open else { return false }
      expected = Array(expected[..<open])
      actual = Array(actual[..<open])
    }
    return expected.count == actual.count && zip(expected, actual).allSatisfy { $0.agrees(with: $1, tolerance) }
  }

  private enum Token: Equatable {
    case word(String)
    case number(Double, decimals: Int)
    case time
    case anything

    func agrees(with other: Token, _ tolerance: Double) -> Bool {
      guard case .number(let value, let decimals) = self, case .number(let otherValue, let otherDecimals) = other
      else { return self == other }
      if decimals == 0, otherDecimals == 0 { return value == otherValue }
      let lastPlace = pow(10, -Double(min(decimals, otherDecimals)))
      return abs(value - otherValue) <= max(tolerance * abs(value), 1.001 * lastPlace)
    }
  }

  /// Splits a line into words, numbers and times. Rules of boxes are one word whatever their length.
  private static func tokens(_ line: String) -> [Token] {
    let number = /\d[\d,_]*(?:\.\d+)?(?:[eE][+-]?\d+)?/
    let time = /\d+(?:\.\d+)? (?:ms|s)(?![a-z])|\d+:\d\d(?::\d\d)? (?:min|h)(?![a-z])/
    var tokens: [Token] = []
    var rest = line[...]
    while let first = rest.first {
      if first.isWhitespace {
        rest.removeFirst()
      } else if rest.hasPrefix("[..]") {
        return tokens + [.anything]
      } else if let found = rest.prefixMatch(of: time) {
        tokens.append(.time)
        rest = rest[found.range.upperBound...]
      } else if let found = rest.prefixMatch(of: number) {
        let digits = found.output.filter { $0 != "," && $0 != "_" }
        let decimals = digits.split(separator: ".").dropFirst().first?.prefix { $0.isNumber }.count ?? 0
        tokens.append(.number(Double(digits) ?? .nan, decimals: decimals))
        rest = rest[found.range.upperBound...]
      } else if "─━┄".contains(first) {
        rest = rest.drop { $0 == first }
        tokens.append(.word("─"))
      } else {
        let word = rest.prefix { !$0.isWhitespace && !$0.isNumber && $0 != "─" && $0 != "━" }
        // A `[..]` may be glued to the word before it.
        let end = word.range(of: "[..]")?.lowerBound ?? word.endIndex
        tokens.append(.word(String(word[..<end])))
        rest = rest[end...]
      }
    }
    return tokens
  }
}

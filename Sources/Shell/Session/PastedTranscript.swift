import Lang

/// What somebody copied off a screen, prompts and all: `[3] let x = 1`, with `...` before further lines and with what it
/// showed. It is read without all that.
///
/// No sentence of the language begins with a number in brackets and then, behind a blank, a word or a value, nor with `>>>`.
struct PastedTranscript {
  /// The inputs alone, one below the other.
  let text: String
  /// Lines that no prompt begins, and that finish no input: what was shown.
  let dropped: Int

  /// `nil` when the text is no such copy.
  ///
  /// - Parameter isIncomplete: whether an input asks for another line, with or without a prompt before it.
  init?(_ copy: String, isIncomplete: (String) -> Bool) {
    let lines = copy.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let begin = lines.drop { $0.allSatisfy(\.isWhitespace) || $0.hasPrefix("ward ") && $0.contains(" · session ") }
    guard let first = begin.first, Self.input(first) != nil else { return nil }
    var inputs: [String] = [], isOpen = false, dropped = 0
    for line in begin {
      if let input = Self.input(line) {
        inputs.append(input)
      } else if let more = Self.further(line), !inputs.isEmpty {
        inputs[inputs.count - 1] += "\n" + more
      } else if isOpen {
        inputs[inputs.count - 1] += "\n" + line
      } else {
        dropped += line.allSatisfy(\.isWhitespace) ? 0 : 1
        continue
      }
      isOpen = isIncomplete(inputs[inputs.count - 1])
    }
    text = inputs.joined(separator: "\n")
    self.dropped = dropped
  }

  /// What stands behind a prompt: Ward's own, Python's, IPython's.
  private static func input(_ line: String) -> String? {
    if let found = line.prefixMatch(of: /\s*(?:>>> |In \[\d+\]: )/) { return String(line[found.range.upperBound...]) }
    guard let found = line.prefixMatch(of: /\s*\[\d+\] +(?=[A-Za-z_0-9"':?!(\[{])/) else { return nil }
    let rest = line[found.range.upperBound...]
    // `[3] in xs` asks whether a list has it.
    let word = rest.prefix { $0.isLetter || $0 == "_" }
    return ["in", "and", "or", "mod", "by"].contains(word) ? nil : String(rest)
  }

  /// What stands behind the prompt of a further line, as wide as the first one's.
  private static func further(_ line: String) -> String? {
    guard let found = line.prefixMatch(of: /\s*(?:\.\.\.:?(?: +|$))/) else { return nil }
    return String(line[found.range.upperBound...])
  }
}

extension Session {
  /// Whether what was typed so far asks for another line.
  func isIncomplete(_ text: String) -> Bool {
    let copy = PastedTranscript(text) { Continuation.isIncomplete($0, in: environment) }
    return Continuation.isIncomplete(copy?.text ?? text, in: environment)
  }

  /// What was typed or pasted, without the prompts of a copied session; says how much of it was left out.
  func withoutPrompts(_ text: String) -> String {
    guard let copy = PastedTranscript(text, isIncomplete: { Continuation.isIncomplete($0, in: environment) }) else {
      return text
    }
    if copy.dropped > 0 {
      notices.report(
        .note, "\(copy.dropped.of("line")) without a prompt \(copy.dropped == 1 ? "was" : "were") left out")
    }
    return copy.text
  }
}

/// What is said of characters and numbers that mean nothing here.
extension Lexer {
  /// What is wrong with a number as other languages write some.
  func badNumber(from start: Int) -> Diagnostic {
    let text = source.text(from: start, to: position)
    let digits = String(text.dropFirst(2))
    let radix = ["0x": 16, "0X": 16, "0b": 2, "0o": 8][String(text.prefix(2))]
    var label = ""
    if let radix, let value = Int(digits, radix: radix) {
      label = "write `\(value)`: numbers are decimal"
    } else if let parts = text.wholeMatch(of: /([\d_.]+)%(\w+)/) {
      label = "write `\(parts.1) mod \(parts.2)`; `80%` is 0.8"
    } else if let parts = text.wholeMatch(of: /([\d_]+)([kKM])/) {
      label = "write `\(parts.1)_000\(parts.2 == "M" ? "_000" : "")`"
    } else if text.wholeMatch(of: /[\d_.]+[eE]/) != nil {
      label = "digits must follow the `e`: `1e-3`"
    } else if let parts = text.wholeMatch(of: /([\d.]+)([A-Za-z]\w*)/) {
      label = "write `\(parts.1) * \(parts.2)` for a product"
    }
    return Diagnostic(
      .badNumber, "`\(text)` is not a number", at: SourceRange(source: source, start: start, end: position),
      says: label, help: label.isEmpty ? ["a name starts with a letter; between two values stands an operator"] : [])
  }

  func badName(from start: Int) -> Diagnostic {
    var end = start
    while byte(end).isNamePart { end += 1 }
    return Diagnostic(
      .reservedWord, "a name cannot start with an underscore",
      at: SourceRange(source: source, start: start, end: end),
      help: ["`_` is the last value and `_3` the value of cell 3"])
  }

  /// `0...9` of other languages: with `.9` a number, it would mean something else here.
  mutating func threeDots() -> Diagnostic {
    let start = position
    while byte(position) == UInt8(ascii: ".") { move(to: position + 1) }
    return Diagnostic(
      .strangeCharacter, "a range has two dots", at: SourceRange(source: source, start: start, end: position),
      says: "write `0..9`, or `0..<10` without its end")
  }

  /// What to write for characters that other programs and keyboards put in place of ours.
  private static let instead: [Character: String] = [
    "“": "write \" for a quote", "”": "write \" for a quote", "‘": "write ' for a quote", "’": "write ' for a quote",
    "–": "write - for minus", "−": "write - for minus", "×": "write * for times", "÷": "write / for division",
    "≤": "write <=", "≥": "write >=", "≠": "write !=", "&": "write `and`", "%": "write `mod`; `80%` is 0.8",
    "@": "names are plain words", "$": "names are plain words", "…": "write .. for a range", "·": "write * for times",
    "—": "write - for minus", "‐": "write - for minus", "²": "write `^2`", "³": "write `^3`", "√": "write `sqrt(x)`",
    "→": "write `=>`", "⇒": "write `=>`", "∈": "write `in`", "∧": "write `and`", "∨": "write `or`", "¬": "write `not`",
    "ε": "write `eps`", "ϵ": "write `eps`", "∞": "write `linf` for the norm", "½": "write 0.5", "‰": "write 0.001",
    "`": "a string stands in \" or '", "«": "write \" for a quote", "»": "write \" for a quote",
    "~": "`~` stands in file names alone; `not` turns a condition round",
    "\\": "a line goes on by itself after an operator, `,` or inside brackets",
  ]

  /// Names the character and, for the usual suspects, what to write instead.
  mutating func unexpectedCharacter() -> Diagnostic {
    let start = position
    let rest = source.text(from: start, to: min(limit, start + 32))
    let character = rest.first ?? " "
    move(to: min(limit, start + max(1, character.utf8.count)))
    return Diagnostic(
      .strangeCharacter, "`\(character)` means nothing here",
      at: SourceRange(source: source, start: start, end: position),
      says: Self.instead[character]
        ?? (character.isLetter ? "names are written with the letters a to z, digits and _" : ""))
  }
}

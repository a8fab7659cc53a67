import Lang

/// One axis of a sweep: a parameter of the script, and its values as texts that `--name` would take.
///
/// `seed=0..4` counts, `eps=0..0.3 by 0.1` does in steps, `defense=csa,minmax` lists; `seed` is the session seed, which every
/// script has.
struct SweepAxis: Codable, Equatable {
  var name: String
  var values: [String]

  /// - Parameters:
  ///   - text: what stood behind `--over`.
  ///   - interpreter: what knows how values are written.
  /// - Throws: `Problem`, `Diagnostic`.
  init(_ text: String, of script: String, parameters: [ProgramParameter], interpreter: Interpreter) throws {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts[0].isEmpty else {
      throw Problem(
        code: ShellCode.sweep, message: "--over takes a parameter and its values, such as `seed=0..4`, not `\(text)`")
    }
    let name = parts[0].replacing("-", with: "_")
    let all = ProgramParameter.seed + parameters
    guard let parameter = all.first(where: { $0.name == name }) else {
      let names = all.map(\.name)
      let near = Suggestions.nearest(to: name, in: names)
      throw Problem(
        code: ShellCode.sweep, message: "\(script) has no `param \(name)`",
        label: near.map { "did you mean `\($0)`?" } ?? "",
        help: ["it can be swept over " + names.map { "`\($0)`" }.joined(separator: ", ")])
    }
    let values = try Self.pieces(of: parts[1]).flatMap { piece in
      try Self.spelledOut(piece, of: parameter, interpreter: interpreter)
    }
    if values.isEmpty {
      throw Problem(
        code: ShellCode.sweep,
        message: "--over \(name)= has no values; write such as `\(name)=\(parameter.fallbackText)`")
    }
    for value in values { _ = try interpreter.value(of: Source(name: "--over \(name)", text: value), for: parameter) }
    if name == ProgramParameter.seed[0].name, let bad = values.first(where: { Int($0).map { $0 < 0 } ?? true }) {
      throw Problem(code: ShellCode.sweep, message: "--over seed takes whole numbers from 0, not \(bad)")
    }
    var seen: Set<String> = []
    if let twice = values.first(where: { !seen.insert($0).inserted }) {
      throw Problem(code: ShellCode.sweep, message: "--over \(name) has the value \(twice) twice")
    }
    (self.name, self.values) = (name, values)
  }

  /// The texts between the commas that stand in no bracket and no quotes.
  private static func pieces(of text: String) -> [String] {
    var (pieces, depth): ([String], Int) = ([""], 0)
    var quote: Character?
    for letter in text {
      if let open = quote {
        if letter == open { quote = nil }
      } else if letter == "\"" || letter == "'" {
        quote = letter
      } else if "([{".contains(letter) {
        depth += 1
      } else if ")]}".contains(letter) {
        depth -= 1
      } else if letter == ",", depth == 0 {
        pieces.append("")
        continue
      }
      pieces[pieces.count - 1].append(letter)
    }
    return pieces.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  /// `0..4` as its five numbers, where the parameter is a number; any other text as it is.
  private static func spelledOut(
    _ piece: String, of parameter: ProgramParameter, interpreter: Interpreter
  ) throws -> [String] {
    guard piece.contains(".."), interpreter.isNumber(parameter) else { return [piece] }
    guard case .range(let range) = try interpreter.evaluate(Source(name: "--over \(parameter.name)", text: piece))
    else {
      return [piece]
    }
    return try range.spelledOut().map(NumberText.exact)
  }
}

extension ProgramParameter {
  /// The session seed, which every script can be swept over; no `param` can have its name.
  static let seed = [ProgramParameter(name: "seed", fallbackText: "0", doc: "the session seed")]
}

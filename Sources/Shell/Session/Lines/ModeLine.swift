import Lang

extension SessionLine {
  static var mode: SessionLine {
    let modes = TableMode.allCases.map(\.rawValue)
    return SessionLine(
      name: "mode", arguments: "[\(modes.joined(separator: "|"))]", summary: "how tables are shown",
      details: """
        box, plain and markdown round numbers for reading and show the first 200 rows; csv, json and jsonl write every value \
        exactly and every row. What the store keeps of a cell is always the box.
        """, example: ":mode csv", words: { _ in modes }
    ) { session, word in
      guard !word.isEmpty else { return session.output.show(.text("mode  \(session.output.mode.rawValue)")) }
      guard let mode = TableMode(rawValue: word) else {
        throw Problem(
          code: ShellCode.sessionLine, message: "there is no mode `\(word)`",
          label: Suggestions.hint(for: word, in: modes),
          help: ["one of: \(modes.joined(separator: ", "))"])
      }
      session.output.mode = mode
    }
  }
}

import Lang

extension SessionLine {
  static var run: SessionLine {
    SessionLine(
      name: "run", arguments: "FILE|CELLS", summary: "run a script here, or cells again; names stay",
      details: "Cells are given by their numbers: 3, 3-5, or 12/3-5 of session 12. They run as new cells.",
      example: "let x = 1\n:run 1"
    ) { session, text in
      guard let range = try CellRange(text) else {
        return try script(try Words.file(text, of: "run", example: "lesson.ward, or cells :run 3-5"), in: session)
      }
      let cells = try range.cells(of: session)
      guard !cells.isEmpty else {
        throw Problem(
          code: ShellCode.sessionLine, message: "there are no cells \(text)",
          help: ["`:history` lists the cells there are"])
      }
      for cell in cells { try session.endLine(session.run(cell.record.source)) }
    }
  }

  private static func script(_ file: String, in session: Session) throws {
    guard session.runningScripts.count < 16 else {
      throw Problem(
        code: ShellCode.sessionLine,
        message: "scripts run each other without end: "
          + session.runningScripts.suffix(3).joined(separator: " runs ") + " runs \(file)")
    }
    session.runningScripts.append(file)
    defer { session.runningScripts.removeLast() }
    let status = session.run(script: Source(name: file, text: try ScriptFile.read(file)))
    // Of the file nothing ran, but of the script that runs it something may have.
    try session.endLine(status == .usage ? .failed : status)
  }
}

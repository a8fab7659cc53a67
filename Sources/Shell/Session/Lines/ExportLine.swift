import Lang

extension SessionLine {
  static var export: SessionLine {
    SessionLine(
      name: "export", arguments: "FILE [CELLS]",
      summary: "write this session as a page to be read: FILE ends with .html, .md or .ipynb"
    ) { session, text in
      var words = try Words.split(text)
      guard !words.isEmpty else {
        throw Problem(
          code: ShellCode.sessionLine, message: ":export needs a file name",
          help: ["for example :export first-look.html, or :export first-look.md 1-4 7 for some cells"])
      }
      let file = words.removeFirst()
      _ = try ExportFormat(file: file)
      let cells = try words.isEmpty ? nil : CellRanges(words)
      let page = try ExportedSession(number: session.number, of: session.store, sql: session.sql, only: cells)
      try ExportFormat.write(page, to: file, environment: session.environment, mayWrite: session.checkMayWrite)
      session.output.show(.text("\(file)  \(page.cells.count) cell\(page.cells.count == 1 ? "" : "s")"))
    }
  }
}

import Lang

extension SessionLine {
  static var export: SessionLine {
    SessionLine(
      name: "export", arguments: "FILE [CELLS]",
      summary: "write this session as a page to be read: FILE ends with .html, .md or .ipynb",
      details: """
        Only some cells with 1-4 7. A file that is there already is written over only if this session wrote it; \
        `:export! FILE` writes over any.
        """, example: "let x = 1\n:export first-look.html",
      forced: { try export($0, $1, over: true) }, run: { try export($0, $1, over: false) })
  }

  private static func export(_ session: Session, _ text: String, over mayReplace: Bool) throws {
    var words = try Words.split(text)
    guard !words.isEmpty else {
      throw Problem(
        code: ShellCode.sessionLine, message: ":export needs a file name",
        help: ["for example :export first-look.html, or :export first-look.md 1-4 7 for some cells"])
    }
    let file = words.removeFirst()
    _ = try ExportFormat(file: file)
    try session.checkMayWrite(file)
    if !mayReplace { try session.checkMayReplace(file, by: "export") }
    let cells = try words.isEmpty ? nil : CellRanges(words)
    let page = try ExportedSession(
      number: session.number, of: session.store, sql: try session.sql, only: cells, ending: session.comments)
    try ExportFormat.write(page, to: file, environment: session.environment, mayWrite: session.checkMayWrite)
    session.wrote(file)
    session.output.show(.text("\(file)  \(page.cells.count { !$0.source.isEmpty }.of("cell"))"))
  }
}

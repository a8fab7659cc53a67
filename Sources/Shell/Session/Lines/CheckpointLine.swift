import Lang

extension SessionLine {
  static var checkpoint: SessionLine {
    SessionLine(
      name: "checkpoint", arguments: "[NAME]",
      summary: "remember all names, for `:undo NAME`; alone, list what is remembered",
      details: "A checkpoint lasts as long as the session. One of the same name takes the place of the old one.",
      example: ":checkpoint before", words: { $0.undoHistory.checkpoints.map(\.name) }
    ) { session, name in
      guard !name.isEmpty else { return session.output.show(.table(list(session))) }
      guard !name.contains(where: \.isWhitespace) else {
        throw Problem(
          code: ShellCode.sessionLine, message: "the name of a checkpoint is one word",
          help: ["for example :checkpoint before"])
      }
      session.undoHistory.mark(name, session.snapshot)
      let count = session.environment.variables.count
      session.output.show(.text("\(name)  \(count.of("name")); `:undo \(name)` comes back here"))
    }
  }

  private static func list(_ session: Session) -> Table {
    Table(
      columns: [.init("checkpoint"), .init("before cell"), .init("names")],
      rows: session.undoHistory.checkpoints.map { name, snapshot in
        [.string(name), .integer(snapshot.cell), .string(snapshot.names.map(\.name).joined(separator: " "))]
      })
  }
}

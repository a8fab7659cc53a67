import Lang

extension SessionLine {
  static var checkpoint: SessionLine {
    SessionLine(
      name: "checkpoint", arguments: "[NAME]",
      summary: "remember all names, for `:undo NAME`; alone, list what is remembered",
      details: "A checkpoint lasts as long as the session. One of the same name takes the place of the old one.",
      example: ":checkpoint before", words: { $0.past.checkpoints.map(\.name) }
    ) { session, name in
      guard !name.isEmpty else { return session.output.show(.table(list(session))) }
      guard !name.contains(where: \.isWhitespace) else {
        throw Problem(
          code: ShellCode.sessionLine, message: "the name of a checkpoint is one word",
          help: ["for example :checkpoint before"])
      }
      session.past.mark(name, session.moment)
      let count = session.environment.variables.count
      session.output.show(.text("\(name)  \(count.of("name")); `:undo \(name)` comes back here"))
    }
  }

  private static func list(_ session: Session) -> Table {
    Table(
      columns: [.init("checkpoint"), .init("before cell"), .init("names")],
      rows: session.past.checkpoints.map { name, moment in
        [.string(name), .integer(moment.cell), .string(moment.names.map(\.name).joined(separator: " "))]
      })
  }
}

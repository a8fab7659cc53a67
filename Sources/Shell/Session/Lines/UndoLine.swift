import Lang

extension SessionLine {
  static var undo: SessionLine {
    SessionLine(
      name: "undo", arguments: "[NAME]",
      summary: "take back the last cell, or all since the checkpoint NAME",
      details: """
        The names and the seed are as they were before it. Each further `:undo` takes back one cell more, up to 20, also one that \
        changed no name. What was stored stays stored; `:save` leaves out the cells that were taken back.
        """, example: "let x = 1\n:undo", words: { $0.undoHistory.checkpoints.map(\.name) }
    ) { session, name in
      guard name.isEmpty else { return try back(session, to: name) }
      guard let snapshot = session.undoHistory.snapshots.last else {
        throw Problem(
          code: ShellCode.sessionLine, message: "there is nothing to take back",
          help: [
            session.nextCell == 1
              ? "no cell has run in this session"
              : "all cells are taken back, or they are more than \(UndoHistory.most) cells ago"
          ])
      }
      let difference = session.goBack(to: snapshot)
      let next = session.undoHistory.snapshots.last.map { "; `:undo` again takes back cell \($0.cell)" } ?? ""
      session.output.show(
        .text(
          "took back cell \(snapshot.cell)"
            + (difference.isEmpty ? ", which changed no name\(next)" : ": " + difference))
      )
    }
  }

  private static func back(_ session: Session, to name: String) throws {
    let checkpoints = session.undoHistory.checkpoints
    guard let snapshot = checkpoints.first(where: { $0.name == name })?.snapshot else {
      throw Problem(
        code: ShellCode.sessionLine, message: "there is no checkpoint `\(name)`",
        label: Suggestions.hint(for: name, in: checkpoints.map(\.name)),
        help: ["`:checkpoint \(name)` makes one; `:undo` alone takes back the last cell"])
    }
    let difference = session.goBack(to: snapshot)
    session.output.show(.text("back at \(name): \(difference.isEmpty ? "no name has changed since" : difference)"))
  }
}

import Lang

extension SessionLine {
  static var undo: SessionLine {
    SessionLine(
      name: "undo", arguments: "[NAME]",
      summary: "take back what the last cell did to the names, or all since the checkpoint NAME",
      details: """
        The names and the seed are as they were before. Once more goes one cell further back, up to 20. What was stored stays \
        stored; `:save` leaves out the cells that were taken back.
        """, example: "let x = 1\n:undo", words: { $0.past.checkpoints.map(\.name) }
    ) { session, name in
      guard name.isEmpty else { return try back(session, to: name) }
      guard let moment = session.past.beforeLastChange(from: session.moment) else {
        throw Problem(
          code: ShellCode.sessionLine, message: "there is nothing to take back",
          help: ["no cell of this session has changed a name, or it is more than 20 cells ago"])
      }
      let last = session.nextCell - 1
      let cells = moment.cell == last ? "cell \(last)" : "cells \(moment.cell) to \(last)"
      session.output.show(.text("took back \(cells): \(session.goBack(to: moment))"))
    }
  }

  private static func back(_ session: Session, to name: String) throws {
    let checkpoints = session.past.checkpoints
    guard let moment = checkpoints.first(where: { $0.name == name })?.moment else {
      throw Problem(
        code: ShellCode.sessionLine, message: "there is no checkpoint `\(name)`",
        label: Suggestions.hint(for: name, in: checkpoints.map(\.name)),
        help: ["`:checkpoint \(name)` makes one; `:undo` alone takes back the last cell"])
    }
    session.output.show(.text("back at \(name): \(session.goBack(to: moment))"))
  }
}

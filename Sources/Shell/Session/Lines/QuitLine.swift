import Lang

extension SessionLine {
  static var quit: SessionLine {
    SessionLine(name: "quit", arguments: "", summary: "leave; Ctrl-D does the same") { session, text in
      guard text.isEmpty else {
        throw Problem(code: ShellCode.sessionLine, message: ":quit takes nothing more", help: ["`:quit` leaves"])
      }
      session.isOver = true
    }
  }
}

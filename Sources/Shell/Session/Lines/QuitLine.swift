extension SessionLine {
  static var quit: SessionLine {
    SessionLine(name: "quit", arguments: "", summary: "leave; Ctrl-D does the same") { session, _ in
      session.isOver = true
    }
  }
}

import Lang

extension SessionLine {
  static var time: SessionLine {
    SessionLine(
      name: "time", arguments: "[on|off|CELL]",
      summary: "say how long each cell takes, or run one CELL and say it of that",
      details: "The time is that of the cell alone, without writing to the store and to the screen.",
      example: ":time sort([3, 1, 2])", words: { _ in ["on", "off"] }
    ) { session, text in
      switch text {
      case "": session.output.show(.text("time  \(session.timesCells ? "on" : "off")"))
      case "on": session.timesCells = true
      case "off": session.timesCells = false
      default:
        let before = session.timesCells
        session.timesCells = true
        defer { session.timesCells = before }
        try session.endLine(session.run(text))
      }
    }
  }
}

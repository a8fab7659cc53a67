import Lang

extension SessionLine {
  static var run: SessionLine {
    SessionLine(name: "run", arguments: "FILE", summary: "run a script here; its names stay") { session, text in
      let file = try Words.file(text, of: "run", example: "lesson.ward")
      guard session.runningScripts.count < 16 else {
        throw Problem(
          code: ShellCode.sessionLine,
          message: "scripts run each other without end: "
            + session.runningScripts.suffix(3).joined(separator: " runs ") + " runs \(file)")
      }
      session.runningScripts.append(file)
      defer { session.runningScripts.removeLast() }
      _ = session.run(script: Source(name: file, text: try ScriptFile.read(file)))
    }
  }
}

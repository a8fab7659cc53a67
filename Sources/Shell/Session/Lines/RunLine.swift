import Lang

extension SessionLine {
  static var run: SessionLine {
    SessionLine(name: "run", arguments: "FILE", summary: "run a script here; its names stay") { session, file in
      guard !file.isEmpty else {
        throw Problem(
          code: ShellCode.sessionLine, message: ":run needs a file", help: ["for example :run lesson.ward"])
      }
      let source = Source(name: file, text: try ScriptFile.read(file))
      if session.run(script: source) == .usage { return }
    }
  }
}

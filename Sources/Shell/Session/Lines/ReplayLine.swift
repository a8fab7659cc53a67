import Lang

extension SessionLine {
  static var replay: SessionLine {
    SessionLine(
      name: "replay", arguments: "FILE",
      summary: "run a saved session again, apart from this one, and say what it shows differently",
      details: """
        What a cell showed stands below it on lines that begin with #>. A script that has this line ends with status 3 where \
        something differs. `ward replay FILE --accept` writes down what is shown now.
        """, example: "let x = 1\n:save! first-look.ward\n:replay first-look.ward"
    ) { session, text in
      let file = try Words.file(text, of: "replay", example: "first-look.ward")
      let transcript = Transcript(try ScriptFile.read(file))
      try transcript.checkTolerances(in: file)
      // With names, seed and store of its own: what a recording asks of the store, it asks of what it stored itself.
      var options = Session.Options(storePath: "")
      options.keepsNothing = true
      options.threads = session.threads
      options.isSafe = session.isSafe
      options.terminal.color = .never
      let apart = try Session(options, output: .silent())
      defer { apart.end() }
      try Replay.checkReadable(transcript, named: file, in: apart)
      let outcomes = try Replay().run(transcript, in: apart)
      for block in Replay.report(outcomes, of: file) { session.output.show(block) }
      try session.endLine(outcomes.allSatisfy(\.differences.isEmpty) ? .ok : .differs)
    }
  }
}

import Testing

@testable import Shell

/// A command line that is wrong gets one sentence, what to try, and status 2.
@Suite("Mistakes on the command line") struct CommandLineTests {
  @Test(arguments: [
    ("--stroe x", "ward has no option --stroe", "did you mean --store?"),
    ("--verbose", "ward has no option --verbose", "did you mean --diagnostics?"),
    ("-V", "ward has no option -V", "did you mean --version?"),
    ("--eps 4", "ward has no option --eps", "the options of a script stand behind its file: `ward FILE.ward --eps …`"),
    ("sql select --moed csv", "ward sql has no option --moed", "did you mean --mode?"),
    (
      "replay", "ward replay needs the file of a saved session",
      "for example: `ward replay history/first-look.ward --check`"
    ),
    ("export 3", "ward export needs a session and `--to FILE`", "for example: `ward export last --to session.html`"),
    ("explain", "ward explain needs the code of a diagnostic", "for example: `ward explain E0203`"),
    ("--seed x", "--seed takes a whole number from 0, not x", "`ward --help` lists what it takes"),
    ("--color blue", "--color takes auto, always or never, not blue", "`ward --help` lists what it takes"),
    (
      "sql x --mode xml", "--mode takes box, plain, markdown, csv, json or jsonl, not xml",
      "`ward sql --help` lists what it takes"
    ),
    ("--store", "--store needs a value", "`ward --help` lists what it takes"),
    ("--quiet=yes", "--quiet takes no value", "`ward --help` lists what it takes"),
    ("foo.wrd", "there is no file foo.wrd", "`ward --help` lists what it takes"),
    ("exprot 1", "there is no file exprot; did you mean `ward export`?", "`ward --help` lists what it takes"),
    (
      "attack normal", "there is no file attack; to run a command write `ward -c 'attack …'`, or `ward` for the prompt",
      "`ward --help` lists what it takes"
    ),
    ("repl", "there is no file repl; `ward` alone opens the prompt", "`ward --help` lists what it takes"),
    ("help carlini", "there is no help about `carlini`; did you mean `cw`?", "`ward --help` lists what it takes"),
  ])
  func isSaidInOneSentence(arguments: String, message: String, help: String) {
    let words = arguments.split(separator: " ").map(String.init)
    let mistake = Ward.mistake(in: words)
    #expect(mistake?.message == message)
    #expect(mistake?.help.first == help)
  }

  @Test func theProgramSaysItAndEndsWithStatus2() throws {
    let run = try TranscriptFilesTests.ward(["--stroe", "x"])
    #expect(run.status == 2 && run.output.isEmpty)
    #expect(
      run.error
        == "error: ward has no option --stroe\n  help: did you mean --store?\n  help: `ward --help` lists what it takes\n"
    )
    let json = try TranscriptFilesTests.ward(["--diagnostics", "json", "--stroe"])
    #expect(json.status == 2 && json.error.hasPrefix("{") && json.error.contains("ward has no option --stroe"))
  }

  @Test func helpExplainsNamesOfTheLanguageToo() throws {
    let run = try TranscriptFilesTests.ward(["help", "pgd"])
    #expect(run.status == 0 && run.output.hasPrefix("pgd  (attack)"))
    #expect(try TranscriptFilesTests.ward(["help", "sql"]).output.hasPrefix("OVERVIEW:"))
  }

  @Test func theHelpOfAScriptShowsItsOptionsAndTheCommentItOpensWith() throws {
    let run = try TranscriptFilesTests.ward(["examples/sweep/point.ward", "--help"])
    #expect(run.status == 0 && run.output.contains("  --way VALUE     how it is trained: plain or adversarial"))
    #expect(
      run.output.contains(
        "\n\nOne point of the sweep of examples/sweep.ward: one training and one curve. By itself:\n\n    ward --seed 3"
      ))
    // Only what stands before the first line that is no comment.
    #expect(!run.output.contains("param") && !run.output.contains("fashion-mnist"))
  }
}

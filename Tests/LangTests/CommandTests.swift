import Testing

@testable import Lang

@Suite struct CommandTests {
  @Test(arguments: [
    ("attack 1 with: pgd", "{model: 1, with: pgd, eps: 0.1, seed: none}"),
    ("attack(1, with: pgd)", "{model: 1, with: pgd, eps: 0.1, seed: none}"),
    ("attack 1 with: pgd eps: none seed: none", "{model: 1, with: pgd, eps: 0.1, seed: none}"),
    ("attack 1 with: pgd eps: (if true then none else 0.2)", "{model: 1, with: pgd, eps: 0.1, seed: none}"),
    ("attack 1 with: pgd options: {eps: none}", "{model: 1, with: pgd, eps: 0.1, seed: none}"),
    ("1 | attack with: fgsm eps: 8/255 seed: 7", "{model: 1, with: fgsm, eps: 0.03137254901960784, seed: 7}"),
    ("attack 1 with: pgd steps: 20 eps: 30%", "{model: 1, with: pgd(steps: 20), eps: 0.3, seed: none}"),
    (
      "let strong = pgd(steps: 100, restarts: 5)\nattack 1 with: strong steps: 7",
      "{model: 1, with: pgd(steps: 7, restarts: 5), eps: 0.1, seed: none}"
    ),
    ("pgd(steps: 3)(restarts: 2)", "pgd(steps: 3, restarts: 2)"), ("pgd.steps", "40"), ("pgd(steps: 3).steps", "3"),
    ("compare [1] with: [pgd, deepfool] steps: 3", "\"1×pgd(steps: 3),deepfool\""),
    ("compare [1, 2] with: fgsm", "\"2×fgsm\""),
    ("train 3", "\"3 adam none 0.01\""), ("train 3 beta1: 0.5", "\"3 adam(beta1: 0.5) none 0.01\""),
    ("train 3 optimizer: sgd warmup: 2", "\"3 sgd(warmup: 2) none 0.01\""),
    ("train 3 optimizer: sgd schedule: cosine(warmup: 2)", "\"3 sgd cosine(warmup: 2) 0.01\""),
    ("[for hit in [fgsm, pgd] => attack(1, with: hit).with]", "[fgsm, pgd]"),
    ("vars", "\"vars\""), ("help for", "\"for\""), ("help", "\"everything\""), ("help attack", "\"attack\""),
    ("help(\"eps\")", "\"eps\""),
    ("let a = 1\nforget a", "\"a\""), ("let m = matrix [[1, 2], [3, 4]]\nm[0, 1] = 9\n(m * 2)[0, 1]", "18"),
    ("let m = matrix [[1]]\nm.name", "\"m\""), ("matrix [[1]] | describe save: \"x\"", "\"x\""),
    ("conv(8)", "conv(8)"), ("conv(8).channels", "8"), ("conv(kernel: 5, channels: 8)", "conv(8, kernel: 5)"),
    ("conv(kernel: 5)", "conv(kernel: 5)"), ("8 | conv(kernel: 5)", "conv(8, kernel: 5)"),
    ("let n = 4\nconv(n * 2, kernel: n)", "conv(8, kernel: 4)"), ("conv(8) == conv(channels: 8)", "true"),
    ("let f = fn(x) => x(8)\nf(conv)", "conv(8)"), ("conv(8)(kernel: 1)", "conv(8, kernel: 1)"),
    ("net([conv, conv(8)])", "net([conv, conv(8)])"), ("let a = [conv(1)]\nnet(a + a)", "net([conv(1), conv(1)])"),
    ("let attack = 3\nattack", "3"), ("let r = attack 1 with:\n  pgd\nr.eps", "0.1"),
    ("let f = fn(m) => (attack m with: fgsm)\nf(2).model", "2"), ("\"{attack(1, with: fgsm).eps}\"", "\"0.1\""),
  ]) func aCallGivesItsValue(_ text: String, _ expected: String) {
    #expect(Notebook().run(text) == expected)
  }

  @Test(arguments: [
    ("attack", "E0201", "attack needs a number"), ("attack 1", "E0201", "attack needs `with:`, an attack"),
    ("attack 1 with: pgd with: fgsm", "E0202", "`with` is given twice"),
    ("attack 1 with: pgd stpes: 20", "E0203", "attack has no setting `stpes`"),
    ("attack 1 with: fgsm steps: 20", "E0203", "attack has no setting `steps`"),
    ("attack 1 with: \"pgd\"", "E0204", "`with:` takes an attack: write pgd without quotes"),
    ("attack 1 with: adam", "E0204", "`with:` takes an attack, not adam, which is an optimizer"),
    ("attack \"x\" with: pgd", "E0204", "attack takes a number, not the string \"x\""),
    ("attack 1 with: pgd eps: 3", "E0205", "`eps:` takes a number from 0 to 1, in pixels, not 3"),
    ("attack 1 with: pgd steps: 0.5", "E0204", "`steps:` takes a whole number from 1 to 1000, not 0.5"),
    ("attack 1 with: pgd(steps: 0)", "E0205", "`steps:` takes a whole number from 1 to 1000, in steps, not 0"),
    ("attack 1 with: pgd(stpes: 3)", "E0203", "pgd has no setting `stpes`"),
    ("pgd(3)", "E0206", "settings are given by name"),
    ("conv(8, 3)", "E0206", "all settings but the first are given by name"),
    ("conv(8, channels: 3)", "E0202", "`channels` is given twice"),
    ("conv(0)", "E0205", "`channels:` takes a whole number, at least 1, not 0"),
    ("let n = 0.5\nconv(n)", "E0204", "`channels:` takes a whole number, at least 1, not 0.5"),
    ("net([conv(8), pgd])", "E0204", "`layers:` takes a list of layers, but element 2 is pgd, which is an attack"),
    ("let c = conv\nlet f = fn(x) => x(8, 3)\nf(c)", "E0206", "all settings but the first are given by name"),
    ("attack 1 2 with: pgd", "E0206", "attack takes one value without a label"),
    ("vars 3", "E0206", "vars takes no value without a label"),
    ("train 3 optimizer: sgd schedule: cosine warmup: 2", "E0207", "`warmup` is a setting of sgd and of cosine"),
    ("attack 1 with: pdg", "E0301", "there is nothing called `pdg`"), ("forget b", "E0301", "there is no variable `b`"),
    ("forget 3", "E0204", "forget takes the name of a variable, not 3"),
    ("len(1, 2)", "E0206", "len takes one argument, not 2"),
    ("len()", "E0201", "len needs `x`, any value"),
    ("sqrt(\"x\")", "E0204", "`x` of sqrt takes a number, not the string \"x\""),
    ("sqrt(-1)", "E0406", "sqrt needs a number 0 or more, not -1"),
    ("round(1, digit: 2)", "E0203", "round has no parameter `digit`"),
    ("3 | attack 4 with: pgd", "E0206", "attack takes one value without a label"),
    ("3 | vars", "E0206", "vars takes no value without a label"),
    ("fail", "E0610", "it failed"), ("fail 3", "E0611", "that number is bad"),
    ("fail \"x\"", "E0600", "the disk is full"),
    ("describe 3", "E0204", "describe takes a matrix, not 3"),
    ("attack 1 with: pgd options: 3", "E0204", "`options:` takes a record, not 3"),
    ("let x = 1\nattack x with: x", "E0204", "`with:` takes an attack, not 1"),
    ("let x = fgsm\nattack 1 with: x steps: 3", "E0203", "attack has no setting `steps`"),
  ]) func aWrongCallSaysWhatIsWrong(_ text: String, _ code: String, _ message: String) {
    let diagnostic = Notebook().diagnostic(text)
    #expect(diagnostic?.code == code)
    #expect(diagnostic?.message == message)
  }

  @Test func anUnknownSettingSuggestsWhatIsValidThere() {
    let text = Notebook().diagnostic("attack 1 with: pgd stpes: 20")?.render()
    #expect(
      text == """
        error[E0203]: attack has no setting `stpes`
         --> test.ward:1:20
          |
        1 | attack 1 with: pgd stpes: 20
          |                    ^^^^^ did you mean `steps`?
          = help: `options pgd` lists what pgd takes
        """)
  }

  @Test(arguments: [
    "atack 1 with: pgd", "let r = atack 1 with: pgd", "let r = (atack 1 with: pgd)", "1 | atack with: pgd",
    "if true { atack 1 }",
    "atack with: pgd",
  ]) func aMisspeltCommandIsSuggested(_ text: String) {
    let diagnostic = Notebook().diagnostic(text)
    #expect(diagnostic?.code == "E0301")
    #expect(diagnostic?.message == "there is no command `atack`")
    #expect(diagnostic?.primary?.text == "did you mean `attack`?")
    #expect(diagnostic?.range?.text == "atack")
  }

  @Test func mistakesThatTheTextShowsAreFoundBeforeAnythingRuns() {
    let notebook = Notebook()
    #expect(notebook.run("print 1\nattack 1 with: pgd eps: 3") == "E0205")
    #expect(notebook.run("print 1\nfor i in [] { attack 1 with: pgd stpes: 3 }") == "E0203")
    #expect(notebook.run("print 1\nprint nothing_here") == "E0301")
    #expect(notebook.host.printed.isEmpty)
  }

  @Test func allMistakesOfAFileAreShownAtOnce() {
    let notebook = Notebook()
    let prepared = notebook.interpreter.prepare(
      notebook.interpreter.parse(Source(name: "a.ward", text: "let a = \"x\nlet b = )\nattack 1\nprint nope\n")))
    #expect(prepared.errors.map(\.code) == ["E0102", "E0101", "E0201", "E0301"])
  }

  @Test func aStatementThatCannotBeReadStillDeclaresItsName() {
    let notebook = Notebook()
    let prepared = notebook.interpreter.prepare(
      notebook.interpreter.parse(Source(name: "a.ward", text: "let a = (1 2)\ndef f(x { }\nprint a\nf(a)\nprint b\n")))
    #expect(prepared.errors.map(\.code) == ["E0101", "E0101", "E0301"])
  }

  @Test func aWallOfMistakesIsCutAtTen() {
    let notebook = Notebook()
    let text = String(repeating: "print nope\n", count: 50)
    let errors = notebook.interpreter.prepare(notebook.interpreter.parse(Source(name: "a", text: text))).errors
    #expect(errors.count == 10)
    #expect(
      errors.map { $0.help.contains("there are more mistakes after these 10") } == [Bool](repeating: false, count: 9)
        + [true])
  }

  @Test func tenMistakesAreNotSaidToBeMore() {
    let notebook = Notebook()
    for text in ["print nope\n", "let x = )\n"].map({ String(repeating: $0, count: 10) }) {
      let errors = notebook.interpreter.prepare(notebook.interpreter.parse(Source(name: "a", text: text))).errors
      #expect(errors.count == 10 && errors.allSatisfy { !$0.help.contains { $0.contains("more mistakes") } })
    }
  }

  @Test func aWallOfUnreadableLinesSaysThatThereAreMore() {
    let program = Notebook().interpreter.parse(Source(name: "a", text: String(repeating: "let x = )\n", count: 11)))
    #expect(program.diagnostics.count == 10)
    #expect(program.diagnostics.last?.help.last == "there are more mistakes after these 10")
  }

  @Test func twoOptionsOfOneNameAreRefused() {
    #expect(Notebook().run("param a = 1\nparam a = 2\nprint a") == "E0112")
  }

  @Test func anOptionsRecordMergesAndExplicitLabelsWin() {
    let notebook = Notebook()
    #expect(
      notebook.run("attack 1 with: pgd(restarts: 2) steps: 3 options: {eps: 0.5, steps: 9, restarts: 7}")
        == "{model: 1, with: pgd(restarts: 2, steps: 3), eps: 0.5, seed: none}")
    #expect(
      notebook.run("let o = {eps: 0.2, steps: 20}\nattack 1 with: pgd eps: 0.3 options: o")
        == "{model: 1, with: pgd(steps: 20), eps: 0.3, seed: none}")
    #expect(notebook.host.notes.isEmpty)
  }

  @Test func aFieldThatOnlyAnotherAttackKnowsIsIgnoredWithOneNote() {
    let notebook = Notebook()
    #expect(notebook.run("for hit in [pgd, fgsm, fgsm] { attack 1 with: hit options: {steps: 20} }") == "none")
    #expect(notebook.host.notes.map(\.code) == ["N0001"])
    #expect(notebook.host.notes.first?.message == "`steps` is ignored by fgsm")
  }

  @Test func aFieldThatNoAttackKnowsIsAnError() {
    let diagnostic = Notebook().diagnostic("attack 1 with: pgd options: {stpes: 20}")
    #expect(diagnostic?.code == "E0203")
    #expect(diagnostic?.range?.text == "stpes")
    #expect(diagnostic?.primary?.text == "did you mean `steps`?")
  }

  @Test func aProblemIsPlacedAtTheArgumentItNames() {
    #expect(Notebook().diagnostic("print 1; fail 300")?.range?.text == "300")
    #expect(Notebook().diagnostic("sqrt(1 - 2)")?.range?.text == "1 - 2")
  }

  @Test func aMistakeInsideAFunctionIsPlacedThere() {
    let diagnostic = Notebook().diagnostic("def f(x) {\n  return x[3]\n}\nf([1])")
    #expect(diagnostic?.range?.text == "x[3]")
    #expect(diagnostic?.line == 2)
    #expect(diagnostic?.labels.first?.range.text == "f([1])")
  }

  @Test func aMistakeInAFunctionOfAnotherCellShowsBothCells() throws {
    let notebook = Notebook()
    _ = try notebook.interpreter.evaluate(Source(name: "[1]", text: "def f(x) { return x[3] }"))
    do {
      _ = try notebook.interpreter.evaluate(Source(name: "[2]", text: "let y = f([1])"))
      Issue.record("the index is outside")
    } catch let diagnostic as Diagnostic {
      #expect(
        diagnostic.render() == """
          error[E0403]: there is no element 3
           --> [1]:1:19
            |
          1 | def f(x) { return x[3] }
            |                   ^^^^ the indices go from 0 to 0
           ::: [2]:1:9
          1 | let y = f([1])
            |         ------ called here
          """)
    }
  }

  @Test func shadowingACommandWarns() {
    let notebook = Notebook()
    let prepared = notebook.interpreter.prepare(notebook.interpreter.parse(Source(name: "[1]", text: "let attack = 3")))
    #expect(prepared.diagnostics.map(\.code) == ["W0001"])
    #expect(prepared.errors.isEmpty)
  }

  @Test func anInterruptCannotBeCaught() {
    let notebook = Notebook()
    notebook.host.pollsUntilInterrupt = 5
    #expect(notebook.run("let n = 0\nwhile true { try { n += 1 } catch p { } }") == "Interrupt()")
    #expect(notebook.interpreter.environment.value(of: "n") != nil)
  }

  @Test func makingATextOfALongListCanBeInterrupted() {
    let notebook = Notebook()
    #expect(notebook.run("let b = [[for i in 0..<9000 => i], {a: 1}]") != "Interrupt()")
    notebook.host.pollsUntilInterrupt = 6
    #expect(notebook.run("let c = \"{b}\"") == "Interrupt()")
    #expect(notebook.interpreter.environment.value(of: "c") == nil)
    notebook.host.pollsUntilInterrupt = .max
    let isWhole = notebook.run("\"{b}\"").hasSuffix(#"8999], \{a: 1}]""#)
    #expect(isWhole)
  }

  @Test func tablesAreEqualByWhatTheyHold() {
    let curve = Table(columns: [.init("eps")], rows: [[0.1]], subject: "cse, pgd")
    #expect(curve == Table(columns: [.init("eps")], rows: [[0.1]]))
    #expect(curve != Table(columns: [.init("eps")], rows: [[0.2]], subject: "cse, pgd"))
    #expect(curve.with(rows: []).subject == "cse, pgd")
  }

  @Test func aNameIsBoundOnlyAfterSuccess() {
    let notebook = Notebook()
    #expect(notebook.run("let a = 1") == "1")
    #expect(notebook.run("let a = fail") == "E0610")
    #expect(notebook.interpreter.environment.value(of: "a") == 1)
    #expect(notebook.run("let b = fail") == "E0610")
    #expect(notebook.interpreter.environment.value(of: "b") == nil)
  }

  @Test func sqlGetsItsTextAndItsBindings() {
    let notebook = Notebook()
    #expect(notebook.run("let eps = 0.1\nselect * from results where eps = :eps -- and so on") == "<table of 2 rows>")
    #expect(notebook.host.queries.first?.sql == "select * from results where eps = :eps")
    #expect(notebook.host.queries.first?.bindings.map(\.name) == ["eps"])
    #expect(notebook.host.queries.first?.bindings.first?.value == 0.1)
  }

  @Test func optionsOfAScriptGetTheirValuesFromOutside() throws {
    let notebook = Notebook()
    let source = Source(name: "a.ward", text: "param eps = 0.1 \"the budget\"\nparam data = \"x\"\n\"{eps} {data}\"")
    var prepared = notebook.interpreter.prepare(notebook.interpreter.parse(source))
    #expect(prepared.program.parameters.map(\.name) == ["eps", "data"])
    #expect(prepared.program.parameters.map(\.fallbackText) == ["0.1", "\"x\""])
    #expect(prepared.program.parameters.map(\.doc) == ["the budget", nil])
    try notebook.interpreter.set("eps", to: Source(name: "--eps", text: "1/4"), in: &prepared)
    try notebook.interpreter.set("data", to: Source(name: "--data", text: "fashion-mnist"), in: &prepared)
    var last = Value.none
    for item in prepared.items { last = try notebook.interpreter.run(item).value }
    #expect(last == "0.25 fashion-mnist")
    #expect(throws: Diagnostic.self) {
      try notebook.interpreter.set("epss", to: Source(name: "--epss", text: "1"), in: &prepared)
    }
  }

  @Test(arguments: [
    ("pgd", "fgsm", "fgsm"), ("pgd", "pgd(steps: 3)", "pgd(steps: 3)"), ("0..3", "1..2", "1..2"),
    ("[1, 2]", "[3]", "[3]"), ("{a: 1}", "{b: 2}", "{b: 2}"), ("8/255", "0.1", "0.1"), ("true", "false", "false"),
    ("\"x\"", "a b", "\"a b\""), ("\"x\"", "'q'", "\"q\""), ("none", "[1]", "[1]"), ("-1", "2^3", "8"),
    ("\"a\" + \"b\"", "c d", "\"c d\""), ("2 * 3", "4", "4"),
  ]) func anOptionTakesAValueOfTheKindOfItsDefault(_ fallback: String, _ given: String, _ value: String) throws {
    let notebook = Notebook()
    var prepared = notebook.interpreter.prepare(
      notebook.interpreter.parse(Source(name: "a.ward", text: "param p = \(fallback)")))
    try notebook.interpreter.set("p", to: Source(name: "--p", text: given), in: &prepared)
    #expect(try notebook.interpreter.run(prepared.items[0]).value.literal == value)
  }

  @Test(arguments: [
    ("pgd", "adam"), ("pgd", "3"), ("0..3", "5"), ("[1, 2]", "3"), ("{a: 1}", "3"), ("0.1", "\"a\""), ("0.1", "x"),
    ("true", "1"), ("pgd", "!touch x"), ("pgd", ":save z"), ("0.1", "let y = 3"), ("0.1", "1; print 9"),
    ("0.1", "print 9"), ("0.1", "(print 9)"), ("0.1", "select 1 as x"), ("0.1", ""), ("0.1", "1 | print"),
  ]) func anOptionRefusesWhatActsOrIsOfAnotherKind(_ fallback: String, _ given: String) throws {
    let notebook = Notebook()
    var prepared = notebook.interpreter.prepare(
      notebook.interpreter.parse(Source(name: "a.ward", text: "param p = \(fallback)")))
    #expect(throws: Diagnostic.self) {
      try notebook.interpreter.set("p", to: Source(name: "--p", text: given), in: &prepared)
    }
    #expect(notebook.host.printed.isEmpty)
  }

  @Test(arguments: [
    ("total = 3", "E0302"), ("len = 3", "E0303"), ("print lenn", "E0301"), ("for i in 1..3 { totl = i }", "E0302"),
    ("print missing", "E0301"), ("missing += 1", "E0306"),
  ]) func afterAnotherScriptRanAMisspeltNameIsStillAMistake(_ text: String, _ code: String) {
    #expect(Notebook().run(":run lib.ward\n" + text) == code, "\(text)")
  }

  @Test func outcomesTellWhatToShow() throws {
    let interpreter = Notebook().interpreter
    let text = "let a = 1\na;\na += 1\nif true { a = 5 }\ndef f() { }\n:save x.ward  \na"
    let prepared = interpreter.prepare(interpreter.parse(Source(name: "a.ward", text: text)))
    var outcomes: [Outcome] = []
    for item in prepared.items { outcomes.append(try interpreter.run(item)) }
    #expect(outcomes.map(\.kind) == [.bound("a"), .value, .bound("a"), .nothing, .nothing, .nothing, .value])
    #expect(outcomes.map(\.isSilenced) == [false, true, false, false, false, false, false])
    #expect(outcomes.map(\.item.text)[5] == ":save x.ward")
    #expect(outcomes[2].value == 2)
    #expect(outcomes[6].value == 5)
  }

  @Test func aForgottenNameHasNoValueAndABuiltInComesBack() throws {
    let notebook = Notebook()
    #expect(notebook.run("let len = 3\nlen") == "3")
    notebook.interpreter.environment.remove("len")
    #expect(notebook.run("len([1])") == "1")
    #expect(notebook.run("let a = 1\ndef f() { return a }") == "<function f>")
    notebook.interpreter.environment.remove("a")
    #expect(notebook.run("f()") == "E0306")
    #expect(notebook.run("a") == "E0301")
  }
}

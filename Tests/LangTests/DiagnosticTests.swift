import Testing

@testable import Lang

@Suite struct DiagnosticTests {
  let source = Source(name: "sweep.ward", text: "let a = 1\n    attack normal with: pgd stpes: 20\n")

  @Test func aDiagnosticShowsThePlaceTheLineAndTheAdvice() {
    let start = source.text.utf8.count - "stpes: 20\n".utf8.count
    let diagnostic = Diagnostic(
      "E0203", "attack has no setting `stpes`", at: SourceRange(source: source, start: start, end: start + 5),
      says: "did you mean `steps`?", help: ["`options pgd` lists what pgd takes"])
    #expect(
      diagnostic.render() == """
        error[E0203]: attack has no setting `stpes`
         --> sweep.ward:2:29
          |
        2 |     attack normal with: pgd stpes: 20
          |                             ^^^^^ did you mean `steps`?
          = help: `options pgd` lists what pgd takes
        """)
  }

  @Test func columnsCountCharactersNotBytes() {
    let source = Source(name: "[3]", text: "é = ß\nx")
    #expect(SourceRange(source: source, start: 5, end: 7).place == "[3]:1:5")
    #expect(SourceRange(source: source, start: 8, end: 9).place == "[3]:2:1")
  }

  @Test func marksStandUnderWideCharacters() {
    let source = Source(name: "[1]", text: "\"衣\" + x")
    let text = Diagnostic("E0301", "no", at: SourceRange(source: source, start: 8, end: 9)).render()
    #expect(text.contains("  |        ^"))
  }

  @Test func aDiagnosticWithoutAPlaceIsItsHeadingAndHelp() {
    #expect(
      Diagnostic("E0600", "no such file", help: ["try ls"]).render() == "error[E0600]: no such file\n = help: try ls")
  }

  @Test func suggestionsAreNearNamesOnly() {
    #expect(Suggestions.nearest(to: "stpes", in: ["eps", "steps", "start"]) == "steps")
    #expect(Suggestions.nearest(to: "banana", in: ["eps", "steps"]) == nil)
    #expect(Suggestions.distance("steps", "stpes") == 1)
  }

  @Test func aLongLineIsShownAroundItsMark() {
    let text = String(repeating: "1 + ", count: 200) + "x" + String(repeating: " + 1", count: 200)
    let shown = Diagnostic("E0301", "no", at: SourceRange(source: Source(name: "a", text: text), start: 800, end: 801))
      .render()
    #expect(shown.split(separator: "\n").allSatisfy { $0.count < 140 })
    #expect(shown.contains("+ x +"))
  }

  @Test func onATerminalALineIsCutAroundItsMark() {
    for (before, after) in [(0, 40), (3, 40), (40, 40), (40, 0)] {
      let text = String(repeating: "1 + ", count: before) + "badname" + String(repeating: " + 1", count: after)
      let range = SourceRange(source: Source(name: "a", text: text), start: 4 * before, end: 4 * before + 7)
      let lines = Diagnostic("E0301", "no", at: range).render(columns: 40).split(separator: "\n").map(Array.init)
      #expect(lines.allSatisfy { $0.count < 40 })
      let mark = lines[4].firstIndex(of: "^") ?? 0
      #expect(String(lines[3].dropFirst(mark).prefix(7)) == "badname")
      #expect(lines[4].count(where: { $0 == "^" }) == 7)
    }
  }

  @Test func labelsOnTheSameLineShareIt() {
    let source = Source(name: "a", text: "f(1 2")
    let diagnostic = Diagnostic(
      "E0101", "no", at: SourceRange(source: source, start: 4, end: 5),
      labels: [.init(SourceRange(source: source, start: 1, end: 2), "opened here")])
    #expect(diagnostic.render().hasSuffix("1 | f(1 2\n  |     ^\n  |  - opened here"))
  }

  /// What is said of a text that ends inside a block: the lines it points at and what it says there.
  private func marks(_ text: String) -> [String] {
    let diagnostics = Parser.parse(Source(name: "a", text: text), environment: TestDeclarations.environment())
      .diagnostics
    return diagnostics.map { "\($0.code) \($0.line ?? 0)" }
      + diagnostics.flatMap(\.labels).map { "\($0.range.line) \($0.text)" }
  }

  @Test func whereABraceIsMissingTheIndentationTells() {
    let less = "the `}` that closes this one, in line 5, is indented less"
    #expect(marks("def f(x) {\n  if x > 2 {\n    return x\n  return 0\n}\nlet a = 3") == ["E0117 1", "2 \(less)"])
    #expect(
      marks("  def f(x) {\n\tif x > 2 { print \"{x}\" }\n  for i in 0..2 {\n    print i\n }") == [
        "E0117 1", "3 \(less)",
      ])
    #expect(marks("for i in 0..3 {\n  print i\n") == ["E0117 1"])
    #expect(marks("def f(x) {\nif x {\nprint x\n}\nprint {a: {b: 1}}") == ["E0117 1"])
  }

  @Test func sessionLinesInABlockThatIsNeverClosedAreNoFurtherMistakes() {
    let line = "a session line cannot stand in a block"
    #expect(marks("for i in 0..3 {\n  print i\n:vars\n:help\nprint 3\n?pgd\n!ls") == ["E0117 1", "3 \(line)"])
    #expect(marks("if true {\n  :vars\n}\nfor i in 0..3 {\n  print i\n:vars") == ["E0110 2", "E0117 4", "6 \(line)"])
    let typed = "for i in 0..3 {\n  print i\n"
    #expect(Continuation.isIncomplete(typed, in: TestDeclarations.environment()))
    #expect(!Continuation.isIncomplete(typed + ":vars\n", in: TestDeclarations.environment()))
  }

  @Test func aDiagnosticIsJSONForOtherPrograms() {
    let diagnostic = Diagnostic(
      "E0301", "no \"x\"", at: SourceRange(source: source, start: 4, end: 5), says: "y?", help: ["z"])
    #expect(
      diagnostic.json
        == #"{"code":"E0301","help":["z"],"incomplete":false,"labels":[],"message":"no \"x\"","place":{"column":5,"endColumn":6,"endLine":1,"file":"sweep.ward","line":1,"text":"y?"},"severity":"error"}"#
    )
  }

  @Test func coloursAreOffUnlessAsked() {
    let diagnostic = Diagnostic("E0301", "no", at: SourceRange(source: source, start: 4, end: 5))
    #expect(!diagnostic.render().contains("\u{1B}"))
    #expect(diagnostic.render(color: true).contains("\u{1B}[1;31merror[E0301]\u{1B}[0m"))
  }
}

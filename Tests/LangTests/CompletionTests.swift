import Testing

@testable import Lang

@Suite struct CompletionTests {
  let environment: Environment
  var sources = Completion.Sources()

  init() {
    environment = TestDeclarations.environment()
    environment.bind("normal", to: 3)
    environment.bind("strong", to: .choice(Choice(environment.choices(of: "attack")[2])))
    environment.bind("m", to: .object(Matrix(cells: [[1]])))
    environment.bind("best", to: .record(Record([("robust", 0.5), ("inner", .record(Record([("deep", 1)])))])))
    environment.bind("stack", to: .list([.record(Record([("deep", 1)]))]))
    sources.last = { _ in .record(Record([("robust", 0.5)])) }
    sources.session = { line in line.hasPrefix(":") ? [.init("save", .session, "save the session")] : [] }
    sources.sql = { _ in [.init("results", .sql, "one row per attack"), .init("robust", .sql, "")] }
    sources.files = { _ in [.init("data/x.csv", .file, ""), .init("y.csv", .file, "")] }
    sources.words = { [.init($0 + "s", .keyword, "")] }
  }

  /// Candidates at the end of `text`.
  func offers(_ text: String) -> [String] {
    Completion.at(text, text.utf8.count, in: environment, from: sources).candidates.map(\.text)
  }

  @Test(arguments: [
    ("att", ["attack"]), ("let r = att", ["attack"]), ("whi", ["while"]), ("x = [att", []),
    ("attack n", ["normal", "number"]), ("attack normal wi", ["with:"]), ("attack normal with: p", ["pgd"]),
    ("attack normal with: ", ["deepfool", "fgsm", "pgd", "strong"]),
    ("attack normal with: pgd st", ["steps:", "start:"]), ("attack normal with: strong re", ["restarts:"]),
    ("attack normal with: fgsm st", []), ("attack normal with: pgd steps: 3 st", ["start:"]),
    ("attack normal with: pgd(re", ["restarts:"]), ("pgd(steps: 3, st", ["steps:", "start:"]),
    ("attack normal with: pgd start: ", ["true", "false"]), ("attack(normal, wi", ["with:"]),
    ("attack(normal, with: fg", ["fgsm"]),
    ("compare [1] with: [pg", ["pgd"]), ("train 3 optimizer: ", ["adam", "sgd"]), ("1 | tra", ["train"]),
    ("net([co", ["conv"]), ("net([conv(8), [co", ["conv"]), ("net([conv(ker", ["kernel:"]),
    ("m.r", ["rows"]), ("best.in", ["inner"]), ("best.inner.d", ["deep"]), ("normal.x", []),
    ("pgd.st", ["steps", "start"]),
    ("describe ", ["m"]), ("describe m save: \"da", ["data/x.csv"]), (":sa", ["save"]), ("select ro", ["robust"]),
    ("let t = (select * from re", ["results"]), ("select :nor", ["normal"]), ("forget nor", ["normal"]),
    ("help ", ["topics"]),
    ("round(1, dig", ["digits:"]), ("if normal > 2 { att", ["attack"]), ("?pg", ["pgd"]),
    ("let a = 1\natt", ["attack"]), ("print ro", ["round"]), ("?m.ro", ["rows"]), ("?best.inner.d", ["deep"]),
    ("_.ro", ["robust"]), ("_3.ro", ["robust"]), ("stack[0].dee", ["deep"]), ("stack[1 + 1].dee", ["deep"]),
    ("print \"so {best.ro", ["robust"]), ("print \"so \\{best.ro", []), ("print \"so {1} {norm", ["normal"]),
    ("attack 1 with: pgd options: {st", ["steps:", "start:"]),
    ("attack 1 with: pgd options: {steps: 3, res", ["restarts:"]),
    ("explain select ro", ["robust"]), ("1 # att", []), ("let nor", []), ("let x = nor", ["normal"]), ("def att", []),
  ]) func theCursorIsOfferedWhatMayStandThere(_ text: String, _ expected: [String]) {
    let offered = offers(text)
    if text.hasSuffix(" ") || expected.isEmpty {
      #expect(
        expected.allSatisfy(offered.contains) && (expected.isEmpty ? offered.isEmpty : true), "\(text): \(offered)")
    } else {
      #expect(offered == expected, "\(text)")
    }
  }

  /// Half a letter is what a terminal has sent so far, and what is left of one that was deleted by bytes.
  @Test(arguments: ["\"é", "describe m save: \"d\u{fffd}", "print \"{é", "sel ü", ":ß", "?é", "select 'é"])
  func aCursorInsideALetterStandsBeforeIt(_ text: String) {
    let marks = text.utf8.indices.filter { UTF8.isContinuation(text.utf8[$0]) }
    #expect(!marks.isEmpty)
    for cursor in marks.map({ text.utf8.distance(from: text.startIndex, to: $0) }) {
      let found = Completion.at(text, cursor, in: environment, from: sources)
      #expect(found.start < cursor)
      _ = Completion.signature(text, cursor, in: environment)
    }
  }

  @Test func capitalsDoNotMatterWhereTheUserSaysSo() {
    func offers(_ text: String, ignoringCase: Bool) -> [String] {
      Completion.at(text, text.utf8.count, in: environment, from: sources, ignoringCase: ignoringCase).candidates
        .map(\.text)
    }
    #expect(offers("ATT", ignoringCase: true) == ["attack"])
    #expect(offers("describe m save: \"DA", ignoringCase: true) == ["data/x.csv"])
    #expect(offers("ATT", ignoringCase: false) == [])
  }

  @Test(arguments: [
    ("attack 1 with: \"", ["attack with"]), ("attack(1, with: \"", ["attack with"]), ("m[\"", ["m -"]),
    ("m[1, \"", ["m -"]), ("compare [1] with: [\"", ["compare with"]), ("pgd(start: \"", ["pgd start"]),
    ("round(\"", ["round -"]), ("attack 1 with: pgd(start: \"", ["pgd start"]),
    ("describe m save: \"da", ["data/x.csv"]),
    ("let x = \"y", ["y.csv"]), ("1 + \"y", ["y.csv"]),
  ]) func aStringIsOfferedWhatItsOwnerTakes(_ text: String, _ expected: [String]) {
    var sources = sources
    sources.texts = { owner, label in [.init("\(owner) \(label ?? "-")", .choice, "")] }
    let found = Completion.at(text, text.utf8.count, in: environment, from: sources)
    #expect(found.candidates.map(\.text) == expected, "\(text)")
    #expect(found.quote == "\"")
  }

  @Test func completionStartsAtTheWord() {
    #expect(Completion.at("attack nor", 10, in: environment).start == 7)
    #expect(Completion.at("describe m save: \"da", 20, in: environment, from: sources).start == 18)
  }

  @Test func everyCandidateOfACommandHasASentence() {
    for candidate in Completion.at("", 0, in: environment).candidates where candidate.kind != .variable {
      #expect(!candidate.summary.isEmpty, "\(candidate.text)")
    }
  }

  @Test func completionNeverFailsOnAnyPrefix() {
    let text = "let a = [1, (2), {b: \"x {1}\"}]\nfor i in 0..3 { attack 1 with: pgd(steps: 3) eps: 0.1 }\n\"un"
    for cursor in 0...text.utf8.count {
      let completion = Completion.at(text, cursor, in: environment, from: sources)
      #expect(completion.start <= cursor)
      _ = Completion.signature(text, cursor, in: environment)
    }
  }

  @Test func signaturesComeFromTheDeclaration() {
    #expect(
      Completion.signature("attack normal ", 14, in: environment)
        == "attack NUMBER with: ATTACK [eps: NUMBER] [seed: N]")
    #expect(
      Completion.signature("attack 1 with: pgd(", 19, in: environment)
        == "pgd(steps: N, restarts: N, start: true|false)")
    #expect(Completion.signature("round(", 6, in: environment) == "round(x, digits = 0)")
    #expect(Completion.signature("1 + ", 4, in: environment) == nil)
  }
}

@Suite struct HelpTests {
  let environment = TestDeclarations.environment()

  @Test func aCommandPageIsMadeFromItsDeclaration() throws {
    let page = try #require(Help.page(for: "attack", in: environment))
    #expect(
      page.text() == """
        attack  (command)
          Attack a model.

          attack NUMBER with: ATTACK [eps: NUMBER] [seed: N]

        Parameters
          NUMBER    the model (a number)
          with:     the attack (an attack)
          eps:      the budget (a number from 0 to 1, in pixels; default: 0.1)
          seed:     the seed (a whole number; default: the session seed)
          options:  a record of settings to merge (explicit labels win)

        Example
          attack 1 with: pgd
        """)
  }

  @Test func aPageIsBrokenAtBlanksToFitTheTerminal() throws {
    let page = try #require(Help.page(for: "attack", in: environment))
    for width in [30, 40, 60] {
      let text = page.text(width: width)
      // What is copied stays whole.
      let prose = text.split(separator: "\n").prefix { $0 != "Example" }
      #expect(prose.allSatisfy { $0.count <= width }, "\(text)")
      #expect(text.split(whereSeparator: \.isWhitespace) == page.text().split(whereSeparator: \.isWhitespace))
    }
  }

  @Test func aBuiltInPageListsSettingsPaperAndRelatives() throws {
    let page = try #require(Help.page(for: "pgd", in: environment))
    #expect(page.entries.map(\.name) == ["steps:", "restarts:", "start:"])
    #expect(page.paper == "arXiv:1706.06083")
    #expect(page.seeAlso == ["deepfool", "fgsm"])
  }

  @Test func everyNameHasAPage() {
    for topic in Help.topics(in: environment) {
      #expect(Help.page(for: topic, in: environment)?.summary.isEmpty == false, "\(topic)")
    }
    #expect(Help.page(for: "eps", in: environment)?.entries.map(\.name) == ["attack"])
    #expect(Help.page(for: "E0203", in: environment)?.kind == "diagnostic")
    #expect(Help.page(for: "xyz", in: environment) == nil)
  }

  @Test func aVariablePageListsItsMembers() throws {
    environment.bind("m", to: .object(Matrix(cells: [[1]])))
    #expect(try #require(Help.page(for: "m", in: environment)).entries.map(\.name) == [".rows", ".name"])
  }

  @Test func everyWordOfTheLanguageHasAPageWhoseExampleRuns() {
    for word in Keyword.allCases {
      let page = Help.page(for: word.rawValue, in: environment)
      #expect(page != nil, "\(word.rawValue)")
      for example in page?.examples ?? [] { #expect(!Notebook().run(example.text).hasPrefix("E"), "\(example)") }
    }
  }

  /// A table has no literal: `ExampleTests` holds it against what is shown.
  @Test func everyLibraryExampleGivesWhatItsPageSays() throws {
    for function in Library.all {
      let result = try #require(function.example.result, "\(function.name)")
      let value = try Notebook().value(function.example.text)
      if value.asTable == nil { #expect(try value == Notebook().value(result), "\(function.name)") }
    }
  }
}

@Suite struct ContinuationTests {
  let environment = TestDeclarations.environment()

  @Test(arguments: [
    ("let x =", true), ("attack 1 with:", true), ("[1,", true), ("if true {", true), ("1 +", true), ("x |", true),
    ("{a: 1,", true),
    ("(select 1", true), ("def f(a,", true), ("def f() {\n  let x = [1", true), ("", false), ("let x", false),
    ("1 + 2", false), ("if true", false),
    ("\"open", false), (")", false), ("let x = )\n[1,", false), ("try { }", false), ("fn(x) =>", true),
    ("attack", false), ("\"{[1}\"", false),
  ]) func aTextIsIncompleteWhenItsEndSaysSo(_ text: String, _ expected: Bool) {
    #expect(Continuation.isIncomplete(text, in: environment) == expected, "\(text)")
  }

  @Test func theDepthIsTheNumberOfOpenBrackets() {
    #expect(Continuation.depth(of: "def f() {\n  for i in [1, 2] {\n") == 2)
    #expect(Continuation.depth(of: "let x = (1 + \"(\"") == 1)
    #expect(Continuation.depth(of: "}}") == 0)
  }
}

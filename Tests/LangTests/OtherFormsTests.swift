import Testing

@testable import Lang

/// Forms that other languages have: read where that is clear, told with ours where it is not.
@Suite struct OtherFormsTests {
  let notebook = Notebook()

  private func told(_ text: String) -> [Diagnostic] {
    notebook.interpreter.prepare(notebook.interpreter.parse(Source(name: "a.ward", text: text))).errors
  }

  private func value(_ text: String) throws -> Value {
    try notebook.interpreter.evaluate(Source(name: "a.ward", text: text))
  }

  @Test func aNumberMayBeginWithItsPoint() throws {
    #expect(try value(".1") == 0.1)
    #expect(try value("[.5, -.25, 2^.5 * 0, 1e1*.1]") == [0.5, -0.25, 0, 1])
    #expect(try value("let r = {a: 1}\nr.a+.5") == 1.5)
    #expect(try value("sum(0..<.3 by .1)") == value("sum(0..<0.3 by 0.1)"))
    #expect(try value(".5%") == 0.005)
  }

  @Test func aPointBehindAValueIsNoNumber() {
    for text in ["let x = [1]\nx.1", "1.5.3", "\"a\".1", "(1).5", "0...9", "1....5"] {
      #expect(told(text).count == 1, "\(text)")
    }
  }

  @Test func theFormatterKeepsTwoDotsAndAPointApart() throws {
    let environment = TestDeclarations.environment()
    let text = try Formatter.format(Source(name: "a", text: "let r = 0 .. .3  by .1\n"), in: environment)
    #expect(text == "let r = 0.. .3 by .1\n")
  }

  @Test(arguments: [
    ("1.", "write `1` or `1.0`"), ("0x10", "write `16`: numbers are decimal"),
    ("0b11", "write `3`: numbers are decimal"),
    ("1e", "digits must follow the `e`: `1e-3`"), ("10k", "write `10_000`"), ("2M", "write `2_000_000`"),
    ("7%2", "write `7 mod 2`; `80%` is 0.8"), ("7 % 2", "write `mod`; `80%` is 0.8"),
    ("3x", "write `3 * x` for a product"),
    ("1,000", "write `1000`, or `1_000`"), ("12,000,000", "write `12000000`, or `12_000_000`"),
    ("let d = [1]\nd[:3]", "write `d[0..<3]`"), ("let d = [1]\nd[5:]", "write `d[5..<len(d)]`"),
    ("let d = [1]\nd[1:3]", "write `d[1..<3]`"), ("let d = [1]\nd[-3:]", "write `tail(d, 3)`"),
    ("let d = [1]\nd[:-1]", "write `d[0..<len(d) - 1]`"),
    ("let d = [1]\nd[::2]", "write `d`, which is all of it, with `by 2` behind the range"),
    ("1 <> 2", "write `!=`"), ("1 === 2", "write `==`"), ("1 !== 2", "write `!=`"), ("true && false", "write `and`"),
    ("true || false", "write `or`"), ("let y = !true", "write `not` for the opposite"),
    ("2 ** 3", "write `^` for a power"),
    ("let x = 1\nx++", "write `x += 1` to count up"), ("let x = 1\nx--", "write `x -= 1` to count down"),
    ("let x = 1\nx := 2", "write `=`"), ("let ε = 1", "write `eps`"),
    ("0...9", "write `0..9`, or `0..<10` without its end"),
    ("null", "write `none`"), ("None", "write `none`"), ("True", "write `true`"),
    ("7 // 2", "write `floor(a / b)` for a whole quotient; a comment begins with `#`"),
    ("let f = lambda x: x", "write `fn(x) => …`"), ("if true { } elif true { }", "write `else if`"),
    ("\"abc", "add \" at its end"),
  ])
  func theFormHereIsTold(text: String, advice: String) {
    let diagnostics = told(text)
    #expect(diagnostics.count == 1, "\(text): \(diagnostics.map(\.message))")
    #expect(diagnostics.first?.primary?.text == advice, "\(text)")
    #expect(diagnostics.first?.isIncomplete == false, "\(text)")
  }

  // MARK: queries over several lines

  private func queries(_ text: String) throws -> [String] {
    notebook.host.queries = []
    _ = try value(text)
    return notebook.host.queries.map(\.sql)
  }

  @Test(arguments: [
    "select model,\n       r\nfrom results\nwhere r > 0.1\n  and model = 'a'\ngroup by model\norder by r desc\nlimit 3",
    "select model\n     , r\nfrom results", "select *\nfrom results", "select\n  model from results",
    "with n(v) as (select 1)\nselect v from n", "select model from a\nunion all\nselect model from b",
    "select a.r from results a\nleft join models b\n  on a.model = b.name\nusing (x)",
    "select case when r > 1 then 2\nelse 3\nend from results",
    "select model -- the name\n, r\n-- the rest\nfrom results",
    "select r\nfrom results\nlimit :n",
  ])
  func aQueryGoesOnWhereItCanBeNothingElse(text: String) throws {
    #expect(try queries("let n = 3\n" + text) == [text])
    #expect(try queries("let n = 3\n" + text + ";\nlet after = 1").first == text)
    #expect(try queries("let n = 3\nif true {\n" + text + "\n}").first == text)
  }

  @Test(arguments: [
    "select 1\nfrom = 2", "select 1\nlimit - 1", "select 1\nlimit in [2]", "select 1\nwhere([], fn(x) => true)",
    "select 1\n\nfrom",
    "select 1\n# from results\nfrom", "select 1\nleft", "select 1\nlimit", "select 1\norder.a", "select 1\nend += 1",
    "select 1\nprint 2",
    "select 1\nselect 2", "select 1;\nfrom", "select 1\n-1",
  ])
  func whatCouldBeAStatementIsOne(text: String) throws {
    let names = "let from = 1\nlet limit = 2\nlet left = 1\nlet order = {a: 1}\nlet end = 1\n"
    #expect(try queries(names + text).first == "select 1")
  }

  @Test(arguments: [
    "select model,", "select model from", "select 1 where a =", "select r from results order by", "select *",
  ])
  func aQueryThatBreaksOffAsksForMore(text: String) {
    #expect(Continuation.isIncomplete(text, in: TestDeclarations.environment()), "\(text)")
    #expect(told(text).first?.code == "E0114")
  }

  @Test(arguments: [
    ("select model", true), ("select model, r", true), ("select max(r) as m", true), ("select 1", false),
    ("select 1 as x", false),
    ("select 'a' b", false), ("select :x", false), ("select current_date", false), ("select model from results", false),
    ("select model;", false), ("select max(1, 2)", false), ("select null is not null", false),
  ])
  func thePromptWaitsForTheFromOfColumns(text: String, waits: Bool) {
    #expect(Continuation.isIncomplete("let x = 1\n" + text, in: TestDeclarations.environment()) == waits)
  }

  @Test func aSemicolonEndsAQueryAndSilencesEverythingElse() {
    let program = notebook.interpreter.parse(Source(name: "a", text: "select 1;\nselect 1; select 2;  # both\n[1];"))
    #expect(program.items.map(\.isSilenced) == [false, true, false, true])
  }

  // MARK: quotes, lists and units

  @Test(arguments: [
    ("attack 1 with: \"pgd\"", "`with:` takes an attack: write pgd without quotes", ""),
    ("attack \"3\" with: pgd", "attack takes a number, not the string \"3\"", "write 3 without quotes"),
    (
      "attack 1 with: pgd eps: \"0.1\"", "`eps:` takes a number from 0 to 1, not the string \"0.1\"",
      "write 0.1 without quotes"
    ),
    (
      "attack 1 with: pgd eps: \"10%\"", "`eps:` takes a number from 0 to 1, not the string \"10%\"",
      "write 10% without quotes"
    ),
    (
      "attack 1 with: pgd eps: 8", "`eps:` takes a number from 0 to 1, in pixels, not 8",
      "pixels lie from 0 to 1: write 8/255"
    ),
    ("attack 1 with: [pgd]", "`with:` takes an attack, not a list", "write pgd"),
    ("attack 1 with: pgd start: 0", "`start:` takes true or false, not 0", "write false"),
    (
      "attack 1 with: pgd start: \"True\"", "`start:` takes true or false, not the string \"True\"",
      "write true without quotes"
    ),
    ("sqrt(\"2\")", "`x` of sqrt takes a number, not the string \"2\"", "write 2 without quotes"),
  ])
  func aValueInAnotherFormIsToldInTheRightOne(text: String, message: String, help: String) {
    let first = told(text).first
    #expect(first?.message == message)
    #expect((first?.help.first ?? "") == help)
  }

  @Test func countsAgreeWithTheirNouns() {
    #expect([0, 1, 2, 60_000].map { $0.of("image") } == ["0 images", "1 image", "2 images", "60,000 images"])
    #expect(1.of("class", "classes") + ", " + 10.of("class", "classes") == "1 class, 10 classes")
    #expect(
      ["Ankle boot", "Shirt", "8", "7", "11", "unknown", "unit", "Trousers", "use"].map(\.withArticle)
        == ["an Ankle boot", "a Shirt", "an 8", "a 7", "an 11", "an unknown", "a unit", "Trousers", "a use"])
  }
}

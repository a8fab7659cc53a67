import Testing

@testable import Lang

/// What a call keeps alive, what it gives back, and how it ends.
@Suite struct CallTests {
  @Test func aFunctionThatIsReplacedWhileItRunsGoesOnToItsEnd() {
    let text = """
      def f(n) {
        if n == 0 { return 0 }
        if n == 3 { f = fn(x) => 100 + x }
        let rest = f(n - 1)
        return rest + n
      }
      f(5)
      """
    // 5 and 4 call the first `f`, 3 the second.
    #expect(Notebook().run(text) == "114")
  }

  @Test func theFunctionIsChosenBeforeItsArgumentsAreComputed() {
    let one = "def f(x) { return x }\ndef swap() { f = fn(x) => -x\nreturn 7 }\n[f(swap()), f(7)]"
    #expect(Notebook().run(one) == "[7, -7]")
    let again = """
      def swap() { f = fn(a, b) => -a
        return 1 }
      def f(a, b) { return if b == 0 then a else f(a + swap(), b - 1) }
      [f(5, 1), f(5, 1)]
      """
    #expect(Notebook().run(again) == "[6, -5]")
  }

  @Test func aFunctionThatReplacesItselfByAnotherNumberOfParametersIsCalledByTheNewNumber() {
    let text = "def f(n) { f = fn(a, b) => a * b\nreturn f(n, 6) }\nf(7)"
    #expect(Notebook().run(text) == "42")
    let tooMany = "def f(n) { f = fn() => 1\nreturn f(n) }\nf(7)"
    #expect(Notebook().run(tooMany) == Notebook().run("let g = fn() => 1\ng(7)"))
  }

  @Test func aClosureThatCallsItselfKeepsItsOwnVariables() {
    let text = """
      def counter(step) {
        def down(n) { return if n <= 0 then [] else [n] + down(n - step) }
        return down
      }
      let twos = counter(2)
      let threes = counter(3)
      [twos(5), threes(7)]
      """
    #expect(Notebook().run(text) == "[[5, 3, 1], [7, 4, 1]]")
  }

  @Test func functionsThatCallOneAnotherOrThemselvesWithAnyNumberOfArgumentsEnd() {
    let texts = [
      "def even(n) { return if n == 0 then true else odd(n - 1) }\ndef odd(n) { return if n == 0 then false else even(n - 1) }\neven(501)":
        "false",
      "def ack(m, n) { if m == 0 { return n + 1 }; if n == 0 { return ack(m - 1, 1) }; return ack(m - 1, ack(m, n - 1)) }\nack(2, 6)":
        "15",
      "def sum(a, b, c) { return if a == 0 then b + c else sum(a - 1, b + 1, c + 1) }\nsum(10, 0, 0)": "20",
      "let n = 0\ndef tick() { n += 1\nif n < 50 { tick() }\nreturn n }\ntick()": "50",
      "def f(n, rest = n) { return if n <= 0 then rest else f(n - 1) }\nf(4)": "0",
    ]
    for (text, value) in texts { #expect(Notebook().run(text) == value, "\(text)") }
  }

  @Test func returnLeavesEveryKindOfLoopAndBlock() {
    let texts = [
      "def f() { for i in 0..9 { if i == 4 { return i } }\nreturn -1 }\nf()": "4",
      "def f() { for x, at in [7, 8, 9] { if x == 9 { return at } }\nreturn -1 }\nf()": "2",
      "def f() { let i = 0\nwhile true { i += 1\nif i > 2 { return [i] } } }\nf()": "[3]",
      "def f() { for i in 0..9 { for j in 0..9 { if i * j == 42 { return [i, j] } } } }\nf()": "[6, 7]",
      "def f() { try { return \"in\" } catch p { return \"out\" } }\nf()": "\"in\"",
      "def f() { try { let x = [][0] } catch p { return \"out\" } }\nf()": "\"out\"",
      "def f() { for i in 0..9 { if i < 5 { continue }; if i > 6 { break } }\nreturn }\nf()": "none",
      "def f() { 1 }\nf()": "none",
    ]
    for (text, value) in texts { #expect(Notebook().run(text) == value, "\(text)") }
  }

  @Test(arguments: [
    "def f(n) { return 1 + f(n + 1) }\nf(0)", "def f(n, m) { return 1 + f(m, n) }\nf(0, 1)",
    "def f() { f() }\nf()", "def f(a, b, c) { return f(c, b, a) }\nf(1, 2, 3)",
    "def f(n) { return g(n) }\ndef g(n) { return f(n) }\nf(0)", "def f(n = f()) { return n }\nf()",
    "def f(n) { return f(n: n) }\nf(0)",
  ])
  func recursionThatNeverEndsSaysSoAndLeavesNothingBehind(_ text: String) throws {
    let notebook = Notebook()
    let problem = try #require(throws: Diagnostic.self) {
      try notebook.interpreter.evaluate(Source(name: "t", text: text))
    }
    #expect(problem.code == "E0502")
    #expect(problem.message == "these calls go too deep into one another")
    #expect(problem.help == ["a function that calls itself needs an `if` that ends it"])
    let state = notebook.interpreter.machine.state.pointee
    #expect(state.depth == 0 && state.running == nil)
    #expect(notebook.run("def fib(n) { if n < 2 { return n }; return fib(n - 1) + fib(n - 2) }\nfib(12)") == "144")
  }

  @Test func aMistakeInsideACallOfItselfShowsWhereItIsAndWhoCalled() throws {
    let text = "def f(n) {\n  if n == 0 { return [][1] }\n  return f(n - 1)\n}\nf(3)"
    let problem = try #require(throws: Diagnostic.self) {
      try Notebook().interpreter.evaluate(Source(name: "t", text: text))
    }
    #expect(problem.primary?.range.line == 2)
    #expect(problem.labels.map(\.range.line) == [3])
  }

  @Test func aRecursiveFunctionStopsSoonAfterCtrlC() {
    let notebook = Notebook()
    notebook.host.pollsUntilInterrupt = 20
    #expect(notebook.run("def f(n) { if n < 2 { return n }; return f(n - 1) + f(n - 2) }\nf(60)") == "Interrupt()")
    #expect(notebook.interpreter.machine.state.pointee.depth == 0)
    notebook.host.pollsUntilInterrupt = .max
    #expect(notebook.run("f(10)") == "55")
  }

  @Test(arguments: [
    "def f(x, n) { return if n == 0 then 1 else f(x, n - 1) }\nf", "def f(x, n) { return [][n] }\nf",
    "def f(x, n) { return x }\nf", "def f(x, n) { let g = fn() => x\nreturn g() }\nf",
    "def f(x, n) { return f(x, n) }\nf",
  ])
  func whatACallWasGivenIsFreedHoweverItEnds(_ text: String) throws {
    let notebook = Notebook()
    let called = try notebook.value(text).function
    weak var given: Function?
    do {
      let argument = try notebook.value("fn() => 1").function
      given = argument
      _ = try? notebook.interpreter.call(called, [.function(argument), 5])
    }
    #expect(given == nil)
  }
}

import Testing

@testable import Lang

@Suite struct RobustnessTests {
  /// Reads, checks and, if it can, formats a text; every range must lie inside it.
  func survive(_ text: String, _ interpreter: Interpreter) {
    let source = Source(name: "a.ward", text: text)
    let program = interpreter.parse(source)
    let prepared = interpreter.prepare(program)
    for diagnostic in prepared.diagnostics {
      guard let range = diagnostic.range else { continue }
      #expect(range.start >= 0 && range.end <= text.utf8.count, "\(text)")
      #expect(!diagnostic.render().isEmpty)
    }
    guard program.diagnostics.isEmpty else { return }
    do {
      let formatted = try Formatter.format(source, in: interpreter.environment)
      let again = interpreter.parse(Source(name: "a.ward", text: formatted))
      #expect(Formatter.same(program.items, again.items), "\(text)")
    } catch {
      Issue.record("\(text) can be read but not formatted: \(error)")
    }
  }

  @Test func everyPrefixOfAScriptIsSurvived() {
    let interpreter = Notebook().interpreter
    for text in Samples.all {
      for end in text.indices { survive(String(text[..<end]), interpreter) }
    }
  }

  @Test func everyOneCharacterDeletionIsSurvived() {
    let interpreter = Notebook().interpreter
    for text in Samples.all {
      for at in text.indices {
        var shorter = text
        shorter.remove(at: at)
        survive(shorter, interpreter)
      }
    }
  }

  @Test func everyOneCharacterReplacementBySigns() {
    let interpreter = Notebook().interpreter
    let text = Samples.all[0]
    for (offset, at) in text.indices.enumerated() {
      let sign = Array("(){}[]\"'#:;,|=.\n\\é")[offset % 18]
      survive(String(text[..<at]) + String(sign) + String(text[text.index(after: at)...]), interpreter)
    }
  }

  @Test(arguments: [
    "(", "[", "{a: ", "-", "not ", "fn() => ", "if true { ", "\"{", "f(", "x[", "if true then 1 else ", "1 + (",
    "def f() { ",
  ])
  func deepNestingIsADiagnostic(_ opening: String) {
    let text = String(repeating: opening, count: 5000)
    let program = Notebook().interpreter.parse(Source(name: "", text: text))
    #expect(!program.diagnostics.isEmpty)
  }

  @Test(arguments: ["1 + ", "1 | ", "x.a.b", "[1][0]", "2 ^ ", "1 and ", "\"a\" + ", "f()()", "x = "])
  func longChainsAreADiagnosticOrFine(_ piece: String) {
    let program = Notebook().interpreter.parse(Source(name: "", text: String(repeating: piece, count: 5000) + "1"))
    _ = Notebook().interpreter.prepare(program)
    #expect(!program.diagnostics.isEmpty)
  }

  @Test func whatIsJustNotTooDeepRuns() {
    #expect(Notebook().run(String(repeating: "1 + ", count: 240) + "1") == "241")
    #expect(Notebook().run(String(repeating: "(", count: 90) + "1" + String(repeating: ")", count: 90)) == "1")
    #expect(
      Notebook().run(String(repeating: "if true { ", count: 40) + "print 1" + String(repeating: " }", count: 40))
        == "none")
  }

  @Test func endlessRecursionIsADiagnosticOnAnyThread() {
    let text = "def f(n) { return 1 + f(n + 1) }\nf(0)"
    #expect(Notebook().run(text) == "E0502")
    let deep = Interpreter.withDeepStack { Notebook().run(text) }
    #expect(deep == "E0502")
  }

  @Test func deepRecursionWorksOnADeepStack() {
    let text = "def f(n) { return if n == 0 then 0 else 1 + f(n - 1) }\nf(9000)"
    #expect(Interpreter.withDeepStack { Notebook().run(text) } == "9000")
  }

  @Test func recursionThroughALibraryFunctionEndsToo() {
    #expect(Notebook().run("def f(x) { return map([x], f) }\nf(1)") == "E0502")
  }

  @Test func aFileShowsTenMistakesAtMost() {
    let text = String(repeating: "let x = )\n", count: 40)
    #expect(Notebook().interpreter.parse(Source(name: "", text: text)).diagnostics.count == 10)
  }

  @Test func anErrorLeavesTheMachineReadyForTheNextCell() {
    let notebook = Notebook()
    #expect(notebook.run("def f(n) { let a = n\nlet g = fn() => a\nreturn g()[0] }\nf(1)") == "E0404")
    #expect(notebook.run("f([7])") == "7")
    #expect(notebook.interpreter.machine.state.pointee.depth == 0)
  }
}

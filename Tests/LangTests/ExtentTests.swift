import Testing

@testable import Lang

@Suite("How large a value may be") struct ExtentTests {
  private func value(of code: String) throws -> Value {
    try Interpreter(environment: Environment(), host: TestHost()).evaluate(Source(name: "t", text: code))
  }

  private func code(of text: String) -> String {
    do {
      let value = try value(of: text)
      return value.literal(upTo: 100).text
    } catch { return (error as? Diagnostic)?.code ?? "\(error)" }
  }

  @Test(arguments: [
    "let s = \"x\"\nwhile true { s = s + s }",
    "let s = \"x\"\nwhile true { s = \"{s}{s}\" }",
    "let s = \"xx\"\nwhile true { s = replace(s, \"x\", s) }",
    "let s = \"x\"\nwhile true { s = join([s, s, s], s) }",
    "let s = [1]\nwhile true { s = s + [s] }",
    "let s = [1]\nwhile true { s = [s, s] }",
    "let s = {}\nwhile true { s = {a: s, b: s} }",
    "let s = [1]\nwhile true { s = [s] }",
    "let s = [0]\nwhile true { s[0] = s }",
    "let s = {}\nwhile true { s.x = s }",
    "let s = [[0], 0]\nwhile true { s[0][0] = s }",
    "let s = [1]\nwhile true { s += s }",
    "let s = [1]\nwhile true { s = map([s, s], fn(x) => x) }",
    "table([for i in 0..<20000 => table([{a: i}])[0] | fn(r) => r]) | len",
    "let rows = []\nfor i in 0..<5000 { let r = {}\nr[\"k{i}\"] = i\nrows += [r] }\ntable(rows)",
  ])
  func nothingGrowsWithoutEnd(text: String) {
    #expect(code(of: text) == "E0409" || text.contains("| len"))
  }

  @Test func anExtentIsKnownWithoutLooking() throws {
    #expect(Value.string("shirt").extent == Extent(bytes: 5))
    #expect(try value(of: "[1, 2]").extent == Extent(bytes: 64, levels: 1))
    #expect(try value(of: "[[1], \"abc\"]").extent == Extent(bytes: 99, levels: 2))
    #expect(try value(of: "let x = [1, \"abc\"]\nx[1] = \"a\"\nx += [[2]]\nx").extent == Extent(bytes: 129, levels: 2))
    #expect(try value(of: "let x = {}\nx.ab = \"abc\"\nx.ab = \"a\"\nx").extent == Extent(bytes: 67, levels: 1))
    var record = Record([("a", "xyz"), ("b", [1])])
    record["a"] = nil
    record["b"] = nil
    #expect(record.extent.bytes == 0)
  }

  @Test func aLongChainOfFunctionsIsFreed() throws {
    let chain = "let f = fn() => 1\nfor i in 0..200000 { let g = [[f]]\nf = fn() => g[0][0]() }\nlen([f])"
    #expect(try value(of: chain) == 1)
  }

  @Test func longTextsCompareAsShortOnesDo() throws {
    let long = String(repeating: "schuhe und e\u{301}toffe 靴 ", count: 2000)
    let same = long.replacing("e\u{301}", with: "\u{e9}")
    func holds(_ comparison: Comparison, _ a: String, _ b: String) throws -> Bool {
      try Operators.compare(comparison, .string(a), .string(b)) {}
    }
    #expect(try holds(.equal, long, same))
    #expect(try holds(.notEqual, long, same + "x"))
    // Not `(long, same + "b")`: where one begins with the other in another spelling, Swift itself finds no order.
    for (a, b) in [(long + "a", same + "b"), (long, long + "b"), ("a" + long, "b" + long)] {
      #expect(try holds(.less, a, b) && !holds(.less, b, a) && holds(.lessEqual, a, b))
    }
    #expect(try holds(.isIn, "靴 x", long + "靴 x"))
    #expect(try !holds(.isIn, "靴 x", long))
  }

  @Test func longTextsAreCutAndCountedAsShortOnesAre() throws {
    let text = String(repeating: "e\u{301}靴a", count: 10_000)
    let host = Environment()
    host.bind("s", to: .string(text))
    let interpreter = Interpreter(environment: host, host: TestHost())
    func check(_ code: String, _ expected: Value) throws {
      #expect(try interpreter.evaluate(Source(name: "t", text: code)) == expected, "\(code)")
    }
    try check("len(s)", 30_000)
    try check("s[-3]", "é")
    try check("s[29999]", "a")
    try check("s[1..3]", "靴aé")
    try check("s[0..29999 by 3] == join([for i in 0..<10000 => \"é\"], \"\")", true)
    try check("head(s, 2) + tail(s, 1)", "é靴a")
    try check("reverse(reverse(s)) == s", true)
    try check("lower(upper(s)) == s", true)
    try check("len(split(s, \"靴\"))", 10_001)
    try check("replace(s, \"靴\", \"\") == join([for i in 0..<10000 => \"éa\"], \"\")", true)
    try check("trim(\"  {s}\\n\") == s", true)
  }

  @Test func aCtrlCStopsWorkOnLargeValues() throws {
    for code in [
      "s == t", "\"x\" in b", "len(s)", "split(s, \"b\")", "replace(s, \"a\", \"b\")", "upper(s)", "trim(b)",
      "reverse(s)",
      "string(l)", "l == m", "0 in l", "sort(l)", "join(l)", "unique(l)", "\"{l}\"", "s < t", "max(l)", "sum(l)",
      "s[9]",
      "for c in s { }", "head(s, 9)", "format(l)", "map(l, fn(x) => x)", "r == q", "string(r)",
    ] {
      let environment = Environment(), host = TestHost()
      environment.bind("s", to: .string(String(repeating: "ä", count: 100_000)))
      environment.bind("t", to: .string(String(repeating: "a\u{308}", count: 100_000)))
      // Looked through four megabytes at a time.
      environment.bind("b", to: .string(String(repeating: " ", count: 20_000_000)))
      let numbers = (0..<20_000).map { Value.number(Double($0 + 1)) }
      environment.bind("l", to: .list(numbers))
      environment.bind("m", to: .list(numbers))
      let fields = numbers.map { ("f\($0.text)", $0) }
      environment.bind("r", to: .record(Record(fields)))
      environment.bind("q", to: .record(Record(fields)))
      host.pollsUntilInterrupt = 3
      let interpreter = Interpreter(environment: environment, host: host)
      #expect(throws: Interrupt.self, "\(code)") { try interpreter.evaluate(Source(name: "t", text: code)) }
    }
  }

  @Test func noComputationGivesInfinity() {
    for text in [
      "sum([1e308, 1e308])", "format(1e308, percent: true)", "1e308 * 10", "exp(710)", "mean([1e308, 1e308])",
    ] {
      #expect(code(of: text) == "E0406", "\(text)")
    }
    #expect(code(of: "1e999") == "E0104")
  }
}

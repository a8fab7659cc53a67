import Testing

@testable import Lang

@Suite("Which names a text gives and needs")
struct NameUseTests {
  private func names(_ text: String) -> NameUse {
    Program.reading(Source(name: "test", text: text), in: TestDeclarations.environment()).names
  }

  /// With its type written out: inferring it is more than the compiler does in reasonable time.
  private static let texts: [(text: String, gives: Set<String>, needs: Set<String>)] = [
    ("let b = a + 1", ["b"], ["a"]),
    ("b += 1", ["b"], ["b"]),
    ("m[\"x\", i] = 25", ["m"], ["m", "i"]),
    ("\"robust {r.robust} at {eps}\"", [], ["r", "eps"]),
    ("def f(x, y = k) { return x + y + a }", ["f"], ["k", "a"]),
    ("for x, i in list { let t = x\n print t * i + a }", [], ["list", "a"]),
    ("[for x in xs => x * w]", [], ["xs", "w"]),
    ("map(xs, fn(x) => x + d)", [], ["map", "xs", "d"]),
    ("try { print a } catch problem { print problem.code }", [], ["a"]),
    ("let t = (select * from results where eps = :eps)", ["t"], ["eps"]),
    ("let a = 1\na + b", ["a"], ["b"]),
    ("{name: v}.name", [], ["v"]),
  ]

  @Test(arguments: texts)
  func aTextNeedsWhatItDoesNotGiveItself(text: String, gives: Set<String>, needs: Set<String>) {
    #expect(names(text).gives == gives)
    #expect(names(text).needs == needs)
  }

  @Test func valuesOfEarlierCellsAreNamedByTheirNumbers() {
    #expect(names("_3 + _").cells == [3, nil])
  }
}

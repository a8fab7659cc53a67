import Lang
import Testing

@testable import Shell

@Suite("Tables from JSON")
struct JSONTableTests {
  private func table(_ text: String, lines: Bool = false) throws -> Table {
    try JSONTable.reading(Array(text.utf8), lines: lines)
  }

  private func mistake(_ text: String, lines: Bool = false) -> String {
    do {
      _ = try table(text, lines: lines)
      return ""
    } catch let mistake as JSONError { return mistake.what } catch { return "\((error as? Problem)?.code ?? "?")" }
  }

  @Test func fieldsAreColumnsInTheOrderInWhichTheyCome() throws {
    let read = try table(#"[{"b": 1, "a": "x\u00e4\ud83d\ude00\n"}, {"c": true, "b": null, "a": -1.5e2}, {}]"#)
    #expect(read.columns.map(\.name) == ["b", "a", "c"])
    #expect(read.rows == [[1, "xä😀\n", .none], [.none, -150, true], [.none, .none, .none]])
    #expect(try table("{\"a\": 1}\n\n {\"b\": 2} \r\n", lines: true).rows == [[1, .none], [.none, 2]])
    #expect(try table("[]").count == 0)
  }

  @Test func whatIsNestedStaysText() throws {
    let read = try table(#"[{"a": [1, {"b" : [ ] , "c": "x ]"}, [ ]], "d": { }, "e": 9007199254740993}]"#)
    #expect(read.rows == [[#"[1,{"b":[],"c":"x ]"},[]]"#, "{}", "9007199254740993"]])
    let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
    #expect(try table("{\"a\": \(deep)}").rows[0][0] == .string(deep))
  }

  @Test func infinityIsRefusedWithItsPlace() {
    #expect(mistake(#"[{"a": 1}, {"x": -1e999}]"#) == "row 2: `x` is -1e999, which is too large for a number (line 1)")
    #expect(
      mistake("{\"a\": 1}\n{\"a\": 1e400}", lines: true) == "line 2: `a` is 1e400, which is too large for a number")
    for word in ["NaN", "Infinity", "-Infinity"] {
      #expect(mistake("[{\"a\": \(word)}]").contains("JSON has no \(word)"))
    }
  }

  @Test func whatIsNotJSONIsRefused() {
    for text in [
      "", "[", "[{]", #"[{"a"}]"#, #"[{"a": 01}]"#, #"[{"a": 1,}]"#, #"[{"a": 1} {"a": 2}]"#, #"[{'a': 1}]"#,
      #"[{"a": "x}]"#, #"[{"a": [1, 2}]"#, #"[{"a": [1,]}]"#, #"[{"a": {"b"}}]"#, #"[{"a": +1}]"#, #"[{"a": 1.}]"#,
      "[] x",
      "[1]", "7", #"[{"a": "\q"}]"#, #"[{"a": "\u12"}]"#,
    ] {
      #expect(!mistake(text).isEmpty, "\(text)")
    }
  }

  @Test func aTableThatNoMemoryHoldsIsRefused() {
    let rows = (0..<5000).map { "{\"k\($0)\": 1}" }.joined(separator: "\n")
    #expect(mistake(rows, lines: true) == "E0409")
    #expect(mistake("[" + rows.replacing("\n", with: ",") + "]") == "E0409")
  }
}

@Suite("Large tables on a screen")
struct LargeTableTests {
  @Test func aWideTableIsCutAndSaysSo() {
    let table = Table(
      columns: (0..<5000).map { .init("c\($0)") }, rows: [Array(repeating: 1, count: 5000)])
    let text = BlockRenderer.forFiles.text(of: .table(table))
    #expect(text.hasSuffix("(1,000 of 5,000 columns shown)"))
    #expect(StoredTable(table).remark == "(1,000 of 5,000 columns shown)")
  }

  @Test func aLongFieldIsCutAndSaysSo() {
    let table = Table(
      columns: [.init("a"), .init("b")], rows: [[.string(String(repeating: "x", count: 3_000_000)), "y"]])
    let text = BlockRenderer(width: 100).text(of: .table(table))
    #expect(text.utf8.count < 40_000)
    #expect(text.contains("(3.0 MB)"))
  }

  @Test func columnsAreNarrowedAsOneByOne() {
    let words = [String(repeating: "a ", count: 40), String(repeating: "b ", count: 30), "1"]
    let grid = Grid(columns: ["x", "y", "z"].map { .init(title: $0) }, rows: [words])
    for width in [60, 70, 71, 99, 140] {
      let lines = grid.boxed(width: width, mayTurn: false).split(separator: "\n")
      if width > 54 { #expect(lines[0].count == min(width, 151), "\(width)") }
    }
  }

  @Test func aLongValueIsShownByItsBeginning() {
    guard case .summary(_, let text, _)? = Block.showing(.string(String(repeating: "x", count: 5_000_000))).last else {
      Issue.record("no summary")
      return
    }
    #expect(text.utf8.count < 21_000 && text.hasSuffix("(5.0 MB)"))
  }
}

import Testing

@testable import Lang

@Suite struct ValueTests {
  @Test func numbersPrintInTheShortestFormThatReadsBack() {
    #expect(Value.number(0.1).literal == "0.1")
    #expect(Value.number(3).literal == "3")
    #expect(Value.number(8.0 / 255).literal == "0.03137254901960784")
    #expect(Value.number(-2).literal == "-2")
  }

  @Test func stringsPrintWithEscapes() {
    #expect(Value.string("a \"b\" {c}\n").literal == #""a \"b\" \{c}\n""#)
  }

  @Test func rangesAreGeneratedByIndex() throws {
    let range = NumberRange(from: 0, to: 0.3, by: 0.02)
    #expect(range.count == 16)
    #expect(range[15] == 15 * 0.02)
    #expect(NumberRange(from: 0, to: 10, includesEnd: false).count == 10)
    #expect(try NumberRange(from: 5, to: 1, by: -2).spelledOut() == [5, 3, 1])
    #expect(try NumberRange(from: 1, to: 0).spelledOut().isEmpty)
    #expect(throws: Problem.self) { try NumberRange(from: 0, to: 1e15).spelledOut() }
    let wide = NumberRange(from: -1e308, to: 1e308, by: 1e300)
    #expect(wide[wide.count - 1] == 1e308)
  }

  @Test func recordsKeepTheirOrderAndCompareWithoutIt() {
    let record = Record([("b", 1), ("a", 2)])
    #expect(record.names == ["b", "a"])
    #expect(record == Record([("a", 2), ("b", 1)]))
    #expect(Value.record(record).literal == "{b: 1, a: 2}")
  }

  @Test func tablesGiveRowsAsRecordsAndColumnsAsLists() throws {
    let table = Table(columns: [.init("model"), .init("robust", .share)], rows: [["a", 0.5], ["b", 0.25]])
    #expect(table.record(1)["robust"] == 0.25)
    #expect(table.column("model") == ["a", "b"])
    #expect(try Value.table(table).element(at: [-1]).member("model") == "b")
  }
}

import Foundation
import Testing

@testable import NN

/// Cost matrices from comma-separated files.
@Suite struct CostTableTests {
  private func read(_ text: String, _ classes: [String] = ["Shirt", "Coat", "Bag, large"]) throws -> [[Double]] {
    try CostMatrix(csv: Data(text.utf8), classes: classes).rows
  }

  private func refusal(_ text: String, _ classes: [String] = ["Shirt", "Coat", "Bag, large"]) -> CostTableError? {
    problem(CostTableError.self) { _ = try read(text, classes) }
  }

  private let rows: [[Double]] = [[0, 8.5, 2], [1, 0, 3], [1, 1e-3, 0]]

  @Test func rowsInTheOrderOfTheClassesNeedNoNames() throws {
    #expect(try read("0,8.5,2\n1,0,3\n1,1e-3,0\n") == rows)
    #expect(try read("\u{FEFF}# costs\r\n 0 , 8.5,2 \r\n\r\n1,0,3\r\n1,1e-3,0") == rows)
  }

  @Test func namesSayWhichRowAndColumnItIs() throws {
    #expect(try read("Coat,\"Bag, large\",shirt\n8.5,2,0\n0,3,1\n1e-3,0,1\n") == rows)
    #expect(
      try read(",\"Bag, large\",Shirt,Coat\nCoat,3,1,0\n\"Bag, large\",0,1,1e-3\nShirt,2,0,8.5\n") == rows)
  }

  @Test func digitsAsNamesAreToldFromCostsByTheNumberOfLines() throws {
    let digits = ["0", "1", "2"]
    #expect(try read("0,1,2\n1,0,1\n2,1,0\n", digits) == [[0, 1, 2], [1, 0, 1], [2, 1, 0]])
    #expect(try read("2,1,0\n7,5,0\n6,0,1\n0,1,2\n", digits) == [[0, 5, 7], [1, 0, 6], [2, 1, 0]])
  }

  @Test func whatIsNoTableOfCostsIsRefusedWithItsLine() {
    #expect(refusal("0,1,1\n1,0,x\n1,1,0\n") == .notANumber(line: 2, field: "x"))
    #expect(refusal("0,1\n1,0,1\n1,1,0\n") == .fields(line: 1, count: 2, classes: 3))
    #expect(refusal("0,1,1\n1,0,1\n") == .rows(2, classes: 3))
    #expect(refusal("") == .rows(0, classes: 3))
    #expect(refusal("Shirt,Coat,Bug\n0,1,1\n1,0,1\n1,1,0\n") == .noSuchClass(line: 1, name: "Bug"))
    #expect(refusal("Shirt,Coat,Coat\n0,1,1\n1,0,1\n1,1,0\n") == .twice(line: 1, name: "Coat"))
    #expect(refusal("Coat,0,1,1\nCoat,1,0,1\nShirt,1,1,0\n") == .twice(line: 2, name: "Coat"))
    #expect(refusal("0,-1,1\n1,0,1\n1,1,0\n") == .costs(.negative(true: 0, answered: 1, cost: -1)))
    #expect(refusal("0,inf,1\n1,0,1\n1,1,0\n") == .costs(.notFinite(true: 0, answered: 1)))
    #expect(refusal("2,1,1\n1,0,1\n1,1,0\n") == .costs(.diagonal(class: 0, cost: 2)))
    #expect(refusal(String(repeating: "#\n", count: 100_000)) == .tooLarge(classes: 3))
    let bytes = problem(CostTableError.self) { _ = try CostMatrix(csv: Data([0xFF, 0xFE]), classes: ["a", "b"]) }
    #expect(bytes == .csv(.notText))
    #expect(refusal("0,1,1\n1,\"0,1\n") == .csv(.unclosedQuote(line: 2)))
    let missing = problem(CostTableError.self) { _ = try CostMatrix(file: "/nowhere.csv", classes: ["a", "b"]) }
    #expect(missing == .unreadable)
  }
}

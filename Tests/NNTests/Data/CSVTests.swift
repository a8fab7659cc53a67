import Foundation
import Testing

@testable import NN

/// Comma-separated text, record by record.
@Suite struct CSVTests {
  private func records(_ text: String, remarks: Bool = false) throws -> [CSVReader.Record] {
    var reader = try CSVReader(Data(text.utf8), remarks: remarks)
    var records: [CSVReader.Record] = []
    while let record = try reader.next() { records.append(record) }
    return records
  }

  private func fields(_ text: String) throws -> [[String]] { try records(text).map(\.fields) }

  @Test func quotesHoldCommasLineBreaksAndQuotes() throws {
    #expect(try fields("a,\"b, \"\"c\"\"\nd\", e \n") == [["a", "b, \"c\"\nd", "e"]])
  }

  @Test func emptyFieldsAreKeptAndEmptyLinesAreNot() throws {
    #expect(try fields("a,,\n\n  \n,\n\"\"\n") == [["a", "", ""], ["", ""], [""]])
    #expect(try fields("") == [])
  }

  @Test func everyKindOfLineEndsARecordAndIsCounted() throws {
    #expect(try records("a\r\nb\rc\n\"d\ne\"\nf").map(\.line) == [1, 2, 3, 4, 6])
  }

  @Test func remarksAreSkippedWhereTheyAreAskedForOnly() throws {
    #expect(try records("# \"a\n1\n", remarks: true).map(\.fields) == [["1"]])
    #expect(try fields("#,1\n") == [["#", "1"]])
  }

  @Test func whatIsDamagedIsRefusedWithItsLine() {
    #expect(throws: CSVError.unclosedQuote(line: 2)) { try fields("a\n\"b\nc\n") }
    #expect(throws: CSVError.afterQuote(line: 1)) { try fields("\"a\"b,c\n") }
    #expect(throws: CSVError.notText) { try CSVReader(Data([0xFF])) }
  }

  /// Any bytes end in records or in an error, and every record has a field.
  @Test func anyBytesAreReadOrRefused() {
    var random = Random(seed: 3, stream: 0)
    let letters = Array("a,\"\n\r# é".utf8)
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0...12, using: &random)).map { _ in letters.randomElement(using: &random)! }
      guard var reader = try? CSVReader(Data(bytes), remarks: Bool.random(using: &random)) else { continue }
      var count = 0
      while let record = try? reader.next() {
        #expect(!record.fields.isEmpty)
        count += 1
      }
      #expect(count <= bytes.count, "\(bytes)")
    }
  }
}

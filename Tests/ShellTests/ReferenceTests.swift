import Foundation
import Testing

@testable import Shell

@Suite("The reference manual")
struct ReferenceTests {
  @Test(arguments: Reference.pages.map(\.file)) func isWhatTheDeclarationsSay(file: String) throws {
    let page = try #require(Reference.pages.first { $0.file == file })
    let url = TranscriptFilesTests.root.appendingPathComponent("docs/reference/\(file)")
    let written = try? String(contentsOf: url, encoding: .utf8)
    #expect(written == page.text, "docs/reference/\(file) is stale: run `make docs`")
  }

  @Test func everyCommandHasASummaryATopicAndAnExample() {
    for command in Commands.all.map(\.declaration) {
      #expect(!command.summary.isEmpty && ".?".contains(command.summary.last ?? " "), "\(command.name)")
      #expect(!command.topic.isEmpty, "\(command.name)")
      #expect(!command.examples.isEmpty, "\(command.name)")
    }
  }
}

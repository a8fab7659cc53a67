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

  @Test(arguments: try! SharedFiles.all().map(\.path)) func manualPageAndCompletionsAreToo(path: String) throws {
    let file = try #require(try SharedFiles.all().first { $0.path == path })
    let url = TranscriptFilesTests.root.appendingPathComponent("share/\(path)")
    #expect(try String(contentsOf: url, encoding: .utf8) == file.text, "share/\(path) is stale: run `make docs`")
  }

  /// Where a shell is not installed there is nothing to ask it.
  @Test(arguments: [
    ("/bin/bash", "bash-completion/completions/ward"), ("/usr/bin/zsh", "zsh/site-functions/_ward"),
    ("/usr/bin/fish", "fish/vendor_completions.d/ward.fish"),
  ])
  func everyShellCanReadItsCompletions(shell: String, path: String) throws {
    guard FileManager.default.isExecutableFile(atPath: shell) else { return }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: shell)
    process.arguments = ["-n", TranscriptFilesTests.root.appendingPathComponent("share/\(path)").path]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test func everyCommandHasASummaryATopicAndAnExample() {
    for command in Commands.all.map(\.declaration) {
      #expect(!command.summary.isEmpty && ".?".contains(command.summary.last ?? " "), "\(command.name)")
      #expect(!command.topic.isEmpty, "\(command.name)")
      #expect(!command.examples.isEmpty, "\(command.name)")
    }
  }
}

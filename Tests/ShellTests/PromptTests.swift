import Foundation
import Testing

/// The prompt on a pseudo-terminal; the behaviours are sentences of `Tests/Prompt/prompt_test.py`, which runs alone too.
@Suite("The prompt", .serialized)
struct PromptTests {
  static let python = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  @Test(.enabled(if: python != nil, "needs python3"))
  func thePromptDoesWhatAReadlineUserExpects() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Self.python))
    let script = TranscriptFilesTests.root.appendingPathComponent("Tests/Prompt/prompt_test.py").path
    process.arguments = [script, TranscriptFilesTests.binary.path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let missing = said.split(separator: "\n").filter { !$0.hasPrefix("ok") }
    #expect(missing.isEmpty && process.terminationStatus == 0, "\(missing.joined(separator: "\n"))")
  }
}

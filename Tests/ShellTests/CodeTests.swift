import Foundation
import Lang
import Testing

@testable import Shell

/// The notebook's own codes, beside those of the language that `SnapshotTests` looks after.
@Suite("Codes of the notebook") struct CodeTests {
  /// What the recorded sessions show.
  static let recorded: String = {
    TranscriptFilesTests.files("Tests/Transcripts").map { file in
      (try? String(contentsOf: TranscriptFilesTests.root.appendingPathComponent(file), encoding: .utf8)) ?? ""
    }.joined()
  }()

  /// `--safe` is an option of the command line, so no recorded session can have it: `Tests/Prompt/store_test.py` does.
  @Test func everyCodeIsShownByARecordedSession() {
    for code in ShellCode.explanations.keys where code != ShellCode.unsafe {
      #expect(Self.recorded.contains("[\(code)]"), "\(code)")
    }
  }

  @Test func everyCodeThatARecordedSessionShowsIsExplained() {
    for found in Self.recorded.matches(of: /\[([ENW]\d{4})\]/) {
      let code = String(found.output.1)
      #expect(Explanation.of(code) != nil || ShellCode.explanations[code] != nil, "\(code)")
    }
  }

  @Test func theProgramExplainsCodes() throws {
    for code in ["E0203", "e0611", "N0002"] {
      let run = try TranscriptFilesTests.ward(["explain", code])
      #expect(run.status == 0 && run.output.hasPrefix(code.uppercased()), "\(code): \(run.output) \(run.error)")
    }
    #expect(try TranscriptFilesTests.ward(["explain", "E9999"]).status == 2)
  }
}

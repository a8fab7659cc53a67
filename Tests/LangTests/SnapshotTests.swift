import Foundation
import Testing

@testable import Lang

/// Every code has an explanation whose wrong text shows it and whose right text does not, and what a user sees is on file.
@Suite struct SnapshotTests {
  static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/lang/diagnostics.txt")

  /// Everything that is said about a text: before it runs, while it runs, and the error that ends it.
  func diagnostics(_ text: String) -> [Diagnostic] {
    let notebook = Notebook()
    let prepared = notebook.interpreter.prepare(notebook.interpreter.parse(Source(name: "a.ward", text: text)))
    guard prepared.errors.isEmpty else { return prepared.diagnostics }
    do {
      for item in prepared.items { _ = try notebook.interpreter.run(item) }
    } catch {
      return prepared.diagnostics + notebook.host.notes + [error as? Diagnostic].compactMap { $0 }
    }
    return prepared.diagnostics + notebook.host.notes
  }

  @Test func everyCodeHasAnExplanation() {
    for code in Code.allCases { #expect(Explanation.of(code.rawValue) != nil, "\(code)") }
    #expect(Explanation.all.count == Code.allCases.count)
  }

  @Test func everyWrongTextShowsItsCodeAndEveryRightTextNone() {
    for explanation in Explanation.all {
      #expect(diagnostics(explanation.wrong).map(\.code).first == explanation.code, "\(explanation.wrong)")
      #expect(diagnostics(explanation.right).isEmpty, "\(explanation.right)")
    }
  }

  /// Run with `WARD_ACCEPT=1` to write the file anew; read the difference before committing.
  @Test func whatAUserSeesIsOnFile() throws {
    let shown = Explanation.all.map { explanation in
      diagnostics(explanation.wrong).prefix(1).map { $0.render() }.joined() + "\n"
    }.joined(separator: "\n")
    if ProcessInfo.processInfo.environment["WARD_ACCEPT"] != nil {
      try FileManager.default.createDirectory(
        at: Self.file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try shown.write(to: Self.file, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: Self.file, encoding: .utf8) == shown)
  }
}

import Foundation
import Testing

@testable import Lang
@testable import Shell

/// The example scripts as they come into being, letter by letter, and with each letter left out.
@Suite("Typing the examples")
struct TypingTests {
  /// Nothing crashes, every range lies inside the text, and what can be read can be laid out and means the same.
  private func survive(_ text: String, _ interpreter: Interpreter) {
    let source = Source(name: "a.ward", text: text)
    let program = interpreter.parse(source)
    for diagnostic in interpreter.prepare(program).diagnostics {
      for range in ([diagnostic.primary].compactMap { $0 } + diagnostic.labels).map(\.range) {
        guard range.source === source, range.start >= 0, range.end <= text.utf8.count else {
          Issue.record("\(diagnostic.code) points outside of the text: \(text.suffix(80))")
          return
        }
      }
    }
    guard program.diagnostics.isEmpty else { return }
    let laidOut = Formatter.layout(of: source, in: interpreter.environment)
    let again = interpreter.parse(Source(name: "a.ward", text: laidOut))
    if !again.diagnostics.isEmpty || !Formatter.same(program.items, again.items) {
      Issue.record("the layout means something else: \(text.suffix(80))")
    }
  }

  private func example(_ file: String) throws -> (text: String, interpreter: Interpreter) {
    let url = TranscriptFilesTests.root.appendingPathComponent(file)
    let interpreter = Interpreter(environment: Vocabulary.environment(), host: Nobody.host)
    return (try String(contentsOf: url, encoding: .utf8), interpreter)
  }

  /// The places of a text but for those deep in a comment: what is cut off or left out there makes no other program.
  private func places(_ text: String) -> [String.Index] {
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [String.Index] in
      let ends = line.indices + (line.endIndex < text.endIndex ? [line.endIndex] : [])
      return line.hasPrefix("#") ? ends.prefix(3) + ends.suffix(2) : ends
    }
  }

  @Test(arguments: TranscriptFilesTests.files("examples")) func everyPrefixIsSurvived(file: String) throws {
    let (text, interpreter) = try example(file)
    for end in places(text) { survive(String(text[..<end]), interpreter) }
  }

  @Test(arguments: TranscriptFilesTests.files("examples")) func everyDeletionOfALetterIsSurvived(file: String) throws {
    let (text, interpreter) = try example(file)
    for at in places(text) {
      var shorter = text
      shorter.remove(at: at)
      survive(shorter, interpreter)
    }
  }

  /// What Tab does on the way: each line of an example, up to each of its letters.
  @Test(arguments: TranscriptFilesTests.files("examples")) func tabIsSurvivedEverywhere(file: String) throws {
    let (text, interpreter) = try example(file)
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      for end in line.indices {
        let typed = String(line[..<end])
        let found = Completion.at(typed, typed.utf8.count, in: interpreter.environment)
        #expect(found.start <= typed.utf8.count)
        _ = Completion.signature(typed, typed.utf8.count, in: interpreter.environment)
      }
    }
  }
}

/// A host that is never asked anything, since nothing runs.
private final class Nobody: Lang.Host {
  nonisolated(unsafe) static let host = Nobody()

  func poll() throws {}
  func query(sql: String, bindings: [QueryBinding], at range: SourceRange) throws -> Value { .none }
  func note(_ diagnostic: Diagnostic) {}
  func last(_ number: Int?) throws -> Value { .none }
}

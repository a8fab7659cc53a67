import Foundation
import Testing

@testable import Lang
@testable import Shell

/// `Tests/Transcripts/grammar.ward` has every construct of the grammar: replayed as at the prompt, and run as a script.
@Suite("Every construct of the grammar")
struct GrammarCoverageTests {
  private static let file = "Tests/Transcripts/grammar.ward"

  /// The cases of the tree, and what the tree does not tell apart.
  private static let constructs: [String] = [
    "Kind.session", "Kind.parameter", "Kind.declare", "Kind.define", "Kind.if", "Kind.for", "Kind.while",
    "Kind.attempt", "Kind.check", "Kind.return", "Kind.break", "Kind.continue", "Kind.assign", "Kind.update",
    "Kind.evaluate", "Kind.none", "Kind.bool", "Kind.number", "Kind.string", "Kind.interpolation", "Kind.name",
    "Kind.last", "Kind.list", "Kind.comprehension", "Kind.record", "Kind.function", "Kind.conditional",
    "Kind.sql", "Kind.member", "Kind.index", "Kind.call", "Kind.command", "Kind.pipe", "Kind.negate",
    "Kind.not", "Kind.and", "Kind.or", "Kind.arithmetic", "Kind.compare", "Kind.range", "Kind.group",
    "Step.member", "Step.index", "Arithmetic.add", "Arithmetic.subtract", "Arithmetic.multiply",
    "Arithmetic.divide", "Arithmetic.remainder", "Arithmetic.power", "Comparison.equal", "Comparison.notEqual",
    "Comparison.less", "Comparison.lessEqual", "Comparison.greater", "Comparison.greaterEqual",
    "Comparison.isIn",
  ]

  private static let scripts: [String] = TranscriptFilesTests.files("examples") + [file]

  private static let written: [String] = [
    "else if", "} else {", "for word, i in", "because:", "by_much = 10", "by_much: 3", "..<", " by ", "+=", "-=",
    "\"two words\":",
    "=> ", "'raw", "80%", "1_000_000", "1e-3", "\\u{", "_1", "with n(v) as", ":x", "#!", "\"silenced\";", "param eps",
    "[1, 2,]", "2^3^2", "(fn(a, b)",
  ]

  private func text() throws -> String {
    try String(contentsOf: TranscriptFilesTests.root.appendingPathComponent(Self.file), encoding: .utf8)
  }

  /// The cases of enums in a tree.
  private func cases(in value: Any, _ found: inout Set<String>) {
    let mirror = Mirror(reflecting: value)
    let type = String(describing: mirror.subjectType)
    if mirror.displayStyle == .enum {
      found.insert("\(type).\(mirror.children.first?.label ?? "\(value)")")
    }
    for child in mirror.children where !(child.value is SourceRange) { cases(in: child.value, &found) }
  }

  @Test func isInTheTranscript() throws {
    let program = Program.reading(Source(name: Self.file, text: try text()), in: Vocabulary.environment())
    #expect(program.diagnostics.isEmpty)
    var found: Set<String> = []
    for item in program.items { cases(in: item, &found) }
    let missing = Set(Self.constructs).subtracting(found)
    #expect(missing.isEmpty, "\(missing.sorted()) of \(found.sorted())")
    // A construct that is new in the tree is to be listed above, and shown in the transcript.
    let kinds = found.filter { $0.hasPrefix("Kind.") || $0.hasPrefix("Arithmetic.") || $0.hasPrefix("Comparison.") }
    let known = Set(Self.constructs + ["Kind.statement", "Kind.param"])
    #expect(kinds.subtracting(known).isEmpty)
  }

  /// What the tree does not tell apart, by how it is written.
  @Test(arguments: written)
  func isWrittenInTheTranscript(piece: String) throws { #expect(try text().contains(piece)) }

  @Test func runsAsAScriptAndShowsTheSame() throws {
    let run = try TranscriptFilesTests.ward([Self.file])
    #expect(run.status == 0, "\(run.error)")
    let recorded = Transcript(try text()).parts.flatMap(\.shown)
    let shown = run.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    #expect(Comparison().differences(recorded: recorded, shown: shown).isEmpty)
  }

  @Test(arguments: scripts) func isLaidOutByTheFormatter(file: String) throws {
    let run = try TranscriptFilesTests.ward(["fmt", "--check", file])
    #expect(run.status == 0, "\(run.output)\(run.error)")
  }
}

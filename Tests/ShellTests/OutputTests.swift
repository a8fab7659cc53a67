import Lang
import Testing

@testable import Shell

@Suite("What is kept of a cell's output")
struct OutputTests {
  private let output = Output.silent()

  /// A cell that was stopped after a hundred thousand lines took 0.2 s to be stored, each line a block of its own.
  @Test func linesThatFollowEachOtherAreOneBlock() {
    for line in ["a", "b", ""] { output.show(.text(line)) }
    output.show(.summary(name: "x", text: "5", seconds: nil))
    for line in ["c", "d"] { output.show(.text(line)) }
    #expect(output.blocks == [.text("a\nb\n"), .summary(name: "x", text: "5"), .text("c\nd")])
    #expect(output.shown == "a\nb\n\nx  5\nc\nd\n")
    output.beginCell()
    #expect(output.blocks.isEmpty && output.shown.isEmpty)
    output.show(.text("e"))
    #expect(output.blocks == [.text("e")])
  }

  /// At the prompt nobody asks for it: a session that shows much would fill the memory.
  @Test func theTranscriptIsKeptOnlyWhereItIsWanted() {
    output.show(.text("before"))
    #expect(output.transcript == nil)
    output.beginTranscript()
    output.show(.text("a"))
    output.beginCell()
    output.show(.text("b"))
    #expect(output.transcript == "a\nb\n")
  }
}

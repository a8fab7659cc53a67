import Foundation
import Testing

@testable import Lang

/// A text cut around its items.
@Suite struct PassageTests {
  @Test(arguments: [
    "", "# a\n", "let x = 1", "\n\nlet x = 1; # both\n  let y = 2\n", "let a = 1; let b = (\n2)\n# c\n\n:quit\n# d\n",
    "select 1 from x -- c\n\"# no comment\"\t \nx  # é\r\n",
  ])
  func passagesTogetherAreTheText(text: String) {
    let (all, ending) = Program.reading(Source(name: "", text: text), in: Environment()).passages
    #expect(all.map { $0.before + $0.text }.joined() + ending == text)
  }

  @Test func aPassageHasTheCommentOfItsOwnLineAndThoseBeforeIt() {
    let text = "# a\nlet x = 1; let y = 2  # b\n\n# c\nx\n# d\n"
    let (all, ending) = Program.reading(Source(name: "", text: text), in: Environment()).passages
    #expect(all.map(\.before) == ["# a\n", " ", "\n\n# c\n"])
    #expect(all.map(\.text) == ["let x = 1;", "let y = 2  # b", "x"])
    #expect(ending == "\n# d\n")
  }
}

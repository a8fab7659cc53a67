import Lang
import Testing

@testable import Shell

/// A session copied off a screen is read without its prompts and without what it showed.
@Suite("Pasted transcripts") struct PastedTranscriptTests {
  private func read(_ copy: String) -> PastedTranscript? {
    let environment = Vocabulary.environment()
    return PastedTranscript(copy) { Continuation.isIncomplete($0, in: environment) }
  }

  @Test func promptsFurtherLinesAndOutputAreLeftOut() {
    let copy = read(
      """
      ward 0.1 · store ~/ward.sqlite · session 12 · seed 0 · ?help for help
      [1] let xs = [1, 2]
      xs  [1, 2]
      [2] for x in xs {
      ...   print x
      ... }
      1
      2
      [12] select model,
      ...  robust from results
      ┌───────┐
      └───────┘
      [13] :history
      """)
    #expect(
      copy?.text
        == "let xs = [1, 2]\nfor x in xs {\n  print x\n}\nselect model,\nrobust from results\n:history".replacing(
          "\n  print", with: "\nprint"))
    #expect(copy?.dropped == 5)
  }

  @Test func aLineThatFinishesAnInputNeedsNoPrompt() {
    #expect(read("[3] let xs = [\n  1, 2\n]\n[4] xs")?.text == "let xs = [\n  1, 2\n]\nxs")
  }

  @Test(arguments: [
    "[3] + [4]", "[3] in [[3]]", "[3]", "[1] | sum", "[3] == x", "[3] -1", "let x = [3] + 1", "x\n[3] x",
  ])
  func whatCouldBeMeantIsLeftAlone(text: String) { #expect(read(text) == nil) }

  @Test(arguments: [("[3] let x = 1", "let x = 1"), ("[12] ?attack", "?attack"), (">>> x", "x"), ("In [4]: x", "x")])
  func onePromptIsEnough(copy: String, text: String) { #expect(read(copy)?.text == text) }
}

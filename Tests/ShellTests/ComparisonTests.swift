import Lang
import Testing

@testable import Shell

@Suite("Comparing what was shown with what was recorded")
struct ComparisonTests {
  private func agree(_ recorded: String, _ shown: String, tolerance: Double = 0.02) -> Bool {
    func lines(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }
    return Comparison(tolerance: tolerance).differences(recorded: lines(recorded), shown: lines(shown)).isEmpty
  }

  @Test func wordsMustBeTheSame() {
    #expect(agree("normal  lenet", "normal  lenet"))
    #expect(!agree("normal  lenet", "normal  mlp"))
  }

  @Test func numbersWithDecimalsMayDifferALittle() {
    #expect(agree("robust 31.2 %", "robust 31.3 %"))
    #expect(agree("robust 50.0 %", "robust 50.9 %"))
    #expect(!agree("robust 50.0 %", "robust 51.2 %"))
  }

  @Test func oneUnitOfTheLastPlaceIsRoundingWhateverTheTolerance() {
    #expect(agree("robust 0.2 %", "robust 0.3 %", tolerance: 1e-9))
    #expect(!agree("robust 0.2 %", "robust 0.4 %", tolerance: 1e-9))
  }

  @Test func aToleranceOfZeroLeavesNoRoundingEither() {
    #expect(agree("robust 0.20 %", "robust 0.2 %", tolerance: 0))
    #expect(!agree("robust 0.2 %", "robust 0.3 %", tolerance: 0))
    #expect(!agree("~0%\nrobust 0.2 %", "robust 0.3 %"))
  }

  @Test func theLastPlaceIsThatOfTheMoreExactNumber() {
    #expect(!agree("0.13", "1"))
    #expect(!agree("1", "0.13"))
    #expect(!agree("0.5", "0.61"))
    #expect(agree("0.99", "1"))
    #expect(!agree("1.5e-3", "2.5e-3"))
    #expect(agree("1.5e-3", "1.6e-3"))
  }

  @Test func wholeNumbersAreCountsAndMustBeTheSame() {
    #expect(agree("10,000 images", "10,000 images"))
    #expect(!agree("10,000 images", "10,001 images"))
  }

  @Test func timesAreIgnored() {
    #expect(agree("trained in 14.1 s", "trained in 2.0 s"))
    #expect(agree("trained in 1:35 min", "trained in 0:59 min"))
  }

  @Test func theWidthOfBoxesAndGapsIsIgnored() {
    #expect(agree("┌───┬──┐\n│ a │ 1 │", "┌──────┬───┐\n│ a    │   1 │"))
  }

  @Test func twoDotsInBracketsStandForTheRestOfALine() {
    #expect(agree("error: [..]", "error: anything at all"))
    #expect(!agree("error: [..]", "warning: anything"))
  }

  @Test func threeDotsAloneStandForAnyLines() {
    #expect(agree("first\n...\nlast", "first\na\nb\nlast"))
    #expect(agree("first\n...", "first"))
    #expect(!agree("first\n...\nlast", "first\na"))
  }

  @Test func aLineCanHaveAToleranceOfItsOwn() {
    #expect(agree("~20%\nloss 1.00\nacc 0.50", "loss 1.15\nacc 0.50"))
    #expect(!agree("~20%\nloss 1.00\nacc 0.50", "loss 1.15\nacc 0.60"))
  }

  @Test func aToleranceMayHaveBlanksInIt() {
    #expect(Comparison.tolerance("~ 0.5 %") == 0.005)
    #expect(Comparison.tolerance("~20%") == 0.2)
    for text in ["~1", "~", "~-1%", "~nan%", "~5 % or so", " ~5%"] { #expect(Comparison.tolerance(text) == nil) }
  }

  @Test(.timeLimit(.minutes(1))) func manyDotsAreNoRiddle() {
    let recorded = Array(repeating: "...\na", count: 40).joined(separator: "\n")
    let shown = Array(repeating: "a", count: 200).joined(separator: "\n")
    #expect(agree(recorded, shown))
    #expect(!agree(recorded + "\nb", shown))
    #expect(agree(recorded + "\n...", shown + "\nb"))
  }

  @Test func missingAndAdditionalLinesDiffer() {
    #expect(!agree("one\ntwo", "one"))
    #expect(!agree("one", "one\ntwo"))
  }

  @Test func theDifferenceNamesBothLines() {
    let found = Comparison().differences(recorded: ["a 1", "b 2"], shown: ["a 1", "b 3"])
    #expect(found == [.init(recorded: "b 2", shown: "b 3")])
  }

  @Test func aNewRowMovesNoOther() {
    let recorded = ["┌───┐", "│ a │", "├───┤", "│ 1 │", "│ 3 │", "└───┘"]
    let shown = ["┌───┐", "│ a │", "├───┤", "│ 1 │", "│ 2 │", "│ 3 │", "└───┘"]
    let found = Comparison().differences(recorded: recorded, shown: shown)
    #expect(found == [.init(recorded: nil, shown: "│ 2 │")])
    #expect(Comparison().differences(recorded: shown, shown: recorded) == [.init(recorded: "│ 2 │", shown: nil)])
    let wider = Comparison().differences(recorded: recorded, shown: recorded + ["└───┘"])
    #expect(wider == [.init(recorded: nil, shown: "└───┘")])
  }

  @Test func dotsStandForWhatIsBetweenTheLinesThatAgree() {
    let found = Comparison().differences(recorded: ["a", "...", "c", "d"], shown: ["a", "x", "y", "c", "e"])
    #expect(found == [.init(recorded: "d", shown: "e")])
  }

  @Test func whatIsAcceptedKeepsItsWildcardsWhereTheyStillHold() {
    let recorded = ["took [..]", "~20%", "loss 1.00", "...", "end 1", "old"]
    let shown = ["took 5 days", "loss 1.10", "p", "q", "end 1", "new", "~5%"]
    let accepted = Comparison().accepted(recorded: recorded, shown: shown)
    #expect(
      accepted == [["took [..]"], ["~20%", "loss 1.10"], ["..."], ["..."], ["end 1"], ["new"], [" ~5%"]])
    #expect(Comparison().differences(recorded: accepted.flatMap { $0 }, shown: shown).isEmpty)
  }
}

@Suite("Transcripts")
struct TranscriptTests {
  @Test func sourceAndWhatItShowedAreKeptApart() {
    let transcript = Transcript("# why\nlet x = 1\n#> x  1\nprint x\n#> 1\n#>\n#> 2\n")
    #expect(
      transcript.parts == [
        .init(source: "# why\nlet x = 1", line: 1, shown: ["x  1"]),
        .init(source: "print x", line: 4, shown: ["1", "", "2"]),
      ])
  }

  @Test func writingGivesTheTextThatWasRead() {
    let text = "let x = 1\n#> x  1\n\n# a remark\nprint x\n#> 1\nlast line\n"
    #expect(Transcript(text).text == text)
  }

  @Test func whatBeginsAsAToleranceAndIsNoneIsAMistake() throws {
    try Transcript("#> ~1%\nprint 1\n#> ~ 2 %\n#> 1\n#>  ~1\n").checkTolerances(in: "a.ward")
    #expect(throws: Problem.self) { try Transcript("print 1\n#> ~1\n#> 1\n").checkTolerances(in: "a.ward") }
  }

  @Test func aTextWithoutRecordsIsOnePart() {
    #expect(Transcript("a\nb").parts == [.init(source: "a\nb", line: 1, shown: [])])
  }
}

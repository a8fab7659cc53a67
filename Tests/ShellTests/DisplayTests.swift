import Lang
import Testing

@testable import Shell

@Suite("Numbers for reading")
struct NumberTextTests {
  @Test func aBudgetOfBytesIsShownAsOneAndOthersAsTheyAre() {
    let shown: [(Float, String)] = [
      (4.0 / 255, "4/255"), (8.0 / 255, "8/255"), (1.0 / 255, "1/255"), (0.1, "0.1"), (0.2, "0.2"), (0.0314, "0.0314"),
      (0.12345, "0.12345"), (1.0 / 7, "0.1429"), (10, "10"), (0, "0"), (300.0 / 255, "300/255"),
    ]
    for (eps, text) in shown { #expect(NumberText.eps(eps) == text) }
  }

  @Test func countsHaveThousandsSeparators() {
    #expect(NumberText.count(61706) == "61,706")
    #expect(NumberText.count(999) == "999")
    #expect(NumberText.count(-1_000_000) == "-1,000,000")
  }

  @Test func sharesAreShownAsPercentages() {
    #expect(NumberText.share(0.8934) == "89.3 %")
    #expect(NumberText.share(0) == "0.0 %")
    // All and none are said of all and none only.
    #expect(NumberText.share(0.9998) == "99.98 %" && NumberText.share(0.0004) == "0.04 %")
    #expect(
      NumberText.share(0.99996) == "99.996 %" && NumberText.share(1) == "100.0 %"
        && NumberText.share(0.9995) == "99.95 %")
    #expect(NumberText.share(1e-9) == "0.0000 %" && NumberText.share(0.9994) == "99.9 %")
    #expect(NumberText.interval(0.286, 0.526) == "28.6 to 52.6 %")
  }

  @Test func durationsGrowIntoMinutesAndHours() {
    #expect(NumberText.duration(0.42) == "0.4 s")
    #expect(NumberText.duration(9.96) == "10 s")
    #expect(NumberText.duration(95) == "1:35 min")
    #expect(NumberText.duration(4000) == "1:06:40 h")
  }

  @Test func exactNumbersReadBack() {
    let numbers: [Double] = [0.1, 1.0 / 3, 1e-9, 123_456_789, -0.5, 4.0 / 255]
    for number in numbers {
      #expect(Double(NumberText.exact(number)) == number)
    }
    #expect(NumberText.exact(41) == "41")
  }

  @Test func aColumnHasOneNumberOfDecimals() {
    #expect(NumberText.column([0.8934, 0.5]) == ["0.8934", "0.5000"])
    #expect(NumberText.column([1, 25]) == ["1", "25"])
    #expect(NumberText.column([0.00012345]) == ["0.000123"])
    #expect(NumberText.column([1e-9, -2.5e-12, 1.23456e15]) == ["1e-9", "-2.5e-12", "1.235e15"])
  }
}

@Suite("Tables")
struct GridTests {
  private let table = Table(
    columns: [.init("class"), .init("robust", .share)], rows: [["Shirt", 0.41], ["靴|x", 0.9]])

  @Test func wideCharactersTakeTwoColumns() {
    #expect(DisplayWidth.of("靴") == 2)
    #expect(DisplayWidth.of("é") == 1)
    #expect(DisplayWidth.of("e\u{301}") == 1)
    #expect(DisplayWidth.of("👩‍🔬") == 2)
    #expect(DisplayWidth.of("❤️") == 2)
  }

  @Test func wideEmojiAndCombiningTextsAlignInEveryForm() {
    let words = ["靴下", "e\u{301}te\u{301}", "👩‍🔬 ok", "🇩🇪", "한국어", "plain"]
    let table = Table(columns: [.init("名前"), .init("n")], rows: words.map { [.string($0), 1] })
    for text in [Grid(table).boxed(), Grid(table).plain(), Grid(table).boxed(width: 14, mayTurn: false)] {
      let widths = Set(text.split(separator: "\n").map { DisplayWidth.of($0) })
      #expect(widths.count == 1, "\(text)")
    }
  }

  @Test func longWideTextsAreBrokenByColumnsNotByCharacters() {
    let table = Table(columns: [.init("w"), .init("n")], rows: [[.string(String(repeating: "靴", count: 40)), 1]])
    let box = Grid(table).boxed(width: 40)
    #expect(box.split(separator: "\n").allSatisfy { DisplayWidth.of($0) <= 40 })
    #expect(box.count { $0 == "靴" } == 40)
  }

  @Test func whatIsTooWideStandsUprightAndIsAllThere() {
    let columns = (1...12).map { Table.Column("column number \($0)") }
    let text = (1...30).map { "word\($0)" }.joined(separator: " ")
    let row = (1...12).map { $0 == 5 ? Value.string(text) : .integer($0) }
    let shown = Grid(Table(columns: columns, rows: [row])).boxed(width: 60)
    #expect(shown.split(separator: "\n").allSatisfy { DisplayWidth.of($0) <= 60 })
    for word in text.split(separator: " ") { #expect(shown.contains(word)) }
  }

  @Test func thePagerIsTheUsersUnlessItIsOff() {
    #expect(Pager.command(["PAGER": "most -s"]) == "most -s")
    #expect(Pager.command(["PAGER": "", "PATH": "/usr/bin"]) == nil)
    #expect(Pager.command(["PAGER": "cat", "PATH": "/usr/bin"]) == nil)
    #expect(Pager.command(["PATH": "/nowhere"]) == nil)
    #expect(Pager.command(["PAGER": "most -s"], isSafe: true) == nil)
    #expect(Pager.command(["PAGER": "less -R; touch x"], isSafe: true) == nil)
    #expect(Pager.command(["PAGER": "less -R"], isSafe: true) == "less -R")
    #expect(Pager.rows(of: "a\nb\n", width: 80) == 2)
    #expect(Pager.rows(of: String(repeating: "靴", count: 50) + "\n", width: 80) == 2)
  }

  @Test func boxesAlignByDisplayWidth() {
    #expect(
      Grid(table).boxed() == """
        ┌───────┬────────┐
        │ class │ robust │
        ├───────┼────────┤
        │ Shirt │ 41.0 % │
        │ 靴|x  │ 90.0 % │
        └───────┴────────┘
        """)
  }

  @Test func aTableTooWideForTheScreenIsTurnedOnItsSide() {
    let text = Grid(table).boxed(width: 12)
    #expect(text.contains(" class   Shirt"))
    #expect(text.contains("── 2 "))
  }

  /// `weights` has five rows of twelve columns: on its side it is one box that is read across, not sixty lines.
  @Test func aFewNamedRowsOfManyColumnsStayBesideEachOther() {
    let wide = Table(
      columns: [.init("layer"), .init("weights", .count), .init("below_1e-2", .share)],
      rows: [["conv1", 150, 0.013], ["conv2", 2_400, 0.5]])
    #expect(
      Grid(wide).boxed(width: 31) == """
        ┌────────────┬───────┬────────┐
        │ layer      │ conv1 │  conv2 │
        ├────────────┼───────┼────────┤
        │ weights    │   150 │  2,400 │
        │ below_1e-2 │ 1.3 % │ 50.0 % │
        └────────────┴───────┴────────┘
        """)
    // Where that is too wide as well, or no column names the rows, each row is a block of its own.
    #expect(Grid(wide).boxed(width: 25).contains("── 2 "))
    let alike = wide.with(rows: [wide.rows[0], wide.rows[0]])
    #expect(Grid(alike).boxed(width: 31).contains("── 2 "))
  }

  @Test func markdownEscapesItsOwnBars() {
    #expect(TableMode.markdown.text(of: table).contains("| 靴\\|x | 90.0 % |"))
  }

  @Test func aTabInACellIsShown() {
    let odd = Table(columns: [.init("a\tb\nc")], rows: [["x\ty"]])
    #expect(Grid(odd).boxed().contains("│ a␉b c │\n├───────┤\n│ x␉y   │"))
    #expect(Grid(odd).plain() == "a␉b c\nx␉y")
  }

  @Test func csvQuotesWhatItMustAndKeepsNumbersExact() {
    let odd = Table(columns: [.init("a,b"), .init("x")], rows: [["say \"hi\"", .number(1.0 / 3)]])
    #expect(TableMode.csv.text(of: odd) == "\"a,b\",x\n\"say \"\"hi\"\"\",0.3333333333333333")
  }

  @Test func jsonIsOneObjectARow() {
    #expect(
      TableMode.jsonl.text(of: table) == "{\"class\":\"Shirt\",\"robust\":0.41}\n{\"class\":\"靴|x\",\"robust\":0.9}")
    let odd = Table(columns: [.init("x")], rows: [[.number(.nan)], [.none], ["a\u{1b}\n"]])
    #expect(TableMode.json.text(of: odd) == "[{\"x\":null},\n {\"x\":null},\n {\"x\":\"a\\u001b\\n\"}]")
  }

  @Test func escapeSequencesInDataAreShownAndNotSent() {
    #expect("\u{1b}[31mred\u{202e}".withVisibleControls == "␛[31mred\u{fffd}")
    #expect(BlockRenderer.forFiles.text(of: .text("a\u{7}b")) == "a␇b")
  }

  @Test func progressShowsHowFarItIs() {
    #expect(
      Progress.line("epoch 3/5", fraction: 0.5, details: ["loss 0.284"])
        == "  epoch 3/5 ━━━━━━━━━━━━────────────  50 %  loss 0.284")
  }
}

import Foundation
import Lang
import Testing

@testable import Shell

/// Pages whose cells drew something; the rest is tested through the program (Tests/Prompt/export_test.py).
@Suite("Exported pages")
struct ExportTests {
  private static let chart = Chart(
    title: "robust <accuracy>", x: .init(label: "eps"), y: .init(label: "robust", isShare: true),
    series: [.init(name: "normal", points: [.init(x: 0, y: 0.9), .init(x: 0.1, y: 0.2)])])
  private static let picture = Picture(
    title: "two images",
    strips: [.init(caption: "\"Shirt\"", images: [Bitmap(width: 2, height: 2, filledWith: .white)])])

  private static let session = ExportedSession(
    title: "A & B",
    cells: [
      .init(number: 3, source: "plot x", blocks: [.chart(chart), .picture(picture)], seconds: 1.5),
      .init(number: 4, before: "\n# Why <this>?\n", source: "1 + 1", blocks: [.text("2")], status: .failed),
    ], provenance: [("Program", "ward")])

  @Test func blocksComeBackFromTheStoreAsTheyWere() {
    let blocks: [StoredBlock] = [
      .text("a"), .summary(name: nil, text: "b"), .chart(Self.chart), .picture(Self.picture), .problem("error: c"),
      .table(StoredTable(columns: [.init(title: "n", alignsRight: true)], rows: [["1"]], total: 300)),
    ]
    #expect(StoredBlock.of(json: StoredBlock.json(blocks), text: "not read") == blocks)
    #expect(StoredBlock.of(json: "", text: "only text\n") == [.text("only text")])
  }

  @Test func aPageHoldsItsDrawingsWithWordsForThem() throws {
    let text = HTMLPage(environment: Vocabulary.environment()).text(of: Self.session)
    #expect(text.contains("data:image/svg+xml;base64,"))
    #expect(text.contains("data:image/png;base64,"))
    #expect(text.contains("alt=\"plot: robust &lt;accuracy&gt;"))
    #expect(text.contains("Why &lt;this&gt;?") && text.contains("<title>A &amp; B</title>"))
    #expect(!text.contains("<script") && !text.contains("http"))
    let page = MarkdownPage(folder: "page-files").page(of: Self.session)
    #expect(page.images.map(\.name) == ["page-files/cell-3-1.svg", "page-files/cell-3-2.png"])
    #expect(page.images[1].bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]))
    let notebook = try JSONSerialization.jsonObject(with: Data(NotebookPage().text(of: Self.session).utf8))
    #expect("\(notebook)".contains("image/svg+xml"))
    // The column of a notebook is narrower than a page.
    let svg = try #require(MimeBundle(.chart(Self.chart)).forms.first { $0.type == "image/svg+xml" }?.content)
    #expect(svg.contains("width=\"720\" height=\"432\"") && svg.contains("viewBox=\"0 0 800 480\""))
  }

  @Test func aHeatMapIsNotReadOutNumberByNumber() throws {
    let map = Chart(
      title: "Cost of each mistake: guard",
      heatMap: .init(rows: ["a", "b"], columns: ["a", "b"], values: [[0, 1], [10, 0]]))
    let drawing = try #require(Drawing(.chart(map)))
    #expect(drawing.alternative == "heat map: Cost of each mistake: guard, 2 rows and 2 columns")
  }

  @Test func boxesOfASavedSessionBecomeTablesAgain() {
    let table = Table(
      columns: [.init("name"), .init("robust"), .init("", .plain)],
      rows: [["a | b", 0.5, .none], ["c", 12.25, "x"]])
    let shown = "before\n" + BlockRenderer.forFiles.text(of: .table(table)) + "\nerror[E0301]: wrong\n  help"
    let blocks = ShownText.blocks(of: shown)
    #expect(blocks.count == 3)
    #expect(blocks.first == .text("before"))
    #expect(blocks.last == .problem("error[E0301]: wrong\n  help"))
    guard case .table(let read) = blocks[1] else {
      Issue.record("no table")
      return
    }
    #expect(read.rows == [["a | b", "0.50", ""], ["c", "12.25", "x"]])
    #expect(read.columns.map(\.alignsRight) == [false, true, false])
  }

  @Test func coloursTakeNoLetterAway() {
    for text in ["let a = 1 # x\n:save \"y\"\n?z", "select a from b where 'c' -- d", "\"{a + \"b\"}\" § 3x", "", "#>"] {
      let spans = Highlighting.spans(of: text, in: Vocabulary.environment())
      #expect(spans.map(\.text).joined() == text)
    }
    let kinds = Highlighting.spans(of: "attack x with: pgd eps: 0.1", in: Vocabulary.environment()).map(\.kind)
    #expect(kinds.filter { $0 != .plain } == [.command, .label, .builtIn, .label, .number])
  }
}

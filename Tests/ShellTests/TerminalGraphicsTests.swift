import Foundation
import Testing

@testable import Shell

@Suite("Images on terminals that take them")
struct TerminalGraphicsTests {
  @Test func whatATerminalAnswersSaysWhatItTakes() {
    let xterm = "\u{1b}[?64;1;2;4;6c"
    #expect(TerminalGraphics(answer: xterm) == .sixel(colors: 256))
    #expect(TerminalGraphics(answer: "\u{1b}[?1;0;1024S" + xterm) == .sixel(colors: 256))
    #expect(TerminalGraphics(answer: "\u{1b}[?1;0;16S" + xterm) == nil)
    #expect(TerminalGraphics(answer: "\u{1b}_Gi=31;OK\u{1b}\\\u{1b}[?62;c") == .kitty)
    #expect(TerminalGraphics(answer: "\u{1b}_Gi=31;ENOTSUPPORTED\u{1b}\\\u{1b}[?62;c") == nil)
    #expect(TerminalGraphics(answer: "\u{1b}[?64;1;2c") == nil)
    // A terminal of class 4 is none that takes sixels.
    #expect(TerminalGraphics(answer: "\u{1b}[?4;1c") == nil)
    #expect(TerminalGraphics(answer: "") == nil)
  }

  @Test func multiplexersAndPlainTerminalsAreNotAsked() {
    #expect(TerminalGraphics.mayAsk(["TERM": "xterm-256color"]))
    #expect(!TerminalGraphics.mayAsk(["TERM": "xterm-256color", "TMUX": "/tmp/tmux-0/default,1,0"]))
    #expect(!TerminalGraphics.mayAsk(["TERM": "screen.xterm-256color"]))
    #expect(!TerminalGraphics.mayAsk(["TERM": "dumb"]))
    #expect(!TerminalGraphics.mayAsk([:]))
  }

  @Test func aSixelBandHoldsSixRowsOfEachColour() {
    // Four columns, seven rows: black but for the last row, which is white.
    let black: [UInt8] = [0, 0, 0, 255], white: [UInt8] = [255, 255, 255, 255]
    let pixels = (0..<28).flatMap { $0 < 24 ? black : white }
    let text = Sixel.text(of: (width: 4, height: 7, rgba: pixels), colors: 256)
    #expect(text == "\u{1b}P0;1q\"1;1;4;7#0;2;0;0;0#1;2;100;100;100#0!4~-#1!4@-\u{1b}\\")
  }

  @Test func transparentPixelsAreWhiteAndRareColoursBecomeTheNearest() {
    let pixels: [UInt8] = [0, 0, 0, 0, 200, 0, 0, 255, 200, 0, 0, 255, 255, 250, 250, 255]
    let text = Sixel.text(of: (width: 4, height: 1, rgba: pixels), colors: 2)
    #expect(text.hasPrefix("\u{1b}P0;1q\"1;1;4;1#0;2;80;0;0#1;2;100;100;100"))
    #expect(text.contains("#0?@@?$#1@??@-"))
  }

  @Test func kittyGetsTheFileInPieces() throws {
    let file = [UInt8](repeating: 7, count: 5000)
    let text = try TerminalGraphics.kitty.text(of: file)
    let pieces = text.components(separatedBy: "\u{1b}\\").dropLast()
    #expect(pieces.count == 2)
    #expect(pieces[0].hasPrefix("\u{1b}_Ga=T,f=100,q=2,m=1;"))
    #expect(pieces[1].hasPrefix("\u{1b}_Gm=0;"))
    let joined = pieces.map { $0.split(separator: ";")[1] }.joined()
    #expect(Data(base64Encoded: joined) == Data(file))
  }

  @Test func aPictureIsDrawnByCharactersWhereGraphicsAreNotTaken() {
    let dot = Bitmap(width: 12, height: 12, filledWith: Color(0xFF0000))
    let block = Block.picture(Picture(title: "t", strips: [.init(caption: "c", images: [dot])]))
    let asked: @Sendable () -> TerminalGraphics? = { .kitty }
    #expect(BlockRenderer(colors: true, draws: true).text(of: block).contains("▀"))
    #expect(BlockRenderer(colors: true, draws: true, graphics: asked).text(of: block).hasPrefix("\u{1b}_G"))
    // Without colours, and in files, nothing is ever asked.
    #expect(BlockRenderer(colors: false, draws: true, graphics: asked).text(of: block).contains("@") == false)
    #expect(!BlockRenderer(colors: false, draws: true, graphics: asked).text(of: block).contains("\u{1b}"))
    #expect(BlockRenderer(colors: true, draws: false, graphics: asked).text(of: block) == "picture: t\n  c")
  }
}

@Suite("Drawings and files")
struct DrawingFileTests {
  @Test func withSafeNothingIsDrawnOutsideTheWorkingFolder() throws {
    let outside = "/tmp/\(UUID().uuidString).svg"
    let run = try TranscriptFilesTests.ward(["--safe", "-c", "plot [1, 2] save: \"\(outside)\""])
    #expect(run.status == 1)
    #expect(run.error.contains("E0613"))
    #expect(!FileManager.default.fileExists(atPath: outside))
  }

  @Test func aFileOfAnUnknownKindIsRefusedBeforeAnythingRuns() throws {
    let run = try TranscriptFilesTests.ward(["-c", "print 1\nplot [1, 2] save: \"x.pdf\""])
    #expect(run.status == 2)
    #expect(run.output.isEmpty && run.error.contains("not as .pdf"))
  }

  @Test func whereGnuplotIsMissingOneIsToldWhatToInstall() throws {
    #expect(Gnuplot.program(in: "/nowhere:/dev/null") == nil)
    let missing = Gnuplot.Failure.missing
    #expect("\(missing)".contains("gnuplot") && missing.help.contains("apt-get install gnuplot-nox"))
  }

  @Test func whatGnuplotDoesNotUnderstandIsItsOwnWords() {
    #expect(throws: Gnuplot.Failure.self) { try Gnuplot.run("plot nonsense(\n") }
  }

  @Test func aPipeGetsWordsAndAForcedColourGetsAPicture() throws {
    let words = try TranscriptFilesTests.ward(["-c", "plot [1, 2, 4]"])
    #expect(words.output == "plot: 3 numbers (across: position, up: value)\n  3 points, 1 at 0 to 4 at 2\n")
    let drawn = try TranscriptFilesTests.ward(["--color", "always", "-c", "plot [1, 2, 4]"])
    #expect(drawn.output.contains("●") && drawn.output.contains("\u{1b}[38;2;"))
  }
}

import Foundation
import Testing

@testable import Shell

/// What gnuplot is told, it draws as it stands.
@Suite(
  .enabled(if: Gnuplot.program(in: ProcessInfo.processInfo.environment["PATH"] ?? "") != nil, "gnuplot is missing"))
struct GnuplotTests {
  @Test func everyNameStandsOnTheAxisAsItIs() throws {
    let names = [
      "O'Brien", "'n", "dogs'", "'", "say \"x\"", "a\\b", "{x}", "a_b^c", "@home", "`date`", "$HOME", "50 %", "x; exit",
      "Größe", "日本",
      "#1", "a&b", "~", "\\047",
    ]
    let tics = names.enumerated().map { "\(Gnuplot.quotedTic($1)) \($0)" }.joined(separator: ", ")
    let script = """
      set encoding utf8
      set terminal svg size 2000,400 noenhanced
      set title \(Gnuplot.quoted(names[1]))
      set xtics (\(tics))
      plot [0:\(names.count)] x title \(Gnuplot.quoted(names[0]))

      """
    let drawing = String(decoding: try Gnuplot.run(script), as: UTF8.self)
    for name in names {
      #expect(
        drawing.contains(">\(name.escapedForXML.replacing("&#39;", with: "'").replacing("&quot;", with: "\""))<"),
        "\(name)")
    }
  }

  @Test func aLineBreakAndAnEscapeEndNoText() throws {
    #expect(Gnuplot.quoted("a\nb\tc") == "\"a b c\"")
    #expect(Gnuplot.quoted("a\u{1b}[31m\"; exit") == "\"a␛\\133\\063\\061m\\042; exit\"")
  }
}

import Foundation
import Testing

/// What the program says on standard error, tried on the real program.
@Suite("Mistakes on standard error")
struct NoticesTests {
  private func objects(_ run: TranscriptFilesTests.Run) throws -> [[String: Any]] {
    try run.error.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
    }
  }

  @Test func aMistakeIsOneObjectALineWithItsPlace() throws {
    let run = try TranscriptFilesTests.ward(["--diagnostics", "json", "-c", "let x = 1\nprint y + 2\nprint z"])
    let found = try objects(run)
    #expect(run.status == 2)
    #expect(found.map { $0["code"] as? String } == ["E0301", "E0301"])
    let place = try #require(found.first?["place"] as? [String: Any])
    #expect(place["file"] as? String == "-c")
    #expect(["line", "column", "endLine", "endColumn"].map { place[$0] as? Int } == [2, 7, 2, 8])
  }

  @Test func warningsAndWhatHasNoPlaceAreObjectsToo() throws {
    let run = try TranscriptFilesTests.ward(["--diagnostics=json", "-c", "let pgd = 3; check pgd == 4"])
    #expect(run.status == 3)
    #expect(try objects(run).map { $0["severity"] as? String } == ["warning", "error"])
    let missing = try TranscriptFilesTests.ward(["--diagnostics", "json", "nowhere.ward"])
    #expect(missing.status == 2)
    #expect(try objects(missing).first?["message"] as? String == "there is no file nowhere.ward")
  }

  @Test(arguments: ["check", "fmt"]) func checkingAndLayingOutTellItTheSameWay(command: String) throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).ward")
    defer { try? FileManager.default.removeItem(at: file) }
    try "let x = )\n".write(to: file, atomically: true, encoding: .utf8)
    let run = try TranscriptFilesTests.ward([command, "--diagnostics", "json", file.path])
    #expect(run.status == 2)
    #expect(try objects(run).map { $0["code"] as? String } == ["E0101"])
    #expect(try TranscriptFilesTests.ward([command, file.path]).error.hasPrefix("error[E0101]"))
  }

  @Test(arguments: ["(", "[", "{a: ", "- ", "not ", "fn() => ", "if true { ", "\"{", "1 + ", "x.a", "1 | ", "f("])
  func aHundredThousandOfThemAreADiagnostic(piece: String) throws {
    let text = String(repeating: piece, count: 100_000)
    for (arguments, input) in [(["-"], text), (["check", "-"], "")] {
      var arguments = arguments
      let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).ward")
      defer { try? FileManager.default.removeItem(at: file) }
      if arguments.first == "check" {
        try text.write(to: file, atomically: true, encoding: .utf8)
        arguments[1] = file.path
      }
      let run = try TranscriptFilesTests.ward(arguments, input: input)
      #expect(run.status == 2 && run.error.contains("error[E01"), "\(run.error.prefix(200))")
    }
  }

  @Test func endlessRecursionIsADiagnosticAndDeepRecursionWorks() throws {
    let endless = try TranscriptFilesTests.ward(["-c", "def f(n) { return f(n + 1) }\nf(1)"])
    #expect(endless.status == 1 && endless.error.contains("E0502"))
    let deep = "def f(n) { return if n == 0 then 0 else 1 + f(n - 1) }\nf(9000)"
    #expect(try TranscriptFilesTests.ward(["-c", deep]).output == "9000\n")
  }
}

import Foundation
import Testing

@testable import Shell

@Suite("What is missing on this machine") struct DoctorTests {
  private func doctor(_ environment: [String: String], _ arguments: [String] = []) throws -> TranscriptFilesTests.Run {
    try TranscriptFilesTests.ward(["doctor"] + arguments, environment: environment)
  }

  @Test func whatIsThereIsToldWithItsPlace() throws {
    let run = try doctor([:])
    #expect(run.status == 0 && run.output.contains("ok       data       Fashion-MNIST: 60,000"), "\(run.output)")
    #expect(run.output.contains("ok       charts     gnuplot: /"))
    // A long line is broken at its spaces, of which the folder's name may have some.
    let words = run.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("ward.sqlite, not there yet"), "\(run.output)")
  }

  @Test func whatIsMissingIsToldWithTheCommandThatGetsIt() throws {
    let run = try doctor(["PATH": "/nonexistent"])
    #expect(run.status == 0, "lessons need neither gnuplot nor a pager")
    for package in ["gnuplot-nox", "less"] { #expect(run.output.contains("apt-get install \(package)\n")) }
    #expect(run.output.contains("are missing, none that the lessons need.\n"))
  }

  @Test func aStoreWithoutRoomIsNeeded() throws {
    let run = try doctor([:], ["--store", "/proc/nowhere/ward.sqlite"])
    #expect(run.status == 1 && run.output.contains("missing  store      "), "\(run.output)")
    #expect(run.output.contains("1 that the lessons need.\n"))
  }

  @Test(arguments: [40, 80, 100]) func linesFitTheTerminal(width: Int) {
    let finding = DoctorCommand.Finding(
      name: "data", said: String(repeating: "a folder ", count: 20), remedy: "apt-get install x", isNeeded: true)
    let lines = finding.text(width: width).split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= width } && lines.count > 2)
    #expect(lines.last?.hasSuffix("apt-get install x") == true)
  }
}

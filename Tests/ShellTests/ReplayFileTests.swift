import Foundation
import Testing

@testable import Shell

/// `ward replay` and its like on files that the test writes.
@Suite("Replaying and writing files", .serialized)
struct ReplayFileTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func ward(_ arguments: String..., input: String? = nil) throws -> TranscriptFilesTests.Run {
    try TranscriptFilesTests.ward(arguments, input: input, in: folder)
  }

  private func write(_ text: String, _ name: String = "a.ward") throws {
    try Data(text.utf8).write(to: folder.appendingPathComponent(name))
  }

  private func read(_ name: String = "a.ward") throws -> String {
    try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
  }

  private static let unrecorded = """
    # A comment, and an empty line.

    let a = 1; let b = 2
    # Something that is not there.
    nonsense
    let silent = 3;
    print "~5%"
    if a == 1 {
      print missing
    }
    # A mistake of form.
    print (1 +* 2)
    print "..."
    nothing_here
    :nosuchline
    select 1 as
    print "[..]"
    a +
      unknown
    # The end.
    """

  @Test func aTranscriptAcceptedOnceAgrees() throws {
    try write(Self.unrecorded + "\n")
    let accepted = try ward("replay", "a.ward", "--accept")
    #expect(accepted.status == 0, "\(accepted.output)\(accepted.error)")
    let text = try read()
    #expect(text.contains("let b = 2\n#> b  2\n") && text.contains("--> [2]:1:1") && text.contains("#>  ~5%"))
    let checked = try ward("replay", "a.ward", "--check")
    #expect(checked.status == 0, "\(checked.output)\(checked.error)\n\(text)")
    _ = try ward("replay", "a.ward", "--accept")
    #expect(try read() == text)
  }

  @Test func acceptSaysWhatItRewroteAndWhichErrorsAreNew() throws {
    try write("print 1\n#> 1 [..]\nprint \"a b\"\nprint nothing\n#> a [..]\n#> old\n")
    let run = try ward("replay", "a.ward", "--accept")
    #expect(run.output.contains("old") && run.output.contains("of 2 parts rewritten"), "\(run.output)")
    #expect(run.error.contains("a.ward:4 now ends in an error"), "\(run.error)")
    #expect(try read().hasPrefix("print 1\n#> 1 [..]\nprint \"a b\"\n#> a [..]\nprint nothing\n#> error[E0301]"))
  }

  @Test func numbersThatAreWrongDiffer() throws {
    try write("print 1.0\n#> 0.13\n")
    #expect(try ward("replay", "a.ward", "--tolerance", "0").status == 3)
    #expect(try ward("replay", "a.ward").status == 3)
  }

  @Test func aMisreadToleranceIsSaidBeforeAnythingRuns() throws {
    try write("print 1\n#> ~1\n#> 1\n")
    let run = try ward("replay", "a.ward")
    #expect(run.status == 2 && run.error.contains("a.ward:2: `~1` is not a tolerance"), "\(run.error)")
  }

  @Test func aReplayThatDiffersEndsAScriptWithThree() throws {
    try write("print 1\n#> 2\n")
    #expect(try ward("-c", ":replay a.ward").status == 3)
    try write("print 1\n#> 1\n")
    let run = try ward("-c", ":replay a.ward")
    #expect(run.status == 0 && run.output.contains("its one part agrees"))
  }

  @Test func safeAcceptsNothingOutsideTheFolder() throws {
    let outside = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).ward")
    defer { try? FileManager.default.removeItem(at: outside) }
    try Data("print 1\n#> 2\n".utf8).write(to: outside)
    let run = try ward("replay", "--safe", "--accept", "../" + outside.lastPathComponent)
    #expect(run.status == 1 && run.error.contains("outside the working folder"), "\(run.error)")
    #expect(try String(contentsOf: outside, encoding: .utf8) == "print 1\n#> 2\n")
  }

  @Test func writingOverAFileKeepsItsPermissions() throws {
    try write("print 1\n#> 2\n")
    let path = folder.appendingPathComponent("a.ward").path
    chmod(path, 0o640)
    #expect(try ward("replay", "a.ward", "--accept").status == 0)
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o640)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.ward"])
    let run = try ward("-c", "1 + 1\n:save! .")
    #expect(run.error.contains("it is a folder") && !run.error.contains("NSCocoa"), "\(run.error)")
  }

  @Test func aFileOfSomebodyElseIsNotWrittenOver() throws {
    try write("precious", "b.ward")
    let run = try ward("-c", "1 + 1\n:save b.ward")
    #expect(run.status == 1 && run.error.contains(":save! b.ward"), "\(run.error)")
    #expect(try read("b.ward") == "precious")
    #expect(try ward("-c", "1 + 1\n:save new.ward\n2 + 2\n:save new.ward\n:save! b.ward").status == 0)
    #expect(try read("b.ward") == read("new.ward"))
    try write("precious", "b.md")
    #expect(try ward("-c", "1 + 1\n:export b.md").status == 1)
    #expect(try ward("-c", "1 + 1\n:export! b.md").status == 0)
  }

  @Test func optionsOfAScript() throws {
    try write("param n = 3 \"how many\"\nparam flag = false\nprint \"{n} {flag}\"\n")
    #expect(try ward("a.ward", "--flag", "--n", "4/2").output.hasSuffix("2 true\n"))
    #expect(try ward("a.ward", "--no-flag").output.hasSuffix("3 false\n"))
    #expect(try ward("a.ward", "--flag", "true").output.hasSuffix("3 true\n"))
    let wrong = try ward("a.ward", "--n", "abc")
    #expect(wrong.status == 2 && wrong.error.contains("--n takes a number such as 3, not `abc`"), "\(wrong.error)")
    #expect(try ward("--seed", "3", "a.ward", "--help").output.contains("how many"))
    let late = try ward("--no-init", "--threads", "1", "sql", "select 1")
    #expect(late.error.contains("options come after the subcommand"), "\(late.error)")
    for text in ["param a = 1\nparam a = 2\nprint a\n", "param seed = 1\nprint seed\n"] {
      try write(text)
      let run = try ward("a.ward")
      #expect(run.status == 2 && run.output.isEmpty && run.error.contains("error["), "\(run.error)")
    }
  }
}

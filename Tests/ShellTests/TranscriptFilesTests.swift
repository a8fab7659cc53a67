import Foundation
import Testing

/// Runs the real program on the files of the repository, each with a store of its own, two files at a time on two processors.
/// Each works on one thread: two that share the processors get in each other's way, and the bits are the same.
@Suite("Files that run")
struct TranscriptFilesTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// `$WARD_BINARY` (what `make test` sets), else the program built beside this test.
  static let binary: URL = {
    if let named = ProcessInfo.processInfo.environment["WARD_BINARY"] { return URL(fileURLWithPath: named) }
    return root.appendingPathComponent(".build/release/ward")
  }()

  static func files(_ folder: String) -> [String] {
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: root.appendingPathComponent(folder).path)) ?? []
    return names.filter { $0.hasSuffix(".ward") }.sorted().map { "\(folder)/\($0)" }
  }

  /// What a run of the program came to.
  struct Run {
    let status: Int32
    let output: String
    let error: String
  }

  static func ward(
    _ arguments: [String], store: URL? = nil, input: String? = nil, in working: URL = root,
    environment: [String: String] = [:]
  ) throws -> Run {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let process = Process()
    process.executableURL = binary
    process.arguments = arguments
    process.currentDirectoryURL = working
    process.environment = ProcessInfo.processInfo.environment.merging([
      "WARD_STORE": (store ?? folder.appendingPathComponent("ward.sqlite")).path, "XDG_CONFIG_HOME": folder.path,
    ]) { $1 }.merging(environment) { $1 }
    let (output, error, typed) = (Pipe(), Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = error
    process.standardInput = typed
    let start = ContinuousClock.now
    defer { note(ContinuousClock.now - start, arguments) }
    try process.run()
    try typed.fileHandleForWriting.write(contentsOf: Data((input ?? "").utf8))
    try typed.fileHandleForWriting.close()
    // Standard error is read on another thread: a full pipe must not stop the program.
    nonisolated(unsafe) var errors = Data()
    let reader = Thread { errors = error.fileHandleForReading.readDataToEndOfFile() }
    reader.start()
    let shown = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    while !reader.isFinished { Thread.sleep(forTimeInterval: 0.001) }
    return Run(
      status: process.terminationStatus, output: String(decoding: shown, as: UTF8.self),
      error: String(decoding: errors, as: UTF8.self))
  }

  /// Most of the tests' time goes into these runs: `scripts/test` names the slowest. (The seconds that the runner shows for a
  /// test count from the start of them all.)
  private static func note(_ duration: Duration, _ arguments: [String]) {
    guard let path = ProcessInfo.processInfo.environment["WARD_TEST_TIMES"] else { return }
    let line = "\(duration.components.seconds) s  ward \(arguments.joined(separator: " ").prefix(80))\n"
    guard let file = fopen(path, "a") else { return }
    fputs(line, file)
    fclose(file)
  }

  /// Calls `work` with a folder that has links to all that the root holds, and removes it. What a script writes beside itself
  /// lands there, not in the repository nor where somebody else's run has written it (`scripts/in-clean-store` does the same).
  private static func apart<Result>(_ work: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in try FileManager.default.contentsOfDirectory(atPath: root.path) {
      try FileManager.default.createSymbolicLink(
        at: folder.appendingPathComponent(name), withDestinationURL: root.appendingPathComponent(name))
    }
    return try work(folder)
  }

  @Test(arguments: files("Tests/Transcripts") + files("history")) func transcriptsShowWhatTheyRecord(file: String)
    throws
  {
    try Self.apart { folder in
      let run = try Self.ward(["replay", file, "--check", "--threads", "1"], in: folder)
      #expect(run.status == 0, "\(run.output)\(run.error)")
    }
  }

  /// As somebody runs them who learns: in one store, each after others.
  @Test(arguments: [0, 1]) func examplesRunToTheirEndOneAfterAnother(half: Int) throws {
    let store = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).sqlite")
    defer {
      for ending in ["", "-wal", "-shm", ".lock"] { try? FileManager.default.removeItem(atPath: store.path + ending) }
    }
    let all = Self.files("examples").filter { !$0.hasPrefix("examples/paper/") && !$0.hasPrefix("examples/studies/") }
    // Two stores, side by side: half of the examples each. The one that asks the store most runs in both, at the end.
    let asking = all.filter { $0.contains("/06-") }
    #expect(asking.count == 1)
    let others = all.filter { !asking.contains($0) }.enumerated().filter { $0.offset % 2 == half }.map(\.element)
    try Self.apart { folder in
      for file in others + asking {
        let run = try Self.ward(["--threads", "1", file], store: store, in: folder)
        #expect(run.status == 0, "\(file): \(run.output)\(run.error)")
        #expect(!run.output.isEmpty, "\(file)")
      }
    }
  }

  @Test func thePaperRunsInSmallAndWritesItsTables() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = folder.appendingPathComponent("paper.sqlite")
    let small = ["size=300", "images=10", "honest=5", "epochs=1"].flatMap { ["--over", $0] }
    let sweep = try Self.ward(
      ["sweep", "examples/paper/point.ward", "--name", "paper", "--over", "seed=0,1", "--over", "protect=0,8"] + small,
      store: store)
    #expect(sweep.status == 0, "\(sweep.output)\(sweep.error)")
    // Four models under seven forms of the paper's attacks and AutoAttack, the two that protect nothing for one class only.
    let rows = try Self.ward(["sql", "--mode", "csv", "select count(*) from results"], store: store)
    #expect(rows.output.contains("96"), "\(rows.output)")
    let report = try Self.ward(["examples/paper/report.ward", "--to", folder.path], store: store)
    #expect(report.status == 0, "\(report.output)\(report.error)")
    let deviates = ["protected", "all", "classes"]
    for table in deviates + ["minmax", "seeds", "tests"] {
      let text = try String(contentsOf: folder.appendingPathComponent("paper-\(table).md"), encoding: .utf8)
      #expect(text.hasPrefix("| ") && text.contains(" ± ") == deviates.contains(table), "\(text)")
    }
  }

  @Test func theFrontierRunsInSmallAndDoesNothingTwice() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = folder.appendingPathComponent("frontier.sqlite")
    let picture = folder.appendingPathComponent("frontier.svg")
    let small = ["size=300", "images=10", "apart=20", "protect=1", "epochs=1", "steps=2", "seed=0,1"]
    for (weights, expected) in [("1,2.5", "4,12"), ("1,2.5", "4,12"), ("2.5 --over b=0.01", "6,18")] {
      let run = try Self.ward(
        ["sweep", "examples/paper/frontier.ward", "--name", "frontier", "--over"]
          + "weight=\(weights)".split(separator: " ").map(String.init) + small.flatMap { ["--over", $0] }, store: store)
      #expect(run.status == 0, "\(run.output)\(run.error)")
      let rows = try Self.ward(
        ["sql", "--mode", "csv", "select (select count(*) from models), (select count(*) from results)"], store: store)
      #expect(rows.output.contains(expected), "\(rows.output)\(rows.error)")
    }
    let report = try Self.ward(
      ["examples/paper/frontier-report.ward", "--save", picture.path, "--to", folder.path], store: store)
    #expect(report.status == 0 && report.output.contains("weighted, Min-Max"), "\(report.output)\(report.error)")
    let table = try String(contentsOf: folder.appendingPathComponent("paper-frontier.md"), encoding: .utf8)
    #expect(table.split(separator: "\n").count == 5 && table.contains(" ± "), "\(table)")
    let tests = try String(contentsOf: folder.appendingPathComponent("paper-frontier-tests.md"), encoding: .utf8)
    #expect(tests.contains("| lenet, weighted, 1 | average |"), "\(tests)")
    #expect(FileManager.default.fileExists(atPath: picture.path))
  }

  @Test(arguments: [["--how", "foo"], ["--protect", "Cap"], ["--size", "60001"], ["--apart", "60000"]])
  func theFrontierSaysWhatItCannotDo(options: [String]) throws {
    let run = try Self.ward(["examples/paper/frontier.ward"] + options)
    #expect(run.status == 3 && run.error.contains("the check failed"), "\(run.output)\(run.error)")
  }
}
